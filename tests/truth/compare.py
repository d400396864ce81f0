"""Three witnesses of what a script did to its moving statistics, held against each other."""

from __future__ import annotations

import ast
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from bnlint.finding import Finding, Location
from bnlint.graph import trace
from bnlint.graph.errors import GraphError
from bnlint.graph.judge import Analysis, Verdict
from bnlint.graph.layers import Layer
from bnlint.graph.ops import SETS
from bnlint.graph.read import read
from bnlint.reports import TraceReport
from bnlint.run import Options, check

from .cases import root_of
from .recording import Observed, Places, Recording

NEVER_UPDATED = re.compile(r"BN20[1-6]")


@dataclass(slots=True)
class Step:
    """What one line of the script made to change weights, and the layers that it trains.

    ``unreached`` are those of its layers with update ops that no successful run reaches.
    """

    places: Places
    layers: list[str]
    unreached: list[str]


@dataclass(slots=True)
class Ran:
    """One graph that was run: what the graph says moved, and what was seen to move.

    ``unsure`` is what a run that failed reaches: some of it was done before it failed, or not.
    ``copied`` is what runs set to a value that is no update: it may change without one.
    """

    number: int
    analysis: Analysis
    observed: Observed
    moved: set[str] = field(default_factory=set)
    reached: set[str] = field(default_factory=set)
    unsure: set[str] = field(default_factory=set)
    copied: set[str] = field(default_factory=set)
    weights: set[str] = field(default_factory=set)
    steps: list[Step] = field(default_factory=list)

    @property
    def layers(self) -> dict[str, Layer]:
        return {layer.name: layer for layer in self.analysis.layers}

    def moves(self, name: str) -> bool:
        """Whether all statistics of a layer were seen to change."""
        seen = [self.observed.changed.get(s) for s in self.layers[name].statistics]
        return all(seen)

    def trained(self) -> list[str]:
        return list(dict.fromkeys(name for step in self.steps for name in step.layers))


def graphs(recording: Recording) -> Iterator[Ran]:
    """Every graph of which something was run with success."""
    observed = recording.graphs
    if not observed:
        return  # it ended before any session was run, and trace has nothing to judge
    [process] = trace.load(recording.trace)
    for number, path in enumerate(process.graphs):
        every = [run for run in process.runs if run.graph == number]
        runs = [run for run in every if run.count]
        if path is None or not runs:
            continue
        ran = Ran(number, Analysis(read(path).graphs[0]), observed[number])
        kernels: dict[Places, set[str]] = {}
        for run in runs:
            verdict = ran.analysis.judge(run.fetches, run.feeds)
            ran.moved |= verdict.moved
            ran.reached |= verdict.reached
            ran.weights |= verdict.trains
            ran.copied |= _set(ran.analysis, verdict)
            for node in _kernels(ran.analysis, verdict):
                kernels.setdefault(ran.observed.places.get(node, ()), set()).add(node)
        for run in every:
            if run.errors and not run.count:
                ran.unsure |= ran.analysis.judge(run.fetches, run.feeds).reached
        ran.steps = [_step(ran, places, sorted(nodes)) for places, nodes in kernels.items()]
        yield ran


def _set(analysis: Analysis, verdict: Verdict) -> set[str]:
    """What is written by an assignment, update or not."""
    return {
        write.variable
        for write in analysis.variables.writes
        if write.node.op in SETS and write.node.name in verdict.ancestors
    }


def _kernels(analysis: Analysis, verdict: Verdict) -> Iterator[str]:
    for write in analysis.variables.trains:
        if write.node.name in verdict.ancestors and write.variable in verdict.trains:
            yield write.node.name


def _step(ran: Ran, places: Places, nodes: Sequence[str]) -> Step:
    layers = ran.analysis.trained_layers(ran.analysis.judge(nodes))
    unreached = [
        layer.name
        for layer in layers
        if any(writers and s not in ran.reached for s, writers in layer.updates.items())
    ]
    return Step(places, [layer.name for layer in layers], unreached)


