"""What runs when something is fetched: one walk from the fetches to all that they need."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

from bnlint.graph.proto import Node

UNSEEN, SEEN, LATE = 0, 1, 2


class Reached(Mapping[str, Node]):
    """The nodes that run, by name, in the order in which the walk met them.

    A graph has them by name already, so that of each node only a mark is kept here.
    """

    __slots__ = ("_marks", "_nodes", "_order")

    def __init__(self, nodes: Mapping[str, Node], marks: bytearray, order: Sequence[Node]) -> None:
        self._nodes = nodes
        self._marks = marks
        self._order = order

    def __contains__(self, name: object) -> bool:
        node = self._nodes.get(name) if isinstance(name, str) else None
        return node is not None and self._marks[node.place] == SEEN

    def __getitem__(self, name: str) -> Node:
        node = self._nodes[name]
        if self._marks[node.place] != SEEN:
            raise KeyError(name)
        return node

    def __iter__(self) -> Iterator[str]:
        return (node.name for node in self._order)

    def __len__(self) -> int:
        return len(self._order)

    def nodes(self) -> Sequence[Node]:
        return self._order


def walk(
    nodes: Mapping[str, Node],
    fetched: Iterable[Node],
    late: Collection[Node],
    sources_of: Callable[[Node], Sequence[Node]] | None,
) -> tuple[Reached, set[str]]:
    """All that runs, and the names of what only the ``late`` nodes need, or are.

    ``sources_of`` says what a node needs where that is not all its sources.
    """
    marks = bytearray(len(nodes))
    for node in late:
        marks[node.place] = LATE
    order: list[Node] = []
    pending: list[Node] = []
    waiting: list[Node] = []
    for node in fetched:
        mark = marks[node.place]
        if mark != SEEN:
            marks[node.place] = SEEN
            (waiting if mark else pending).append(node)
    count = _spread(pending, waiting, marks, order, sources_of)
    for node in late:
        if marks[node.place] == LATE:
            marks[node.place] = UNSEEN
    _spread(waiting, [], marks, order, sources_of)
    return Reached(nodes, marks, order), {node.name for node in order[count:]}


def _spread(
    pending: list[Node],
    waiting: list[Node],
    marks: bytearray,
    order: list[Node],
    sources_of: Callable[[Node], Sequence[Node]] | None,
) -> int:
    """Walk on from the pending nodes; late ones come to the waiting. How many were met so far."""
    while pending:
        here = pending.pop()
        order.append(here)
        for source in here.sources if sources_of is None else sources_of(here):
            mark = marks[source.place]
            if mark != SEEN:
                marks[source.place] = SEEN
                (waiting if mark else pending).append(source)
    return len(order)
