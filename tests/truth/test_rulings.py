"""``confirm`` on findings that only runs decide, against recordings of TensorFlow 1.15.

A program is held against its own recording, or against that of one that does the same rightly and
gives its layers the same names.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from bnlint.confirm import confirm

from .cases import FIXTURES, SCRIPTS
from .conftest import Record

pytestmark = pytest.mark.tf1
_FED = "feeding/true_in_evaluation.py"
_RIGHT = "feeding/true_and_false_in_evaluation.py"
_PHASES = "phases/second_without_updates.py"
_OUT = "handwritten/average_applied_outside_cond.py"


def _cases(rows: list[tuple[str, str, str, str]]) -> list[object]:
    return [
        pytest.param(source, SCRIPTS / ran, code, status, id=f"{code}-{status}-{Path(ran).stem}")
        for source, ran, code, status in rows
    ]


@pytest.mark.parametrize(
    ("source", "script", "code", "status"),
    _cases(
        [
            (_FED, _FED, "BN105", "confirmed"),
            (_FED, _RIGHT, "BN105", "refuted"),
            ("feeding/tower_with_true_beside_a_flag.py",) * 2 + ("BN105", "undecided"),
            ("modes/left_out_of_evaluation.py",) * 2 + ("BN107", "confirmed"),
            ("modes/left_out_by_early_return.py",) * 2 + ("BN107", "confirmed"),
            ("modes/left_out_by_cond.py",) * 2 + ("BN107", "confirmed"),
            ("modes/left_out_of_evaluation.py", _RIGHT, "BN107", "refuted"),
            ("estimator/mode_the_wrong_way.py",) * 2 + ("BN108", "confirmed"),
            ("estimator/mode_of_an_option.py",) * 2 + ("BN108", "confirmed"),
            ("estimator/mode_the_wrong_way.py", "estimator/mode_comparison.py", "BN108", "refuted"),
            (_PHASES, _PHASES, "BN207", "undecided"),
            (_PHASES, "phases/each_with_updates.py", "BN207", "refuted"),
            (_OUT, _OUT, "BN302", "confirmed"),
            (_FED, _FED, "BN306", "confirmed"),
            ("exporting/frozen_by_name.py",) * 2 + ("BN403", "confirmed"),
        ]
    ),
)
def test_ruling(source: str, script: Path, code: str, status: str, record: Record) -> None:
    recording = record(script)
    [ruling] = confirm(str(SCRIPTS / source), recording.trace, select=[code]).rulings
    assert (ruling.finding.rule.code, ruling.status) == (code, status), ruling.reason


def test_without_a_recording() -> None:
    """A graph that was saved shows no runs."""
    graph = str(FIXTURES / "graphs" / "second_network_unguarded.meta")
    [ruling] = confirm(str(SCRIPTS / _FED), graph, select=["BN105"]).rulings
    assert ruling.status == "undecided"
    assert ruling.reason == "only a recording tells what is evaluated, and what is fed then"