@dataclass(slots=True)
class Case:
    """One script: what each witness says about it."""

    script: Path
    found: list[Finding]
    ran: list[Ran]
    traced: TraceReport
    recording: Recording

    def static(self, confidence: str = "definite") -> list[Finding]:
        """What the source says about update ops that nothing runs."""
        return [
            finding
            for finding in self.found
            if NEVER_UPDATED.match(finding.rule.code) and finding.confidence == confidence
        ]

    def runs(self, path: str) -> bool:
        """Whether the script is a file or imports it, however far away."""
        names = {self.script.stem}
        todo = [self.script]
        while todo:
            text = todo.pop().read_text(encoding="utf-8", errors="replace")
            for line in re.findall(r"^[ \t]*(?:from|import)[ \t].*", text, re.MULTILINE):
                new = set(re.findall(r"\w+", line)) - names
                names |= new
                todo += [p for p in root_of(self.script).rglob("*.py") if p.stem in new]
        return Path(path).stem in names

    def at(self, location: Location, places: Places) -> bool:
        """Whether something was made from the statement that is at a location."""
        path = os.path.abspath(location.path)
        first, end = _statement(path, location)
        root = root_of(self.script)
        shown = os.path.relpath(path, root.parent if root.is_file() else root)
        return any(shown == p and first <= line <= end for p, line in places)


def _statement(path: str, location: Location) -> tuple[int, int]:
    """The lines of the statement around a location: Python 3.7 is not exact inside of it."""
    around = [
        (node.lineno, node.end_lineno or node.lineno)
        for node in _statements(path)
        if node.lineno <= location.line <= (node.end_lineno or node.lineno)
    ]
    return min(around, key=lambda r: r[1] - r[0], default=(location.line, location.end_line))


@cache
def _statements(path: str) -> list[ast.stmt]:
    """Those without a body, which may be long."""
    tree = ast.parse(Path(path).read_bytes())
    return [n for n in ast.walk(tree) if isinstance(n, ast.stmt) and not hasattr(n, "body")]


def witnesses(script: Path, recording: Recording) -> Case:
    outcome = check(Options(paths=[str(root_of(script))], pedantic=True))
    assert outcome.crashes == []
    return Case(
        script,
        outcome.report.findings,
        list(graphs(recording)),
        _traced(recording),
        recording,
    )


def _traced(recording: Recording) -> TraceReport:
    try:
        return trace.check(recording.trace)
    except GraphError as error:
        return TraceReport(notes=[str(error)])


def disagreements(case: Case) -> list[str]:
    """All in which the witnesses contradict each other: the points of ``test_truth``."""
    rules = (_statistics, _steps, _alarms, _proofs, _flags, _still)
    return [sentence for rule in rules for sentence in rule(case)]


def _statistics(case: Case) -> Iterator[str]:
    """The graph and the statistics, one by one; and the weights, which say what was trained."""
    for ran in case.ran:
        for name in ran.analysis.statistics:
            said, seen = name in ran.moved, ran.observed.changed.get(name)
            if name in ran.copied and not said:
                continue
            if seen is not None and said != seen and name not in ran.unsure:
                yield f"{name}: by the graph {_moved(said)}, in truth {_moved(seen)}"
        for layer in ran.trained():
            own = ran.layers[layer].own & ran.weights
            if own and not any(ran.observed.changed.get(name, True) for name in own):
                yield f"{layer}: trained by the graph, but its weights did not change"


def _moved(moved: bool) -> str:
    return "moved" if moved else "still"


def _steps(case: Case) -> Iterator[str]:
    """Every step that was run: whether it is reported, and what happened to its layers."""
    for ran in case.ran:
        for step in ran.steps:
            if not step.layers:
                continue
            where = f"the step of {_shown(step.places)}"
            definite = [f for f in case.static() if case.at(f.location, step.places)]
            possible = [f for f in case.static("possible") if case.at(f.location, step.places)]
            left = [n for n in step.layers if ran.layers[n].writers and not ran.moves(n)]
            if step.unreached and not definite and not possible:
                yield f"{where} leaves {step.unreached} without updates, unreported"
            if definite and not step.unreached and not _excused(case, definite):
                yield f"{where} is reported ({definite[0].rule.code}), and updates all its layers"
            for name in step.unreached:
                if name not in left:
                    yield f"{where} does not reach {name}, which moves all the same"


