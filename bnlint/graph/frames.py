"""Update ops inside a while loop, and ops outside it that wait for them.

TensorFlow builds such a graph and refuses to run it ("inputs from different frames").
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bnlint.graph.index import MERGE, Graph
from bnlint.graph.layers import Layer
from bnlint.graph.proto import Node
from bnlint.graph.reach import Reached

ENTER = frozenset({"Enter", "RefEnter"})
EXIT = frozenset({"Exit", "RefExit"})


def mixed_frames(
    graph: Graph, reached: Reached, layers: Sequence[Layer]
) -> Iterator[tuple[str, str]]:
    """Layers in a loop, each with a node outside that waits for its update."""
    enters = [node.name for node in graph.having(ENTER) if node.name in reached]
    if not enters:
        return
    inside = _members(graph, reached, enters)
    for layer in layers:
        updates = {node.name for node in layer.writers if node.name in inside}
        if not updates:
            continue
        found = _waiting_outside(graph, reached, updates, inside)
        if found is not None:
            yield layer.name, found


def _members(graph: Graph, reached: Reached, enters: list[str]) -> set[str]:
    """What data of a loop flows through, up to its exits."""
    takers: dict[str, list[Node]] = {}
    for node in reached.nodes():
        for tensor in node.inputs:
            if tensor[:1] != "^":
                takers.setdefault(tensor.partition(":")[0], []).append(node)
    members: set[str] = set()
    pending = list(enters)
    while pending:
        name = pending.pop()
        if name in members:
            continue
        members.add(name)
        pending += [node.name for node in takers.get(name, ()) if node.op not in EXIT]
    return members


def _waiting_outside(
    graph: Graph, reached: Reached, updates: set[str], inside: set[str]
) -> str | None:
    gates = updates | {
        node.name
        for node in reached.nodes()
        if node.op in MERGE and any(t.partition(":")[0] in updates for t in node.inputs)
    }
    gates |= {
        node.name
        for node in reached.nodes()
        if node.op in MERGE
        and any(
            source.op == "Identity" and not updates.isdisjoint(t.lstrip("^") for t in source.inputs)
            for source in graph.inputs(node)
        )
    }
    waits = {f"^{name}" for name in gates}
    for node in reached.nodes():
        if waits.isdisjoint(node.inputs) or node.op in ENTER:
            continue
        data = [t.partition(":")[0] for t in node.inputs if t[:1] != "^"]
        if any(name not in inside for name in data):
            return node.name
    return None
