"""``bnlint confirm``: what the source says, held against the graph that TensorFlow built.

Both witnesses speak for themselves first. A finding about source is then confirmed or refuted only
where the graph has the layer or train op that it is about, and is clear about it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from bnlint import codes
from bnlint.apis import BUILT_IN, Apis
from bnlint.finding import Finding
from bnlint.graph.evidence import gather
from bnlint.reports import Confirmation
from bnlint.rulings import UPDATES, Judge, covers
from bnlint.run import Options, check
from bnlint.subjects import Script
from bnlint.suppressions import RULES

if TYPE_CHECKING:
    from bnlint.model import Program


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
    options = Options((script,), select=select, ignore=ignored, pedantic=True, apis=apis, keep=True)
    outcome = check(options)
    found = Confirmation(problems=outcome.report.problems, notes=list(evidence.notes))
    found.crashes = outcome.crashes
    if not outcome.files and not found.problems:
        found.notes.append(f"no Python files to check in {script}")
    judge = Judge(evidence, outcome.report.findings, _made(outcome.programs))
    found.rulings = [judge.rule(finding) for finding in outcome.report.findings]
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
    return finding._replace(confidence="possible", reason=reason)


def _made(programs: Sequence[Program]) -> Script:
    """What the source makes."""
    from bnlint.checks.base import states

    made = Script()
    for program in programs:
        for model in states(program):
            made.add(model)
    return made
