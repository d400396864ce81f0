"""Reachable is not enough: which ops do nothing, given what is fed.

An op in a branch that is not taken is dead, and so is everything that needs it (TensorFlow's dead
tensors, stopped by ``Merge``). An update may also be alive and add zero, since its momentum is 1:
that is how a fused layer switches its updates off. Values are followed for scalars only, and only
as far as they are certain.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping

from bnlint.graph.attrs import Number, Tensor
from bnlint.graph.index import IF, MERGE, SWITCH, Graph
from bnlint.graph.ops import ADDS
from bnlint.graph.proto import Node
from bnlint.graph.reach import Reached

Values = frozenset[Number]
UNKNOWN: Values = frozenset()
DEEPEST = 60
MOST = 8

_TWO: dict[str, Callable[[Number, Number], Number]] = {
    "Add": operator.add,
    "AddV2": operator.add,
    "Sub": operator.sub,
    "Mul": operator.mul,
    "Equal": operator.eq,
    "NotEqual": operator.ne,
    "Greater": operator.gt,
    "GreaterEqual": operator.ge,
    "Less": operator.lt,
    "LessEqual": operator.le,
    "LogicalAnd": lambda a, b: bool(a and b),
    "LogicalOr": lambda a, b: bool(a or b),
}
_SAME = frozenset(
    {"Identity", "StopGradient", "PreventGradient", "Snapshot", "Enter", "Squeeze", "Reshape"}
    | {"EnsureShape", "Switch"}
)


class Live:
    """What is certain about one run. ``feeds`` maps tensors to values, None if not recorded.

    With ``defaults`` a placeholder that nobody feeds has its default value; without, it is unknown.
    """

    def __init__(
        self, graph: Graph, feeds: Mapping[str, Number | None] | None = None, *, defaults: bool
    ) -> None:
        self.graph = graph
        self.feeds = {canonical(tensor): value for tensor, value in (feeds or {}).items()}
        self.defaults = defaults
        self._values: dict[str, Values] = {}
        self.dead_tensors: set[str] = set()
        self.dead: set[str] = set()

    def spread(self, reached: Reached) -> None:
        """Find the ops among those reached that are dead."""
        pending: list[str] = []
        for node in self.graph.having(SWITCH):
            if node.name in reached and len(node.inputs) > 1:
                taken = self.values(node.inputs[1])
                if len(taken) == 1:
                    port = 0 if next(iter(taken)) else 1
                    pending += [f"{node.name}:1"] if port else [node.name, f"{node.name}:0"]
        if not pending:
            return
        takers: dict[str, list[Node]] = {}
        for node in reached.nodes():
            for tensor in node.inputs:
                takers.setdefault(tensor, []).append(node)
        self._values.clear()
        while pending:
            tensor = pending.pop()
            self.dead_tensors.add(tensor)
            for node in takers.get(tensor, ()):
                if node.name in self.dead:
                    continue
                if node.op in MERGE and tensor[:1] != "^":
                    data = [name for name in node.inputs if name[:1] != "^"]
                    if not all(name in self.dead_tensors for name in data):
                        continue
                self.dead.add(node.name)
                self._died(node, pending)

    def _died(self, node: Node, pending: list[str]) -> None:
        name = node.name
        pending += [tensor for tensor in (name, f"^{name}") if tensor not in self.dead_tensors]
        pending += [f"{name}:{port}" for port in range(6)]

    def value(self, tensor: str) -> Number | None:
        """The only value that a scalar can have, if there is but one."""
        found = self.values(tensor)
        return next(iter(found)) if len(found) == 1 else None

    def values(self, tensor: str) -> Values:
        """All values that a scalar can have; empty where that is not known."""
        return self._of(tensor, 0)

    def _of(self, tensor: str, depth: int) -> Values:
        tensor = canonical(tensor)
        known = self._values.get(tensor)
        if known is not None:
            return known
        if tensor in self.feeds:
            fed = self.feeds[tensor]
            return UNKNOWN if fed is None else frozenset({fed})
        node = self.graph.node(tensor)
        if node is None or depth > DEEPEST:
            return UNKNOWN
        self._values[tensor] = UNKNOWN  # a cycle ends here
        found = self._evaluate(node, tensor, depth + 1)
        self._values[tensor] = found
        return found

    def _evaluate(self, node: Node, tensor: str, depth: int) -> Values:
        op = node.op
        data = [name for name in node.inputs if name[:1] != "^"]
        if op == "Const":
            value = node.attr("value")
            number = value.scalar() if isinstance(value, Tensor) else None
            return UNKNOWN if number is None else frozenset({number})
        if op == "PlaceholderWithDefault":
            return self._of(data[0], depth) if self.defaults and data else UNKNOWN
        if op in _SAME and data:
            return self._of(data[0], depth)
        if op == "Cast" and data:
            return self._of(data[0], depth)
        if op == "LogicalNot" and data:
            return frozenset(not value for value in self._of(data[0], depth))
        if op in MERGE:
            return self._any([name for name in data if name not in self.dead_tensors], depth)
        if node.name in self.graph.outcomes:
            return self._call(node, tensor, depth)
        if op in _TWO and len(data) > 1:
            return self._two(op, data, depth)
        return UNKNOWN

    def _two(self, op: str, data: list[str], depth: int) -> Values:
        left, right = self._of(data[0], depth), self._of(data[1], depth)
        if op in ("LogicalAnd", "LogicalOr"):
            settled = op == "LogicalOr"
            for side in (left, right):
                if side and all(bool(value) == settled for value in side):
                    return frozenset({settled})
        if op == "Mul" and (left == {0} or right == {0}):
            return frozenset({0.0})
        function = _TWO[op]
        if not left or not right or len(left) * len(right) > MOST:
            return UNKNOWN
        return frozenset(function(a, b) for a in left for b in right)

    def _any(self, tensors: list[str], depth: int) -> Values:
        found: set[Number] = set()
        for tensor in tensors:
            values = self._of(tensor, depth)
            if not values:
                return UNKNOWN
            found |= values
        return frozenset(found) if len(found) <= MOST else UNKNOWN

    def _call(self, node: Node, tensor: str, depth: int) -> Values:
        port = int(tensor.rpartition(":")[2] or 0) if ":" in tensor else 0
        outcomes = self.graph.outcomes[node.name]
        if port >= len(outcomes):
            return UNKNOWN
        chosen = outcomes[port]
        if node.op in IF and len(chosen) == 2:
            taken = self._of(node.inputs[0], depth)
            if len(taken) == 1:
                chosen = [chosen[1 if next(iter(taken)) else 0]]
        return self._any(chosen, depth)

    def adds_nothing(self, write: Node) -> bool:
        """Whether an AssignSub or AssignAdd is certain to leave its variable as it was."""
        data = [name for name in write.inputs if name[:1] != "^"]
        return write.op in ADDS and len(data) > 1 and self.values(data[1]) == {0}


def canonical(tensor: str) -> str:
    """``x:0`` and ``x`` are one tensor."""
    return tensor[:-2] if tensor.endswith(":0") else tensor
