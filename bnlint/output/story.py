"""A finding as a story: what, where, the code it is about, and what to ask for next."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TextIO

from bnlint import codes
from bnlint.finding import Finding, Location, Problem, Report
from bnlint.output import terminal
from bnlint.output.frame import Line, Mark, Source, frames
from bnlint.printable import printable

_STYLES = {"error": "bold red", "warning": "bold yellow"}


def write(report: Report, source: Source, stream: TextIO) -> None:
    lines = _lines(report, source, terminal.width(stream))
    if not terminal.coloured(stream):
        stream.writelines(_plain(line) + "\n" for line in lines)
        return
    # Where nobody sees colours, importing rich's console would be a tenth of a small run.
    from rich.text import Text

    console = terminal.console(stream)
    # Captured and written in one go: a Console that meets a broken pipe exits on its own.
    with console.capture() as captured:
        for line in lines:
            console.print(Text.assemble(*line), soft_wrap=True)
    stream.write(captured.get())


def _lines(report: Report, source: Source, width: int) -> Iterator[Line]:
    for finding in report.findings:
        yield from _finding(finding, source, width)
        yield []
    for problem in report.problems:
        yield from _problem(problem)
        yield []


def _plain(line: Line) -> str:
    return "".join(text for text, _style in line)


def place(location: Location) -> str:
    """``path:line:column`` as editors and terminals recognise it."""
    cell = f"cell {location.cell}:" if location.cell is not None else ""
    return printable(f"{location.path}:{cell}{location.line}:{location.column}")


def line_of(location: Location) -> int:
    """The line in the file as it is on disk, at least 1: of a notebook, in its JSON."""
    return max(1, location.line if location.raw_line is None else location.raw_line)


def _finding(finding: Finding, source: Source, width: int) -> Iterator[Line]:
    rule = finding.rule
    style = _STYLES[rule.severity]
    yield [
        (place(finding.location), "bold"),
        (": ", ""),
        (rule.code, style),
        (f" {rule.name} [{finding.confidence}]", ""),
    ]
    yield [(f"  {printable(finding.message)}", "")]
    marks = [Mark(finding.location, "", style, primary=True)]
    marks += [
        Mark(related.location, related.message, "blue", primary=False)
        for related in finding.related
    ]
    yield from frames(marks, source, width)
    gutter = " " * (max(len(str(mark.location.line)) for mark in marks) + 1)
    if finding.reason is not None:
        yield _footer(gutter, f"possible only: {printable(finding.reason)}")
    yield _footer(gutter, f"help: bnlint rule {rule.code}")


def _footer(gutter: str, text: str) -> Line:
    return [(f"{gutter}= ", "blue"), (text, "")]


def _problem(problem: Problem) -> Iterator[Line]:
    yield [
        (printable(f"{problem.path}:{problem.line}"), "bold"),
        (": ", ""),
        (codes.UNREADABLE, _STYLES["error"]),
        (f" {codes.UNREADABLE_NAME}", ""),
    ]
    yield [(f"  {printable(problem.message)}", "")]
