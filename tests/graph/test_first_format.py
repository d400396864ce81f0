"""Checkpoints of the first format, as TensorFlow 1.15 wrote them, whole and broken."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from bnlint.graph.bundle import open_checkpoint
from bnlint.graph.checkpoint import inspect_checkpoint
from bnlint.graph.errors import GraphError
from bnlint.graph.read import latest_checkpoint

from .conftest import GRAPHS

ONE = GRAPHS / "checkpoint-first-format"
TWO = GRAPHS / "checkpoint-first-format-in-two"


@pytest.mark.parametrize(
    ("path", "steps"),
    [
        (ONE, 60),
        (ONE / "model", 60),
        (ONE / "checkpoint", 60),
        (TWO, 120),
        (TWO / "model", 120),
        (TWO / "model-00001-of-00002", 120),
    ],
    ids=["directory", "prefix", "its list", "two files", "prefix of two files", "one of two files"],
)
def test_it_is_found_and_read(path: Path, steps: int) -> None:
    report = inspect_checkpoint(str(path))
    assert (report.steps, report.variables) == (steps, 8)
    [row] = report.layers
    assert (row.name, row.state) == ("bn", "ok")
    # The data has a mean of 3 and a variance of 4; 0.9 to the power of 60 is 0.002.
    assert row.mean is not None
    assert row.variance is not None
    assert 2 < row.mean[0] < row.mean[1] < 4
    assert 2 < row.variance[0] < row.variance[1] < 6
    assert report.report.findings == []


def test_values_of_every_type() -> None:
    saved = open_checkpoint(str(ONE))
    assert list(saved.floats("half") or ()) == [0.5, -1.5]
    assert list(saved.floats("double") or ()) == [0.25]
    assert saved.floats("parts/weights") is None  # in parts
    assert saved.floats("global_step") is None
    assert saved.integer("global_step") == 60
    assert saved.integer("half") is None
    assert saved.integer("nothing") is None


def test_what_moved_between_two() -> None:
    assert [row.since for row in inspect_checkpoint(str(TWO), earlier=str(ONE)).layers] == ["moved"]
    assert [row.since for row in inspect_checkpoint(str(ONE), earlier=str(ONE)).layers] == ["same"]


def test_one_of_its_files_is_missing(tmp_path: Path) -> None:
    folder = tmp_path / "saved"
    shutil.copytree(TWO, folder)
    (folder / "model-00000-of-00002").unlink()
    with pytest.raises(GraphError, match="1 of 2 files of this checkpoint are there"):
        open_checkpoint(str(folder))


@pytest.mark.parametrize("size", range(0, 714, 17))
def test_a_part_of_the_file(size: int, tmp_path: Path) -> None:
    whole = (ONE / "model").read_bytes()
    path = tmp_path / "model"
    path.write_bytes(whole[:size])
    with pytest.raises(GraphError, match="not a checkpoint"):
        open_checkpoint(str(path))
    path.write_bytes(whole[:size] + whole[-48:])
    with pytest.raises(GraphError):
        open_checkpoint(str(path))


@pytest.mark.parametrize("at", range(0, 734, 3))
def test_a_byte_is_wrong(at: int, tmp_path: Path) -> None:
    content = bytearray((ONE / "model").read_bytes())
    content[at] ^= 0xFF
    path = tmp_path / "model"
    path.write_bytes(content)
    assert _refusal(path) is None or str(path) in str(_refusal(path))


def _refusal(path: Path) -> GraphError | None:
    try:
        inspect_checkpoint(str(path))
    except GraphError as error:
        return error
    return None


def test_the_newest_of_a_folder() -> None:
    assert latest_checkpoint(str(TWO)) == str(TWO / "model-?????-of-00002")
