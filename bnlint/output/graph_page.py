"""A graph's report as a page: the findings, the paths drawn, and a table of the layers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from bnlint.output.drawing import draw
from bnlint.output.page import count, page, safe

if TYPE_CHECKING:
    from bnlint.finding import Finding
    from bnlint.reports import Drawing, GraphReport, LayerRow

COLUMNS = ("layer", "kind", "flag", "momentum", "updated", "by", "where the path stops")


def graph_page(drawings: Sequence[Drawing]) -> str:
    """The whole page, for one graph or for the several of a SavedModel."""
    names = dict.fromkeys(drawing.report.path for drawing in drawings)
    body = (part for n, drawing in enumerate(drawings) for part in _graph(drawing, n))
    return page(f"bnlint: {', '.join(names)}", body)


def _graph(drawing: Drawing, number: int) -> Iterator[str]:
    report = drawing.report
    version = f", TensorFlow {report.version}" if report.version else ""
    yield f"<h1>{safe(report.path)}</h1>\n"
    yield f"<p>{safe(report.kind)}, {count(report.nodes, 'node')}{safe(version)}</p>\n"
    yield from _findings(report.report.findings)
    for note in report.notes:
        yield f'<p class="note">note: {safe(note)}</p>\n'
    if report.train_ops:
        yield "<h2>From the train op to the moving statistics</h2>\n"
        yield from draw(drawing, number)
    if report.layers:
        yield f"<h2>{count(len(report.layers), 'layer')}</h2>\n"
        yield from _table(report, number)


def _findings(findings: Sequence[Finding]) -> Iterator[str]:
    if not findings:
        yield '<p class="good">No findings.</p>\n'
        return
    yield f"<h2>{count(len(findings), 'finding')}</h2>\n<ul>\n"
    for finding in findings:
        rule = finding.rule
        weight = rule.severity if finding.confidence == "definite" else "possible"
        node = f" at <code>{safe(finding.location.node)}</code>" if finding.location.node else ""
        reason = f" <em>possible only: {safe(finding.reason)}</em>" if finding.reason else ""
        yield (
            f'<li class="{rule.severity}"><strong>{safe(rule.code)}</strong> {safe(rule.name)} '
            f"({weight}){node}: {safe(finding.message)}.{reason}</li>\n"
        )
    yield "</ul>\n"


def _table(report: GraphReport, number: int) -> Iterator[str]:
    heads = "".join(
        f'<th scope="col"><button type="button">{safe(name)}</button></th>' for name in COLUMNS
    )
    yield f"<table>\n<thead><tr>{heads}</tr></thead>\n<tbody>\n"
    for place, row in enumerate(report.layers):
        yield _row(row, f"layer-{number}-{place}", judged=bool(report.train_ops))
    yield "</tbody>\n</table>\n"


def _row(row: LayerRow, anchor: str, *, judged: bool) -> str:
    by = dict.fromkeys(name for update in row.updates for name in update.reached_by)
    look = "" if not judged else "good" if row.reached == row.statistics else "bad"
    momentum = "" if row.momentum is None else f"{row.momentum:g}"
    share = row.reached / row.statistics if row.statistics else 0.0
    stops = "".join(f"<div>{safe(stop)}</div>" for stop in row.stops)
    return (
        f'<tr id="{anchor}"><td class="name"><code>{safe(row.name)}</code></td>'
        f"<td>{safe(row.flavour)}</td>"
        f'<td>{safe(row.flag)}</td><td data-key="{momentum or -1}">{momentum}</td>'
        f'<td data-key="{share:.3f}" class="{look}">{row.reached}/{row.statistics}</td>'
        f"<td>{safe(', '.join(by))}</td><td>{stops}</td></tr>\n"
    )
