"""Fix what a report names, one finding after the other, each checked before it counts."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from bnlint.finding import Finding
from bnlint.fix import keyword, wrap
from bnlint.fix.edits import CannotFix, Fix, apply, decode
from bnlint.fix.tree import Tree

Judge = Callable[[dict[str, bytes]], Sequence[Finding]]
"""The findings, possible ones too, of files whose bytes are given."""

FIXES: dict[str, Callable[[Tree, Finding], Fix]] = {
    "BN109": keyword.propose,
    "BN201": wrap.propose,
}


@dataclass(slots=True)
class Repaired:
    """The new bytes by path, what was done, and what was not, as lines for the user."""

    files: dict[str, bytes] = field(default_factory=dict)
    done: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)


def repair(
    findings: Sequence[Finding], read: Callable[[str], bytes], judge: Judge, unsafe: bool
) -> Repaired:
    """Fix the definite findings of rules that have a fix. Later places first, so lines hold."""
    out = Repaired()
    wanted = [f for f in findings if f.confidence == "definite" and f.rule.code in FIXES]
    for finding in sorted(
        wanted, key=lambda f: (f.location.path, f.location.line, f.location.column), reverse=True
    ):
        place = f"{finding.location.path}:{finding.location.line}: {finding.rule.code}"
        path = os.path.abspath(finding.location.path)
        try:
            if not path.endswith(".py"):
                raise CannotFix("only Python scripts are fixed")
            before = out.files[path] if path in out.files else read(path)
            text, encoding = decode(before)
            fix = FIXES[finding.rule.code](Tree(text), finding)
            if fix.level == "unsafe" and not unsafe:
                raise CannotFix(f"the fix is unsafe (--unsafe-fixes makes it): {fix.why}")
            fixed = apply(text, fix.edits)
            Tree(fixed)  # a file that does not parse has no findings either
            after = fixed.encode(encoding)
            _prove(finding, judge({path: before}), judge({path: after}))
        except CannotFix as error:
            out.left.append(f"{place} not fixed: {error}")
            continue
        out.files[path] = after
        out.done.append(f"{place} fixed: {fix.description}")
    return out


def _prove(finding: Finding, before: Sequence[Finding], after: Sequence[Finding]) -> None:
    """Raise CannotFix unless there is one finding of the rule less, and none more of any."""
    old = Counter(f.rule.code for f in before)
    new = Counter(f.rule.code for f in after)
    if new[finding.rule.code] >= old[finding.rule.code] or new - old:
        raise CannotFix("with the fix, the file would not be clean of it")
