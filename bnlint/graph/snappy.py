"""Snappy, in which the blocks of a table may be compressed. Facts: its ``format_description.txt``.

A stream is the length of the text (a varint), then elements: literals, or copies of what came
before. The two low bits of an element's tag tell which.
"""

from __future__ import annotations

from bnlint.graph.errors import GraphError
from bnlint.graph.wire import Buffer, varint

# Three bytes copy 64 at most: what claims to be longer is not a stream.
_MOST = 22


def decompress(buffer: Buffer, start: int, stop: int) -> bytes:
    """The text of a stream. Raises GraphError if it is not one."""
    length, pos = varint(buffer, start, stop)
    if length > _MOST * (stop - start):
        raise GraphError("corrupt compressed block")
    out = bytearray()
    while pos < stop and len(out) <= length:
        tag = buffer[pos]
        kind, size, pos = tag & 3, tag >> 2, pos + 1
        if kind == 0:
            if size >= 60:
                extra = size - 59
                size = int.from_bytes(buffer[pos : pos + extra], "little")
                pos += extra
            size += 1
            out += buffer[pos : pos + size]
            pos += size
            continue
        if kind == 1:
            offset = (tag >> 5) << 8 | buffer[pos]
            size, pos = (size & 7) + 4, pos + 1
        else:
            width = 2 if kind == 2 else 4
            offset = int.from_bytes(buffer[pos : pos + width], "little")
            size, pos = size + 1, pos + width
        if not 0 < offset <= len(out):
            raise GraphError("corrupt compressed block")
        begin = len(out) - offset
        piece = out[begin : begin + size]  # no more: a copy may reach back far
        out += (piece * (size // len(piece) + 1))[:size]  # it may overlap what it makes
    if pos != stop or len(out) != length:
        raise GraphError("corrupt compressed block")
    return bytes(out)
