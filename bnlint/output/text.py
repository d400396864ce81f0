"""Findings as a person reads them, with a line in the end that sums up."""

from __future__ import annotations

from collections.abc import Callable
from typing import TextIO

from bnlint import codes
from bnlint.outcome import Report
from bnlint.printable import printable


def write(
    report: Report,
    source: Callable[[str, int | None], str | None],
    stream: TextIO,
    *,
    summary: bool,
) -> None:
    if report.findings or report.problems:
        from bnlint.output import story  # imports rich, which a clean run does not need

        story.write(report, source, stream)
    if summary:
        write_summary(report, stream)


def write_summary(report: Report, stream: TextIO) -> None:
    """How much was found and looked at."""
    stream.write(summed_up(report) + "\n")


def write_concise(report: Report, stream: TextIO) -> None:
    """A line for each finding, as compilers write it and editors read it."""
    from bnlint.output.story import place

    for finding in report.findings:
        if finding.location.node is not None:
            where = printable(f"{finding.location.path}: {finding.location.node}")
        else:
            where = place(finding.location)
        only = f" (possible only: {finding.reason})" if finding.reason is not None else ""
        said = printable(f"{finding.rule.code} {finding.brief}{only}")
        stream.write(f"{where}: {said}\n")
    for problem in report.problems:
        said = f"{problem.path}:{problem.line}: {codes.UNREADABLE} {problem.message}"
        stream.write(printable(said) + "\n")


def summed_up(report: Report) -> str:
    """How much was found and looked at, in a line, and what else there is to know in others."""
    found = _count(len(report.findings), "finding") if report.findings else "No findings"
    if report.known:
        found = f"{_count(len(report.findings), 'new finding')}, {report.known} in the baseline"
    if report.problems:
        found += f", {_count(len(report.problems), 'unreadable file')}"
    looked = f"{_count(report.checked, 'file')} checked"
    if report.skipped:
        looked += f", {report.skipped} without batch norm"
    if report.unit_tests:
        looked += f", {report.unit_tests} of unit tests only"
    if report.python2:
        looked += f", {len(report.python2)} read as Python 2"
    line = f"{found}; {looked}."
    if report.gone:
        entries, them = ("entry is", "it") if report.gone == 1 else ("entries are", "them")
        line += f"\n{report.gone} {entries} no longer found: --prune-baseline takes {them} out."
    if report.incomplete:
        unread = len({item.path for item in report.incomplete})
        were = "program was" if unread == 1 else "programs were"
        line += f"\n{unread} {were} not read to the end: --show-incomplete tells why."
    return line


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
