"""The verdict from a graph alone equals what was observed when TensorFlow ran the program."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from bnlint.graph.command import inspect
from bnlint.graph.judge import Analysis
from bnlint.graph.read import read

from .conftest import GRAPHS, LEGACY, facts, make, needs_tensorflow_2

FACTS = facts()

# What the graph shows without knowing what is fed; ? marks what is possible only.
CODES = {
    "cond_both_branches_never_taken": {"BN210"},
    "cond_both_branches_default_never_fed": {"BN210?"},
    "constant_false": {"BN102?"},
    "default_false_never_fed": {"BN104?"},
    "fused_kernel_1_never_run": {"BN201"},
    "hand_written_assigns_never_run": {"BN201"},
    "hand_written_batch_only": {"BN301"},
    "keras_learning_phase_fed_true": {"BN104?"},
    "keras_learning_phase_not_fed": {"BN104?"},
    "keras_updates_forgotten": {"BN206"},
    # Only TensorFlow 2 makes these.
    "keras_version_2_forgotten": {"BN206"},
    "keras_version_2_in_a_function_for_inference": {"BN102?"},
    "keras_3_forgotten": {"BN206"},
    "keras_3_for_inference": {"BN102?"},
    "loss_waits_for_updates": {"BN202"},
    "momentum_of_the_other_convention": {"BN304"},
    "momentum_one": {"BN303"},
    "moving_average_never_applied": {"BN201"},
    "moving_average_of_weights": {"BN201"},
    "ref_unfused_true_no_updates": {"BN201"},
    "saver_without_statistics": {"BN401"},
    "second_network_unguarded": {"BN201"},
    "slim_other_collection_nobody_reads": {"BN205"},
    "synchronous_replicas_unguarded": {"BN201"},
    "update_needs_another_feed": {"BN209?"},
    "while_loop_awaited_outside": {"BN208"},
}


# The value of a variable is not in the graph: what is said to move is what may move.
UNDECIDED = {"variable_flag_false"}


def agree(directory: Path, name: str, fact: dict[str, Any]) -> None:
    analysis = Analysis(read(str(directory / f"{name}.meta")).graphs[0])
    verdict = analysis.judge(fact["fetches"], fact["feeds"])
    assert sorted(analysis.statistics) == fact["statistics"]
    if "error" in fact:
        assert verdict.fails is not None
        return
    assert verdict.fails is None
    assert sorted(verdict.moved) == (fact["statistics"] if name in UNDECIDED else fact["moved"])
    assert bool(verdict.trains) == fact["trained"]


@pytest.mark.parametrize("name", FACTS)
def test_the_graph_says_what_was_observed(name: str) -> None:
    agree(GRAPHS, name, FACTS[name])


def reported(directory: Path, name: str) -> None:
    [report] = inspect(str(directory / f"{name}.meta"))
    found = {
        finding.rule.code + ("" if finding.confidence == "definite" else "?")
        for finding in report.report.findings
    }
    assert found == CODES.get(name, set())
    assert report.exit_code == int(any(code[-1] != "?" for code in found))
    assert all(finding.witness == "graph" for finding in report.report.findings)


@pytest.mark.parametrize("name", FACTS)
def test_what_is_reported(name: str) -> None:
    reported(GRAPHS, name)


def outcome(fact: dict[str, Any]) -> str:
    """What became of the statistics, whatever they are called in this version."""
    if "error" in fact:
        return "error"
    moved, all_of_them = len(fact["moved"]), len(fact["statistics"])
    return "none" if not moved else "all" if moved == all_of_them else "some"


def test_real_tensorflow_1(tf1: str, tmp_path: Path) -> None:
    """The committed graphs are what the script makes."""
    made = make(tf1, tmp_path)
    assert made["tensorflow"].startswith("1.15")
    assert made["programs"] == FACTS
    for name, fact in FACTS.items():
        agree(tmp_path, name, fact)
        reported(tmp_path, name)


@needs_tensorflow_2
@pytest.mark.parametrize(
    ("legacy", "count", "alone"),
    [
        # With Keras 2, tf.layers and all; what TensorFlow 1 builds too has the same outcome.
        (
            "1",
            58,
            {"slim_create_train_op_of_tf_slim"}
            | {"keras_version_2_attached", "keras_version_2_forgotten"}
            | {
                f"keras_version_2_in_a_function_{how}"
                for how in ("fused", "unfused", "for_inference")
            },
        ),
        # With Keras 3.
        (
            "0",
            5,
            {"keras_3_awaited", "keras_3_unfused_awaited", "keras_3_forgotten"}
            | {"keras_3_for_inference", "keras_3_in_a_function"},
        ),
    ],
)
def test_real_tensorflow_2(legacy: str, count: int, alone: set[str], tmp_path: Path) -> None:
    made = make(sys.executable, tmp_path, **{LEGACY: legacy})
    assert made["tensorflow"].startswith("2.")
    programs = made["programs"]
    assert len(programs) == count
    assert set(programs) - set(FACTS) == alone
    for name, fact in programs.items():
        agree(tmp_path, name, fact)
        reported(tmp_path, name)
        if name in FACTS:
            assert (name, outcome(fact)) == (name, outcome(FACTS[name]))


def test_codes_are_about_programs_that_exist() -> None:
    only_in_2 = {name for name in CODES if name.startswith(("keras_version_2_", "keras_3_"))}
    assert set(CODES) - only_in_2 <= set(FACTS)
