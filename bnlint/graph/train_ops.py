"""Which ops train: the last ops that wait for an optimizer's kernels.

``minimize`` gives a NoOp named after the optimizer or, with a global step, an AssignAdd whose
control inputs lead to the kernels; slim gives an Identity, ``tf.group`` a NoOp. What is fetched is
the op at the end of such a chain, so the ends are found, and the collection ``train_op`` (every
optimizer adds to it, and nothing tells which is run) only helps where there are too many ends.

A second step may wait for the first. What it then computes (its gradients, wherever they end, and
the kernels themselves) waits for the kernels of the first, too, and is no part of it.
"""

from __future__ import annotations

import re

from bnlint.graph.index import Graph
from bnlint.graph.ops import VARIABLES, WRITES
from bnlint.graph.proto import Node, base
from bnlint.graph.replicas import Replicas
from bnlint.graph.variables import Variables

MOST = 12
FARTHEST = 40
_GROUPS = WRITES | {"NoOp", "Identity"}
GRADIENT = re.compile(r"(?:^|/)gradients(?:_\d+)?/|_grad(?:_\d+)?/")
# An optimizer's own accounts, which are no step by themselves.
_POWER = re.compile(r"(?:^|/)beta[12]_power(?:_\d+)?(?:/|$)")


def find_train_ops(graph: Graph, variables: Variables, replicas: Replicas) -> list[str]:
    """The names of the train ops, in the order of the graph."""
    kernels = {write.node.name for write in variables.trains}
    kernels = (kernels - replicas.applied) | replicas.hands_in.keys()
    if not kernels:
        return []
    ends = _Steps(graph, kernels).ends()
    if len(ends) <= MOST:
        return ends
    collected = [base(name) for name in graph.meta.collections.get("train_op", ())]
    collected = [name for name in dict.fromkeys(collected) if name in graph.nodes]
    return collected or ends[:MOST]


class _Steps:
    def __init__(self, graph: Graph, kernels: set[str]) -> None:
        self._graph = graph
        self._kernels = kernels
        # Of each node right behind kernels: which ones.
        self._behind: dict[str, set[str]] = {}
        for kernel, nodes in graph.consumers(kernels).items():
            for node in nodes:
                if node.name not in kernels and not GRADIENT.search(node.name):
                    self._behind.setdefault(node.name, set()).add(kernel)

    def ends(self) -> list[str]:
        """What nothing waits for in turn, of each group of kernels."""
        groups: dict[frozenset[str], set[str]] = {}
        for name, kernels in self._behind.items():
            if self._graph.nodes[name].op in _GROUPS and not _POWER.search(name):
                groups.setdefault(frozenset(kernels), set()).add(name)
        grouped = {kernel for kernels in groups for kernel in kernels}
        found: set[str] = set()
        if self._kernels - grouped:
            groups[frozenset(self._kernels - grouped)] = self._kernels - grouped
        for step, group in groups.items():
            found |= self._sinks(step, group) or group
        return [name for name in self._graph.nodes if name in found]

    def _sinks(self, kernels: frozenset[str], group: set[str]) -> set[str]:
        """All that waits for a group, as far as nothing waits for it in turn."""
        seen, frontier = set(group), set(group)
        sinks: set[str] = set()
        for _ in range(FARTHEST):
            found = self._graph.consumers(frontier)
            sinks |= {name for name in frontier if not found.get(name)}
            frontier = {
                node.name
                for nodes in found.values()
                for node in nodes
                if node.name not in seen and self._follows(node, kernels)
            }
            if not frontier:
                break
            seen |= frontier
        return sinks

    def _follows(self, node: Node, kernels: frozenset[str]) -> bool:
        """Whether a node may end the step of these kernels, and is no part of another one."""
        name = node.name
        if node.op in VARIABLES or name in self._kernels:
            return False
        if GRADIENT.search(name) or _POWER.search(name):
            return False
        return self._behind.get(name, kernels) <= kernels
