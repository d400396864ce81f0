"""One run on all paths says what plain runs say, each with its conditions decided beforehand.

A plain run is a run that starts on the paths of one assignment, so that nothing is left to decide
and no two values are ever merged. What it builds has to be what the guarded run shows when it is
projected onto the same assignment.
"""

from __future__ import annotations

import random
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from generated import program
from hypothesis import given, settings
from hypothesis import strategies as st
from test_fixtures import PROJECTS, SCRIPTS, _name

from bnlint.finding import Location
from bnlint.interp.conditions import Conditions
from bnlint.interp.explore import Explorer
from bnlint.interp.guards import TRUE
from bnlint.interp.snapshot import snapshots
from bnlint.interp.why import Assignment
from bnlint.model import GraphModel, Program
from bnlint.workspace import Workspace

RUNS = 3
"""Random assignments for each fixture."""


def stable(conditions: Conditions, variables: int) -> list[int]:
    """The conditions whose keys do not depend on how often something was done before them."""
    return [
        n
        for n in range(variables)
        if n not in conditions.sometimes and not _fresh(conditions, conditions.word(n).unknown)
    ]


def _fresh(conditions: Conditions, key: Any) -> bool:
    if not isinstance(key, int) or isinstance(key, bool):
        return False
    head, *rest = conditions.keys.parts(key)
    return head in ("fresh", "turn", "choice", "node", "node name", "instance", "condition") or any(
        _fresh(conditions, part) for part in rest if isinstance(part, int) and part < key
    )


def facts(model: GraphModel, soft: set[Location]) -> dict[str, Any]:
    """What a model says, without the numbers that a run happens to give.

    A flag that is an option stays one where all paths run, and is true or false on each of them:
    of these layers (``soft``) only the place is compared. Whether a value is a constant of the
    program or only of the path is not.
    """
    place = {x.id: x.location for x in model.layers if x.location not in soft}
    updates = {n: x.location for x in model.layers if x.id in place for n in x.updates}
    layers = {x.id: x.location for x in model.layers}
    ops = {op.id: op.location for op in model.train_ops}
    return {
        "layers": Counter(
            (x.location, repr(x.flag.value), x.destination, bool(x.updates))
            if x.id in place
            else (x.location,)
            for x in model.layers
        ),
        "train ops": Counter(
            (x.location, _places(layers, x.trains), _places(updates, x.reaches), x.run)
            for x in model.train_ops
        ),
        "runs": {
            (x.location, _places(updates, x.reaches), _places(ops, x.trains)) for x in model.runs
        },
        "reads": {(x.location, x.key, _places(updates, x.updates)) for x in model.reads},
        "restores": model.restores,
    }


def options(*models: GraphModel) -> set[Location]:
    """The layers whose flag is an option."""
    kinds = ("unknown", "dynamic")
    return {x.location for model in models for x in model.layers if x.flag.kind in kinds}


def _places(of: dict[int, Location], ids: Any) -> tuple[Location, ...]:
    return tuple(sorted({of[i] for i in ids if i in of}, key=lambda x: (x.path, x.line, x.column)))


def compare(path: Path, seed: int) -> None:
    explorer = Explorer(Workspace())
    explorer.modules.entries = (str(path),)
    conditions = explorer.conditions(str(path), False)
    root = explorer.script(str(path))
    guarded = explorer.execute(Program("all", str(path), False), root, conditions)
    if not guarded.complete or guarded.paths.widened:
        return  # nothing is promised where something was not followed
    chance = random.Random(seed)
    variables = conditions.guards.variables
    for _ in range(RUNS):
        assignment: Assignment = {n: chance.random() < 0.5 for n in stable(conditions, variables)}
        cube = TRUE
        for number, value in assignment.items():
            cube = conditions.guards.conj(cube, conditions.guards.literal(number, value))
        plain = explorer.execute(Program("one", str(path), False), root, conditions, cube)
        (one,) = snapshots(plain, [assignment])
        (other,) = snapshots(guarded, [assignment])
        if not (one.complete and other.complete):
            assert one.complete == other.complete
            continue
        soft = options(one) & options(other)
        assert facts(one, soft) == facts(other, soft), {
            conditions.word(n).holds: value for n, value in assignment.items()
        }
    assert explorer.project.crashes == []


@pytest.mark.parametrize("path", [pytest.param(p, id=_name(p)) for p in SCRIPTS])
def test_a_script_on_all_paths_is_the_script_on_each(path: Path) -> None:
    compare(path, 1)


ENTRIES = [(p, f) for p in PROJECTS for f in sorted(p.rglob("*.py"))]


@pytest.mark.parametrize("path", [pytest.param(f, id=_name(f)) for _, f in ENTRIES])
def test_a_file_of_a_project_on_all_paths_is_the_file_on_each(path: Path) -> None:
    compare(path, 2)


@settings(max_examples=60)
@given(seed=st.integers(0, 10**6), options=st.integers(1, 14), right=st.booleans())
def test_a_generated_program_on_all_paths_is_the_program_on_each(
    tmp_path_factory: pytest.TempPathFactory, seed: int, options: int, right: bool
) -> None:
    path = tmp_path_factory.mktemp("generated") / "program.py"
    path.write_text(program(seed, options, right).text, encoding="utf-8")
    compare(path, seed)
