"""Checkpoints written byte by byte, so that they can say what no TensorFlow would."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from pathlib import Path

MAGIC = 0xDB4775248B80FB57


def varint(value: int) -> bytes:
    out = bytearray()
    value &= (1 << 64) - 1
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes((*out, value))


def entry(dtype: int, offset: int, size: int) -> bytes:
    """A BundleEntryProto: 1 dtype, 4 offset, 5 size."""
    numbers = {1: dtype, 4: offset, 5: size}
    return b"".join(varint(key << 3) + varint(value) for key, value in numbers.items())


def block(entries: Mapping[bytes, bytes]) -> bytes:
    parts = [
        varint(0) + varint(len(key)) + varint(len(value)) + key + value
        for key, value in sorted(entries.items())
    ]
    return b"".join(parts) + struct.pack("<II", 0, 1)


def table(entries: Mapping[bytes, bytes]) -> bytes:
    data, meta = block(entries), block({})
    index = block({b"\xff": varint(0) + varint(len(data))})
    out = data + b"\0" * 5 + meta + b"\0" * 5 + index + b"\0" * 5
    footer = varint(len(data) + 5) + varint(len(meta))
    footer += varint(len(data) + len(meta) + 10) + varint(len(index))
    return out + footer.ljust(40, b"\0") + struct.pack("<Q", MAGIC)


def write_checkpoint(prefix: str, entries: Mapping[str, bytes], data: bytes) -> None:
    """Write ``prefix.index`` and its one file of data."""
    encoded = {name.encode(): value for name, value in entries.items()}
    Path(f"{prefix}.index").write_bytes(table(encoded))
    Path(f"{prefix}.data-00000-of-00001").write_bytes(data)
