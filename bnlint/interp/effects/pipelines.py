"""Input pipelines of ``tf.data``: which data an iterator brings, by what initialised it last.

Two datasets are taken for different data only where what they are made from is sure to differ.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bnlint.interp.choices import ABSENT, Choice
from bnlint.interp.guards import TRUE
from bnlint.interp.live_objects import Holder
from bnlint.interp.nodes import DataIterator, Initializer, Node, ancestors, nodes_in, nodes_of
from bnlint.interp.syntax import names_read
from bnlint.interp.values import (
    NONE,
    Bound,
    Func,
    Instance,
    Known,
    Map,
    Partial,
    Seq,
    Unknown,
    Value,
)
from bnlint.source import ir

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bnlint.interp.args import Args
    from bnlint.interp.interpreter import Interpreter
    from bnlint.interp.keys import Keys
    from bnlint.interp.scope import Frame

Data = frozenset[tuple[Node, int]]
"""Tensors that are fed, and iterators that are initialised, each with what it is given."""

INITIALIZABLE = "make_initializable_iterator"

_DEEPEST = 8


def from_structure(machine: Interpreter, name: str, args: Args, frame: Frame | None) -> Value:
    """``tf.data.Iterator.from_structure``: a dataset is given to it later, and then another one."""
    return _made(machine, name, nodes_of(args.values()), args)


def initializable(machine: Interpreter, name: str, args: Args, frame: Frame | None) -> Value:
    """``tf.data.make_initializable_iterator(dataset)``."""
    return of_dataset(machine, nodes_in(args.get("dataset", 0)), args)


def of_dataset(machine: Interpreter, below: Iterable[Node], args: Args) -> Value:
    """``dataset.make_initializable_iterator()``: it reads what is fed when it is initialised."""
    return _made(machine, INITIALIZABLE, below, args)


def _made(machine: Interpreter, name: str, below: Iterable[Node], args: Args) -> DataIterator:
    node = machine.state.add(DataIterator, name, below, args.place)
    machine.state.iterators[node] = ABSENT
    return node


def initializer(machine: Interpreter, iterator: DataIterator, args: Args | None) -> Value:
    """``iterator.make_initializer(dataset)``, or without arguments ``iterator.initializer``."""
    given = args.get("dataset", 0) if args is not None else None
    place = args.place if args is not None else iterator.place
    inputs = [iterator, *nodes_in(given)]
    node = machine.state.add(Initializer, "make_initializer", inputs, place)
    node.iterator = iterator
    node.data = None if given is None else _number(machine, given)
    return node


def brought(machine: Interpreter, nodes: tuple[Node, ...], fed: tuple[Node, ...]) -> Data | None:
    """What the iterators below some ops bring now; None if that is not known of one."""
    state = machine.state
    if not state.iterators:
        return frozenset()
    out: set[tuple[Node, int]] = set()
    for node in ancestors(nodes, fed=frozenset(fed)):
        if isinstance(node, DataIterator):
            for _, data in state.paths.alternatives(state.iterators.get(node, ABSENT)):
                if not isinstance(data, Known) or not data.value:
                    return None
                out |= data.value
    return frozenset(out)


def begin(machine: Interpreter, nodes: tuple[Node, ...], fed: Data, *, known: bool) -> None:
    """Some ops are run: iterators begin with new data where initialisers are among them.

    ``known`` is whether all is known that is run and fed.
    """
    state = machine.state
    if not state.iterators:
        return
    given: dict[Node, Value] = {}
    for node in ancestors(nodes):
        if isinstance(node, Initializer) and node.iterator is not None:
            data = fed if node.data is None else frozenset([(node.iterator, node.data)])
            told = known and node.iterator not in given
            given[node.iterator] = Known(data) if told else NONE
    for iterator, value in given.items():
        state.paths.write(state.iterators, iterator, value, TRUE)


def _number(machine: Interpreter, dataset: Value) -> int:
    """The same number for datasets that may have examples in common."""
    known = machine.state.datasets
    own = frozenset(_made_from(machine, dataset, _DEEPEST))
    keys = machine.state.keys
    for number, other in enumerate(known):
        if not _differ(keys, own - other, other - own):
            return number
    known.append(own)
    return len(known) - 1


def _differ(keys: Keys, one: frozenset[int], other: frozenset[int]) -> bool:
    """Whether what is found on one side only is something else than what is on the other."""
    if not one or not other:
        return False
    heads = {keys.parts(key)[0] for key in one | other}
    if not heads.isdisjoint(("fresh", "turn")):
        return False
    return one.isdisjoint(_all_below(keys, other)) and other.isdisjoint(_all_below(keys, one))


def _all_below(keys: Keys, start: Iterable[int]) -> set[int]:
    """Some unknowns and those that they are computed from."""
    seen: set[int] = set()
    todo = list(start)
    while todo:
        key = todo.pop()
        if key not in seen:
            seen.add(key)
            # A number in a key may be a number: then too much is taken for the same.
            todo.extend(p for p in keys.parts(key)[1:] if p.__class__ is int and 0 <= p < key)
    return seen


def _made_from(machine: Interpreter, value: Value, depth: int) -> Iterable[int]:
    """Keys of the files, arrays and lists that a dataset is made from."""
    keys = machine.state.keys
    if depth == 0:
        yield keys.of("turn", machine.state.fresh())
    elif isinstance(value, Holder):
        for item in value.given:
            yield from _made_from(machine, item, depth - 1)
    elif isinstance(value, Known):
        if isinstance(value.value, str):
            yield keys.of("const", "str", repr(value.value))
    elif isinstance(value, (Seq, Map)):
        for item in value.items if isinstance(value, Seq) else value.items.values():
            yield from _made_from(machine, item, depth - 1)
    elif isinstance(value, (Func, Bound, Partial)):
        for item in _held(value):
            yield from _made_from(machine, item, depth - 1)
    elif isinstance(value, Instance):
        yield value.key
    elif isinstance(value, (Node, Unknown)):
        yield from _behind(machine, value, depth)


def _behind(machine: Interpreter, value: Node | Unknown, depth: int) -> Iterable[int]:
    """What is behind the datasets that a value is made from; itself where there is none."""
    state = machine.state
    sources = [n for n in ancestors(nodes_in(value)) if n in state.sources]
    for node in sources:
        for item in state.sources[node]:
            if item is not value:
                yield from _made_from(machine, item, depth - 1)
    if sources:
        return
    if isinstance(value, Choice):
        for _, one in state.paths.alternatives(value):
            if one is not ABSENT:
                yield from _made_from(machine, one, depth - 1)
    elif isinstance(value, Unknown):
        yield value.key
    else:
        yield state.keys.of("node", value.id)


def _held(value: Func | Bound | Partial) -> Iterable[Value]:
    """What a function gets from elsewhere than its caller."""
    if isinstance(value, Bound):
        return [value.receiver, value.func]
    if isinstance(value, Partial):
        return [value.func, *value.args, *value.kwargs.values()]
    node = value.node
    whole: list[ir.Stmt] = []
    if isinstance(node, ir.Lambda):
        whole.append(ir.ExprStmt(node.span, node.body))
    else:
        whole += node.body
    own = {param.name for param in node.params.params}
    found: list[Value] = []
    for name in sorted(names_read(whole) - own):
        frame = value.closure
        while frame is not None and name not in frame.locals:
            frame = frame.parent
        table = value.module.globals if frame is None else frame.locals
        held = table.get(name)
        if held is not None and not isinstance(held, Func):
            found.append(held)
    return found


HANDLERS = {
    "tf.data.Iterator.from_structure": from_structure,
    f"tf.data.{INITIALIZABLE}": initializable,
}
