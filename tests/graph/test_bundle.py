"""Checkpoints: compressed index blocks, and values that are not there."""

from __future__ import annotations

import importlib
import shutil
import struct
from pathlib import Path

import pytest

from bnlint.cli import main
from bnlint.graph.bundle import Bundle, open_checkpoint
from bnlint.graph.checkpoint import inspect_checkpoint
from bnlint.graph.errors import GraphError
from bnlint.graph.snappy import decompress

from .conftest import GRAPHS, needs_tensorflow_2


def number(value: int) -> bytes:
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes([*out, value])


def compressed(text: bytes) -> bytes:
    """Snappy: literals of 50 bytes, and copies of what came before where there are some."""
    out = bytearray(number(len(text)))
    at = 0
    while at < len(text):
        piece = text[at : at + 6]
        before = text.rfind(piece, max(0, at - 2000), at)
        if len(piece) == 6 and before >= 0:
            out += bytes([(6 - 1) << 2 | 2]) + struct.pack("<H", at - before)
            at += 6
            continue
        size = min(3, len(text) - at)
        out += bytes([(size - 1) << 2]) + text[at : at + size]
        at += size
    return bytes(out)


def compress_blocks(index: bytes) -> bytes:
    """The table again, with its only block of entries compressed."""

    def read(at: int) -> tuple[int, int]:
        value = shift = 0
        while True:
            byte = index[at]
            value |= (byte & 127) << shift
            at, shift = at + 1, shift + 7
            if byte < 128:
                return value, at

    at = len(index) - 48
    meta_offset, at = read(at)
    meta_size, at = read(at)
    offset, at = read(at)
    size, at = read(at)
    block = index[offset : offset + size]
    # The index block: one entry, whose value is where the block of entries is.
    key_size = block[1]
    key = block[3 : 3 + key_size]
    first = block[3 + key_size :]
    assert first[0] == 0  # the entries begin where the file does
    data = compressed(index[: meta_offset - 5])
    handle = number(0) + number(len(data))
    entry = bytes([0, len(key), len(handle)]) + key + handle
    new_index = entry + struct.pack("<II", 0, 1)
    out = data + b"\x01" + bytes(4)
    where_meta = len(out)
    out += index[meta_offset : meta_offset + meta_size + 5]
    where_index = len(out)
    out += new_index + b"\x00" + bytes(4)
    footer = number(where_meta) + number(meta_size) + number(where_index) + number(len(new_index))
    return out + footer.ljust(40, b"\0") + index[-8:]


def copied(folder: Path, name: str = "checkpoint-untouched") -> Path:
    shutil.copytree(GRAPHS / name, folder / "saved")
    return folder / "saved"


def test_compressed_blocks(tmp_path: Path) -> None:
    folder = copied(tmp_path, "checkpoint-trained")
    plain = open_checkpoint(str(folder)).entries
    index = folder / "model.index"
    index.write_bytes(compress_blocks(index.read_bytes()))
    assert open_checkpoint(str(folder)).entries == plain
    assert inspect_checkpoint(str(folder)).report.findings == []


@pytest.mark.parametrize(
    ("stream", "text"),
    [
        (b"\x00", b""),
        (b"\x03\x08abc", b"abc"),
        (b"\x0a\x04ab\x1e\x02\x00", b"ababababab"),
        (b"\x08\x0cabcd\x01\x04", b"abcdabcd"),
        (b"\x09\x04ab\x1b\x02\x00\x00\x00", b"ababababa"),
        (b"\x46\xf0\x45" + b"x" * 70, b"x" * 70),
    ],
    ids=["nothing", "literal", "overlapping", "short copy", "long offset", "long literal"],
)
def test_snappy(stream: bytes, text: bytes) -> None:
    assert decompress(stream, 0, len(stream)) == text


@pytest.mark.parametrize(
    "stream",
    [b"\x04\x08abc", b"\x03\x08ab", b"\x0a\x04ab\x1e\x03\x00", b"\x0a\x04ab\x1e\x00\x00",
     b"\xff\xff\xff\xff\x0f\x00a", b"\x02\x08abc"],
    ids=["too short", "truncated", "before the start", "no offset", "a bomb", "too long"],
)  # fmt: skip
def test_what_is_no_snappy(stream: bytes) -> None:
    with pytest.raises(GraphError, match="corrupt compressed block"):
        decompress(stream, 0, len(stream))


def test_values_that_are_not_there(tmp_path: Path) -> None:
    """The index alone tells what is saved, which is all that BN401 asks."""
    folder = copied(tmp_path)
    (folder / "model.data-00000-of-00001").unlink()
    report = inspect_checkpoint(str(folder))
    assert report.report.findings == []
    assert [row.state for row in report.layers] == ["saved"]
    assert "model.data-00000-of-00001 is not there" in report.notes[0]


def test_two_checkpoints(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    one = str(GRAPHS / "checkpoint-untouched")
    other = str(GRAPHS / "checkpoint-trained")
    assert [row.since for row in inspect_checkpoint(other, earlier=one).layers] == ["moved"]
    same = inspect_checkpoint(one, earlier=one)
    assert [row.since for row in same.layers] == ["same"]
    assert same.notes == []  # nothing was trained in between
    folder = copied(tmp_path)
    (folder / "model.data-00000-of-00001").unlink()
    assert [row.since for row in inspect_checkpoint(one, earlier=str(folder)).layers] == [
        "not read"
    ]
    assert main(["checkpoint", one, other]) == 0
    assert "moved" in capsys.readouterr().out
    assert main(["checkpoint", one, str(tmp_path / "none")]) == 2


def test_weights_that_moved_alone(tmp_path: Path) -> None:
    folder = copied(tmp_path)
    bundle = open_checkpoint(str(folder))
    assert isinstance(bundle, Bundle)
    data = folder / "model.data-00000-of-00001"
    raw = bytearray(data.read_bytes())
    weight = next(name for name in bundle.entries if name.endswith("gamma"))
    raw[bundle.entries[weight].offset + 2] ^= 1
    data.write_bytes(raw)
    report = inspect_checkpoint(str(folder), earlier=str(GRAPHS / "checkpoint-untouched"))
    assert [row.since for row in report.layers] == ["same"]
    assert report.notes[0].endswith("and the moving statistics of 1 of 1 layers did not")


@needs_tensorflow_2
def test_a_checkpoint_of_objects(tmp_path: Path) -> None:
    """What TensorFlow 2 writes: paths of attributes, and the optimizer's own count of steps."""
    tf = importlib.import_module("tensorflow")
    layer = tf.keras.layers.BatchNormalization(momentum=0.9)
    steps = tf.Variable(0, dtype=tf.int64)
    root = tf.train.Checkpoint(norm=layer, optimizer=tf.train.Checkpoint(iter=steps))
    layer.build([None, 3])
    start = root.write(str(tmp_path / "start"))
    rows = tf.random.stateless_normal([64, 3], [1, 2], 3.0, 2.0)
    for _ in range(50):
        layer(rows, training=True)
        steps.assign_add(1)
    end = root.write(str(tmp_path / "end"))

    report = inspect_checkpoint(end, earlier=start)
    assert (report.steps, report.report.findings) == (50, [])
    assert [(row.name, row.state, row.since) for row in report.layers] == [("norm", "ok", "moved")]
    steps.assign(50)
    layer.moving_mean.assign([0, 0, 0])
    layer.moving_variance.assign([1, 1, 1])
    lost = inspect_checkpoint(root.write(str(tmp_path / "lost")))
    assert [finding.rule.code for finding in lost.report.findings] == ["BN404"]
