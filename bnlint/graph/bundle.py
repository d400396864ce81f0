"""The tensors of a checkpoint, read without TensorFlow.

A checkpoint (Saver format V2, the default since 0.12) is an ``.index`` file, a LevelDB table from
names to BundleEntryProto, and ``.data`` files that hold the bytes. Facts: LevelDB's
``table_format.md``; TensorFlow's ``tensor_bundle.proto`` (entry: 1 dtype, 2 shape, 3 shard,
4 offset, 5 size, 7 slices).
"""

from __future__ import annotations

import os
import struct
from array import array
from collections.abc import Iterator
from dataclasses import dataclass

from bnlint.graph.attrs import BFLOAT16, DOUBLE, FLOAT, HALF, INT32, INT64
from bnlint.graph.errors import GraphError
from bnlint.graph.read import latest_checkpoint
from bnlint.graph.snappy import decompress
from bnlint.graph.wire import BYTES, FIXED32, VARINT, Buffer, fields, load, signed, varint
from bnlint.regular import MEGABYTE, CannotRead, open_regular, reason, shown_size

_MAGIC = 0xDB4775248B80FB57
_FOOTER = 48
# A statistic has one number a channel; what is larger is no statistic.
_MOST_BYTES = 64 * MEGABYTE
# An Estimator's variables and those of a tf.train.Checkpoint have the same names but for this.
_OBJECT_SUFFIX = "/.ATTRIBUTES/VARIABLE_VALUE"


@dataclass(frozen=True, slots=True)
class Entry:
    """Where a tensor is. ``sliced`` if its parts are stored one by one (partitioned variables)."""

    dtype: int
    shard: int
    offset: int
    size: int
    sliced: bool


class Bundle:
    """A checkpoint's tensors by name; values are read when asked for.

    ``absent`` are files of values that were asked for and are not there.
    """

    def __init__(self, prefix: str) -> None:
        self.prefix = prefix
        self.path = prefix + ".index"
        self.entries: dict[str, Entry] = {}
        self._shards = 1
        self.absent: set[str] = set()
        buffer = load(self.path)
        try:
            for key, block, start, stop in _table(buffer):
                if not key:
                    self._shards = _first(block, start, stop, 1) or 1
                else:
                    name = key.decode("utf-8", "backslashreplace").removesuffix(_OBJECT_SUFFIX)
                    self.entries[name] = _entry(block, start, stop)
        except GraphError as error:
            raise GraphError(f"{self.path}: {error}") from None
        except (IndexError, struct.error, ValueError, OverflowError):
            raise GraphError(f"{self.path}: corrupt checkpoint index") from None

    def floats(self, name: str) -> array[float] | None:
        """A tensor of floating-point numbers, or None if it is something else or sliced."""
        entry = self.entries[name]
        if entry.sliced:
            return None
        width = {FLOAT: 4, DOUBLE: 8, HALF: 2, BFLOAT16: 2}.get(entry.dtype)
        if width is None:
            return None
        if entry.size % width:
            raise GraphError(f"{self.path}: {name} has a size that is no multiple of {width}")
        raw = self._bytes(name, entry)
        if raw is None:
            return None
        if entry.dtype in (FLOAT, DOUBLE):
            return array("f" if entry.dtype == FLOAT else "d", raw)
        if entry.dtype == HALF:
            return array("f", struct.unpack(f"<{len(raw) // 2}e", raw))
        # bfloat16 is the upper half of a float.
        return array("f", b"".join(b"\0\0" + raw[at : at + 2] for at in range(0, len(raw), 2)))

    def integer(self, name: str) -> int | None:
        """A scalar integer that counts something, such as the global step."""
        entry = self.entries.get(name)
        if entry is None or entry.sliced or entry.dtype not in (INT32, INT64):
            return None
        if entry.size != (4 if entry.dtype == INT32 else 8):
            return None  # not a scalar
        raw = self._bytes(name, entry)
        if raw is None:
            return None
        value = int.from_bytes(raw, "little", signed=True)
        if value < 0:
            raise GraphError(f"{self.path}: {name} is {value}, below zero")
        return value

    def _bytes(self, name: str, entry: Entry) -> bytes | None:
        path = f"{self.prefix}.data-{entry.shard:05d}-of-{self._shards:05d}"
        if not os.path.exists(path):
            self.absent.add(path)
            return None
        try:
            with open_regular(path) as file:
                held = os.fstat(file.fileno()).st_size
                if not 0 <= entry.offset <= entry.offset + entry.size <= held:
                    raise CannotRead("truncated checkpoint data")
                if entry.size > _MOST_BYTES:
                    raise CannotRead(f"{name} is larger than {shown_size(_MOST_BYTES)}")
                file.seek(entry.offset)
                raw = file.read(entry.size)
        except CannotRead as error:
            raise GraphError(f"{path}: {error}") from None
        except OSError as error:
            raise GraphError(f"{path}: {reason(error)}") from None
        if len(raw) != entry.size:
            raise GraphError(f"{path}: truncated checkpoint data")
        return raw


