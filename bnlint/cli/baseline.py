"""What ``bnlint check`` does with a baseline: use it, write it, prune it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from bnlint.cli.common import CLEAN, FOUND, Failure, Misuse, say

if TYPE_CHECKING:
    from bnlint.baseline import Baseline, Entry
    from bnlint.outcome import Report
    from bnlint.run import Options


def opened(
    path: str | None, configured: str | None, written: str | None, prune: bool
) -> Baseline | None:
    """The baseline that is to be used or written; what is wrong with it is said before the run.

    One that is written anew makes no use of the one that is ``configured``.
    """
    if written is not None and (path is not None or prune):
        raise Misuse("--write-baseline goes without --baseline and --prune-baseline")
    if written is None and path is None:
        path = configured
    if prune and path is None:
        raise Misuse("--prune-baseline goes with --baseline")
    if path is None and written is None:
        return None
    from bnlint import baseline

    try:
        return baseline.read(path) if path is not None else baseline.Baseline(written or "")
    except baseline.BaselineError as error:
        raise Failure(str(error)) from None


def write(known: Baseline, report: Report) -> int:
    """Unreadable files do not go into a baseline: nothing is known about them."""
    _store(known, map(known.entry, report.findings))
    number = len(report.findings)
    say(f"{number} finding{'' if number == 1 else 's'} written to {known.path}")
    for problem in report.problems:
        say(f"not in the baseline: {problem.path}:{problem.line}: {problem.message}")
    return FOUND if report.problems else CLEAN


def leave_new(report: Report, known: Baseline, options: Options, prune: bool) -> None:
    """Take out of a report what is known, and of the baseline what is gone, if that is wanted."""
    from bnlint.baseline import Scope
    from bnlint.finding import Silenced

    scope = Scope(options.paths, options.select, options.ignore, options.pedantic)
    gone = known.gone(report.findings, scope)
    report.findings, old = known.split(report.findings)
    report.known = len(old)
    report.silenced += [Silenced(finding, True, f"known in {known.path}") for finding in old]
    if prune and gone:
        _store(known, known.entries - gone)
        say(f"{len(gone)} taken out of {known.path}")
    elif gone:
        report.gone = len(gone)


def _store(known: Baseline, entries: Iterable[Entry]) -> None:
    from bnlint.baseline import BaselineError

    try:
        known.write(entries)
    except BaselineError as error:
        raise Failure(str(error)) from None