def _excused(case: Case, findings: Sequence[Finding]) -> bool:
    """A line that makes several steps is reported for the worst of them."""
    return any(
        step.unreached and any(case.at(finding.location, step.places) for finding in findings)
        for ran in case.ran
        for step in ran.steps
    )


def _alarms(case: Case) -> Iterator[str]:
    for finding in case.static():
        if not any(
            case.at(finding.location, step.places) for ran in case.ran for step in ran.steps
        ):
            yield f"{finding.rule.code} in line {finding.location.line}: no such step was run"


def _proofs(case: Case) -> Iterator[str]:
    """``check-trace`` finds the same kind of bug, or none."""
    proofs = [
        f
        for f in case.traced.findings
        if NEVER_UPDATED.match(f.rule.code) and f.confidence == "definite"
    ]
    if proofs and not case.static() and not case.static("possible"):
        yield f"check-trace says {proofs[0].rule.code}, the source nothing"
    if case.static() and not proofs:
        yield f"the source says {case.static()[0].rule.code}, check-trace nothing"


def _flags(case: Case) -> Iterator[str]:
    """Findings about constant flags, and what the graph and the statistics say of these layers."""
    for finding in case.found:
        if finding.rule.code not in ("BN101", "BN102") or finding.confidence != "definite":
            continue
        if not case.runs(finding.location.path):
            continue  # it is about another script of the project
        meant = list(_layers_at(case, finding)) or [(r, n) for r in case.ran for n in r.layers]
        constant = [(ran, name) for ran, name in meant if ran.layers[name].flag.kind == "constant"]
        if meant and not constant:
            yield f"{finding.rule.code} in line {finding.location.line}: no flag is a constant"
        for ran, name in constant:
            layer = ran.layers[name]
            if layer.flag.value is False and (layer.writers or ran.moves(name)):
                yield f"{name}: its flag is always false, but it has update ops"


def _layers_at(case: Case, finding: Finding) -> Iterator[tuple[Ran, str]]:
    locations = [finding.location, *(related.location for related in finding.related)]
    for ran in case.ran:
        for name, layer in ran.layers.items():
            places = [ran.observed.places.get(s, ()) for s in layer.statistics]
            if any(case.at(location, p) for location in locations for p in places):
                yield ran, name


def asleep(case: Case) -> Iterator[tuple[Ran, str]]:
    """Layers that were trained and did not move, though no step failed to reach their updates."""
    for ran in case.ran:
        unreached = {name for step in ran.steps for name in step.unreached}
        for name in ran.trained():
            if name not in unreached and not ran.moves(name):
                yield ran, name


_NAMED = ("BN101", "BN102", "BN103", "BN104", "BN106", "BN109", "BN110", "BN303")


def _still(case: Case) -> Iterator[str]:
    """A layer that is trained for nothing is named by a rule, or its flag is a constant False."""
    named = [f for f in case.found if f.rule.code in _NAMED]
    for ran, name in asleep(case):
        flag = ran.layers[name].flag
        if not named and not (flag.kind == "constant" and flag.value is False):
            yield f"{name} is trained and does not move, unreported"


def _shown(places: Places) -> str:
    return ", ".join(f"{path}:{line}" for path, line in places) or "no line"


def undecided(case: Case) -> bool:
    """Whether of some step that was run the source only says what is possible."""
    steps = [step for ran in case.ran for step in ran.steps if step.layers]
    return any(
        any(case.at(f.location, step.places) for f in case.static("possible"))
        and not any(case.at(f.location, step.places) for f in case.static())
        for step in steps
    )
