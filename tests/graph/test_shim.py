"""What the recorder says when something inside it goes wrong."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import bnlint.graph.shim

# It has no types, as it is one source for Python 2 as well.
shim: Any = bnlint.graph.shim


@pytest.fixture
def recorder(tmp_path: Path) -> Any:
    return shim.Recorder(str(tmp_path), watch=True)


def test_each_thing_that_goes_wrong_is_noted_once(recorder: Any) -> None:
    for _ in range(3):
        recorder.missed("a run not recorded", ValueError("no\nsecond line"))
    assert recorder.notes == ["a run not recorded: ValueError: no"]


def test_notes_are_bounded(recorder: Any) -> None:
    for number in range(100):
        recorder.missed("a run not recorded", ValueError(number))
    assert len(recorder.notes) == shim.MOST_NOTES


class OpError(Exception):
    pass


class FailedPrecondition(OpError):
    pass


class Broken:
    def __init__(self, error: Exception) -> None:
        self.error = error

    def get_collection(self, key: str) -> None:
        raise self.error


@pytest.mark.parametrize(
    ("error", "notes"),
    [
        (FailedPrecondition("not initialised"), []),
        (RuntimeError("Attempted to use a closed Session."), []),
        (AttributeError("no op"), ["moving statistics not read: AttributeError: no op"]),
    ],
)
def test_values_that_are_not_there_yet_are_no_note(
    recorder: Any, error: Exception, notes: list[str]
) -> None:
    assert recorder._values(SimpleNamespace(graph=Broken(error))) is None
    assert recorder.notes == notes


def test_a_comparison_that_fails_is_noted_and_the_run_counts(
    recorder: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shim, "recorder", recorder)
    record = {"count": 0}
    shim.succeeded(SimpleNamespace(graph=Broken(AttributeError("x"))), record, {"mean": 0})
    assert record["count"] == 1
    assert recorder.notes == ["moving statistics not read: AttributeError: x"]
