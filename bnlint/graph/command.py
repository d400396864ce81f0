"""What ``bnlint graph`` does, apart from printing: functions from arguments to data."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence

from bnlint import codes
from bnlint.finding import Finding, Location
from bnlint.fingerprint import stamped
from bnlint.graph.build import FetchSet, Judged, build, project
from bnlint.graph.errors import GraphError, about
from bnlint.graph.judge import Analysis, Verdict, resolve
from bnlint.graph.layers import Layer
from bnlint.graph.ops import VARIABLES
from bnlint.graph.pause import collection_paused
from bnlint.graph.proto import MetaGraph
from bnlint.graph.read import Source, read
from bnlint.outcome import Report
from bnlint.reports import GraphReport, LayerRow, TrainRow, UpdateRow
from bnlint.suggest import near


def inspect(
    path: str,
    train_ops: Sequence[str] = (),
    fetches: Sequence[str] = (),
    select: Sequence[str] = (),
    ignore: Sequence[str] = (),
) -> list[GraphReport]:
    """Judge the graph (or graphs) that a path leads to. Raises GraphError, and nothing else."""
    with collection_paused():
        source = read(path)
        reports = []
        for meta in source.graphs:
            if meta.nodes:
                judged = judge(source, meta, train_ops, fetches)
                reports.append(report(source, meta, judged, select, ignore))
    return reports


def judge(
    source: Source, meta: MetaGraph, train_ops: Sequence[str] = (), fetches: Sequence[str] = ()
) -> Judged:
    """Judge one graph: the train ops that are named, or all that are found."""
    with about(source.path):
        analysis = Analysis(meta)
        sets = [FetchSet(name, (name,), run=True) for name in _named(source, analysis, train_ops)]
        together = _named(source, analysis, fetches)
        if together:
            sets.append(FetchSet(", ".join(together), tuple(together), run=True))
        if not sets:
            sets = [FetchSet(name, (name,)) for name in analysis.train_ops]
        return build(source.path, analysis, sets, exported=_exported(source, meta))


def _named(source: Source, analysis: Analysis, names: Sequence[str]) -> list[str]:
    found = []
    for name in names:
        node = resolve(analysis.graph, name)
        if node is None:
            hint = near(name, _suggestions(analysis, name))
            raise GraphError(f"{source.path}: no node {name!r} in this graph{hint}")
        found.append(node)
    return found


def _suggestions(analysis: Analysis, name: str) -> list[str]:
    """Names worth comparing: comparing with each of a million nodes would take minutes."""
    last = name.rpartition("/")[2].lower()
    nodes = analysis.graph.meta.nodes
    likely = [*analysis.train_ops, *analysis.graph.meta.collections.get("train_op", ())]
    likely += [node.name for node in nodes if node.name.count("/") < 2][:4000]
    likely += [node.name for node in nodes if node.name.rpartition("/")[2].lower() == last][:100]
    return list(dict.fromkeys(likely))


def _exported(source: Source, meta: MetaGraph) -> bool:
    """Whether a graph is meant for inference: tagged for serving, or its variables frozen.

    A graph without any constants is a mere description, whose weights are elsewhere.
    """
    if "train" in meta.tags:
        return False
    if source.kind == "SavedModel":
        return True
    return meta.bare and frozen(meta)


def frozen(meta: MetaGraph) -> bool:
    """Whether a graph has constants, and no variables."""
    ops = {node.op for node in meta.nodes}
    return "Const" in ops and ops.isdisjoint(VARIABLES)


def report(
    source: Source,
    meta: MetaGraph,
    judged: Judged,
    select: Sequence[str] = (),
    ignore: Sequence[str] = (),
) -> GraphReport:
    """The findings about a judged graph and the rows of its report."""
    path = shown(source.path)
    found = GraphReport(path, source.kind, meta.version, len(meta.nodes), Report(checked=1))
    found.report.findings = findings([judged], select, ignore)
    found.train_ops = [train_row(judged, fetches, verdict) for fetches, verdict in judged.training]
    found.layers = [layer_row(judged, layer) for layer in judged.analysis.layers]
    found.notes = _notes(judged)
    return found


def findings(
    judged: Sequence[Judged], select: Sequence[str] = (), ignore: Sequence[str] = ()
) -> list[Finding]:
    """What the rules say, in order, with the paths as they are shown."""
    from bnlint.graph.rules import judge as apply_rules

    recorded = any(fetches.feeds is not None for graph in judged for fetches, _ in graph.sets)
    found = [
        finding
        for finding in apply_rules(project(judged), recorded=recorded)
        if codes.selected(finding.rule.code, select, ignore)
    ]
    found.sort(key=lambda f: (f.location.path, f.rule.code, f.location.node or "", f.message))
    return stamped(map(displayed, once(found)))


def once(found: Iterable[Finding]) -> list[Finding]:
    """Each cause once: what is fetched beside a step, now and then, makes it no other step."""
    first: dict[object, Finding] = {}
    for finding in found:
        place = finding.location
        where = (place.path, place.line) if place.line else (place.path, place.node)
        cause = (finding.rule.code, where, finding.related)
        known = first.setdefault(cause, finding)
        if known.confidence != "definite" and finding.confidence == "definite":
            first[cause] = finding
    return list(first.values())


def displayed(finding: Finding) -> Finding:
    related = tuple(r._replace(location=_located(r.location)) for r in finding.related)
    return finding._replace(location=_located(finding.location), related=related)


def _located(location: Location) -> Location:
    return location._replace(path=shown(location.path))


def shown(path: str) -> str:
    """A path as it is shown: relative if it lies below the working directory."""
    here = os.path.join(os.getcwd(), "")
    return os.path.abspath(path).removeprefix(here)


def train_row(judged: Judged, fetches: FetchSet, verdict: Verdict) -> TrainRow:
    trained = judged.analysis.trained_layers(verdict)
    wanted = {name for layer in trained for name in layer.statistics}
    return TrainRow(
        fetches.name,
        len(wanted & verdict.reached),
        len(wanted & verdict.moved),
        len(wanted),
        verdict.idle,
        verdict.fails,
    )


def layer_row(judged: Judged, layer: Layer) -> LayerRow:
    rows = []
    reached = set()
    for variable, nodes in layer.updates.items():
        for node in nodes:
            names = [
                fetches.name
                for fetches, verdict in judged.sets
                if node.name in verdict.nodes and variable in verdict.moved
            ]
            rows.append(UpdateRow(node.name, variable, names))
            if names:
                reached.add(variable)
    row = LayerRow(
        layer.name,
        layer.flavour + (", resource" if layer.resource else ""),
        str(layer.flag),
        layer.momentum,
        rows,
        len(layer.statistics),
        len(reached),
    )
    if len(reached) < len(layer.statistics) and judged.training:
        row.stops = list(_stops(judged, layer))
    return row


def _stops(judged: Judged, layer: Layer) -> list[str]:
    """What waits for each update that no train op reaches: where the path that should be ends."""
    told = []
    for variable, nodes in layer.updates.items():
        if not nodes:
            told.append(f"nothing in the graph writes {variable}")
        for node in nodes:
            if any(node.name in verdict.nodes for _, verdict in judged.sets):
                continue
            waits = waiting(judged, node.name)
            after = (
                f"only {', '.join(waits[:3])} waits for it, which training does not run"
                if waits
                else "nothing waits for it"
            )
            told.append(f"{node.name} writes {variable}, and {after}")
    return told


def waiting(judged: Judged, node: str) -> list[str]:
    """What waits for an update, directly or by way of the layer's own plumbing."""
    graph = judged.analysis.graph
    plumbing = {node}
    waits: set[str] = set()
    for _ in range(4):
        onward: set[str] = set()
        for takers in graph.consumers(plumbing).values():
            for taker in takers:
                if taker.op in _PLUMBING:
                    onward.add(taker.name)
                else:
                    waits.add(taker.name)
        if onward <= plumbing:
            break
        plumbing |= onward
    return sorted(waits)


