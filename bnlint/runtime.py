"""Judge a live graph: in a test, or just before training starts.

For TensorFlow 2 with ``tf.compat.v1``, since bnlint needs Python 3.10 and TensorFlow 1 ended with
3.7 (there, save a ``.meta`` file or use ``bnlint trace``). TensorFlow is imported when a function
is called and not before. See docs/runtime.md.
"""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Collection, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from bnlint.graph.build import FetchSet, Judged, build
from bnlint.graph.command import judge, report
from bnlint.graph.errors import GraphError
from bnlint.graph.judge import Analysis
from bnlint.graph.pause import collection_paused
from bnlint.graph.proto import base, meta_graph
from bnlint.graph.read import Source
from bnlint.recalibration import CannotRecalibrate, recalibrate

if TYPE_CHECKING:
    from bnlint.graph.layers import Layer
    from bnlint.reports import GraphReport

__all__ = [
    "CannotRecalibrate",
    "GraphError",
    "TensorFlowMissing",
    "UpdatesNotRun",
    "assert_updates_run",
    "check_graph",
    "recalibrate",
]

LIVE = "<live graph>"


class TensorFlowMissing(ImportError):
    """TensorFlow (with ``compat.v1``) cannot be imported here."""


class UpdatesNotRun(AssertionError):
    """A train op leaves moving statistics of layers that it trains as they are.

    ``layers`` are the names of those layers.
    """

    def __init__(self, message: str, layers: Iterable[str]) -> None:
        super().__init__(message)
        self.layers = tuple(layers)


def check_graph(
    graph: Any = None, fetches: Any = None, *, feeds: Mapping[Any, Any] | None = None
) -> GraphReport:
    """Judge a ``tf.Graph``, by default the default graph, as ``bnlint graph`` does a file.

    ``fetches`` are what one step runs, as for ``session.run``; without them all train ops of the
    graph are judged, each by itself. ``feeds`` is that step's ``feed_dict``, all of it; without it
    nothing is taken for certain that depends on what is fed. ``report.findings`` of the result are
    the findings.

    Raises TensorFlowMissing, and GraphError for a graph that is empty, that cannot be written, or
    that does not hold a fetch or feed.
    """
    tf = _tensorflow()
    graph = _graph(tf, graph, fetches)
    judged, source = _judged(tf, graph, fetches, feeds)
    return report(source, source.graphs[0], judged)


def assert_updates_run(
    train_op: Any, *, feeds: Mapping[Any, Any] | None = None, frozen: Collection[str] = ()
) -> None:
    """Check that a train op also updates the moving statistics of all layers that it trains.

    ``train_op`` is an op or tensor, or a list of what one ``session.run`` fetches. ``frozen`` are
    the scopes (or names) of layers whose statistics stay as they are on purpose.

    Raises UpdatesNotRun, which names the layers, and what ``check_graph`` raises; GraphError also
    for something that trains nothing.
    """
    tf = _tensorflow()
    graph = _graph(tf, None, train_op)
    judged, _ = _judged(tf, graph, train_op, feeds)
    fetches, verdict = judged.sets[0]
    if not verdict.trains and not verdict.idle:
        raise GraphError(f"{fetches.name}: not a train op, it changes no trainable variable")
    trained = [
        layer
        for layer in judged.analysis.trained_layers(verdict)
        if not any(
            layer.name == name or layer.name.startswith(f"{name}/") for name in _bare(frozen)
        )
    ]
    missed = [layer for layer in trained if not verdict.moved.issuperset(layer.statistics)]
    if missed:
        which = f"{len(missed)} of the {len(trained)} batch-norm layers that it trains"
        lines = [f"{fetches.name} does not update the moving statistics of {which}:"]
        lines += [f"  {_told(graph, judged, layer)}" for layer in missed]
        raise UpdatesNotRun("\n".join(lines), (layer.name for layer in missed))


def _bare(names: Collection[str]) -> list[str]:
    return [name.rstrip("/") for name in ((names,) if isinstance(names, str) else names)]


def _tensorflow() -> Any:
    try:
        tensorflow = importlib.import_module("tensorflow")
    except ImportError as error:
        raise TensorFlowMissing(f"TensorFlow cannot be imported: {error}") from error
    compat = getattr(getattr(tensorflow, "compat", None), "v1", None)
    if compat is None:
        raise TensorFlowMissing("this TensorFlow has no compat.v1")
    return compat


