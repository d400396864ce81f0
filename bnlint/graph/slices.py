"""The tensors of a checkpoint of the first format (V1, the default before TensorFlow 0.12).

Each file is a table: the first entry tells the types of all tensors, the others have their values;
``sharded=True`` writes several. Facts: TensorFlow's ``saved_tensor_slice.proto`` (1 meta with 1
tensor: 1 name, 3 type; 2 data: 1 name, 3 data) and ``tensor.proto`` (5 float_val, 6 double_val,
7 int_val, 10 int64_val, 13 half_val).
"""

from __future__ import annotations

import glob
import os
import re
import struct
from array import array
from collections.abc import Iterator
from dataclasses import dataclass

from bnlint.graph.attrs import BFLOAT16, DOUBLE, FLOAT, HALF, INT32, INT64
from bnlint.graph.errors import GraphError
from bnlint.graph.table import entries, is_table
from bnlint.graph.wire import BYTES, FIXED32, FIXED64, VARINT, Buffer, fields, load, text, varint
from bnlint.regular import MEGABYTE, CannotRead, open_regular, shown_size

_SHARD = re.compile(r"-(?:\d{5}|\?{5})-of-\d{5}$")
_MOST_BYTES = 64 * MEGABYTE
_VALUES = {FLOAT: 5, DOUBLE: 6, INT32: 7, INT64: 10, HALF: 13, BFLOAT16: 13}


@dataclass(frozen=True, slots=True)
class Part:
    """Where a TensorProto is: a tensor, or one of its parts if it is partitioned."""

    buffer: Buffer
    start: int
    stop: int


class Slices:
    """A checkpoint's tensors by name; values are read when asked for.

    No file of values can be ``absent``: they are where the names are.
    """

    def __init__(self, prefix: str, files: list[str]) -> None:
        self.prefix = prefix
        self.path = files[0]
        self.entries: dict[str, list[Part]] = {}
        self._types: dict[str, int] = {}
        self.absent: set[str] = set()
        for file in files:
            buffer = load(file)
            try:
                for key, block, start, stop in entries(buffer):
                    if key:
                        name, part = _slice(block, start, stop)
                        self.entries.setdefault(name, []).append(part)
                    else:
                        self._types.update(_types(block, start, stop))
            except GraphError as error:
                raise GraphError(f"{file}: {error}") from None
            except (IndexError, struct.error, ValueError, OverflowError):
                raise GraphError(f"{file}: corrupt checkpoint") from None

    def floats(self, name: str) -> array[float] | None:
        """A tensor of floating-point numbers, or None if it is something else or partitioned."""
        kind, numbers = self._numbers(name)
        if kind in (FLOAT, DOUBLE):
            return array("f" if kind == FLOAT else "d", numbers)
        halves = [int(number) for number in numbers]
        if kind == HALF:
            raw = struct.pack(f"<{len(halves)}H", *halves)
            return array("f", struct.unpack(f"<{len(halves)}e", raw))
        if kind == BFLOAT16:  # the upper half of a float
            raw = struct.pack(f"<{len(halves)}I", *(half << 16 for half in halves))
            return array("f", struct.unpack(f"<{len(halves)}f", raw))
        return None

    def integer(self, name: str) -> int | None:
        """A scalar integer that counts something, such as the global step."""
        if name not in self.entries:
            return None
        kind, numbers = self._numbers(name)
        if kind not in (INT32, INT64) or len(numbers) != 1:
            return None
        value = int(numbers[0])
        if value >= 1 << 63:
            raise GraphError(f"{self.path}: {name} is {value - (1 << 64)}, below zero")
        return value

    def _numbers(self, name: str) -> tuple[int, list[float]]:
        """A tensor's type and what its numbers are written as; type 0 if it is partitioned."""
        parts = self.entries[name]
        if len(parts) != 1:
            return 0, []
        part = parts[0]
        if part.stop - part.start > _MOST_BYTES:
            raise GraphError(f"{self.path}: {name} is larger than {shown_size(_MOST_BYTES)}")
        kind = self._types.get(name, 0)
        found: list[float] = []
        try:
            for number, wire, at, end in fields(part.buffer, part.start, part.stop):
                if number == _VALUES.get(kind):
                    found.extend(_unpacked(part.buffer, kind, wire, at, end))
        except (GraphError, struct.error, ValueError, OverflowError):
            raise GraphError(f"{self.path}: {name} is corrupt") from None
        return kind, found


def _types(buffer: Buffer, start: int, stop: int) -> Iterator[tuple[str, int]]:
    """The types of tensors by their names."""
    for number, kind, at, end in fields(buffer, start, stop):
        if number != 1 or kind != BYTES:
            continue
        for inner, wire, begin, over in fields(buffer, at, end):
            if inner != 1 or wire != BYTES:
                continue
            name, found = "", 0
            for field, form, first, last in fields(buffer, begin, over):
                if field == 1 and form == BYTES:
                    name = text(buffer, first, last)
                elif field == 3 and form == VARINT:
                    found = first
            yield name, found


def _slice(buffer: Buffer, start: int, stop: int) -> tuple[str, Part]:
    """The name and the tensor of a SavedTensorSlices."""
    name, part = None, None
    for number, kind, at, end in fields(buffer, start, stop):
        if number == 2 and kind == BYTES:
            for inner, wire, begin, over in fields(buffer, at, end):
                if inner == 1 and wire == BYTES:
                    name = text(buffer, begin, over)
                elif inner == 3 and wire == BYTES:
                    part = Part(buffer, begin, over)
    if name is None or part is None:
        raise GraphError("a tensor without a name or a value")
    return name, part


def _unpacked(buffer: Buffer, kind: int, wire: int, at: int, end: int) -> Iterator[float]:
    """The numbers of one field: several of them in its bytes, or one for itself."""
    if wire == VARINT:
        yield at
    elif kind in (FLOAT, DOUBLE):
        width, code = (4, "f") if kind == FLOAT else (8, "d")
        if wire in (BYTES, FIXED32, FIXED64):
            yield from struct.unpack(f"<{(end - at) // width}{code}", buffer[at:end])
    elif wire == BYTES:
        while at < end:
            value, at = varint(buffer, at, end)
            yield value


def is_first_format(path: str) -> bool:
    """Whether a file is a checkpoint of the first format."""
    try:
        with open_regular(path) as file:
            size = os.fstat(file.fileno()).st_size
            file.seek(max(0, size - 8))
            return is_table(file.read(8))
    except (CannotRead, OSError):
        return False


def shards_of(prefix: str) -> tuple[str, list[str]]:
    """The prefix without the number of a shard, and the files of the checkpoint that are there."""
    whole = _SHARD.sub("", prefix)
    if whole == prefix and os.path.isfile(prefix):
        return prefix, [prefix]
    found = sorted(glob.glob(glob.escape(whole) + "-" + "[0-9]" * 5 + "-of-" + "[0-9]" * 5))
    count = found[0][-5:] if found else ""
    same = [file for file in found if file.endswith(f"-of-{count}")]
    if same and len(same) != int(count):
        raise GraphError(f"{whole}: {len(same)} of {int(count)} files of this checkpoint are there")
    return whole, same
