"""``bnlint confirm``: what the source says, held against the graph that TensorFlow built.

Both witnesses speak for themselves first. A finding about source is then confirmed or refuted only
where the graph has the layer or train op that it is about, and is clear about it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from bnlint import codes
from bnlint.apis import BUILT_IN, Apis
from bnlint.finding import Finding, Location
from bnlint.graph.command import shown
from bnlint.graph.evidence import gather
from bnlint.reports import Confirmation
from bnlint.rulings import FLAGS, UPDATES, Claim, Judge, covers
from bnlint.run import Options, check
from bnlint.subjects import Script
from bnlint.suppressions import RULES
from bnlint.workspace import Workspace

if TYPE_CHECKING:
    from bnlint.model import GraphModel, NormLayer


def confirm(
    script: str,
    graph: str,
    train_ops: Sequence[str] = (),
    fetches: Sequence[str] = (),
    select: Sequence[str] = (),
    ignore: Sequence[str] = (),
    apis: Apis = BUILT_IN,
) -> Confirmation:
    """Compare a script with a graph or a recording. Raises GraphError, and nothing else.

    What is merely possible by the source is held against the graph too: the graph may know.
    """
    evidence = gather(graph, train_ops, fetches)
    # What is said of comments is no claim about a graph.
    ignored = (*ignore, *(rule.code for rule in RULES))
    outcome = check(Options((script,), select=select, ignore=ignored, pedantic=True, apis=apis))
    found = Confirmation(problems=outcome.report.problems, notes=list(evidence.notes))
    found.crashes = outcome.crashes
    if not outcome.files and not found.problems:
        found.notes.append(f"no Python files to check in {script}")
    claims, made = _claims(script, outcome.report.findings, apis)
    judge = Judge(evidence, claims, made)
    found.rulings = [judge.rule(claim) for claim in claims]
    if not any(True for _ in evidence.layers()):
        found.notes.append("no batch norm with moving statistics in this graph")
    found.unseen = [
        finding if evidence.recorded or fetches else _alone(finding)
        for finding in evidence.findings
        if codes.selected(finding.rule.code, select, ignore)
        and not any(covers(ruling, finding) for ruling in found.rulings)
    ]
    return found


def _alone(finding: Finding) -> Finding:
    """A graph's finding about a train op; the source may have seen that more is fetched."""
    if finding.rule.code not in UPDATES:
        return finding
    reason = finding.reason or "the graph does not tell what is fetched beside it; --fetch does"
    return replace(finding, confidence="possible", reason=reason)


def _claims(script: str, findings: Sequence[Finding], apis: Apis) -> tuple[list[Claim], Script]:
    """Each finding with the layers that it is about, from the models behind the findings."""
    made = Script()
    if not findings:
        return [], made
    from bnlint.checks.updates import diagnose

    claims = [Claim(finding) for finding in findings]
    by_place: dict[Location, list[Claim]] = {}
    for claim in claims:
        by_place.setdefault(claim.finding.location, []).append(claim)
    # A finding about a saver or an export names its layers beside it.
    beside: dict[Location, list[Claim]] = {}
    for claim in claims:
        if claim.finding.rule.code not in (UPDATES | FLAGS) - {"BN104"}:
            for related in claim.finding.related:
                beside.setdefault(related.location, []).append(claim)
    workspace = Workspace(apis=apis)

    def at(location: Location | None) -> list[Claim]:
        if location is None:
            return []
        there = workspace.located(location)
        found = by_place.get(_relative(there), [])
        for claim in found:
            if location not in claim.places:
                claim.places.append(location)
        return found

    for model in _models(script, workspace):
        made.add(model)
        for use in model.hand_written:
            at(use.location)
        for layer in model.layers:
            for place in {layer.location, layer.flag.origin}:
                for claim in at(place):
                    _add(claim.layers, layer)
            for claim in beside.get(_relative(workspace.located(layer.location)), ()):
                _add(claim.layers, layer)
        for op, diagnosis in diagnose(model):
            for claim in at(op.location):
                if diagnosis is not None and diagnosis.cause == claim.finding.rule.code:
                    for layer in diagnosis.missing:
                        _add(claim.missing, layer)
    for claim in claims:
        claim.layers = _meant(claim.finding.rule.code, claim.layers)
    return claims, made


def _meant(code: str, layers: list[NormLayer]) -> list[NormLayer]:
    """Of the layers at one place, those that a finding about flags speaks of."""
    kinds = {"BN101": "missing", "BN102": "constant", "BN110": "constant"}
    meant = [layer for layer in layers if layer.flag.kind == kinds.get(code)]
    if code == "BN109":
        meant = [layer for layer in layers if layer.misplaced is not None]
    return meant or layers


def _models(script: str, workspace: Workspace) -> Iterator[GraphModel]:
    from bnlint.checks.base import states
    from bnlint.entries import find_entries
    from bnlint.interp import analyse
    from bnlint.source.discover import discover

    paths, _ = discover((script,), ())
    entries = find_entries(sorted({os.path.abspath(path) for path in paths}), workspace)
    for program in analyse(entries, workspace, None).programs:
        yield from states(program)


def _relative(location: Location) -> Location:
    return replace(location, path=shown(location.path))


def _add(layers: list[NormLayer], layer: NormLayer) -> None:
    same = (layer.path, layer.flag.kind, layer.flag.value)
    if all((other.path, other.flag.kind, other.flag.value) != same for other in layers):
        layers.append(layer)
