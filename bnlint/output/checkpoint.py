"""A checkpoint's report: a row for each layer, then the findings."""

from __future__ import annotations

from typing import TYPE_CHECKING, TextIO

from bnlint.output import json as findings_json
from bnlint.output import terminal
from bnlint.output.graph import print_findings
from bnlint.printable import dump_json, printable, without_commands

if TYPE_CHECKING:
    from bnlint.reports import CheckpointReport


def write(report: CheckpointReport, stream: TextIO) -> None:
    """For a person."""
    from rich.table import Table
    from rich.text import Text

    console = terminal.console(stream)
    with console.capture() as captured:
        steps = "" if report.steps is None else f", global step {report.steps:,}"
        head = f"{report.path}: checkpoint, {report.variables:,} variables{steps}"
        console.print(Text(printable(head), "bold"), soft_wrap=True)
        if report.layers:
            table = Table(box=None, pad_edge=False, header_style="bold")
            since = any(row.since for row in report.layers)
            for column in ("layer", "moving mean", "moving variance", "state"):
                table.add_column(column, overflow="fold")
            if since:
                table.add_column("since", overflow="fold")
            shares = any(row.left is not None for row in report.layers)
            if shares:
                table.add_column("still initial", overflow="fold")
            for row in report.layers:
                style = "green" if row.state in ("ok", "initial", "saved") else "red"
                table.add_row(
                    Text(printable(row.name)),
                    _range(row.mean, "mean" in row.unread),
                    _range(row.variance, "variance" in row.unread),
                    Text(row.state, style),
                    *((row.since,) if since else ()),
                    *((_share(row.left),) if shares else ()),
                )
            console.print(table)
        print_findings(report.report.findings, console)
        for note in report.notes:
            terminal.paragraph(console, f"note: {printable(note)}")
    stream.write(without_commands(captured.get()))


def _range(values: tuple[float, float] | None, unread: bool) -> str:
    if values is None:
        return "not read" if unread else "missing"
    return f"{values[0]:.4g} to {values[1]:.4g}"


def _share(left: float | None) -> str:
    if left is None:
        return "not known"
    return f"{left:.1%}" if left >= 0.001 else "under 0.1%"


def write_json(report: CheckpointReport, stream: TextIO) -> None:
    """For a program: the schema of all findings, with the layers of the checkpoint."""
    document = findings_json.document(report.report)
    document["global_step"] = report.steps
    document["layers"] = [
        {"name": row.name, "mean": row.mean, "variance": row.variance, "state": row.state}
        | ({"since": row.since} if row.since else {})
        | ({"initial_share": row.left} if row.left is not None else {})
        for row in report.layers
    ]
    document["notes"] = report.notes
    dump_json(document, stream)
