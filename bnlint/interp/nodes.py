"""The abstract graph: nodes with data and control inputs, as TensorFlow would build them."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, ClassVar, NamedTuple

from bnlint.interp.guards import TRUE
from bnlint.interp.values import Known, Map, Object, Place, Seq, Unknown, Value

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator

    from bnlint.interp.guards import Guard
    from bnlint.interp.recorded import Layer

MERGED = frozenset(
    {"op", "linear", "norm", "phi", "summary", "group", "train", "update", "assign", "stop", "grad"}
)
"""Kinds of tensors that need not be kept apart by path: one merged tensor stands for all."""

LINEAR = frozenset({"linear", "group"})
"""Kinds whose gradient does not read the value of their inputs (facts: a07, i02)."""


_DEEPEST = 6
"""How deep in lists nodes are looked for."""


@dataclass(slots=True, eq=False)
class Node(Value):
    """One op of the abstract graph, or a tensor it yields.

    ``kind`` is one of ``op linear const placeholder variable norm update grad train assign
    moments stop summary group gap`` (what code that is not there yet may compute) or ``phi``;
    kinds of which more is known than of any tensor have classes of their own below.
    ``controls`` are its control inputs, ``guard`` the paths on which it is made. ``layer`` is the
    batch-norm layer whose output a ``norm`` is, or whose statistics an ``update`` moves.

    ``scalar`` is whether it is a measure such as a loss, ``statistic`` what it is the mean or the
    variance of, ``total`` what it would be the mean of, divided by a count. ``moved`` is whether
    its op put the examples of the batch on another axis than the first, ``channels_first`` the
    layout that its convolution was told, None for both where the op says nothing of it. ``bias`` is
    whether it adds a bias last, ``alias`` the name under which its layer collects it. ``derived``
    is whether it is a gradient or is computed from one, other than by way of a variable.
    """

    KIND: ClassVar = "op"

    id: int
    kind: str
    api: str
    inputs: tuple[Node, ...]
    controls: tuple[Node, ...]
    place: Place
    graph: int
    guard: Guard = TRUE
    name: str | None = None
    layer: Layer | None = None
    scalar: bool = False
    statistic: Statistic | None = None
    total: Statistic | None = None
    moved: bool | None = None
    channels_first: bool | None = None
    bias: bool = False
    alias: str | None = None
    derived: bool = False

    def __post_init__(self) -> None:
        self.derived = self.kind == "grad" or (
            self.kind not in ("variable", "train") and any(n.derived for n in self.inputs)
        )

    def __repr__(self) -> str:
        return f"Node({self.id} {self.kind} {self.api})"


class Statistic(NamedTuple):
    """A mean or a variance; ``over_batch`` is whether of the examples of a batch."""

    over_batch: bool | None


@dataclass(slots=True, eq=False, repr=False)
class Phi(Node):
    """One tensor or another, by path: ``alternatives`` are guards with their tensors."""

    KIND: ClassVar = "phi"

    alternatives: list[tuple[Guard, Node]] = field(default_factory=list)


@dataclass(slots=True, eq=False, repr=False)
class Constant(Node):
    """A constant; ``value`` is None where it is not known."""

    KIND: ClassVar = "const"

    value: Known | None = None


@dataclass(slots=True, eq=False, repr=False)
class Branches(Node):
    """What a ``tf.cond`` yields; ``taken`` is its predicate where that is a constant."""

    KIND: ClassVar = "op"

    taken: Known | None = None


@dataclass(slots=True, eq=False, repr=False)
class Placeholder(Node):
    """What is fed; ``boolean`` is whether a truth value is, ``default`` which one if none is."""

    KIND: ClassVar = "placeholder"

    boolean: bool = False
    default: bool | None = None


@dataclass(slots=True, eq=False, repr=False)
class Variable(Node):
    """A variable. ``made`` are the paths on which it is in the collections of variables.

    ``accumulations`` are the ops that add gradients to it, ``shadow_of`` is the
    ``ExponentialMovingAverage`` that keeps it.
    """

    KIND: ClassVar = "variable"

    trainable: bool = False
    made: Guard = TRUE
    accumulations: list[Assign] = field(default_factory=list)
    shadow_of: Value | None = None


@dataclass(slots=True, eq=False, repr=False)
class Assign(Node):
    """A value is written to variables, or to an ``ExponentialMovingAverage``.

    ``rate`` is what it is blended with, ``in_a_branch`` whether a branch of the graph makes it.
    """

    KIND: ClassVar = "assign"

    value: tuple[Node, ...] = ()
    targets: tuple[Value, ...] = ()
    rate: tuple[Node, ...] = ()
    in_a_branch: bool = False


@dataclass(slots=True, eq=False, repr=False)
class DataIterator(Node):
    """An iterator of ``tf.data`` that begins with what its initialiser gives it."""

    KIND: ClassVar = "op"


@dataclass(slots=True, eq=False, repr=False)
class Initializer(Node):
    """Lets an iterator begin: with a dataset, whose number is ``data``, or with what is fed."""

    KIND: ClassVar = "op"

    iterator: DataIterator | None = None
    data: int | None = None


@dataclass(slots=True, eq=False, repr=False)
class Gradient(Node):
    """The gradient of ``losses`` for all ``variables`` at once, None for all that there are."""

    KIND: ClassVar = "grad"

    losses: tuple[Node, ...] = ()
    variables: frozenset[Node] | None = None


@dataclass(slots=True, eq=False, repr=False)
class Train(Node):
    """An op that changes weights.

    ``gradients`` are what it was made from, ``given`` what ``apply_gradients`` got (None if it is
    no such call), ``limit`` the variables that it is limited to, None for all or not known.
    ``loops`` is how many loops of the graph it is in, ``opaque`` whether it waits for what nobody
    here has seen, ``updates_off`` whether its maker was told to run no updates.
    """

    KIND: ClassVar = "train"

    gradients: tuple[Gradient, ...] = ()
    given: tuple[Node, ...] | None = None
    limit: frozenset[Node] | None = None
    trace: tuple[Place, ...] = ()
    loops: int = 0
    opaque: bool = False
    updates_off: bool = False
    unit_test: bool = False


@dataclass(slots=True, eq=False, repr=False)
class Group(Node):
    """An op that waits for others; ``reads`` are the collections that these came from."""

    KIND: ClassVar = "group"

    reads: set[int] = field(default_factory=set)


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
        for item in value.nodes:
            out[item] = None


def layers_in(nodes: Iterable[Node]) -> list[Layer]:
    """The batch-norm layers whose outputs are among some nodes."""
    return [n.layer for n in nodes if n.kind == "norm" and n.layer is not None]


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


def fed_by(sources: Collection[Node], nodes: Iterable[Node]) -> set[Node]:
    """Those of some nodes that gradients lead from to one of ``sources``, if all between are among
    ``nodes``: an op is made after what it reads."""
    fed: set[Node] = set()
    for node in sorted(nodes, key=lambda node: node.id):
        if node in sources or (node.kind != "stop" and not fed.isdisjoint(node.inputs)):
            fed.add(node)
    return fed


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
        if isinstance(node, Phi):
            parts = [(g, i) for g, n in node.alternatives for i in gradient_inputs([n], phi)]
            if parts:
                out[phi(parts)] = None
            continue
        for item in (*node.inputs, *node.controls):
            out[item] = None
    return tuple(out)


def accumulations(nodes: Iterable[Node]) -> list[Assign]:
    """The ops that write gradients to the variables that ``nodes`` are computed from."""
    seen: set[Node] = set()
    found: dict[Assign, None] = {}
    todo = list(nodes)
    while todo:
        node = todo.pop()
        if node in seen:
            continue
        seen.add(node)
        if isinstance(node, Variable):
            found.update(dict.fromkeys(node.accumulations))
        elif node.kind not in ("grad", "train"):
            todo.extend(node.inputs)
    return list(found)


def gradient_sources(nodes: Iterable[Node], *, accumulated: bool) -> Iterator[Gradient]:
    """The ``grad`` nodes that ``nodes`` are computed from, not looking beyond them.

    With ``accumulated``, gradients summed up in a variable count: ``accumulations`` are the ops
    that add to it.
    """
    todo = list(nodes)
    if accumulated:
        todo += [n for op in accumulations(todo) for n in op.value]
    seen: set[Node] = set()
    while todo:
        node = todo.pop()
        if node in seen or not node.derived:
            continue
        seen.add(node)
        if isinstance(node, Gradient):
            yield node
        elif node.kind not in ("variable", "train"):
            todo.extend(node.inputs)