def open_checkpoint(path: str) -> Bundle:
    """The checkpoint that a prefix, one of its files, or a directory with a newest one names."""
    if os.path.isdir(path):
        prefix = latest_checkpoint(path)
        if prefix is None:
            names = sorted(name for name in os.listdir(path) if name.endswith(".index"))
            if not names:
                variables = os.path.join(path, "variables", "variables")
                if not os.path.isfile(variables + ".index"):
                    raise GraphError(f"{path}: no checkpoint in this directory")
                return Bundle(variables)
            prefix = os.path.join(path, names[-1].removesuffix(".index"))
        return _bundle(prefix, prefix)
    name = os.path.basename(path)
    if name == "checkpoint" and os.path.isfile(path):
        return open_checkpoint(os.path.dirname(path) or ".")
    prefix = path
    for suffix in (".index", ".meta"):
        prefix = prefix.removesuffix(suffix)
    head, found, tail = prefix.rpartition(".data-")
    if found and "-of-" in tail:
        prefix = head
    return _bundle(prefix, path)


def _bundle(prefix: str, path: str) -> Bundle:
    if not os.path.isfile(prefix + ".index"):
        if os.path.isfile(path):
            raise GraphError(
                f"{path}: not a checkpoint, or one of the format V1, which is not read: save it "
                "again with tf.train.Saver(), or judge its .meta file with bnlint graph"
            )
        raise GraphError(f"{path}: no such checkpoint")
    return Bundle(prefix)


def _table(buffer: Buffer) -> Iterator[tuple[bytes, Buffer, int, int]]:
    """Key, and the block and where in it the value is, of each entry of a table."""
    size = len(buffer)
    if size < _FOOTER or struct.unpack("<Q", buffer[size - 8 : size])[0] != _MAGIC:
        raise GraphError("not a checkpoint index, or truncated")
    footer = size - _FOOTER
    _, pos = varint(buffer, footer, size)
    _, pos = varint(buffer, pos, size)
    offset, pos = varint(buffer, pos, size)
    length, pos = varint(buffer, pos, size)
    for _, index, start, stop in _block(buffer, offset, length):
        first, at = varint(index, start, stop)
        extent, at = varint(index, at, stop)
        yield from _block(buffer, first, extent)


def _block(buffer: Buffer, offset: int, size: int) -> Iterator[tuple[bytes, Buffer, int, int]]:
    end = offset + size
    if end + 5 > len(buffer):
        raise GraphError("truncated checkpoint index")
    if buffer[end] == 1:
        buffer = decompress(buffer, offset, end)
        offset, end = 0, len(buffer)
    elif buffer[end] != 0:
        raise GraphError(f"a checkpoint index that is compressed in a way not known: {buffer[end]}")
    restarts = struct.unpack("<I", buffer[end - 4 : end])[0]
    stop = end - 4 - 4 * restarts
    key, pos = b"", offset
    while pos < stop:
        shared, pos = varint(buffer, pos, stop)
        fresh, pos = varint(buffer, pos, stop)
        length, pos = varint(buffer, pos, stop)
        if shared > len(key) or pos + fresh + length > stop:
            raise GraphError("corrupt checkpoint index")
        key = key[:shared] + bytes(buffer[pos : pos + fresh])
        pos += fresh
        yield key, buffer, pos, pos + length
        pos += length


def _first(buffer: Buffer, start: int, stop: int, number: int) -> int | None:
    for found, kind, value, _ in fields(buffer, start, stop):
        if found == number and kind == VARINT:
            return value
    return None


def _entry(buffer: Buffer, start: int, stop: int) -> Entry:
    numbers = {1: 0, 3: 0, 4: 0, 5: 0}
    sliced = False
    for number, kind, value, _ in fields(buffer, start, stop):
        if kind == VARINT and number in numbers:
            numbers[number] = signed(value)
        elif kind == BYTES and number == 7:
            sliced = True
        elif kind == FIXED32:
            continue  # the checksum of the data
    return Entry(numbers[1], numbers[3], numbers[4], numbers[5], sliced)
