"""Which ops train: the last ops that wait for an optimizer's kernels.

``minimize`` gives a NoOp named after the optimizer or, with a global step, an AssignAdd whose
control inputs lead to the kernels; slim gives an Identity, ``tf.group`` a NoOp. What is fetched is
the op at the end of such a chain, so the ends are found, and the collection ``train_op`` (every
optimizer adds to it, and nothing tells which is run) only helps where there are too many ends.
"""

from __future__ import annotations

from bnlint.graph.index import Graph
from bnlint.graph.ops import VARIABLES
from bnlint.graph.proto import base
from bnlint.graph.replicas import Replicas
from bnlint.graph.variables import Variables

MOST = 12
FARTHEST = 40


def find_train_ops(graph: Graph, variables: Variables, replicas: Replicas) -> list[str]:
    """The names of the train ops, in the order of the graph."""
    kernels = {write.node.name for write in variables.trains}
    kernels = (kernels - replicas.applied) | replicas.hands_in.keys()
    if not kernels:
        return []
    ends = _ends(graph, kernels)
    collected = [base(name) for name in graph.meta.collections.get("train_op", ())]
    collected = [name for name in dict.fromkeys(collected) if name in graph.nodes]
    if len(ends) <= MOST:
        return ends
    if collected:
        return collected
    return sorted(_groups(graph, kernels) or ends)[:MOST]


def _ends(graph: Graph, kernels: set[str]) -> list[str]:
    """Everything that waits for a kernel, as far as nothing waits for it in turn."""
    seen = set(kernels)
    frontier = set(kernels)
    has_takers: set[str] = set()
    for _ in range(FARTHEST):
        found = graph.consumers(frontier)
        frontier = set()
        for name, nodes in found.items():
            for node in nodes:
                if node.op in VARIABLES:
                    continue
                has_takers.add(name)
                if node.name not in seen:
                    seen.add(node.name)
                    frontier.add(node.name)
        if not frontier:
            break
    ends = seen - has_takers
    return [name for name in graph.nodes if name in ends]


def _groups(graph: Graph, kernels: set[str]) -> set[str]:
    """The ops right behind the kernels."""
    return {node.name for nodes in graph.consumers(kernels).values() for node in nodes}
