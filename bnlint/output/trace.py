"""A recording's report: each graph that was run, then the last word."""

from __future__ import annotations

from typing import TYPE_CHECKING, TextIO

from bnlint.output import graph as graph_output
from bnlint.printable import dump_json, printable

if TYPE_CHECKING:
    from bnlint.reports import TraceReport


def write(report: TraceReport, stream: TextIO) -> None:
    """For a person."""
    graph_output.write(report.graphs, stream)
    for path, (moved, total) in report.moved.items():
        if total:
            stream.write(f"{printable(path)}: {moved} of {total} moving statistics were updated\n")
    for path, (changed, total) in report.watched.items():
        moved = min(report.moved[path][0], changed)
        how = f", {changed - moved} of them set, and not updated" if moved < changed else ""
        stream.write(f"{printable(path)}: {changed} of {total} were seen to change{how}\n")
    for note in report.notes:
        stream.write(f"note: {printable(note)}\n")


def write_json(report: TraceReport, stream: TextIO) -> None:
    """For a program: what ``graph`` says, and how many statistics moved."""
    document = graph_output.document(report.graphs)
    document["moved"] = _counts(report.moved)
    document["watched"] = _counts(report.watched)
    document["notes"] += report.notes
    dump_json(document, stream)


def _counts(counts: dict[str, tuple[int, int]]) -> dict[str, dict[str, int]]:
    return {path: {"moved": moved, "total": total} for path, (moved, total) in counts.items()}
