"""What ``trace``, ``graph`` and ``confirm`` say of programs is what the statistics did.

Each program of ``fixtures/proofs`` says at its top what is expected: ``trace`` and ``confirm`` have
the lines, codes and rulings of ``bnlint trace --watch-statistics`` and ``bnlint confirm``, and
``moved`` how many moving statistics were updated in each graph. It is run once in TensorFlow 1.15.
``oracle.py`` reads all values in that run, and asks nothing of bnlint; ``seen.py`` tells from them
what was updated. All verdicts are held against that, with the values that ``trace`` watched and
without them. ``unwatched`` is how many statistics a program updates as far as graph and feeds tell,
where only the values tell that they do not: then it has to be noted that this is so. ``copies``
is the scope of a network that is a copy of another: its values change, and nothing trains it.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Set
from dataclasses import dataclass
from pathlib import Path

import pytest

from bnlint.confirm import confirm
from bnlint.finding import Finding
from bnlint.graph import trace
from bnlint.graph.command import inspect
from bnlint.reports import Confirmation, GraphReport, TraceReport
from bnlint.rulings import UPDATES

from .cases import proofs
from .conftest import Record
from .recording import Recording
from .seen import Seen, seen

pytestmark = pytest.mark.tf1
_EXPECTED = re.compile(r"^(trace|confirm|moved|copies|unwatched): (.*)$", re.MULTILINE)
# What says of layers that they are not updated, whatever the cause.
_STILL = UPDATES | {"BN104", "BN209", "BN210", "BN303", "BN404"}


@dataclass(frozen=True, slots=True)
class Case:
    """A program with what was seen, and a recording that may lack what was watched."""

    script: Path
    graphs: list[Seen]
    folder: str
    report: TraceReport
    confirmed: Confirmation

    def expected(self, what: str) -> str | None:
        said = dict(_EXPECTED.findall(self.script.read_text("utf-8")))
        return None if what not in said else str(said[what]).replace("nothing", "")

    def copies(self, names: Set[str]) -> set[str]:
        """Those that belong to a network that is a copy."""
        scope = self.expected("copies")
        return {name for name in names if scope and name.startswith(f"{scope}/")}

    def seen(self, path: str) -> Seen:
        """Of the graph at a path, which ends in the graph's number."""
        found = re.search(r"graph-(\d+)\.\w+$", path)
        assert found is not None
        return self.graphs[int(found[1])]


_cases: dict[tuple[Path, bool], Case] = {}


def case_of(script: Path, recording: Recording, *, watched: bool, folder: Path) -> Case:
    """Judged once for all tests of a program. The second kind is a copy without the values."""
    known = _cases.get((script, watched))
    if known is not None:
        return known
    where = recording.trace
    if not watched:
        where = str(folder / "unwatched")
        shutil.copytree(recording.trace, where)
        for path in Path(where).glob("process-*/trace.json"):
            document = json.loads(path.read_text("utf-8"))
            document["watched"] = None
            for run in document["runs"]:
                run.pop("changed", None)
            path.write_text(json.dumps(document), "utf-8")
    case = Case(script, seen(recording), where, trace.check(where), confirm(str(script), where))
    return _cases.setdefault((script, watched), case)


@pytest.fixture
def case(script: Path, watched: bool, record: Record, tmp_path: Path) -> Case:
    recording = record(script)
    assert recording.own == 0, recording.output
    return case_of(script, recording, watched=watched, folder=tmp_path)


_scripts = pytest.mark.parametrize(
    "script", [pytest.param(path, id=path.stem) for path in proofs()]
)
_watched = pytest.mark.parametrize("watched", [pytest.param(True, id="watched")])
_both = pytest.mark.parametrize(
    "watched", [pytest.param(True, id="watched"), pytest.param(False, id="unwatched")]
)


@_scripts
@_watched
def test_trace(case: Case) -> None:
    found = sorted({(f.location.line, f.rule.code, f.confidence) for f in case.report.findings})
    said = [f"{line} {code}" + "?" * (sure == "possible") for line, code, sure in found]
    assert ", ".join(said) == case.expected("trace")


