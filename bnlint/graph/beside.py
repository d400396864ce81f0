"""The weights beside a layer: a bias that is added right below it, and its own gamma."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from bnlint.graph.ops import FUSED, READS, VARIABLES

if TYPE_CHECKING:
    from bnlint.graph.judge import Analysis
    from bnlint.graph.layers import Layer
    from bnlint.graph.proto import Node

_SHAPES = frozenset({"Identity", "Cast", "Reshape", "Squeeze", "ExpandDims", "Transpose", "Switch"})
_PRODUCTS = frozenset({"MatMul", "BatchMatMul", "BatchMatMulV2", "Conv1D", "Conv2D", "Conv3D"}) | {
    "DepthwiseConv2dNative",
    "Conv2DBackpropInput",
    "Conv3DBackpropInputV2",
}


def biased(analysis: Analysis, layer: Layer) -> bool | None:
    """Whether a weight is added to a product right below a layer; None if that is not seen."""
    told = {_is_biased(analysis, tensor) for tensor in _inputs(analysis, layer)}
    return told.pop() if len(told) == 1 else None


def scaled(analysis: Analysis, layer: Layer) -> bool | None:
    """Whether a layer multiplies with a weight; None if that is not seen."""
    graph = analysis.graph
    told: set[bool] = set()
    for name in layer.forward:
        node = graph.nodes[name]
        if node.op in FUSED and len(node.inputs) > 1:
            told.add(_weight(analysis, node.inputs[1]))
    roots = [n.name for n in graph.having(("Rsqrt",)) if n.name.startswith(f"{layer.name}/")]
    for root, takers in graph.consumers(roots).items():
        for taker in takers:
            sides = [t for t in taker.inputs[:2] if t.partition(":")[0] != root]
            if taker.op == "Mul" and "grad" not in taker.name and sides:
                told.add(_weight(analysis, sides[0]))
    # What is multiplied with the mean is no weight; what multiplies with one, has one.
    if roots and told:
        return True in told
    return told.pop() if len(told) == 1 else None


def _inputs(analysis: Analysis, layer: Layer) -> Iterator[str]:
    """The tensors that are normalised."""
    for name in layer.forward:
        node = analysis.graph.nodes[name]
        if (node.op in FUSED or node.op == "Mean") and node.inputs:
            yield node.inputs[0]


def _is_biased(analysis: Analysis, tensor: str) -> bool | None:
    node = _behind(analysis, tensor, _SHAPES)
    if node is None:
        return None
    if node.op in _PRODUCTS:
        return False
    if node.op not in ("BiasAdd", "Add", "AddV2") or len(node.inputs) < 2:
        return None
    sides = [_behind(analysis, side, _SHAPES) for side in node.inputs[:2]]
    product = any(side is not None and side.op in _PRODUCTS for side in sides)
    return True if product and any(_weight(analysis, side) for side in node.inputs[:2]) else None


def _weight(analysis: Analysis, tensor: str) -> bool:
    node = _behind(analysis, tensor, READS | {"Reshape", "Switch", "ExpandDims"})
    return node is not None and node.op in VARIABLES and node.name in analysis.variables.trainable


def _behind(analysis: Analysis, tensor: str, ops: frozenset[str]) -> Node | None:
    node = analysis.graph.node(tensor)
    for _ in range(8):
        if node is None or node.op not in ops or not node.inputs:
            break
        node = analysis.graph.node(node.inputs[0])
    return node
