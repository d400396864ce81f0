"""A table of LevelDB, as both formats of checkpoints use it: sorted keys with their values.

Facts: LevelDB's ``table_format.md``.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from bnlint.graph.errors import GraphError
from bnlint.graph.snappy import decompress
from bnlint.graph.wire import Buffer, varint

_MAGIC = 0xDB4775248B80FB57
_FOOTER = 48


def is_table(tail: bytes) -> bool:
    """Whether a file that ends like this is a table."""
    return len(tail) >= 8 and struct.unpack("<Q", tail[-8:])[0] == _MAGIC


def entries(buffer: Buffer) -> Iterator[tuple[bytes, Buffer, int, int]]:
    """Key, and the block and where in it the value is, of each entry of a table."""
    size = len(buffer)
    if size < _FOOTER or struct.unpack("<Q", buffer[size - 8 : size])[0] != _MAGIC:
        raise GraphError("not a checkpoint, or truncated")
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
