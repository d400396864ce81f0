"""What a rule is, and how its verdicts over many states become one finding."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from bnlint.finding import Finding, Location, Related, Rule

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from bnlint.model import GraphModel, Program, Project


@dataclass(frozen=True, slots=True)
class Check:
    """A rule and the function that looks for it in a project."""

    rule: Rule
    check: Callable[[Project], Iterable[Finding]]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one state says about one subject: a finding, or nothing wrong."""

    subject: Location
    finding: Finding | None


def per_state(
    rule: Rule, judge: Callable[[GraphModel], Iterator[Verdict]]
) -> Callable[[Project], list[Finding]]:
    """Lift a judgement of one state to a whole project.

    A finding is definite if it holds in every state of a program in which its subject exists, and
    possible if it holds in some. The clearest of several programs speaks.
    """

    def check(project: Project) -> list[Finding]:
        best: dict[Location, Finding] = {}
        for program in project.programs:
            for subject, finding in _join(program, judge).items():
                found = best.get(subject)
                if found is None or (
                    found.confidence == "possible" and finding.confidence == "definite"
                ):
                    best[subject] = finding
        return list(best.values())

    return check


def _join(
    program: Program, judge: Callable[[GraphModel], Iterator[Verdict]]
) -> dict[Location, Finding]:
    seen: dict[Location, int] = {}
    bad: dict[Location, int] = {}
    first: dict[Location, Finding] = {}
    for state in states(program):
        verdicts: dict[Location, Finding | None] = {}
        for verdict in judge(state):
            if verdict.subject not in verdicts or verdict.finding is not None:
                verdicts[verdict.subject] = verdict.finding
        for subject, finding in verdicts.items():
            seen[subject] = seen.get(subject, 0) + 1
            if finding is not None:
                bad[subject] = bad.get(subject, 0) + 1
                kept = first.get(subject)
                if kept is None or kept.confidence == "possible":
                    first[subject] = finding
    out = {}
    for subject, finding in first.items():
        if bad[subject] < seen[subject] and finding.confidence == "definite":
            reason = f"it holds in {bad[subject]} of the {seen[subject]} paths that get here"
            finding = replace(finding, confidence="possible", reason=reason)
        out[subject] = finding
    return out


def states(program: Program) -> list[GraphModel]:
    """The states to judge: those that ran to their end, or all if none did; never eager ones."""
    graphs = [s for s in program.states if not s.eager]
    return [s for s in graphs if s.complete] or graphs


def related(*pairs: tuple[Location | None, str]) -> tuple[Related, ...]:
    """Related locations in order, leaving out unknown and repeated places."""
    out: list[Related] = []
    for location, message in pairs:
        if location is not None and all(r.location != location for r in out):
            out.append(Related(location, message))
    return tuple(out)