_PLUMBING = frozenset({"Merge", "RefMerge", "ReadVariableOp", "RefIdentity", "NoOp"})


def _notes(judged: Judged) -> list[str]:
    notes = []
    analysis = judged.analysis
    dangling = analysis.graph.dangling
    if dangling:
        notes.append(f"{len(dangling)} inputs name no node of the graph, such as {min(dangling)}")
    left_out = analysis.graph.left_out
    if left_out:
        calls = "one call was" if left_out == 1 else f"{left_out:,} calls were"
        notes.append(
            f"functions call others too often to be followed: {calls} left out, nothing is judged"
        )
    if not analysis.layers:
        notes.append("no batch norm with moving statistics in this graph")
    elif not judged.training:
        notes.append(
            "no train op among these fetches"
            if judged.sets
            else "no train op in this graph: nothing here trains"
        )
    elif len(judged.training) > 1 and not any(fetches.run for fetches, _ in judged.training):
        names = ", ".join(fetches.name for fetches, _ in judged.training)
        notes.append(f"several train ops ({names}): all are judged; --train-op picks one")
    if (
        judged.training
        and not any(fetches.run for fetches, _ in judged.sets)
        and any(row.reached < row.total for row in (train_row(judged, *s) for s in judged.training))
    ):
        notes.append("judged as if nothing were fetched beside the train op; --fetch tells what is")
    return notes
