"""Every combination of options is looked at, and looking costs what the program is long."""

from __future__ import annotations

from pathlib import Path

import pytest
from generated import program
from hypothesis import given, settings
from hypothesis import strategies as st

from bnlint.checks import CHECKS
from bnlint.codes import ON_REQUEST
from bnlint.interp import analyse
from bnlint.interp.explore import Explorer
from bnlint.model import Program, Project
from bnlint.workspace import Workspace


def findings(project: Project) -> list[tuple[str, int, str]]:
    return sorted(
        (finding.rule.code, finding.location.line, finding.confidence)
        for check in CHECKS
        if check.rule.code not in ON_REQUEST
        for finding in check.check(project)
    )


@settings(max_examples=150)
@given(seed=st.integers(0, 10**6), options=st.integers(1, 14), right=st.booleans())
def test_no_combination_is_missed_and_none_is_made_up(
    tmp_path_factory: pytest.TempPathFactory, seed: int, options: int, right: bool
) -> None:
    written = program(seed, options, right)
    path = tmp_path_factory.mktemp("generated") / "program.py"
    path.write_text(written.text, encoding="utf-8")
    project = analyse([str(path)], Workspace())
    assert project.crashes == []
    assert findings(project) == written.expected, written.text
    assert project.incomplete == set()


@pytest.mark.parametrize("right", [True, False])
@pytest.mark.parametrize("seed", range(4))
def test_eighty_options(tmp_path: Path, seed: int, right: bool) -> None:
    written = program(seed, 80, right)
    path = tmp_path / "program.py"
    path.write_text(written.text, encoding="utf-8")
    project = analyse([str(path)], Workspace())
    assert findings(project) == written.expected
    assert project.incomplete == set()


def cost(folder: Path, seed: int, options: int) -> int:
    """What an abstract run costs: interpreter steps, and nodes of guards that were visited."""
    path = folder / f"program_{seed}_{options}.py"
    path.write_text(program(seed, options, False).text, encoding="utf-8")
    explorer = Explorer(Workspace())
    conditions = explorer.conditions(str(path), False)
    root = explorer.script(str(path))
    state = explorer.execute(Program("cost", str(path), False), root, conditions)
    return state.steps + conditions.guards.spent


def test_four_times_the_options_cost_four_times_as_much(tmp_path: Path) -> None:
    few = sum(cost(tmp_path, seed, 10) for seed in range(12))
    many = sum(cost(tmp_path, seed, 40) for seed in range(12))
    assert many <= 4 * few
