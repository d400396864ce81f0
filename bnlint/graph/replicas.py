"""Gradients that one op hands in and another one applies, as SyncReplicasOptimizer does it.

The step that a worker runs only adds its gradients to accumulators. What takes them out again and
changes the weights is run by the chief's queue runner, in a thread of its own: so the first is the
train op, and to run it is to have the second run.
"""

from __future__ import annotations

import re
from collections.abc import Collection

from bnlint.graph.index import Graph
from bnlint.graph.proto import Node
from bnlint.graph.variables import Variables

_HANDS_IN = re.compile(r"(?:Resource|Sparse)?AccumulatorApplyGradient")
_TAKES_OUT = re.compile(r"(?:Resource|Sparse)?AccumulatorTakeGradient")
FARTHEST = 40


class Replicas:
    """``hands_in`` are the ops that add gradients, ``applied`` the kernels that get them."""

    def __init__(self, graph: Graph, variables: Variables) -> None:
        self.hands_in: dict[str, str] = {}
        self.applied: set[str] = set()
        self._ends: dict[str, set[str]] = {}
        taken: dict[str, list[str]] = {}
        for node in graph.having([op for op in graph.ops() if "Accumulator" in op]):
            if node.inputs:
                accumulator = graph.node(node.inputs[0])
                if accumulator is None:
                    continue
                if _HANDS_IN.fullmatch(node.op):
                    self.hands_in[node.name] = accumulator.name
                elif _TAKES_OUT.fullmatch(node.op):
                    taken.setdefault(accumulator.name, []).append(node.name)
        kernels = {write.node.name for write in variables.trains}
        for accumulator_name in set(self.hands_in.values()):
            seen, ends = _onward(graph, taken.get(accumulator_name, ()))
            self.applied |= seen & kernels
            self._ends[accumulator_name] = ends

    def chief(self, reached: Collection[str]) -> list[str]:
        """What the chief runs for a step that reaches these nodes."""
        ends: set[str] = set()
        for name, accumulator in self.hands_in.items():
            if name in reached:
                ends |= self._ends[accumulator]
        return sorted(ends)

    def only_applies(self, reached: Collection[str]) -> bool:
        """Whether this is the chief's part of a step that another op is."""
        return bool(self.hands_in) and not any(name in reached for name in self.hands_in)


def _onward(graph: Graph, names: Collection[str]) -> tuple[set[str], set[str]]:
    """All that waits for these, and what of it nothing waits for."""
    seen, frontier = set(names), set(names)
    waited: set[str] = set()
    for _ in range(FARTHEST):
        found: dict[str, Collection[Node]] = {**graph.consumers(frontier)}
        waited.update(found)
        frontier = {taker.name for takers in found.values() for taker in takers} - seen
        if not frontier:
            break
        seen |= frontier
    return seen, seen - waited
