"""Normalisation with the statistics of the batch only: nothing keeps an average of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bnlint.graph.attrs import Tensor
from bnlint.graph.flags import trains
from bnlint.graph.index import MERGE, Graph
from bnlint.graph.layers import Layer
from bnlint.graph.moments import Moments
from bnlint.graph.ops import FUSED, VARIABLES
from bnlint.graph.proto import Node

_STEPS = frozenset({"Add", "AddV2", "Maximum", "Squeeze", "Reshape", "Identity", "Cast", "Sqrt"})
_DIVIDES = frozenset({"RealDiv", "Div", "DivNoNan"})


def batch_only(
    graph: Graph, moments: Moments, layers: Sequence[Layer]
) -> Iterator[tuple[str, str]]:
    """Each such normalisation: the node that normalises and the node of the statistics."""
    used = {name for layer in layers for name in layer.forward}
    scopes = tuple(f"{layer.name}/" for layer in layers)
    for node in graph.having(FUSED | {"Rsqrt"}):
        if node.op in FUSED:
            if (
                node.name not in used
                and not node.name.startswith(scopes)
                and trains(graph, node)
                and not _switched(graph, node)
                and not _one_example(graph, node)
            ):
                yield node.name, node.name
        elif "_grad/" not in node.name:
            found = _variance(graph, moments, node)
            if (
                found is not None
                and moments.of(found, "") not in used
                and _over_batch(graph, found)
            ):
                yield node.name, found.name


def _variance(graph: Graph, moments: Moments, node: Node) -> Node | None:
    """The variance of a batch that an Rsqrt gets, if it gets no other."""
    pending, seen = list(node.inputs[:1]), set[str]()
    while pending and len(seen) < 12:
        here = graph.node(pending.pop())
        if here is None or here.name in seen or here.op in VARIABLES or here.op in MERGE:
            continue
        seen.add(here.name)
        if here.op in ("Mean", "Sum"):
            return here if moments.of(here, here.name) is not None else None
        if here.op in _DIVIDES:
            pending += here.inputs[:1]
        elif here.op in _STEPS:
            pending += [tensor for tensor in here.inputs if tensor[:1] != "^"]
    return None


def _over_batch(graph: Graph, mean: Node) -> bool:
    """Whether a Mean or a Sum reduces axis 0: a layer or instance norm does not."""
    axes = graph.node(mean.inputs[1]) if len(mean.inputs) > 1 else None
    value = axes.attr("value") if axes is not None and axes.op == "Const" else None
    return isinstance(value, Tensor) and 0 in value.integers()


def _one_example(graph: Graph, node: Node) -> bool:
    """Whether the input of a kernel is put into a batch of one: that is layer or instance norm."""
    shaped = graph.node(node.inputs[0])
    if shaped is None or shaped.op != "Reshape" or len(shaped.inputs) < 2:
        return False
    shape = graph.node(shaped.inputs[1])
    if shape is not None and shape.op in ("Pack", "ConcatV2") and shape.inputs:
        shape = graph.node(shape.inputs[0])
    value = shape.attr("value") if shape is not None and shape.op == "Const" else None
    sizes = value.integers() if isinstance(value, Tensor) else []
    return bool(sizes) and sizes[0] == 1


def _switched(graph: Graph, node: Node) -> bool:
    """Whether a kernel is one side of a branch."""
    return any(source.op == "Switch" for source in graph.inputs(node))
