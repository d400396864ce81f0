"""The tensors of a checkpoint, read without TensorFlow.

A checkpoint (Saver format V2, the default since 0.12) is an ``.index`` file, a LevelDB table from
names to BundleEntryProto, and ``.data`` files that hold the bytes. Facts: TensorFlow's
``tensor_bundle.proto`` (entry: 1 dtype, 2 shape, 3 shard, 4 offset, 5 size, 7 slices).
"""

from __future__ import annotations

import os
import struct
from array import array
from dataclasses import dataclass

from bnlint.graph.attrs import BFLOAT16, DOUBLE, FLOAT, HALF, INT32, INT64
from bnlint.graph.errors import GraphError
from bnlint.graph.read import latest_checkpoint
from bnlint.graph.slices import Slices, is_first_format, shards_of
from bnlint.graph.table import entries
from bnlint.graph.wire import BYTES, FIXED32, VARINT, Buffer, fields, load, signed
from bnlint.regular import MEGABYTE, CannotRead, open_regular, reason, shown_size

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
            for key, block, start, stop in entries(buffer):
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


Saved = Bundle | Slices
"""A checkpoint of either format."""


def open_checkpoint(path: str) -> Saved:
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
        return _opened(prefix, prefix)
    name = os.path.basename(path)
    if name == "checkpoint" and os.path.isfile(path):
        return open_checkpoint(os.path.dirname(path) or ".")
    prefix = path
    for suffix in (".index", ".meta"):
        prefix = prefix.removesuffix(suffix)
    head, found, tail = prefix.rpartition(".data-")
    if found and "-of-" in tail:
        prefix = head
    return _opened(prefix, path)


def _opened(prefix: str, path: str) -> Saved:
    if os.path.isfile(prefix + ".index"):
        return Bundle(prefix)
    prefix, files = shards_of(prefix)
    if files and is_first_format(files[0]):
        return Slices(prefix, files)
    if os.path.isfile(path):
        raise GraphError(f"{path}: not a checkpoint")
    raise GraphError(f"{path}: no such checkpoint")


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
