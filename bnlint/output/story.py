"""A finding as a story: what, where, the code it is about, and what to ask for next."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TextIO

from bnlint import codes
from bnlint.finding import Finding, Location
from bnlint.outcome import Problem, Report
from bnlint.output import terminal
from bnlint.output.frame import Line, Mark, Source, frames
from bnlint.output.wording import STYLES, Messages, heading, wrapped
from bnlint.printable import printable


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
    messages = Messages()
    for finding in report.findings:
        yield from _finding(finding, messages, source, width)
        if report.explained:
            yield from _reasoning(finding, width)
        yield []
    for problem in report.problems:
        yield from _problem(problem, width)
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


def _finding(finding: Finding, messages: Messages, source: Source, width: int) -> Iterator[Line]:
    rule = finding.rule
    yield heading(finding, place(finding.location))
    yield from ([(line, "")] for line in wrapped(messages.of(finding), width, "  "))
    marks = [Mark(finding.location, "", STYLES[rule.severity], primary=True)]
    marks += [
        Mark(related.location, related.message, "blue", primary=False)
        for related in finding.related
    ]
    yield from frames(marks, source, width)
    gutter = " " * (max(len(str(mark.location.line)) for mark in marks) + 1)
    if finding.reason is not None:
        yield from _footer(gutter, f"possible only: {printable(finding.reason)}", width)
    yield from _footer(gutter, f"help: bnlint rule {rule.code}", width)


def _reasoning(finding: Finding, width: int) -> Iterator[Line]:
    """The facts behind a finding, a number each."""
    yield [("  because:" if finding.reasoning else "  because: no more is told of it", "blue")]
    for number, step in enumerate(finding.reasoning, 1):
        where = f"{place(step.location)}: " if step.location is not None else ""
        said = f"{where}{printable(step.message)}"
        yield from ([(line, "")] for line in wrapped(said, width, f"  {number:>2}. "))


def _footer(gutter: str, text: str, width: int) -> Iterator[Line]:
    sign = f"{gutter}= "
    for number, line in enumerate(wrapped(text, width, " " * len(sign))):
        yield [(sign if not number else " " * len(sign), "blue"), (line[len(sign) :], "")]


def _problem(problem: Problem, width: int) -> Iterator[Line]:
    yield [
        (printable(f"{problem.path}:{problem.line}"), "bold"),
        (": ", ""),
        (f"error: {codes.UNREADABLE}", STYLES["error"]),
        (f" {codes.UNREADABLE_NAME}", ""),
    ]
    yield from ([(line, "")] for line in wrapped(printable(problem.message), width, "  "))
