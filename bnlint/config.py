"""``[tool.bnlint]`` in ``pyproject.toml``."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from bnlint import codes
from bnlint.apis import BUILT_IN, Apis
from bnlint.regular import CannotRead, is_there, read_regular
from bnlint.source.resolve import upwards
from bnlint.suggest import near, no_rule

if TYPE_CHECKING:
    from bnlint.per_file import PerFile

_MAX_BYTES = 1 << 20
_PER_FILE = "per-file-ignores"
_MOST_STRINGS = 10_000
# How others write the name of the table. Nothing of theirs must look like a table that works.
_NAME = re.compile(rb"bn[-_ ]?lint", re.IGNORECASE)
# The parser's time grows with the square of a dotted key's length; nobody's key has 64 parts.
_LONG_KEY = re.compile(
    rb"""(?<![^\s,{])(?:(?:[A-Za-z0-9_-]+|"[^"\n]*"|'[^'\n]*')[ \t]*\.[ \t]*){64}"""
)


class ConfigError(Exception):
    """A configuration that cannot be followed; the text names the file and the key."""


class Config(NamedTuple):
    """What the table says. ``directory`` is where it was found: its paths are relative to it."""

    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    pedantic: bool = False
    directory: str | None = None
    apis: Apis = BUILT_IN
    per_file: tuple[PerFile, ...] = ()
    baseline: str | None = None

    def excludes(self, here: str) -> list[str]:
        """The exclude patterns as they are to be written in the directory ``here``."""
        if self.directory is None:
            return []
        moved = (_moved(pattern, self.directory, here) for pattern in self.exclude)
        return [pattern for pattern in moved if pattern is not None]


def load(start: str | os.PathLike[str]) -> Config:
    """The configuration of the nearest ``pyproject.toml`` that has one, from ``start`` upwards.

    A ``pyproject.toml`` without the table does not end the search, so that a package inside a
    larger repository is checked as the repository says.
    """
    for directory in upwards(os.path.abspath(start)):
        path = os.path.join(directory, "pyproject.toml")
        try:
            data = read_regular(path, _MAX_BYTES)
        except CannotRead as error:
            if not is_there(path):
                continue
            raise ConfigError(f"{path}: cannot be read: {error}") from None
        # Importing a TOML parser costs more than this whole search: look before parsing.
        if not _NAME.search(data):
            continue
        document = _parse(data, path)
        tool = document.get("tool", {})
        if isinstance(tool, dict) and "bnlint" in tool:
            return _config(tool["bnlint"], path, directory, data)
        _no_other_name(document, tool, path)
    return Config()


def load_file(path: str) -> Config:
    """The configuration of one file, whose patterns are those of the working directory."""
    try:
        data = read_regular(path, _MAX_BYTES)
    except CannotRead as error:
        raise ConfigError(f"{path}: cannot be read: {error}") from None
    document = _parse(data, path)
    tool = document.get("tool", {})
    if not isinstance(tool, dict) or "bnlint" not in tool:
        _no_other_name(document, tool, path)
        raise ConfigError(f"{path}: no table tool.bnlint")
    return _config(tool["bnlint"], path, os.getcwd(), data)


def _no_other_name(document: dict[str, Any], tool: object, path: str) -> None:
    """Point out a table that was meant for us and is not ours."""
    named = [(key, key) for key in document]
    named += [(f"tool.{key}", key) for key in (tool if isinstance(tool, dict) else ())]
    for shown, key in named:
        if _NAME.fullmatch(key.encode("utf-8", "replace")):
            raise ConfigError(f"{path}: {shown}: no such table; did you mean tool.bnlint?")


def _moved(pattern: str, directory: str, here: str) -> str | None:
    """A gitignore pattern of ``directory`` as one of ``here``; None if it cannot match there."""
    if pattern.startswith("!"):
        moved = _moved(pattern[1:], directory, here)
        return None if moved is None else f"!{moved}"
    from fnmatch import fnmatchcase

    # Without a slash inside, a pattern is about names, wherever they are.
    if "/" not in pattern.rstrip("/") or pattern.startswith("**/"):
        return pattern
    parts = pattern.removeprefix("/").split("/")
    way = _parts(os.path.relpath(here, directory))  # from the configuration to here
    while way and way[0] != os.pardir and parts and fnmatchcase(way[0], parts[0]):
        if parts[0] == "**":
            return "/".join(parts)
        way, parts = way[1:], parts[1:]
    if not any(parts):
        return None  # all of `here` is excluded: whoever checks it from inside means to
    back = _parts(os.path.relpath(directory, here)) if way else []
    moved = "/".join((*back, *parts))
    return moved if moved.startswith(os.pardir) else f"/{moved}"


def _parts(path: str) -> list[str]:
    return [part for part in path.split(os.sep) if part != os.curdir]


def _parse(data: bytes, path: str) -> dict[str, Any]:
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    if _LONG_KEY.search(data):
        raise ConfigError(f"{path}: a key of more than 64 parts")
    try:
        return tomllib.loads(data.decode("utf-8-sig"))
    except RecursionError:
        raise ConfigError(f"{path}: nested too deeply") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: not valid TOML: {error}") from None
    except ValueError:  # more digits than Python reads
        raise ConfigError(f"{path}: a number of thousands of digits") from None


def _config(table: object, path: str, directory: str, data: bytes) -> Config:
    """``data`` is the text of the file, ``directory`` what its paths are relative to."""
    if not isinstance(table, dict):
        raise ConfigError(f"{path}: tool.bnlint must be a table")
    readers = _readers(path, directory, data)
    fields = {"api": "apis", _PER_FILE: "per_file"}
    values: dict[str, Any] = {}
    for key, value in table.items():
        where = f"{path}: tool.bnlint.{key}"
        if key not in readers:
            raise ConfigError(f"{where}: no such key{near(key, readers)}")
        values[fields.get(key, str(key))] = readers[key](value, where)
    return Config(directory=directory, **values)


def _readers(path: str, directory: str, data: bytes) -> Mapping[str, Callable[[object, str], Any]]:
    """What reads each key; ``settings.py`` says what they are."""
    return {
        "select": _codes,
        "ignore": _codes,
        "exclude": _strings,
        "pedantic": _bool,
        "api": _apis,
        "baseline": lambda value, where: _file(value, where, directory),
        _PER_FILE: lambda value, where: _per_file(value, where, path, directory, data),
    }


def _strings(value: object, where: str) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise ConfigError(f"{where}: must be a list of strings")
    if len(value) > _MOST_STRINGS:
        raise ConfigError(f"{where}: more than {_MOST_STRINGS:,} strings")
    return tuple(value)


def _codes(value: object, where: str) -> tuple[str, ...]:
    prefixes = []
    for word, prefix in codes.meant(_strings(value, where)).items():
        if prefix is None:
            raise ConfigError(f"{where}: {no_rule(word)}")
        prefixes.append(prefix)
    return tuple(prefixes)


def _apis(value: object, where: str) -> Apis:
    from bnlint import api_rows  # few have rows of their own

    try:
        return Apis(api_rows.rows(value, where))
    except api_rows.BadRow as error:
        raise ConfigError(str(error)) from None


def _per_file(
    value: object, where: str, path: str, directory: str, data: bytes
) -> tuple[PerFile, ...]:
    from bnlint import per_file

    try:
        return per_file.read(value, where, os.path.abspath(path), directory, data.decode())
    except per_file.BadEntry as error:
        raise ConfigError(str(error)) from None


def _file(value: object, where: str, directory: str) -> str:
    """The path of a file beside the configuration, as it is to be shown."""
    if not isinstance(value, str) or not value:
        raise ConfigError(f"{where}: must be the name of a file")
    return value if os.path.isabs(value) else os.path.relpath(os.path.join(directory, value))


def _bool(value: object, where: str) -> bool:
    if not isinstance(value, bool):
        raise ConfigError(f"{where}: must be true or false")
    return value
