"""A graph's report as one page that needs nothing else: no network, no other file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from typing import TYPE_CHECKING

from bnlint.output.drawing import SAID, svg
from bnlint.printable import printable

if TYPE_CHECKING:
    from bnlint.finding import Finding
    from bnlint.reports import Drawing, GraphReport, LayerRow, TrainRow

COLUMNS = ("layer", "kind", "flag", "momentum", "updated", "by", "where the path stops")


def page(drawings: Sequence[Drawing]) -> str:
    """The whole page, for one graph or for the several of a SavedModel."""
    names = dict.fromkeys(drawing.report.path for drawing in drawings)
    title = f"bnlint: {', '.join(names)}"
    body = "".join(part for n, drawing in enumerate(drawings) for part in _graph(drawing, n))
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{_safe(title)}</title>\n<style>{_STYLE}</style>\n</head>\n"
        f"<body>\n{body}<script>{_SCRIPT}</script>\n</body>\n</html>\n"
    )


def _graph(drawing: Drawing, number: int) -> Iterator[str]:
    report = drawing.report
    version = f", TensorFlow {report.version}" if report.version else ""
    yield f"<h1>{_safe(report.path)}</h1>\n"
    yield f"<p>{_safe(report.kind)}, {report.nodes:,} nodes{_safe(version)}</p>\n"
    yield from _train_ops(report)
    yield from _findings(report.report.findings)
    for note in report.notes:
        yield f'<p class="note">note: {_safe(note)}</p>\n'
    if not report.layers:
        return
    yield "<h2>Train ops and layers</h2>\n"
    states = {edge.state for edge in drawing.edges}
    keys = [
        f'<span class="key {s}">{_safe(said)}</span>' for s, said in SAID.items() if s in states
    ]
    if keys:
        yield f'<p class="keys">A train op {" ".join(keys)}</p>\n'
    yield f'<div class="drawing">{svg(drawing, number)}</div>\n'
    yield f"<h2>{len(report.layers)} layers</h2>\n"
    yield from _table(report, number)


def _train_ops(report: GraphReport) -> Iterator[str]:
    if not report.train_ops:
        return
    yield '<ol class="ops">\n'
    for row in report.train_ops:
        good = row.moved == row.total and not row.fails and not row.idle
        look = "good" if good else "bad"
        yield f'<li class="{look}"><code>{_safe(row.name)}</code>: {_safe(_told(row))}</li>\n'
    yield "</ol>\n"


def _told(row: TrainRow) -> str:
    told = f"{row.reached} of {row.total} moving statistics reached"
    if row.idle:
        return f"{told}, but it is in a dead branch and trains nothing"
    if row.fails:
        return f"{told}, but running it fails: {row.fails}"
    return f"{told}, {row.moved} of them moved" if row.moved < row.reached else told


def _findings(findings: Sequence[Finding]) -> Iterator[str]:
    if not findings:
        yield '<p class="good">No findings.</p>\n'
        return
    yield f"<h2>{len(findings)} finding{'s' if len(findings) > 1 else ''}</h2>\n<ul>\n"
    for finding in findings:
        rule = finding.rule
        node = f" at <code>{_safe(finding.location.node)}</code>" if finding.location.node else ""
        reason = f" <em>possible only: {_safe(finding.reason)}</em>" if finding.reason else ""
        yield (
            f'<li class="{rule.severity}"><strong>{_safe(rule.code)}</strong> {_safe(rule.name)} '
            f"[{finding.confidence}]{node}: {_safe(finding.message)}.{reason}</li>\n"
        )
    yield "</ul>\n"


def _table(report: GraphReport, number: int) -> Iterator[str]:
    heads = "".join(
        f'<th scope="col"><button type="button">{_safe(name)}</button></th>' for name in COLUMNS
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
    stops = "".join(f"<div>{_safe(stop)}</div>" for stop in row.stops)
    return (
        f'<tr id="{anchor}"><td><code>{_safe(row.name)}</code></td><td>{_safe(row.flavour)}</td>'
        f'<td>{_safe(row.flag)}</td><td data-key="{momentum or -1}">{momentum}</td>'
        f'<td data-key="{share:.3f}" class="{look}">{row.reached}/{row.statistics}</td>'
        f"<td>{_safe(', '.join(by))}</td><td>{stops}</td></tr>\n"
    )


def _safe(text: str) -> str:
    return escape(printable(text))


# Even a name that slipped through unescaped could load and send nothing.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'"

_STYLE = """
:root { color-scheme: light dark; --good: #1a7f37; --bad: #cf222e; --weak: #9a6700;
  --line: #8c959f; --soft: #8881; }
@media (prefers-color-scheme: dark) {
  :root { --good: #3fb950; --bad: #f85149; --weak: #d29922; } }
body { font: 14px/1.45 system-ui, sans-serif; margin: 1.5rem; }
h1 { font-size: 1.3rem; overflow-wrap: anywhere; } h2 { font-size: 1.1rem; margin-top: 1.6rem; }
code, svg text { font-family: ui-monospace, "DejaVu Sans Mono", monospace; }
code { overflow-wrap: anywhere; }
.good { color: var(--good); } .bad { color: var(--bad); } .note { font-style: italic; }
li.error strong { color: var(--bad); } li.warning strong { color: var(--weak); }
.drawing { overflow: auto; border: 1px solid var(--soft); border-radius: 6px; }
.key { border-left: 1.2rem solid var(--good); padding: 0 .8rem 0 .4rem; }
.key.missing { border-color: var(--bad); } .key.part, .key.idle { border-color: var(--weak); }
svg { display: block; } svg text { font-size: 11px; fill: currentColor; }
.rail path { stroke: var(--line); stroke-width: 2; fill: none; }
.rail rect { fill: var(--line); } .rail text { text-anchor: middle; fill: #fff; }
.edge path { stroke: var(--good); stroke-width: 1.5; fill: none; }
.edge circle { fill: var(--good); }
.edge.missing path { stroke: var(--bad); stroke-dasharray: 3 3; }
.edge.missing path.cross { stroke-dasharray: none; stroke-width: 2; }
.edge.part path, .edge.idle path { stroke: var(--weak); stroke-dasharray: 6 3; }
.edge.part circle, .edge.idle circle { fill: var(--weak); }
.layer rect { fill: var(--soft); stroke: var(--line); }
.layer.there rect { stroke: var(--good); } .layer.missing rect { stroke: var(--bad); }
.layer.part rect, .layer.idle rect { stroke: var(--weak); }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: .2rem .6rem .2rem 0;
  border-bottom: 1px solid var(--soft); }
th { position: sticky; top: 0; background: Canvas; }
th button { font: inherit; font-weight: bold; border: 0; background: none; color: inherit;
  padding: 0; cursor: pointer; }
th[aria-sort=ascending] button::after { content: " \\25B2"; }
th[aria-sort=descending] button::after { content: " \\25BC"; }
tr:target { background: var(--soft); }
"""

_SCRIPT = """
for (const table of document.querySelectorAll("table")) {
  const heads = [...table.tHead.rows[0].cells], body = table.tBodies[0];
  const key = (row, n) => row.cells[n].dataset.key ?? row.cells[n].textContent;
  heads.forEach((head, n) => head.addEventListener("click", () => {
    const down = head.getAttribute("aria-sort") === "ascending";
    heads.forEach(other => other.removeAttribute("aria-sort"));
    head.setAttribute("aria-sort", down ? "descending" : "ascending");
    const order = new Intl.Collator(undefined, {numeric: true}).compare;
    const rows = [...body.rows].sort((a, b) => {
      const x = key(a, n), y = key(b, n);
      return "key" in a.cells[n].dataset ? x - y : order(x, y);
    });
    body.append(...(down ? rows.reverse() : rows));
  }));
}
"""
