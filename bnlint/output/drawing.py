"""A graph's train ops and layers as an SVG: a rail for each train op, a row for each layer.

A line from every train op to every layer would be a tangle at 300 layers. A rail runs past all
rows, and a branch leaves it where the train op updates the layer; where it should and does not, the
branch breaks off before it gets there.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from typing import TYPE_CHECKING

from bnlint.printable import printable

if TYPE_CHECKING:
    from bnlint.reports import Drawing, Edge, LayerRow, State

ROW, RAIL, GLYPH = 18, 16, 6.7
HEAD, MARGIN, GAP = 24, 14, 28
WIDTH = 1240  # what a page may be wide before columns have to share it
FEWEST_ROWS = 24
LONGEST = 48
SAID: dict[State, str] = {
    "there": "updates it",
    "part": "updates only some of its statistics",
    "idle": "reaches its updates, which change nothing",
    "missing": "trains it and does not update it",
}


def svg(drawing: Drawing, number: int) -> str:
    """The drawing of one report, the ``number``-th of its page."""
    return "".join(_Picture(drawing, number).parts())


class _Picture:
    def __init__(self, drawing: Drawing, number: int) -> None:
        self._report = drawing.report
        self._number = number
        layers = drawing.report.layers
        self._edges: dict[int, list[Edge]] = {}
        for edge in drawing.edges:
            self._edges.setdefault(edge.layer, []).append(edge)
        self._rails = len(drawing.report.train_ops)
        self._shared = _shared([row.name for row in layers])
        longest = max((len(self._short(row.name)) for row in layers), default=0)
        self._label = longest * GLYPH + 16
        self._stem = self._rails * RAIL + 26
        width = self._stem + self._label + GAP
        most = max(1, int((WIDTH - 2 * MARGIN) / width))
        columns = min(most, -(-len(layers) // FEWEST_ROWS)) or 1
        self._rows = -(-len(layers) // columns)
        self._columns = -(-len(layers) // self._rows) if self._rows else 0
        self._width = width

    def parts(self) -> Iterator[str]:
        height = HEAD + self._rows * ROW + 2 * MARGIN
        width = self._columns * self._width + 2 * MARGIN
        yield (
            f'<svg role="img" aria-label="train ops and layers" width="{width:.0f}" '
            f'height="{height}" viewBox="0 0 {width:.0f} {height}">'
        )
        layers = list(enumerate(self._report.layers))
        for column in range(self._columns):
            here = layers[column * self._rows :][: self._rows]
            yield from self._column(MARGIN + column * self._width, here)
        yield "</svg>"

    def _column(self, left: float, layers: Sequence[tuple[int, LayerRow]]) -> Iterator[str]:
        bottom = MARGIN + HEAD + (len(layers) - 0.5) * ROW
        for rail, row in enumerate(self._report.train_ops):
            x = left + rail * RAIL + 8
            yield (
                f'<g class="rail"><title>{_safe(row.name)}</title>'
                f'<path d="M{x:.0f} {MARGIN + 16}V{bottom:.0f}"/>'
                f'<rect x="{x - 7:.0f}" y="{MARGIN}" width="14" height="16" rx="3"/>'
                f'<text x="{x:.0f}" y="{MARGIN + 12}">{rail + 1}</text></g>'
            )
        for place, (number, layer) in enumerate(layers):
            yield from self._row(left, MARGIN + HEAD + (place + 0.5) * ROW, number, layer)

    def _row(self, left: float, y: float, number: int, layer: LayerRow) -> Iterator[str]:
        edges = self._edges.get(number, [])
        box = left + self._stem
        # Several branches in a row lie beside each other, the first rail's at the bottom.
        step = min(4.0, 12.0 / max(1, len(edges)))
        for place, edge in enumerate(edges):
            beside = ((len(edges) - 1) / 2 - place) * step
            yield self._edge(left, y + beside, box, edge, layer)
        states = {edge.state for edge in edges}
        look = next((s for s in ("missing", "part", "idle", "there") if s in states), "none")
        name = _safe(self._short(layer.name))
        yield (
            f'<a href="#layer-{self._number}-{number}"><g class="layer {look}">'
            f"<title>{_safe(layer.name)}: {layer.reached} of {layer.statistics} updated</title>"
            f'<rect x="{box:.0f}" y="{y - 7:.1f}" width="{self._label:.0f}" height="15" rx="3"/>'
            f'<text x="{box + 8:.0f}" y="{y + 4:.1f}">{name}</text></g></a>'
        )

    def _short(self, name: str) -> str:
        """The end of a long name, which is what tells layers apart."""
        end = name[self._shared :]
        if len(end) <= LONGEST:
            return end
        end = end[1 - LONGEST :]
        return "…" + (end[end.index("/") :] if "/" in end[:-1] else end)

    def _edge(self, left: float, y: float, box: float, edge: Edge, layer: LayerRow) -> str:
        x = left + edge.train_op * RAIL + 8
        name = self._report.train_ops[edge.train_op].name
        title = f"<title>{_safe(name)} {SAID[edge.state]}: {_safe(layer.name)}</title>"
        if edge.state == "missing":
            stop = box - 10
            line = f'<path d="M{x:.0f} {y:.1f}H{stop - 5:.0f}"/>'
            cross = f"M{stop - 4:.0f} {y - 4:.1f}l8 8m0 -8l-8 8"
            return f'<g class="edge missing">{title}{line}<path class="cross" d="{cross}"/></g>'
        dot = f'<circle cx="{x:.0f}" cy="{y:.1f}" r="3"/>'
        line = f'<path d="M{x:.0f} {y:.1f}H{box:.0f}"/>'
        return f'<g class="edge {edge.state}">{title}{line}{dot}</g>'


def _shared(names: Sequence[str]) -> int:
    """The length of the scope that all layers are in, which tells none of them apart."""
    scopes = [name.split("/")[:-1] for name in names]
    length = 0
    for parts in zip(*scopes, strict=False):
        if len(set(parts)) > 1:
            break
        length += len(parts[0]) + 1
    return length if len(names) > 1 else 0


def _safe(text: str) -> str:
    return escape(printable(text))
