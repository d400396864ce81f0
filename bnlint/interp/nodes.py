"""The abstract graph: nodes with data and control inputs, as TensorFlow would build them."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any

from bnlint.interp.guards import TRUE
from bnlint.interp.values import Known, Map, Object, Place, Seq, Unknown, Value

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator

    from bnlint.interp.guards import Guard

MERGED = frozenset(
    {"op", "linear", "norm", "phi", "summary", "group", "train", "update", "assign", "stop", "grad"}
)
"""Kinds of tensors that need not be kept apart by path: one merged tensor stands for all."""

LINEAR = frozenset({"linear", "group"})
"""Kinds whose gradient does not read the value of their inputs (facts: a07, i02)."""


_DEEPEST = 6
"""How deep in lists nodes are looked for."""


class Node(Value):
    """One op of the abstract graph, or a tensor it yields.

    ``kind`` is one of ``op linear const placeholder variable norm update grad train assign
    moments stop summary group gap`` (what code that is not there yet may compute) or ``phi`` (one
    tensor or another, by path: ``data["alternatives"]`` are guards with their tensors).
    ``controls`` are its control inputs, ``guard`` the paths on which it is made.
    """

    __slots__ = (
        "api",
        "controls",
        "data",
        "graph",
        "guard",
        "id",
        "inputs",
        "kind",
        "name",
        "place",
    )

    def __init__(
        self,
        id: int,
        kind: str,
        api: str,
        inputs: tuple[Node, ...],
        controls: tuple[Node, ...],
        place: Place,
        graph: int,
    ) -> None:
        self.id = id
        self.kind = kind
        self.api = api
        self.inputs = inputs
        self.controls = controls
        self.place = place
        self.graph = graph
        self.guard = TRUE
        self.name: str | None = None
        self.data: dict[str, Any] = {}

    def __repr__(self) -> str:
        return f"Node({self.id} {self.kind} {self.api})"


def nodes_in(value: Value | None) -> list[Node]:
    """The graph nodes a value holds or depends on, in order, without duplicates."""
    return nodes_of((value,))


def nodes_of(values: Iterable[Value | None]) -> list[Node]:
    """The graph nodes that values hold or depend on, in order, without duplicates."""
    out: dict[Node, None] = {}
    seen: dict[int, int] = {}
    for value in values:
        _collect(value, out, _DEEPEST, seen)
    return list(out)


def _collect(value: Value | None, out: dict[Node, None], depth: int, seen: dict[int, int]) -> None:
    if value is None or isinstance(value, Known) or depth == 0:
        return
    if isinstance(value, Node):
        out[value] = None
    elif isinstance(value, (Seq, Map)):
        if seen.get(id(value), 0) >= depth:
            return  # lists may share what they hold, and hold themselves
        seen[id(value)] = depth
        items = value.items if isinstance(value, Seq) else value.items.values()
        for item in islice(items, 4000):
            _collect(item, out, depth - 1, seen)
    elif isinstance(value, Unknown):
        for node in value.deps:
            out[node] = None
    elif isinstance(value, Object):
        for item in value.data.get("nodes", ()):
            out[item] = None


def through(nodes: Iterable[Node]) -> list[Node]:
    """The tensors that merged ones stand for, and the others as they are."""
    out: dict[Node, None] = {}
    todo = list(nodes)[::-1]
    while todo:
        node = todo.pop()
        if node.kind == "phi":
            todo.extend(node.inputs[::-1])
        else:
            out[node] = None
    return list(out)


def ancestors(
    start: Iterable[Node],
    *,
    controls: bool = True,
    through_stop: bool = True,
    fed: Collection[Node] = (),
    since: int = 0,
) -> set[Node]:
    """All nodes reachable backwards from ``start``, itself included.

    ``controls`` follows control inputs too; ``through_stop`` false ends at ``tf.stop_gradient``,
    as back-propagation does; ``fed`` nodes are given a value and need nothing below them. Of
    nodes with an id below ``since`` nothing is asked: an op is made after what it reads.
    """
    seen: set[Node] = set()
    todo = list(start)
    while todo:
        node = todo.pop()
        if node in seen or node.id < since:
            continue
        seen.add(node)
        if node in fed or (not through_stop and node.kind == "stop"):
            continue
        todo.extend(node.inputs)
        if controls:
            todo.extend(node.controls)
    return seen


def gradient_inputs(
    losses: Iterable[Node], phi: Callable[[list[tuple[Guard, Node]]], Node]
) -> tuple[Node, ...]:
    """What the gradient of ``losses`` reads; ``phi`` makes a merged tensor.

    The gradient of a scalar starts from a constant, not from the scalar's value, so an identity
    or a sum on top of the loss is never computed (observed in TensorFlow 1.0 to 2.21). Any other
    op's gradient reads that op's inputs, and the constants made with it.
    """
    out: dict[Node, None] = {}
    seen: set[Node] = set()
    todo = list(losses)
    while todo:
        node = todo.pop()
        if node in seen:
            continue
        seen.add(node)
        if node.kind in LINEAR:
            todo.extend(node.inputs)
            continue
        if node.kind == "phi":
            parts = [
                (g, i) for g, n in node.data["alternatives"] for i in gradient_inputs([n], phi)
            ]
            if parts:
                out[phi(parts)] = None
            continue
        for item in (*node.inputs, *node.controls):
            out[item] = None
    return tuple(out)


def accumulations(nodes: Iterable[Node]) -> list[Node]:
    """The ops that write gradients to the variables that ``nodes`` are computed from."""
    seen: set[Node] = set()
    found: dict[Node, None] = {}
    todo = list(nodes)
    while todo:
        node = todo.pop()
        if node in seen:
            continue
        seen.add(node)
        if node.kind == "variable":
            found.update(dict.fromkeys(node.data.get("accumulations", ())))
        elif node.kind not in ("grad", "train"):
            todo.extend(node.inputs)
    return list(found)


def gradient_sources(nodes: Iterable[Node]) -> Iterator[Node]:
    """The ``grad`` nodes that ``nodes`` are computed from, not looking beyond them.

    Gradients summed up in a variable count: ``accumulations`` are the ops that add to it.
    """
    nodes = list(nodes)
    nodes += [n for op in accumulations(nodes) for n in op.data["value"]]
    seen: set[Node] = set()
    todo = list(nodes)
    while todo:
        node = todo.pop()
        if node in seen:
            continue
        seen.add(node)
        if node.kind == "grad":
            yield node
        elif node.kind not in ("variable", "train"):
            todo.extend(node.inputs)
