"""Fix what a report names, one finding after the other, each checked before it counts."""

from __future__ import annotations

import dataclasses
import os
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from bnlint.finding import Aim, Finding, Fix, Level, Location
from bnlint.fix import depend, flags, keyword
from bnlint.fix.edits import CannotFix, Change, Plan
from bnlint.fix.source import edits_between
from bnlint.fix.sources import Sources

Judge = Callable[[Sequence[str], dict[str, bytes]], Sequence[Finding]]
"""The findings, possible ones too, about some files, where other bytes than the saved are given."""

Propose = Callable[[Sources, Finding, Aim], Iterator[Plan]]

FIXES: dict[str, Propose] = {
    "BN101": flags.propose,
    "BN109": keyword.propose,
    **dict.fromkeys(("BN201", "BN202", "BN203", "BN204", "BN205"), depend.propose),
}

_ROUNDS = 6
_RANK: dict[Level, int] = {"safe": 0, "unsafe": 1, "shown": 2}


@dataclass(slots=True)
class Repaired:
    """The new bytes by path, what was done, and what was not, as lines for the user."""

    files: dict[str, bytes] = field(default_factory=dict)
    done: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a fix leads to: the files, the findings in those it touched, and all it is made of."""

    sources: Sources
    touched: frozenset[str]
    found: tuple[Finding, ...]
    plans: tuple[Plan, ...]
    level: Level

    @property
    def description(self) -> str:
        return ", and ".join(dict.fromkeys(plan.description for plan in self.plans))

    @property
    def why(self) -> str | None:
        return next((p.why for p in self.plans if p.level == self.level), None)


class Repairer:
    """Looks for fixes; ``judge`` analyses again what a fix would leave."""

    def __init__(self, read: Callable[[str], bytes], judge: Judge) -> None:
        self._read = read
        self._judge = judge
        self._known: dict[tuple[object, ...], Sequence[Finding]] = {}

    def repair(
        self, findings: Sequence[Finding], limit: Level, overlay: Mapping[str, bytes]
    ) -> Repaired:
        """Fix the definite findings of rules that have a fix, up to a level."""
        out = Repaired()
        sources = Sources(self._read, overlay)
        pending = sorted(filter(fixable, findings), key=_order, reverse=True)
        while pending:
            finding = pending.pop(0)
            try:
                outcome = self.fix(finding, sources, limit)
            except CannotFix as error:
                out.left.append(f"{_shown(finding)} not fixed: {error}")
                continue
            also = f" ({outcome.level}: {outcome.why})" if outcome.level != "safe" else ""
            out.done.append(f"{_shown(finding)} fixed: {outcome.description}{also}")
            sources = outcome.sources
            pending = [again for f in pending if (again := _again(f, outcome)) is not None]
        out.files = {
            path: data for path, data in sources.overlay.items() if overlay.get(path) != data
        }
        return out

    def attached(self, finding: Finding, overlay: Mapping[str, bytes]) -> Finding:
        """The finding with the fix that it has by itself, if there is one."""
        if not fixable(finding):
            return finding
        before = Sources(self._read, overlay)
        try:
            outcome = self.fix(finding, before, "shown")
        except CannotFix:
            return finding
        edits = [
            edit
            for path in sorted(outcome.touched)
            for edit in edits_between(path, before.data(path), outcome.sources.data(path))
        ]
        fix = Fix(outcome.description, tuple(edits), outcome.level, outcome.why)
        return finding._replace(fix=fix)

    def fix(
        self, finding: Finding, sources: Sources, limit: Level, rounds: int = _ROUNDS
    ) -> Outcome:
        """The first fix that holds; raises CannotFix with the reason of the one that came nearest.

        Where it brings another finding to light (updates that nothing runs, once a layer makes
        any), that is fixed along with it.
        """
        assert finding.aim is not None
        reason: CannotFix | None = None
        for plan in FIXES[finding.rule.code](sources, finding, finding.aim):
            try:
                if _RANK[plan.level] > _RANK[limit]:
                    raise CannotFix(_too_much(plan))
                return self._tried(finding, sources, plan, limit, rounds)
            except CannotFix as error:
                reason = reason or error
        raise reason or CannotFix("its place is not one that is known to be repairable")

    def _tried(
        self, finding: Finding, sources: Sources, plan: Plan, limit: Level, rounds: int
    ) -> Outcome:
        touched = frozenset({c.path for c in plan.changes} | {os.path.abspath(_path(finding))})
        before = self._findings(touched, sources)
        after_sources = sources.changed(plan.changes)
        after = self._findings(touched, after_sources)
        old, new = _count(before), _count(after)
        if new[finding.rule.code] >= old[finding.rule.code]:
            raise CannotFix("with the fix, the file would not be clean of it")
        outcome = Outcome(after_sources, touched, tuple(after), (plan,), plan.level)
        more = new - old
        if not more:
            return outcome
        known = {_place(f, sources, plan.changes) for f in before}
        fresh = [f for f in after if more[f.rule.code] and (f.rule.code, *_at(f)) not in known]
        for other in sorted(fresh, key=_order, reverse=True):
            if not rounds or not fixable(other):
                raise CannotFix(f"with the fix, {other.rule.code} would be found in {_path(other)}")
            now = _same(other, outcome)
            if now is None:
                continue
            step = self.fix(now, outcome.sources, limit, rounds - 1)
            outcome = Outcome(
                step.sources,
                outcome.touched | step.touched,
                step.found,
                (*outcome.plans, *step.plans),
                max(outcome.level, step.level, key=_RANK.__getitem__),
            )
        found = self._findings(outcome.touched, outcome.sources)
        if _count(found) - _count(self._findings(outcome.touched, sources)):
            raise CannotFix("with the fix, something else would be found")
        return dataclasses.replace(outcome, found=tuple(found))

    def _findings(self, touched: frozenset[str], sources: Sources) -> Sequence[Finding]:
        key = (touched, *sorted(sources.overlay.items()))
        if key not in self._known:
            self._known[key] = self._judge(sorted(touched), sources.overlay)
        return self._known[key]


def fixable(finding: Finding) -> bool:
    """Whether there may be a fix: it is sure, and of a rule that has fixes."""
    return (
        finding.confidence == "definite"
        and finding.rule.code in FIXES
        and finding.aim is not None
        and finding.witness == "source"
    )


def _too_much(plan: Plan) -> str:
    if plan.level == "shown":
        return f"the fix is only shown (--diff --unsafe-fixes shows it): {plan.why}"
    return f"the fix is unsafe (--unsafe-fixes makes it): {plan.why}"


def _again(finding: Finding, outcome: Outcome) -> Finding | None:
    """The finding as it is after a fix of another; None if it went with that one."""
    if _path(finding) not in outcome.touched:
        return finding
    return _same(finding, outcome, outcome.plans)


def _same(finding: Finding, outcome: Outcome, plans: Sequence[Plan] = ()) -> Finding | None:
    candidates = [f for f in outcome.found if f.rule == finding.rule and _path(f) == _path(finding)]
    line = _at(finding)[1]
    for plan in plans:
        line += sum(
            change.text.count("\n") for change in plan.changes if change.path == _path(finding)
        )
    exact = [f for f in candidates if f.location == finding.location]
    if exact:
        return exact[0]
    near = sorted(candidates, key=lambda f: abs(_at(f)[1] - line))
    return near[0] if near else None


def _place(
    finding: Finding, sources: Sources, changes: Sequence[Change]
) -> tuple[str, str, int, int]:
    path, line, column = _at(finding)
    return (finding.rule.code, path, *sources.moved((path, line, column), changes))


def _at(finding: Finding) -> tuple[str, int, int]:
    place: Location = finding.aim.place if finding.aim is not None else finding.location
    return os.path.abspath(place.path), place.line, place.column


def _path(finding: Finding) -> str:
    return _at(finding)[0]


def _order(finding: Finding) -> tuple[str, int, int]:
    return _at(finding)


def _shown(finding: Finding) -> str:
    place = finding.location
    cell = f" cell {place.cell}, line" if place.cell is not None else ""
    return f"{place.path}:{cell}{place.line}: {finding.rule.code}"


def _count(findings: Sequence[Finding]) -> Counter[str]:
    return Counter(finding.rule.code for finding in findings)