def _graph(tf: Any, graph: Any, fetches: Any) -> Any:
    """The graph that is meant: the one given, that of the fetches, or the default graph."""
    if graph is not None:
        return graph
    for item in _flat(tf, fetches):
        found = getattr(item, "graph", None)  # an eager tensor has none
        if found is not None:
            return found
    return tf.get_default_graph()


def _judged(
    tf: Any, graph: Any, fetches: Any, feeds: Mapping[Any, Any] | None
) -> tuple[Judged, Source]:
    names = [_name(graph, item) for item in _flat(tf, fetches)]
    fed = None
    if feeds is not None:
        fed = {_name(graph, key): _truth(value) for key, value in feeds.items()}
    with collection_paused():
        source = _export(tf, graph)
        meta = source.graphs[0]
        if not names and fed is None:
            return judge(source, meta), source
        analysis = Analysis(meta)
        shown = [", ".join(map(base, names))] if names else analysis.train_ops
        groups = [names] if names else [[name] for name in analysis.train_ops]
        sets = [
            FetchSet(name, tuple(group), fed, run=True)
            for name, group in zip(shown, groups, strict=True)
        ]
        return build(source.path, analysis, sets), source


def _export(tf: Any, graph: Any) -> Source:
    """The graph as a .meta file holds it, in memory, and read back by the reader of files."""
    try:
        with graph.as_default():
            buffer = tf.train.export_meta_graph(graph=graph).SerializeToString()
    except Exception as error:  # a graph above 2 GB, one that TensorFlow itself cannot write
        said = str(error).strip().splitlines()
        raise GraphError(f"{LIVE}: cannot be written ({said[0] if said else error!r})") from error
    meta = meta_graph(buffer, 0, len(buffer))
    if not meta.nodes:
        raise GraphError(f"{LIVE}: it is empty; with eager execution there is no default graph")
    return Source(LIVE, "MetaGraphDef", [meta])


def _flat(tf: Any, fetches: Any) -> list[Any]:
    return [] if fetches is None else list(tf.nest.flatten(fetches, expand_composites=True))


def _name(graph: Any, item: Any) -> str:
    """The name of an op or tensor of this graph, given as such, by name, or as a variable."""
    try:
        return str(graph.as_graph_element(item, allow_tensor=True, allow_operation=True).name)
    except (KeyError, ValueError, TypeError) as error:
        said = error.args[0] if error.args else error
        raise GraphError(f"{LIVE}: {said}") from None


def _truth(value: Any) -> bool | None:
    """A scalar boolean that is fed; other values do not matter."""
    if isinstance(value, bool):
        return value
    if getattr(getattr(value, "dtype", None), "kind", "") == "b" and not getattr(value, "shape", 1):
        return bool(value)
    return None


def _told(graph: Any, judged: Judged, layer: Layer) -> str:
    """Why a layer's statistics stay: what stops the path, or what makes it do nothing."""
    _, verdict = judged.sets[0]
    place = _place(graph, layer.statistics[0])
    name = layer.name + (f" ({place})" if place else "")
    for hindrance in verdict.hindrances:
        if hindrance.layer == layer.name:
            return f"{name}: its updates change nothing, {hindrance.detail}"
    if not layer.writers:
        return f"{name}: it has no updates, its training flag is {layer.flag}"
    node = next(
        (node for node in layer.writers if node.name not in verdict.nodes), layer.writers[0]
    )
    return f"{name}: {node.name} is not reached"


def _place(graph: Any, node: str) -> str:
    """Where the program made a node: the innermost line that is not of an installed package."""
    package = os.path.abspath(str(sys.modules["tensorflow"].__file__))
    installed = os.path.join(os.path.dirname(os.path.dirname(package)), "")
    try:
        frames = list(graph.get_operation_by_name(node).traceback)
    except Exception:  # told for comfort only; not every op knows
        return ""
    for frame in reversed(frames):
        path = os.path.abspath(frame.filename)
        if not path.startswith(installed) and os.path.isfile(path):
            return f"{os.path.relpath(path)}:{frame.lineno}"
    return ""
