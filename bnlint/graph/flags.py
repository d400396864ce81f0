"""The training flag of a layer, as far as a graph tells.

A flag that is a tensor is the predicate of a Switch (or of an If, whose arguments are put in place
as Switches) on the way from a moving statistic to its use. A Python constant leaves one variant
only: updates and no other reader of the statistics, or readers and no updates.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Literal

from bnlint.graph.attrs import Tensor
from bnlint.graph.index import SWITCH, Graph
from bnlint.graph.ops import FUSED, VARIABLES
from bnlint.graph.proto import Node

Kind = Literal["constant", "placeholder", "default", "variable", "computed", "both", "unknown"]

_STEPS = frozenset({"Identity", "LogicalNot", "Cast", "Enter", "ReadVariableOp", "Switch"})


@dataclass(frozen=True, slots=True)
class GraphFlag:
    """``value`` is the constant or a placeholder's default, ``node`` where the flag comes from."""

    kind: Kind
    value: bool | None = None
    node: str | None = None

    def __str__(self) -> str:
        if self.kind == "constant":
            return str(self.value)
        if self.kind == "default":
            return f"{self.node} (default {self.value})"
        if self.kind == "both":
            return "True and False"
        return self.node or "unknown"


def find_flag(
    graph: Graph,
    writers: Sequence[Node],
    readers: Sequence[Node],
    forward: Collection[str],
    fused: Sequence[Node],
) -> GraphFlag:
    """The flag of a layer from its updates, the readers of its statistics and its kernels."""
    predicates = [node.inputs[1] for node in readers if node.op in SWITCH and len(node.inputs) > 1]
    predicates += [_guard(graph, node) or "" for node in writers]
    roots = [root for root in (_root(graph, p) for p in reversed(predicates) if p) if root.node]
    for kind in ("placeholder", "default", "variable", "computed", "constant"):
        named = [r for r in roots if r.kind == kind]
        training = [r for r in named if _looks_like_a_flag(r.node or "")]
        if named:
            return (training or named)[0]
    used = any(node.name in forward and not trains(graph, node) for node in readers)
    batch = bool(writers) or any(trains(graph, node) for node in fused)
    if batch and used:
        return GraphFlag("both")
    if batch:
        return GraphFlag("constant", True)
    return GraphFlag("constant", False) if used else GraphFlag("unknown")


def _looks_like_a_flag(name: str) -> bool:
    low = name.lower()
    return any(word in low for word in ("train", "phase", "mode", "test", "infer", "eval"))


def trains(graph: Graph, node: Node) -> bool:
    """Whether a kernel computes the statistics of its batch.

    A file may leave out an attribute that has its default, here true, or all attributes (a text
    graph for another library). Then the inputs tell: who computes them is given empty constants.
    """
    if node.op not in FUSED:
        return False
    flag = node.attr("is_training")
    if isinstance(flag, bool):
        return flag
    given = graph.node(node.inputs[3]) if len(node.inputs) > 4 else None
    value = given.attr("value") if given is not None and given.op == "Const" else None
    return isinstance(value, Tensor) and 0 in (value.shape or ())


def _guard(graph: Graph, write: Node) -> str | None:
    """The predicate of the branch that an update is in, from the variable it writes."""
    node: Node | None = write
    for _ in range(8):
        if node is None or not node.inputs:
            return None
        node = graph.node(node.inputs[0])
        if node is not None and node.op in SWITCH and len(node.inputs) > 1:
            return node.inputs[1]
    return None


def _root(graph: Graph, tensor: str) -> GraphFlag:
    """Where a predicate comes from; ``value`` already minds a LogicalNot on the way."""
    negated = False
    node = graph.node(tensor)
    for _ in range(24):
        if node is None or node.op not in _STEPS or not node.inputs:
            break
        negated ^= node.op == "LogicalNot"
        node = graph.node(node.inputs[0])
    if node is None:
        return GraphFlag("unknown")
    if node.op == "Placeholder":
        return GraphFlag("placeholder", None, node.name)
    if node.op in ("PlaceholderWithDefault", "Const"):
        source = node if node.op == "Const" else graph.node(node.inputs[0]) if node.inputs else None
        for _ in range(6):
            if source is None or source.op != "Identity" or not source.inputs:
                break
            source = graph.node(source.inputs[0])
        held = source.attr("value") if source is not None and source.op == "Const" else None
        value = held.scalar() if isinstance(held, Tensor) else None
        if value is None:
            return GraphFlag("computed", None, node.name)
        kind: Kind = "constant" if node.op == "Const" else "default"
        return GraphFlag(kind, bool(value) ^ (negated and kind == "constant"), node.name)
    if node.op in VARIABLES:
        return GraphFlag("variable", None, node.name)
    return GraphFlag("computed", None, node.name)
