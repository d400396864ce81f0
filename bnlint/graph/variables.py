"""Variables and the ops that write them: updates, but neither initialisers nor restores."""

from __future__ import annotations

import re
from dataclasses import dataclass

from bnlint.graph.index import Graph
from bnlint.graph.ops import PASSES, READS, RESTORES, SCATTERS, VARIABLES, WRITES, applies
from bnlint.graph.proto import Node

FARTHEST = 64


@dataclass(frozen=True, slots=True)
class Write:
    """An op that changes a variable, and the name of the variable."""

    node: Node
    variable: str


def written(node: Node) -> str | None:
    """The tensor that an op writes, or adds: the second input, or the third behind indices."""
    position = 2 if node.op in SCATTERS else 1
    return node.inputs[position] if len(node.inputs) > position else None


class Variables:
    """The variables of a graph. ``trainable`` is what training is about."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self.writes: list[Write] = []
        self.trains: list[Write] = []
        meta = graph.meta
        declared = meta.variables
        self._initializers = {v.initializer for v in declared or ()} - {""}
        self.names = {node.name for node in graph.having(VARIABLES)}
        kernels: list[Write] = []
        writes: list[Write] = []
        for node in graph.having([op for op in graph.ops() if op in WRITES or applies(op)]):
            variable = self.behind(node)
            if variable is None:
                continue
            if node.op not in WRITES:
                kernels.append(Write(node, variable))
            elif not self._restores(node):
                writes.append(Write(node, variable))
        if meta.trainable is None:
            self.trainable = frozenset(write.variable for write in kernels)
        else:
            self.trainable = meta.trainable
        # A wrapped optimizer may apply to a variable that no collection lists.
        trained = {write.variable for write in kernels} - self.trainable
        self.trains = [w for w in kernels if w.variable in self.trainable or w.variable in trained]
        for write in writes:
            if self._initializes(write):
                continue
            if write.variable in self.trainable and self._moves(write):
                self.trains.append(write)
            else:
                self.writes.append(write)

    def behind(self, node: Node) -> str | None:
        """The variable whose reference or handle is an op's first input."""
        for _ in range(FARTHEST):
            if not node.inputs or node.inputs[0][:1] == "^":
                break
            source = self._graph.node(node.inputs[0])
            if source is None:
                break
            if source.op in VARIABLES:
                return source.name
            if source.op not in PASSES and source.op not in WRITES:
                break  # a write returns the variable's reference, which may be written again
            node = source
        return None

    def _restores(self, write: Node) -> bool:
        source: Node | None = write
        for position in (1, 0, 0, 0, 0):
            if source is None or len(source.inputs) <= position:
                return False
            source = self._graph.node(source.inputs[position])
            if source is not None and source.op in RESTORES:
                return True
            if source is not None and source.op not in ("Identity", "Reshape", "Cast"):
                return False
        return False

    def _initializes(self, write: Write) -> bool:
        """Told by the collections; where there are none, by ``<variable>/Assign``."""
        name = write.node.name
        if name in self._initializers:
            return True
        return write.node.op in ("Assign", "AssignVariableOp") and (
            name == f"{write.variable}/Assign"
            or (f"{write.variable}/" in name and _INITIALIZER.search(name) is not None)
        )

    def _moves(self, write: Write) -> bool:
        """Whether a write to a weight is a step of training, not a copy of another weight.

        Adding and subtracting are; setting is if the value is a difference from the weight.
        """
        node = write.node
        if node.op not in ("Assign", "AssignVariableOp"):
            return True
        if len(node.inputs) < 2:
            return False
        value = self._graph.node(node.inputs[1])
        if value is None or value.op not in ("Sub", "Add", "AddV2"):
            return False
        return any(self._reads(tensor) == write.variable for tensor in value.inputs[:2])

    def _reads(self, tensor: str) -> str | None:
        node = self._graph.node(tensor)
        for _ in range(4):
            if node is None:
                return None
            if node.op in VARIABLES:
                return node.name
            if node.op not in READS or not node.inputs:
                return None
            node = self._graph.node(node.inputs[0])
        return None


_INITIALIZER = re.compile(r"/(?:Initializer|IsInitialized|Assign)(?:_\d+)?$")
