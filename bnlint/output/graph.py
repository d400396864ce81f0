"""A graph's report: a table with a row for each layer, the broken paths, and the findings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TextIO

from bnlint.output import json as findings_json
from bnlint.output import terminal
from bnlint.output.wording import Messages, heading
from bnlint.printable import dump_json, printable, without_commands

if TYPE_CHECKING:
    from bnlint.finding import Finding, Location
    from bnlint.outcome import Report
    from bnlint.reports import GraphReport, LayerRow

MOST_PATHS = 5


def write(reports: Sequence[GraphReport], stream: TextIO) -> None:
    """For a person."""
    console = terminal.console(stream)
    with console.capture() as captured:
        for report in reports:
            _report(report, console)
    stream.write(without_commands(captured.get()))


def _report(report: GraphReport, console: Any) -> None:
    from rich.text import Text

    version = f", TensorFlow {report.version}" if report.version else ""
    head = f"{report.path}: {report.kind}, {report.nodes:,} nodes{version}"
    console.print(Text(printable(head), "bold"), soft_wrap=True)
    if report.layers:
        console.print(_table(report))
    for row in report.train_ops:
        told = f"{row.name}: {row.reached} of {row.total} moving statistics reached"
        if row.idle:
            told += ", but it is in a dead branch and trains nothing"
        elif row.fails:
            told += f", but running it fails: {row.fails}"
        elif row.moved < row.reached:
            told += f", {row.moved} of them moved"
        good = row.moved == row.total and not row.fails and not row.idle
        terminal.paragraph(console, printable(told), "green" if good else "red")
    broken = [layer for layer in report.layers if layer.stops]
    for layer in broken[:MOST_PATHS]:
        console.print(_path(report, layer))
    if len(broken) > MOST_PATHS:
        console.print(Text(f"… and {len(broken) - MOST_PATHS} more layers without a path"))
    print_findings(report.report.findings, console)
    for note in report.notes:
        terminal.paragraph(console, f"note: {printable(note)}")


def print_findings(findings: Sequence[Finding], console: Any) -> None:
    """Each finding with its node, as there is no line of source to show."""
    from rich.text import Text

    messages = Messages()
    for finding in findings:
        first = heading(finding, printable(_place(finding.location)))
        console.print(Text.assemble(*first), soft_wrap=True)
        terminal.paragraph(console, messages.of(finding), indent="  ")
        for related in finding.related:
            if related.location.node:
                line = f"{_line(related.location)}: " if related.location.line else ""
                text = f"{line}{related.location.node}: {related.message}"
                terminal.paragraph(console, printable(text), "blue", "  ")
        if finding.reason is not None:
            said = f"possible only: {printable(finding.reason)}"
            terminal.paragraph(console, said, "blue", "  ")


def _place(location: Location) -> str:
    return _line(location) + (f": {location.node}" if location.node else ":")


def _line(location: Location) -> str:
    return f"{location.path}:{location.line}" if location.line else location.path


def _table(report: GraphReport) -> Any:
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("layer", "kind", "flag", "momentum", "updated", "by"):
        table.add_column(column, overflow="fold")
    for row in report.layers:
        by = dict.fromkeys(name for update in row.updates for name in update.reached_by)
        style = "green" if row.reached == row.statistics else "red"
        table.add_row(
            Text(printable(row.name)),
            row.flavour,
            Text(printable(row.flag)),
            "" if row.momentum is None else f"{row.momentum:g}",
            Text(f"{row.reached}/{row.statistics}", style if report.train_ops else ""),
            Text(printable(", ".join(by))),
        )
    return table


def _path(report: GraphReport, layer: LayerRow) -> Any:
    """The path that should exist, and where it stops."""
    from rich.text import Text
    from rich.tree import Tree

    tree = Tree(Text(printable(f"{', '.join(row.name for row in report.train_ops[:3])}")))
    branch = tree.add(Text(f"no path to the updates of {printable(layer.name)}", "red"))
    for stop in layer.stops[:4]:
        branch.add(Text(printable(stop)))
    return tree


def write_json(reports: Sequence[GraphReport], stream: TextIO) -> None:
    """For a program: the schema of all findings, with the layers and train ops of the graph."""
    dump_json(document(reports), stream)


def merged(reports: Sequence[GraphReport]) -> Report:
    """The findings of several graphs as one report, for the formats that know findings only."""
    from bnlint.outcome import Report

    whole = Report(checked=len(reports))
    for report in reports:
        whole.findings += report.report.findings
        whole.problems += report.report.problems
    return whole


def document(reports: Sequence[GraphReport]) -> dict[str, Any]:
    """The reports as data."""
    document = findings_json.document(merged(reports))
    document["train_ops"] = [
        {
            "name": row.name,
            "reached": row.reached,
            "moved": row.moved,
            "total": row.total,
            "fails": row.fails,
        }
        for report in reports
        for row in report.train_ops
    ]
    document["layers"] = [
        {
            "name": row.name,
            "flavour": row.flavour,
            "flag": row.flag,
            "momentum": row.momentum,
            "updates": [
                {"node": update.node, "variable": update.variable, "reached_by": update.reached_by}
                for update in row.updates
            ],
        }
        for report in reports
        for row in report.layers
    ]
    document["notes"] = [note for report in reports for note in report.notes]
    return document
