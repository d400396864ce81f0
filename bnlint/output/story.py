"""A finding as a story: what, where, the code it is about, and what to ask for next."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TextIO

from rich.console import Console
from rich.text import Text

from bnlint import codes
from bnlint.finding import Finding, Location, Problem, Report
from bnlint.output.frame import Mark, Source, frames, printable

# Where there is no terminal to ask, lines are clipped to a width that does not vary.
PIPED_WIDTH = 120

_STYLES = {"error": "bold red", "warning": "bold yellow"}


def write(report: Report, source: Source, stream: TextIO) -> None:
    console = Console(file=stream, highlight=False, markup=False, emoji=False)
    width = max(40, console.width) if console.is_terminal else PIPED_WIDTH
    # Captured and written in one go: a Console that meets a broken pipe exits on its own.
    with console.capture() as captured:
        for finding in report.findings:
            for line in _finding(finding, source, width):
                console.print(line, soft_wrap=True)
            console.print()
        for problem in report.problems:
            for line in _problem(problem):
                console.print(line, soft_wrap=True)
            console.print()
    stream.write(captured.get())


def place(location: Location) -> str:
    """``path:line:column`` as editors and terminals recognise it."""
    cell = f"cell {location.cell}:" if location.cell is not None else ""
    return printable(f"{location.path}:{cell}{location.line}:{location.column}")


def _finding(finding: Finding, source: Source, width: int) -> Iterator[Text]:
    rule = finding.rule
    style = _STYLES[rule.severity]
    yield Text.assemble(
        (place(finding.location), "bold"),
        ": ",
        (rule.code, style),
        f" {rule.name} [{finding.confidence}]",
    )
    yield Text("  " + printable(finding.message))
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


def _footer(gutter: str, text: str) -> Text:
    return Text.assemble((f"{gutter}= ", "blue"), text)


def _problem(problem: Problem) -> Iterator[Text]:
    yield Text.assemble(
        (printable(f"{problem.path}:{problem.line}"), "bold"),
        ": ",
        (codes.UNREADABLE, _STYLES["error"]),
        f" {codes.UNREADABLE_NAME}",
    )
    yield Text("  " + printable(problem.message))
