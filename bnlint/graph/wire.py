"""The protobuf wire format, as far as graphs need it.

Why not the ``protobuf`` package: its C reader (upb, with a schema of three fields) hands out the
names and inputs of 152,000 nodes a little sooner (0.50 s against 0.67 s), but it reads 2 GB of
weights into 4.1 GB of memory where this one maps the file and takes 14 MB. And this one cannot
clash with the protobuf version of anybody's TensorFlow, and minds no field or op that is new.

The wire format itself: https://protobuf.dev/programming-guides/encoding/
"""

from __future__ import annotations

import mmap
import os
from collections.abc import Iterator

from bnlint.graph.errors import GraphError
from bnlint.regular import MEGABYTE, CannotRead, TooLarge, open_regular, reason, shown_size

Buffer = bytes | mmap.mmap

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5

# Above this size a file is mapped, so that its weights stay on disk; below, reading is faster.
MAP_FROM = 256 * MEGABYTE
# More than any graph: protobuf itself reads no message of 2 GB, but logs of events grow.
MOST = 64 * 1024 * MEGABYTE


def load(path: str) -> Buffer:
    """The content of a file, mapped instead of read if it is large. Raises ``GraphError``."""
    try:
        with open_regular(path) as file:
            size = os.fstat(file.fileno()).st_size
            if size > MOST:
                raise TooLarge(f"larger than {shown_size(MOST)}")
            if size >= MAP_FROM:
                return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
            return file.read(MAP_FROM)
    except CannotRead as error:
        raise GraphError(f"{path}: {error}") from None
    except (OSError, ValueError) as error:
        raise GraphError(f"{path}: {reason(error)}") from None


def varint(buffer: Buffer, pos: int, end: int) -> tuple[int, int]:
    """The varint at ``pos`` and the position behind it."""
    value = shift = 0
    while pos < end:
        byte = buffer[pos]
        pos += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, pos
        shift += 7
        if shift > 63:
            raise GraphError(f"not a protobuf message (a number too long at byte {pos})")
    raise GraphError(f"truncated: it ends inside a number at byte {end}")


def fields(buffer: Buffer, pos: int, end: int) -> Iterator[tuple[int, int, int, int]]:
    """Every field of a message: number, wire type, and two integers.

    These are the value and 0 for a varint, else where the bytes begin and end.
    """
    while pos < end:
        tag, pos = varint(buffer, pos, end)
        number, kind = tag >> 3, tag & 7
        if kind == VARINT:
            value, pos = varint(buffer, pos, end)
            yield number, kind, value, 0
            continue
        if kind == BYTES:
            size, pos = varint(buffer, pos, end)
        elif kind in (FIXED32, FIXED64):
            size = 4 if kind == FIXED32 else 8
        else:
            raise GraphError(f"not a protobuf message (wire type {kind} at byte {pos})")
        if number == 0:
            raise GraphError(f"not a protobuf message (field 0 at byte {pos})")
        stop = pos + size
        if stop > end:
            raise GraphError(f"truncated: a field at byte {pos} wants {stop - end} bytes more")
        yield number, kind, pos, stop
        pos = stop


def text(buffer: Buffer, start: int, stop: int) -> str:
    """The string in a field. What is not UTF-8 is kept apart rather than refused."""
    return str(buffer[start:stop], "utf-8", "backslashreplace")


def strings(buffer: Buffer, pos: int, end: int, number: int) -> list[str]:
    """All strings that a message has under one field number."""
    return [
        text(buffer, start, stop)
        for found, kind, start, stop in fields(buffer, pos, end)
        if found == number and kind == BYTES
    ]


def string(buffer: Buffer, pos: int, end: int, number: int) -> str:
    """The last string under a field number, as protobuf has it; empty if there is none."""
    found = strings(buffer, pos, end, number)
    return found[-1] if found else ""


def signed(value: int) -> int:
    """A varint as an int64: negative numbers travel as their two's complement."""
    return value - (1 << 64) if value >> 63 else value
