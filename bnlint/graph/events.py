"""The graphs in an event file, and how one is told from other files.

Records are framed as in TensorFlow's ``record_writer.cc``: length (8 bytes), masked CRC-32C of the
length (4), data, masked CRC-32C of the data (4). In an Event, field 4 is a GraphDef and field 9 a
MetaGraphDef. The data's checksum is not computed: in Python that costs more than all the rest.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from functools import cache

from bnlint.graph.errors import GraphError
from bnlint.graph.wire import BYTES, Buffer, fields

HEADER, FOOTER = 12, 4


def is_event_file(buffer: Buffer) -> bool:
    """Whether the first record's length bears its checksum; no other file begins like that."""
    return len(buffer) >= HEADER and _length(buffer, 0) is not None


def graphs(buffer: Buffer) -> Iterator[tuple[int, int, int]]:
    """Each graph: the field it is in (4 or 9), where it begins and where it ends.

    A last record that is cut off is no error: a writer may still be at it.
    """
    pos, size = 0, len(buffer)
    while pos + HEADER <= size:
        length = _length(buffer, pos)
        if length is None:
            raise GraphError(f"corrupt event file (a wrong checksum at byte {pos})")
        start = pos + HEADER
        if start + length > size:
            return
        for number, kind, first, last in fields(buffer, start, start + length):
            if number in (4, 9) and kind == BYTES:
                yield number, first, last
        pos = start + length + FOOTER


def _length(buffer: Buffer, pos: int) -> int | None:
    length, checksum = struct.unpack("<QI", buffer[pos : pos + HEADER])
    return length if masked_crc(buffer[pos : pos + 8]) == checksum else None


def masked_crc(data: bytes) -> int:
    """CRC-32C, rotated and offset as TensorFlow (and LevelDB) store it."""
    crc = 0xFFFFFFFF
    table = _table()
    for byte in data:
        crc = table[(crc ^ byte) & 0xFF] ^ crc >> 8
    crc ^= 0xFFFFFFFF
    return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF


@cache
def _table() -> list[int]:
    table = []
    for byte in range(256):
        for _ in range(8):
            byte = byte >> 1 ^ (0x82F63B78 if byte & 1 else 0)
        table.append(byte)
    return table
