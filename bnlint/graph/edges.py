"""The edges of a drawing: which train op updates which layer, and which should and does not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bnlint.graph.build import Judged
from bnlint.graph.command import judge, report
from bnlint.graph.pause import collection_paused
from bnlint.graph.read import read
from bnlint.reports import Drawing, Edge


def draw(
    path: str,
    train_ops: Sequence[str] = (),
    fetches: Sequence[str] = (),
    select: Sequence[str] = (),
    ignore: Sequence[str] = (),
) -> list[Drawing]:
    """What ``inspect`` tells of a path, with the edges. Raises GraphError, and nothing else."""
    with collection_paused():
        source = read(path)
        drawings = []
        for meta in source.graphs:
            if meta.nodes:
                judged = judge(source, meta, train_ops, fetches)
                told = report(source, meta, judged, select, ignore)
                drawings.append(Drawing(told, list(_edges(judged))))
        return drawings


def _edges(judged: Judged) -> Iterator[Edge]:
    for number, (_, verdict) in enumerate(judged.training):
        trained = {layer.name for layer in judged.analysis.trained_layers(verdict)}
        for place, layer in enumerate(judged.analysis.layers):
            wanted = set(layer.statistics)
            reached = wanted & verdict.reached
            if wanted <= verdict.moved:
                yield Edge(number, place, "there")
            elif wanted <= reached:
                yield Edge(number, place, "idle")
            elif reached:
                yield Edge(number, place, "part")
            elif layer.name in trained:
                yield Edge(number, place, "missing")
