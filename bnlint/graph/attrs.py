"""Attribute values of a node, read when asked for.

Field numbers of TensorFlow's ``attr_value.proto``, ``tensor.proto`` and ``tensor_shape.proto``.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from bnlint.graph.wire import (
    BYTES,
    FIXED32,
    VARINT,
    Buffer,
    fields,
    signed,
    string,
    strings,
    text,
    varint,
)

# Types of TensorFlow's DataType that a flag, a decay or a list of names can have.
FLOAT, DOUBLE, INT32, STRING, INT64, BOOL, BFLOAT16, HALF = 1, 2, 3, 7, 9, 10, 14, 19

_FORMATS = {FLOAT: "f", DOUBLE: "d", INT32: "i", INT64: "q", BOOL: "?", HALF: "e"}

Number = bool | int | float


@dataclass(frozen=True, slots=True)
class Function:
    """A reference to a function of the graph's library."""

    name: str


@dataclass(frozen=True, slots=True)
class Tensor:
    """A constant tensor, still in the file. ``shape`` is None where its rank is unknown."""

    buffer: Buffer
    start: int
    stop: int
    dtype: int
    shape: tuple[int, ...] | None

    def scalar(self) -> Number | None:
        """The value of a number without dimensions (or with a single element), else None."""
        count = 1
        for size in self.shape or ():
            count *= size
        if self.shape is None or count != 1:
            return None
        form = _FORMATS.get(self.dtype)
        for number, kind, start, stop in fields(self.buffer, self.start, self.stop):
            if number == 4 and kind == BYTES and form and stop - start == struct.calcsize(form):
                return _number(struct.unpack("<" + form, self.buffer[start:stop])[0])
            if number in (5, 6, 7, 10, 11, 13):
                return self._listed(number, kind, start, stop)
        # All defaults are left out on the wire: the value is zero.
        return (False if self.dtype == BOOL else 0.0) if form else None

    def _listed(self, number: int, kind: int, start: int, stop: int) -> Number | None:
        """The first element of one of the ``*_val`` fields, packed or not."""
        if number in (5, 6):
            form = "<f" if number == 5 else "<d"
            raw = self.buffer[start : start + struct.calcsize(form)]
            return (
                _number(struct.unpack(form, raw)[0]) if len(raw) == struct.calcsize(form) else None
            )
        if kind == BYTES:
            if start == stop:
                return None
            start, _ = varint(self.buffer, start, stop)
        if number == 13:
            return _number(struct.unpack("<e", struct.pack("<H", start & 0xFFFF))[0])
        return bool(start) if number == 11 else signed(start)

    def integers(self) -> list[int]:
        """The elements of a small tensor of 32-bit integers, such as the axes of a reduction."""
        for number, kind, start, stop in fields(self.buffer, self.start, self.stop):
            if number == 4 and kind == BYTES and stop - start <= 64 and not (stop - start) % 4:
                return list(struct.unpack(f"<{(stop - start) // 4}i", self.buffer[start:stop]))
        value = self.scalar()
        return [int(value)] if value is not None else []

    def strings(self) -> list[str]:
        """The elements of a tensor of strings."""
        return strings(self.buffer, self.start, self.stop, 8)


def _number(value: object) -> Number | None:
    return value if isinstance(value, bool | int | float) else None


Value = None | str | bool | int | float | Tensor | Function | list["Value"]


def attributes(buffer: Buffer, pos: int, end: int, only: str | None = None) -> dict[str, Value]:
    """The attributes among the fields of a NodeDef, or the one wanted."""
    found: dict[str, Value] = {}
    opening = None if only is None else bytes((0x0A, len(only))) + only.encode()
    for number, kind, start, stop in fields(buffer, pos, end):
        if number != 5 or kind != BYTES:
            continue
        if (
            opening
            and buffer[start : start + len(opening)] != opening
            and buffer[start : start + 1] == b"\n"
        ):
            continue  # another key
        key = ""
        at: tuple[int, int] | None = None
        for inner, inner_kind, first, last in fields(buffer, start, stop):
            if inner == 1 and inner_kind == BYTES:
                key = text(buffer, first, last)
            elif inner == 2 and inner_kind == BYTES:
                at = first, last
        if at is not None and (only is None or key == only):
            found[key] = _value(buffer, *at)
    return found


def _value(buffer: Buffer, pos: int, end: int) -> Value:
    """AttrValue: 1 list, 2 s, 3 i, 4 f, 5 b, 6 type, 8 tensor, 10 func."""
    value: Value = None
    for number, kind, start, stop in fields(buffer, pos, end):
        if number == 1 and kind == BYTES:
            value = _list(buffer, start, stop)
        else:
            read = _one(buffer, number, kind, start, stop, func=10)
            value = value if read is None else read
    return value


def _list(buffer: Buffer, pos: int, end: int) -> list[Value]:
    """ListValue: as AttrValue, but a function is 9; packed numbers are not needed here."""
    found = (_one(buffer, *item, func=9) for item in fields(buffer, pos, end))
    return [item for item in found if item is not None]


def _one(buffer: Buffer, number: int, kind: int, start: int, stop: int, *, func: int) -> Value:
    if kind == BYTES:
        if number == 2:
            return text(buffer, start, stop)
        if number == 8:
            return _tensor(buffer, start, stop)
        if number == func:
            return Function(string(buffer, start, stop, 1))
    elif kind == VARINT:
        if number == 5:
            return bool(start)
        if number in (3, 6):
            return signed(start)
    elif kind == FIXED32 and number == 4:
        return _number(struct.unpack("<f", buffer[start:stop])[0])
    return None


def _tensor(buffer: Buffer, pos: int, end: int) -> Tensor:
    """TensorProto: 1 dtype, 2 tensor_shape; its values are read later, if at all."""
    dtype = 0
    shape: tuple[int, ...] | None = ()
    for number, kind, start, stop in fields(buffer, pos, end):
        if number == 1 and kind == VARINT:
            dtype = start
        elif number == 2 and kind == BYTES:
            shape = _shape(buffer, start, stop)
    return Tensor(buffer, pos, end, dtype, shape)


def _shape(buffer: Buffer, pos: int, end: int) -> tuple[int, ...] | None:
    """TensorShapeProto: 2 dim (1 size), 3 unknown_rank."""
    sizes: list[int] = []
    for number, kind, start, stop in fields(buffer, pos, end):
        if number == 3 and kind == VARINT and start:
            return None
        if number == 2 and kind == BYTES:
            size = 0
            for inner, inner_kind, value, _ in fields(buffer, start, stop):
                if inner == 1 and inner_kind == VARINT:
                    size = signed(value)
            sizes.append(size)
    return tuple(sizes)
