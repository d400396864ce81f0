"""``[[tool.bnlint.api]]``: rows of the user's for libraries that bnlint does not know."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Literal

from bnlint.apis import UPDATE_OPS, NormApi, TrainOpMaker
from bnlint.suggest import near

Kind = Literal["function", "layer", "train-op"]
KINDS: tuple[Kind, ...] = ("function", "layer", "train-op")
_MOST_ROWS = 1_000
_DOTTED = re.compile(r"[^\W\d]\w*(?:\.[^\W\d]\w*)+")
_IDENTIFIER = re.compile(r"[^\W\d]\w*")


class BadRow(ValueError):
    """A row that cannot be followed; the text names the key and what was expected."""


def rows(value: object, where: str) -> tuple[NormApi | TrainOpMaker, ...]:
    """The rows of the table at ``where``. Raises BadRow."""
    if not isinstance(value, list):
        raise BadRow(f"{where}: must be an array of tables, [[tool.bnlint.api]]")
    if len(value) > _MOST_ROWS:
        raise BadRow(f"{where}: more than {_MOST_ROWS:,} rows")
    found = tuple(_row(item, f"{where}[{number}]") for number, item in enumerate(value))
    names = [row.name for row in found]
    for number, name in enumerate(names):
        if name in names[:number]:
            raise BadRow(f"{where}[{number}].name: {name!r} has a row already")
    return found


def _row(table: object, where: str) -> NormApi | TrainOpMaker:
    if not isinstance(table, dict):
        raise BadRow(f"{where}: must be a table")
    kind = table.get("kind", "function")
    if kind not in KINDS:
        raise BadRow(f"{where}.kind: must be one of {', '.join(KINDS)}")
    keys = _TRAIN_OP if kind == "train-op" else _NORM
    values: dict[str, Any] = {}
    for key, value in table.items():
        if key == "kind":
            continue
        if key not in keys:
            raise BadRow(f"{where}.{key}: no such key of a {kind}{near(key, keys)}")
        values[key] = keys[key](value, f"{where}.{key}")
    if "name" not in values:
        raise BadRow(f"{where}.name: must be given, as in my_library.layers.batch_norm")
    if kind == "train-op":
        return TrainOpMaker(
            values["name"], values.get("runs-updates", False), values.get("loss", 0)
        )
    return _norm(values, where, is_layer=kind == "layer")


def _norm(values: Mapping[str, Any], where: str, *, is_layer: bool) -> NormApi:
    if "flag" not in values:
        raise BadRow(f"{where}.flag: must be given: the name of the parameter for training mode")
    flag = values["flag"]
    updates = values.get("updates", "collection")
    return NormApi(
        values["name"],
        "layers",
        flag,
        values.get("default", False),
        values.get("parameters", ("inputs", flag) if is_layer else ("inputs",)),
        values.get("momentum", "momentum"),
        values.get("momentum-default", 0.99),
        updates=values.get("updates-parameter"),
        destination="in_place" if updates == "in-place" else "collection",
        collection=values.get("collection", UPDATE_OPS),
        is_layer=is_layer,
    )


def _name(value: object, where: str) -> str:
    if not isinstance(value, str) or not _DOTTED.fullmatch(value):
        raise BadRow(f"{where}: must be a dotted name, as in my_library.layers.batch_norm")
    return value


def _parameter(value: object, where: str) -> str:
    if not isinstance(value, str) or not _IDENTIFIER.fullmatch(value):
        raise BadRow(f"{where}: must be the name of a parameter")
    return value


def _parameters(value: object, where: str) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise BadRow(f"{where}: must be a list of the positional parameters, in order")
    return tuple(_parameter(item, f"{where}[{number}]") for number, item in enumerate(value))


def _bool(value: object, where: str) -> bool:
    if not isinstance(value, bool):
        raise BadRow(f"{where}: must be true or false")
    return value


def _momentum(value: object, where: str) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= 1:
        raise BadRow(f"{where}: must be a number from 0 to 1")
    return float(value)


def _position(value: object, where: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 1_000:
        raise BadRow(f"{where}: must be a position, counted from 0")
    return value


def _updates(value: object, where: str) -> str:
    if value not in ("collection", "in-place"):
        raise BadRow(f'{where}: must be "collection" or "in-place"')
    return str(value)


def _text(value: object, where: str) -> str:
    if not isinstance(value, str) or not value:
        raise BadRow(f"{where}: must be a string")
    return value


_Readers = Mapping[str, Callable[[object, str], Any]]
_NORM: _Readers = {
    "name": _name,
    "flag": _parameter,
    "default": _bool,
    "parameters": _parameters,
    "momentum": _parameter,
    "momentum-default": _momentum,
    "updates": _updates,
    "collection": _text,
    "updates-parameter": _parameter,
}
_TRAIN_OP: _Readers = {"name": _name, "loss": _position, "runs-updates": _bool}
