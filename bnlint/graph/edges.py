"""The edges of a drawing: from train ops to the layers that they update, or should and do not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bnlint.graph.build import Judged
from bnlint.graph.command import judge, report, waiting
from bnlint.graph.judge import Verdict
from bnlint.graph.pause import collection_paused
from bnlint.graph.proto import Node
from bnlint.graph.read import read
from bnlint.reports import Drawing, Edge, Path


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
            if layer.name in trained or not verdict.reached.isdisjoint(layer.statistics):
                paths = tuple(
                    _path(judged, verdict, variable, layer.updates.get(variable, ()))
                    for variable in layer.statistics
                )
                yield Edge(number, place, paths)


def _path(judged: Judged, verdict: Verdict, variable: str, updates: Sequence[Node]) -> Path:
    names = tuple(node.name for node in updates)
    run = tuple(name for name in names if name in verdict.nodes)
    if variable in verdict.moved:
        return Path(variable, "moves", run or names)
    if variable in verdict.reached:
        return Path(variable, "idle", run or names)
    if not names:
        return Path(variable, "unwritten")
    others = (
        other.name
        for other, does in judged.sets
        if does is not verdict and not does.nodes.isdisjoint(names)
    )
    run_by = tuple(dict.fromkeys(others))
    waits = () if run_by else tuple(dict.fromkeys(w for n in names for w in waiting(judged, n)))
    return Path(variable, "apart", names, waits, run_by)
