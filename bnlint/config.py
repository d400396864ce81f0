"""``[tool.bnlint]`` in ``pyproject.toml``."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bnlint import codes
from bnlint.suggest import near


class ConfigError(Exception):
    """A configuration that cannot be followed; the text names the file and the key."""


@dataclass(frozen=True, slots=True)
class Config:
    """What the table says. ``directory`` is where it was found: excludes are relative to it."""

    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    pedantic: bool = False
    directory: Path | None = None


def load(start: Path) -> Config:
    """The configuration of the nearest ``pyproject.toml`` that has one, from ``start`` upwards.

    A ``pyproject.toml`` without the table does not end the search, so that a package inside a
    larger repository is checked as the repository says.
    """
    start = Path(start).absolute()
    for directory in (start, *start.parents):
        path = directory / "pyproject.toml"
        try:
            data = path.read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            continue
        except OSError as error:
            raise ConfigError(f"{path}: cannot be read: {error.strerror}") from None
        # Importing a TOML parser costs more than this whole search: look before parsing.
        if b"bnlint" not in data:
            continue
        tool = _parse(data, path).get("tool", {})
        if isinstance(tool, dict) and "bnlint" in tool:
            return _config(tool["bnlint"], path)
    return Config()


def _parse(data: bytes, path: Path) -> dict[str, Any]:
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    try:
        return tomllib.loads(data.decode("utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: not valid TOML: {error}") from None


def _config(table: object, path: Path) -> Config:
    if not isinstance(table, dict):
        raise ConfigError(f"{path}: tool.bnlint must be a table")
    readers: Mapping[str, Callable[[object, str], Any]] = {
        "select": _codes,
        "ignore": _codes,
        "exclude": _strings,
        "pedantic": _bool,
    }
    values: dict[str, Any] = {}
    for key, value in table.items():
        where = f"{path}: tool.bnlint.{key}"
        if key not in readers:
            raise ConfigError(f"{where}: no such key{near(key, readers)}")
        values[key] = readers[key](value, where)
    return Config(directory=path.parent, **values)


def _strings(value: object, where: str) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise ConfigError(f"{where}: must be a list of strings")
    return tuple(value)


def _codes(value: object, where: str) -> tuple[str, ...]:
    prefixes = tuple(item.strip().upper() for item in _strings(value, where))
    for prefix in codes.unknown(prefixes):
        raise ConfigError(f"{where}: no rule's code is or starts with {prefix!r}" + _near(prefix))
    return prefixes


def _near(prefix: str) -> str:
    return near(prefix, codes.known())


def _bool(value: object, where: str) -> bool:
    if not isinstance(value, bool):
        raise ConfigError(f"{where}: must be true or false")
    return value
