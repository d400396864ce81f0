"""How many findings there are of each rule, in place of the findings."""

from __future__ import annotations

from collections import Counter
from typing import TextIO

from bnlint import codes, pages
from bnlint.outcome import Report


def write(report: Report, stream: TextIO) -> None:
    """A line a rule, the most frequent first; ``[*]`` marks those that have a fix."""
    names = {finding.rule.code: finding.rule.name for finding in report.findings}
    names[codes.UNREADABLE] = codes.UNREADABLE_NAME
    count = Counter(finding.rule.code for finding in report.findings)
    count[codes.UNREADABLE] += len(report.problems)
    possible = Counter(
        finding.rule.code for finding in report.findings if finding.confidence == "possible"
    )
    shown = sorted(+count, key=lambda code: (-count[code], code))
    digits = max((len(str(count[code])) for code in shown), default=0)
    for code in shown:
        mark = "*" if _has_fix(code) else " "
        only = f" ({possible[code]} only possible)" if possible[code] else ""
        stream.write(f"{count[code]:>{digits}}  {code} [{mark}] {names[code]}{only}\n")
    if any(map(_has_fix, shown)):
        stream.write("[*] has a fix: --diff shows what --fix would do\n")


def _has_fix(code: str) -> bool:
    page = pages.find(code)
    return page is not None and page.fix != "none"
