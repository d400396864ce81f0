"""The verdict from a graph alone equals what was observed when TensorFlow 1.15 ran the program."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from bnlint.graph.command import inspect
from bnlint.graph.judge import Analysis
from bnlint.graph.read import read

from .conftest import GRAPHS, facts

FACTS = facts()

# What the graph shows without knowing what is fed; ? marks what is possible only.
CODES = {
    "cond_both_branches_never_taken": {"BN210"},
    "constant_false": {"BN102?"},
    "default_false_never_fed": {"BN104?"},
    "hand_written_assigns_never_run": {"BN201"},
    "hand_written_batch_only": {"BN301"},
    "keras_updates_forgotten": {"BN206"},
    "loss_waits_for_updates": {"BN202"},
    "momentum_of_the_other_convention": {"BN304"},
    "momentum_one": {"BN303"},
    "moving_average_never_applied": {"BN201"},
    "moving_average_of_weights": {"BN201"},
    "ref_unfused_true_no_updates": {"BN201"},
    "saver_without_statistics": {"BN401"},
    "second_network_unguarded": {"BN201"},
    "slim_other_collection_nobody_reads": {"BN205"},
    "update_needs_another_feed": {"BN209?"},
    "while_loop_awaited_outside": {"BN208"},
}


def agree(directory: Path, name: str, fact: dict[str, Any]) -> None:
    analysis = Analysis(read(str(directory / f"{name}.meta")).graphs[0])
    verdict = analysis.judge(fact["fetches"], fact["feeds"])
    assert sorted(analysis.statistics) == fact["statistics"]
    if "error" in fact:
        assert verdict.fails is not None
        return
    assert verdict.fails is None
    assert sorted(verdict.moved) == fact["moved"]
    assert bool(verdict.trains) == fact["trained"]


@pytest.mark.parametrize("name", FACTS)
def test_the_graph_says_what_was_observed(name: str) -> None:
    agree(GRAPHS, name, FACTS[name])


@pytest.mark.parametrize("name", FACTS)
def test_what_is_reported(name: str) -> None:
    [report] = inspect(str(GRAPHS / f"{name}.meta"))
    found = {
        finding.rule.code + ("" if finding.confidence == "definite" else "?")
        for finding in report.report.findings
    }
    assert found == CODES.get(name, set())
    assert report.exit_code == int(any(code[-1] != "?" for code in found))
    assert all(finding.witness == "graph" for finding in report.report.findings)


def test_codes_are_about_programs_that_exist() -> None:
    assert set(CODES) <= set(FACTS)


def test_real_tensorflow_still_agrees(tf1: str, tmp_path: Path) -> None:
    subprocess.run(
        [tf1, "-W", "ignore", str(GRAPHS / "make.py"), str(tmp_path)],
        check=True,
        capture_output=True,
    )
    made = json.loads((tmp_path / "facts.json").read_text("utf-8"))["programs"]
    assert made == FACTS
    for name, fact in made.items():
        agree(tmp_path, name, fact)
