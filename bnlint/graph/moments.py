"""Where a graph computes the statistics of a batch.

``tf.nn.moments`` is a Mean, the squared difference from it, and a Mean of that (1.2 and later); its
scope is called ``moments`` in every version, which tells those of older ones. Hand-written code has
the same Mean under a Sub, or a Sum that is divided by a count; ``tf.nn.sufficient_statistics``
names its sums. A fused kernel's outputs 1 and 2 are the statistics.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from bnlint.graph.index import Graph
from bnlint.graph.ops import ADDS, FUSED, RESTORES, VARIABLES
from bnlint.graph.proto import Node

_NAMED = re.compile(
    r"(?:^|/)((?:\w*_)?moments(?:_\d+)?)/"
    r"(?:mean|variance|Squeeze|Squeeze_1|normalize/(?:mean|variance|shifted_mean|divisor))$"
)
# tf.nn.sufficient_statistics, by itself: the sums that a mean and a variance are made of.
_SUMS = re.compile(r"(?:^|/)(sufficient_statistics(?:_\d+)?)/(?:mean|var)_ss$")

# Ops between a statistic of the batch and the value that is written: arithmetic and plumbing.
_BETWEEN = (
    frozenset({"Identity", "IdentityN", "StopGradient", "Cast", "Squeeze", "Reshape", "ExpandDims"})
    | {"Mul", "Add", "AddV2", "AddN", "AccumulateNV2", "Sub", "Neg", "RealDiv", "Div", "DivNoNan"}
    | {"Sqrt", "Rsqrt", "Square", "Pow", "Reciprocal", "Maximum", "Minimum", "Mean", "Select"}
    | {"Switch", "Merge", "RefSwitch", "RefIdentity", "Enter", "Exit", "ReadVariableOp"}
    | {"If", "StatelessIf", "PartitionedCall", "StatefulPartitionedCall"}
    | {"Pack", "Concat", "ConcatV2", "Transpose", "NcclAllReduce", "CollectiveReduce"}
    | {"Assign", "AssignSub", "AssignAdd"}
)
FARTHEST = 80

# What hands values from one process to the others, or to Python and back.
_EXCHANGES = re.compile(r"Horovod\w+|Nccl\w+|Collective\w+|CrossReplicaSum|(?:Eager)?PyFunc\w*")
_REDUCES = frozenset({"Mean", "Sum"})
_ALSO = _BETWEEN | _REDUCES | {"Relu", "Exp", "Log"}
# What holds data, and what makes values of nothing: neither is computed from a batch by itself.
_HOLDS = frozenset({"Placeholder", "PlaceholderV2", "PlaceholderWithDefault", "IteratorGetNext"})
_MAKES = frozenset({"Const", "Fill", "ZerosLike", "OnesLike", "Range"}) | RESTORES


# What a sum is divided by, or multiplied with the inverse of, to be a mean: how many there are.
_DIVIDES = frozenset({"RealDiv", "Div", "DivNoNan", "Mul"})
_COUNTS = frozenset({"Const", "Shape", "Size", "Placeholder", "PlaceholderWithDefault"})
_OF_COUNTS = _DIVIDES | {"Add", "AddV2", "Sub", "Cast", "Identity", "Prod", "Maximum"}
_OF_COUNTS |= {"GatherV2", "Gather", "StridedSlice", "Reciprocal"}
_MOST_OF_A_COUNT = 24


class Moments:
    """Finds the batch statistics behind a written value."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._means: dict[str, str] = {}
        for node in graph.having(("SquaredDifference", "Sub")):
            self._difference(node)
            self._of_squares(node)
        for node in graph.having(_REDUCES):
            if node.name not in self._means and not node.name.startswith("gradients"):
                self._variance(node)

    def _difference(self, node: Node) -> None:
        if len(node.inputs) < 2:
            return
        left, right = node.inputs[0], node.inputs[1]
        for values, mean in ((left, right), (right, left)):
            found = self._mean(mean)
            if found is None or not found.inputs:
                continue
            if found.inputs[0] == values or self._through(found.inputs[0]) is self._through(values):
                self._means.setdefault(found.name, found.name)
                self._means.setdefault(node.name, found.name)

    def _of_squares(self, node: Node) -> None:
        """The mean of the squares, less the square of the mean."""
        if len(node.inputs) < 2:
            return
        squares, square = self._mean(node.inputs[0]), self._squared(node.inputs[1])
        mean = self._mean(square) if square is not None else None
        if squares is None or mean is None or not squares.inputs or not mean.inputs:
            return
        values = self._squared(squares.inputs[0])
        if values is not None and self._through(values) is self._through(mean.inputs[0]):
            self._means.setdefault(mean.name, mean.name)
            self._means.setdefault(squares.name, mean.name)

    def _squared(self, tensor: str) -> str | None:
        """What a value is the square of."""
        node = self._through(tensor)
        if node is None or node.op not in ("Square", "Pow", "Mul") or not node.inputs:
            return None
        return None if node.op == "Mul" and node.inputs[0] != node.inputs[1] else node.inputs[0]

    def _mean(self, tensor: str) -> Node | None:
        """The Mean that a value is, or the Sum that it is once divided by a count."""
        node = self._through(tensor)
        if node is None or node.op == "Mean":
            return node
        if node.op not in _DIVIDES or len(node.inputs) < 2:
            return None
        pairs = [node.inputs[:2], *([node.inputs[1::-1]] if node.op == "Mul" else [])]
        for value, count in pairs:
            total = self._through(value)
            if total is not None and total.op == "Sum" and self._is_count(count):
                return total
        return None

    def _is_count(self, tensor: str) -> bool:
        pending, seen = [tensor], set[str]()
        while pending:
            name = pending.pop()
            node = self._graph.node(name)
            if node is None or len(seen) > _MOST_OF_A_COUNT:
                return False
            if name in seen or node.op in _COUNTS:
                continue
            if node.op not in _OF_COUNTS:
                return False
            seen.add(name)
            pending += [source for source in node.inputs if source[:1] != "^"]
        return True

    def _variance(self, node: Node) -> None:
        source = self._graph.node(node.inputs[0]) if node.inputs else None
        if source is not None and source.op in ("Square", "Pow", "Mul") and source.inputs:
            source = self._graph.node(source.inputs[0])
        if source is not None and source.name in self._means and source.op != "Mean":
            self._means[node.name] = self._means[source.name]

    def _through(self, tensor: str) -> Node | None:
        """The node behind, through what does not change a value."""
        node = self._graph.node(tensor)
        for _ in range(6):
            if node is None or not node.inputs:
                break
            if node.op not in (
                "Identity",
                "StopGradient",
                "Squeeze",
                "Reshape",
                "Cast",
                "ExpandDims",
            ):
                break
            node = self._graph.node(node.inputs[0])
        return node

    def of(self, node: Node, tensor: str) -> str | None:
        """Which statistics of a batch this is, as a key that mean and variance share."""
        if node.op in FUSED:
            return node.name if tensor[-2:] in (":1", ":2", ":3", ":4") else None
        if node.op == "Mean":
            return self._means.get(node.name) or self._named(node)
        if node.op == "Sum":
            found = _SUMS.search(node.name)
            named = node.name[: found.end(1)] + "/mean_ss" if found else None
            return named or self._means.get(node.name)
        return self._named(node) if node.op in ("Squeeze", "Sub", "Add", "AddV2") else None

    @staticmethod
    def _named(node: Node) -> str | None:
        found = _NAMED.search(node.name)
        return node.name[: found.end(1)] + "/mean" if found else None

    def reads(self, tensor: str, variable: str) -> bool:
        """Whether a value is computed from what a variable held."""
        pending, seen = [tensor], set[str]()
        while pending and len(seen) < FARTHEST:
            name = pending.pop(0)
            if name[:1] == "^" or name in seen:
                continue
            seen.add(name)
            node = self._graph.node(name)
            if node is None:
                continue
            if node.name == variable:
                return True
            if node.op in _BETWEEN:
                pending += node.inputs
        return False

    def updates(self, tensor: str, variable: str) -> bool:
        """Whether a value that is set comes from a batch.

        Neither does what is restored, copied from other variables, sent by another process, fed, or
        constant. A reduction of data does, and an average of what the variable held and of anything
        that is computed.
        """
        if self.behind(tensor) is not None:
            return True
        average = self.reads(tensor, variable)
        pending, seen = [(tensor, False)], set[tuple[str, bool]]()
        while pending and len(seen) < FARTHEST:
            name, reduced = here = pending.pop(0)
            node = self._graph.node(name) if name[:1] != "^" else None
            if node is None or here in seen:
                continue
            seen.add(here)
            if node.op in VARIABLES or node.op in _MAKES or node.op.startswith("Random"):
                continue
            if node.op in ADDS:
                return True  # renorm sets the variance to the square of a deviation it has moved
            if node.op in _ALSO or _EXCHANGES.fullmatch(node.op):
                reduced = reduced or node.op in _REDUCES
                pending += [(source, reduced) for source in node.inputs]
            elif reduced or (average and node.op not in _HOLDS):
                return True
        return False

    def behind(
        self, tensor: str, visit: Callable[[Node], None] | None = None
    ) -> tuple[str, Node] | None:
        """The nearest batch statistics that a value is computed from: their key and the node.

        ``visit`` is called with the nodes on the way.
        """
        pending = [tensor]
        seen: set[str] = set()
        while pending and len(seen) < FARTHEST:
            name = pending.pop(0)
            if name[:1] == "^" or name in seen:
                continue
            seen.add(name)
            node = self._graph.node(name)
            if node is None or node.op in VARIABLES:
                continue
            key = self.of(node, name)
            if key is not None:
                if visit is not None:
                    visit(node)
                return key, node
            if visit is not None:
                visit(node)
            if node.op in _BETWEEN or _EXCHANGES.fullmatch(node.op):
                pending += node.inputs
            for outcome in self._graph.outcomes.get(node.name, ()):
                pending += outcome
        return None
