"""What became of each finding about source, and what only the graph shows."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, TextIO

from bnlint.output import json as findings_json
from bnlint.output import terminal
from bnlint.output.wording import Messages, heading
from bnlint.printable import dump_json, printable, without_commands

if TYPE_CHECKING:
    from bnlint.finding import Finding
    from bnlint.outcome import Problem, Report
    from bnlint.reports import Confirmation, Ruling

_STYLES = {"confirmed": "bold red", "refuted": "bold green", "undecided": "bold yellow"}


def write(found: Confirmation, stream: TextIO) -> None:
    """For a person."""
    from rich.text import Text

    from bnlint.output.graph import print_findings

    console = terminal.console(stream)
    with console.capture() as captured:
        for problem in found.problems:
            line = f"{problem.path}:{problem.line}: error: BN900 {problem.message}"
            terminal.paragraph(console, printable(line))
        messages = Messages()
        for ruling in found.rulings:
            _ruling(ruling, messages, console)
        if found.unseen:
            console.print(Text("Only the graph shows:", "bold"))
            print_findings(found.unseen, console)
        for note in found.notes:
            terminal.paragraph(console, f"note: {printable(note)}")
        console.print(Text(_summary(found)), soft_wrap=True)
    stream.write(without_commands(captured.get()))


def _ruling(ruling: Ruling, messages: Messages, console: Any) -> None:
    from rich.text import Text

    finding = ruling.finding
    place = finding.location
    cell = f"cell {place.cell}:" if place.cell is not None else ""
    console.print(
        Text.assemble(
            *heading(finding, printable(f"{place.path}:{cell}{place.line}:{place.column}")),
            ": ",
            (ruling.status, _STYLES[ruling.status]),
        ),
        soft_wrap=True,
    )
    terminal.paragraph(console, messages.of(finding), indent="  ")
    node = ruling.node
    where = f"{ruling.path}: " if ruling.path is not None else ""
    if node is not None and not ruling.reason.startswith(node):
        where += f"{node}: "
    terminal.paragraph(console, printable(where + ruling.reason), "blue", "  ")
    for layer, status in ruling.layers:
        terminal.paragraph(console, printable(f"{layer}: {status}"), "blue", "  ")


def _summary(found: Confirmation) -> str:
    count = Counter(ruling.status for ruling in found.rulings)
    said = [f"{count[status]} {status}" for status in ("confirmed", "refuted", "undecided")]
    return f"{', '.join(said)}; {len(found.unseen)} that only the graph shows."


def write_json(found: Confirmation, stream: TextIO) -> None:
    """For a program: the findings with a ``ruling`` each, and ``graph_only``."""
    document = _document([ruling.finding for ruling in found.rulings], found.problems)
    for fields, ruling in zip(document["findings"], found.rulings, strict=True):
        fields["ruling"] = {
            "status": ruling.status,
            "reason": ruling.reason,
            "path": ruling.path,
            "node": ruling.node,
            "layers": dict(ruling.layers),
        }
    del document["checked"], document["skipped"]
    document["graph_only"] = _document(found.unseen, [])["findings"]
    document["notes"] = found.notes
    dump_json(document, stream)


def _document(findings: list[Finding], problems: list[Problem]) -> dict[str, Any]:
    from bnlint.outcome import Report

    return findings_json.document(Report(findings=findings, problems=problems))


def merged(found: Confirmation) -> Report:
    """What is left to repair as one report, for the formats that know findings only: what was
    confirmed is definite, what was refuted is gone."""
    from bnlint.outcome import Report

    report = Report(problems=found.problems)
    for ruling in found.rulings:
        finding = ruling.finding
        if ruling.status == "confirmed":
            finding = finding._replace(confidence="definite", reason=None)
        if ruling.status != "refuted":
            message = f"{finding.message} ({ruling.status}: {ruling.reason})"
            report.findings.append(finding._replace(message=message))
    report.findings += found.unseen
    return report