@_scripts
@_watched
def test_confirm(case: Case) -> None:
    said = [
        f"{ruling.finding.location.line} {ruling.finding.rule.code} {ruling.status}"
        for ruling in case.confirmed.rulings
    ]
    assert ", ".join(said) == case.expected("confirm")


@_scripts
@_watched
def test_one_cause_is_reported_once(case: Case) -> None:
    for found in (case.report.findings, case.confirmed.unseen):
        places = [(f.location.path, f.location.line, f.rule.code, f.related) for f in found]
        assert len(places) == len(set(places))
    told = {
        (Path(r.finding.location.path).name, r.finding.location.line, r.finding.rule.code)
        for r in case.confirmed.rulings
    }
    unseen = {
        (Path(f.location.path).name, f.location.line, f.rule.code) for f in case.confirmed.unseen
    }
    assert told.isdisjoint(unseen)


@_scripts
@_both
def test_what_moved(case: Case, watched: bool) -> None:
    """Counted by the oracle; and each statistic by its name, in what ``trace`` tells."""
    counts = [
        f"{len(graph.updated - case.copies(graph.updated))} of {len(graph.statistics)}"
        for graph in case.graphs
    ]
    assert ", ".join(counts) == case.expected("moved")
    if not watched and case.expected("unwatched") is not None:
        said = ", ".join(f"{moved} of {total}" for moved, total in case.report.moved.values())
        assert said == case.expected("unwatched")
        assert any("--watch-statistics" in note for note in case.report.notes)
        return
    for report in case.report.graphs:
        graph = case.seen(report.path)
        moved = _moved(report) & graph.statistics
        assert moved == graph.updated - case.copies(graph.updated)


def _moved(report: GraphReport) -> set[str]:
    return {row.variable for layer in report.layers for row in layer.updates if row.reached_by}


@_scripts
@_both
def test_no_verdict_contradicts_the_values(case: Case) -> None:
    for report in case.report.graphs:
        _hold(report.report.findings, report, case.seen(report.path))
    for ruling in case.confirmed.rulings:
        if ruling.finding.rule.code in UPDATES and ruling.path is not None:
            graph = case.seen(ruling.path)
            still = {name for name in ruling.about if not graph.of(name) <= graph.updated}
            assert bool(still) == (ruling.status == "confirmed"), ruling
    wrong = any(finding.confidence == "definite" for finding in case.report.findings)
    assert case.report.exit_code == int(wrong)


def _hold(findings: list[Finding], report: GraphReport, graph: Seen) -> None:
    """A layer of which is said that nothing updates it was not, and the others were."""
    layers = {layer.name for layer in report.layers}
    said = {
        related.location.node
        for finding in findings
        if finding.rule.code in _STILL and finding.confidence == "definite"
        for related in finding.related
    } & layers
    for name in said:
        assert name is not None
        assert not graph.of(name) <= graph.updated, f"{name} was updated"


@_scripts
@_watched
def test_whatever_is_trained_and_not_updated_is_named(case: Case) -> None:
    named = {
        place.node
        for finding in case.report.findings
        for place in (finding.location, *(related.location for related in finding.related))
    }
    for report in case.report.graphs:
        graph = case.seen(report.path)
        for layer in report.layers:
            own = {name for name in graph.trained if name.startswith(f"{layer.name}/")}
            if own and not case.copies(own) and not graph.of(layer.name) <= graph.updated:
                assert layer.name in named or layer.flag == "False"


@_scripts
@_watched
def test_a_saved_graph_with_what_was_fetched(case: Case) -> None:
    """The graph alone, told all that was run: what it says is never updated, was not."""
    for report in case.report.graphs:
        graph = case.seen(report.path)
        path = next(p for p in Path(case.folder).glob("process-*/*") if p.name in report.path)
        fetches = sorted({name.partition(":")[0] for run in graph.ran for name in run})
        for told in inspect(str(path), fetches=fetches):
            _hold(told.report.findings, told, graph)
