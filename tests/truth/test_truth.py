"""What bnlint says of a script is what happens when the script is run in TensorFlow 1.15.

Every fixture that TensorFlow 1.15 can run is run once, through ``bnlint trace``. Two run at a time;
what was recorded is kept, by the content of the script and the recorder. Three witnesses speak:

* *static*: ``bnlint check`` on the source;
* *graph*: ``bnlint check-trace`` on the graphs that were built and on what was fetched and fed;
* *statistics*: the values of all variables, first and last, read by ``probe.py`` in the run itself.

The probe also knows on which lines of the script each op was made. So the comparison goes step by
step, a *step* being what one line made to change weights, if some run that succeeded ran it:

1. A moving statistic was seen to change exactly if the graph says that a run moved it. What a run
   did before it failed is not known, nor is what an assignment of another variable's value does.
2. Of the weights of a layer that a step trains, those that it changes by the graph did change.
3. A definite BN201 to BN206 is on the line of a step exactly if some layer that it trains has
   update ops that no run reached; and that layer's statistics were not seen to change. Of a line
   that made several steps the worst counts. A possible finding decides nothing, and is counted.
4. Every definite BN201 to BN206 is on the line of a step that was run.
5. The static witness has a definite BN201 to BN206 exactly if the graph witness has one.
6. A definite BN101 or BN102 speaks of a layer whose flag is a constant in the graph: if it is
   false, the layer has no update ops and its statistics did not change.
7. A layer that was trained and whose statistics did not change, though nothing failed to reach
   its updates, has a flag that is constantly false, or the source has a finding about flags.

The programs in ``fixtures/programs`` are one for each way of being right or wrong; some of them
TensorFlow refuses to build or to run. What becomes of them is known (``observed.csv``): whether
all, some or none of the statistics move, which the run itself and the graph both have to show.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from bnlint.graph import trace
from bnlint.graph.errors import GraphError

from . import recording
from .cases import LEFT_OUT, PROJECTS, SCRIPTS, name_of, programs, scripts
from .compare import disagreements, witnesses
from .conftest import Record
from .programs import Outcome, found_statistics, judged, named_statistics, observed, seen

_IN_A_BRANCH = "in a branch, a graph does not tell a constant from a flag"
_ASLEEP = "from a graph, updates of another run count as run, though the flag is false in it"

KNOWN = {
    "cond/false_in_the_branch_for_training.py": _IN_A_BRANCH,
    "cond/true_in_both_branches.py": _IN_A_BRANCH,
    "cond/true_in_the_other_branch.py": _IN_A_BRANCH,
    "cond/true_tensor_in_the_other_branch.py": _IN_A_BRANCH,
    "dynamic/source_in_a_string.py": "code in a string is not read",
    "feeding/frozen_after_a_restore.py": "statistics may be frozen on purpose after a restore",
    "loops/collected_inside_the_loop.py": "layers of one loop count as one",
    "phases/updates_awaited_by_an_accuracy_fed_false.py": _ASLEEP,
    "phases/updates_run_by_themselves_without_the_flag.py": _ASLEEP,
    "programs/c15_frozen_layer_in_training_mode.py": "a frozen layer makes updates, and hides them",
    "programs/e11_keras_frozen_layer.py": "a frozen layer makes updates, and hides them",
}
"""Where the witnesses disagree, and why. Each is a known limit of bnlint, or a bug to be mended."""


FAILS = {name for name, outcome in observed().items() if "error" in outcome.moved}
"""The programs that TensorFlow refuses to build or to run."""


def _cases() -> list[object]:
    cases: list[object] = []
    for script in scripts() + programs():
        reason = KNOWN.get(name_of(script))
        marks = [] if reason is None else [pytest.mark.xfail(strict=True, reason=reason)]
        cases.append(pytest.param(script, id=name_of(script), marks=marks))
    return cases


@pytest.mark.parametrize("script", _cases())
def test_the_witnesses_agree(script: Path, record: Record) -> None:
    case = witnesses(script, record(script))
    assert disagreements(case) == []


@pytest.mark.parametrize("script", [pytest.param(p, id=p.stem) for p in programs()])
def test_what_a_program_moves(script: Path, record: Record) -> None:
    case = witnesses(script, record(script))
    expected = observed()[script.stem]
    assert judged(case) == expected
    statistics = None if script.stem in FAILS else expected.statistics
    assert seen(case) == Outcome(expected.moved, statistics=statistics)
    if script.stem not in FAILS:
        assert found_statistics(case) == named_statistics(case)


@pytest.mark.parametrize(
    "script", [pytest.param(p, id=p.stem) for p in programs() if p.stem in FAILS]
)
def test_trace_says_that_a_program_failed(script: Path, record: Record) -> None:
    recorded = record(script)
    assert recorded.own == 1
    if recorded.graphs:
        assert any(" failed: " in note for note in trace.check(recorded.trace).notes)
        return
    with pytest.raises(GraphError, match="the program ran no TensorFlow session"):
        trace.check(recorded.trace)


@pytest.mark.parametrize(
    "script",
    [pytest.param(s, id=name_of(s)) for s in scripts() + programs() if s.stem not in FAILS],
)
def test_trace_ends_as_it_should(script: Path, record: Record) -> None:
    """A script that is run ends well, and what ``trace`` ends with is then its verdict."""
    recorded = record(script)
    assert recorded.own == 0, recorded.output
    # Whether it found anything is the verdict of the bnlint of that day.
    if recorded.judged_by == recording.bnlint_hash():
        assert recorded.exit == trace.check(recorded.trace).exit_code
    assert recorded.exit in (0, 1)


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("sys.exit(0)", 1),
        ("sys.exit(7)", 7),
        ("raise ValueError('no')", 1),
        ("os.kill(os.getpid(), signal.SIGKILL)", 137),
    ],
)
def test_a_script_that_does_not_end_well(
    line: str, code: int, tensorflow: Path, tmp_path: Path
) -> None:
    source = (SCRIPTS / "guides" / "contrib_adam_nothing_else.py").read_text("utf-8")
    script = tmp_path / "script.py"
    script.write_text(f"{source}\nimport os, signal, sys\n{line}\n", encoding="utf-8")
    words = [sys.executable, "-c", recording.BNLINT, str(recording.ROOT), "trace", "--out"]
    words += [str(tmp_path / "out"), "--", str(tensorflow), str(script)]
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == code, done.stderr
    assert ("BN201" in done.stdout) == (code != 137)


def test_the_tables_name_fixtures() -> None:
    names = {name_of(script) for top in (SCRIPTS, PROJECTS) for script in top.rglob("*.py")}
    assert set(LEFT_OUT) <= names
    assert set(KNOWN) <= {name_of(script) for script in scripts() + programs()}
    assert set(observed()) == {program.stem for program in programs()}
