"""Subscripts, slices and lengths over abstract values."""

from __future__ import annotations

from itertools import chain, islice
from typing import TYPE_CHECKING, Any

from bnlint.interp import dicts, operators, own_dicts, truth
from bnlint.interp.args import Args
from bnlint.interp.choices import Alternative, Choice
from bnlint.interp.guards import FALSE as FALSE_GUARD
from bnlint.interp.guards import TRUE as TRUE_GUARD
from bnlint.interp.guards import Guard
from bnlint.interp.loading import from_sys_modules
from bnlint.interp.nodes import Node, nodes_in
from bnlint.interp.overwriting import overwrite_attributes, overwrite_entries
from bnlint.interp.values import (
    NONE,
    Class,
    External,
    Func,
    Instance,
    Known,
    Map,
    Place,
    Seq,
    Unknown,
    Value,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bnlint.interp.interpreter import Interpreter

_MOST_DEFINITIONS = 64
_MOST_OPTIONAL = 40
_MOST_OTHERS = 8
"""More definitions of a module than this that only handle data are not told apart."""


def _within(index: Value, items: list[Value]) -> bool:
    return (
        isinstance(index, Known)
        and isinstance(index.value, int)
        and -len(items) <= index.value < len(items)
    )


def get_item(machine: Interpreter, value: Value, index: Value, place: Place) -> Value:
    """``value[index]``."""
    if isinstance(value, Choice) or isinstance(index, Choice):
        paths = machine.state.paths
        return paths.split(
            value,
            lambda one: paths.split(index, lambda two: get_item(machine, one, two, place)),
        )
    if isinstance(value, External) and value.name == "sys.modules":
        return from_sys_modules(machine, index, Args([], {}, place))
    if isinstance(value, Seq) and isinstance(index, Known) and isinstance(index.value, int):
        element = _element(machine, value, index.value)
        if element is not None:
            return element
    if isinstance(value, Map):
        found = dicts.entry(machine, value, index)
        if found is not None:
            there = machine.state.paths.presence(found)
            if value.exact and value.factory is None:
                machine.state.paths.drop(there ^ 1, "KeyError", place)
            return machine.state.paths.read(machine.state.paths.present(found))
        if value.factory is not None:
            made = machine.call(value.factory, Args([], {}, place), None)
            dicts.put(machine, value, index, made)
            return made
        if not isinstance(index, Known) and value.items:
            return _choose(machine, value, index, place)
    if isinstance(value, Known) and isinstance(value.value, str) and isinstance(index, Known):
        try:
            return Known(value.value[index.value])
        except (IndexError, TypeError):
            return machine.state.unknown("an index out of range")
    if isinstance(value, Node):
        if value.kind == "variable":
            return value
        return machine.state.node("op", "tf.strided_slice", [value, *nodes_in(index)], place)
    if isinstance(value, Instance):
        method = machine.find(value, "__getitem__")
        if method is not None:
            return machine.call(method, Args([index], {}, place), None)
        held = own_dicts.held_by(value)
        if held is not None and own_dicts.tells(machine, held, index):
            return get_item(machine, held, index, place)
        items, exact = machine.iterate(value)
        if exact and isinstance(index, Known) and _within(index, items):
            field: Value = items[index.value]
            return field
    deps = dict.fromkeys(nodes_in(value))
    key = machine.state.keys.of(
        "subscript", truth.key_of(machine, value), truth.key_of(machine, index)
    )
    known = machine.state.unknown_attrs.get(truth.key_of(machine, value), {})
    stored = known.get(f"[{truth.key_of(machine, index)}]")
    plain = Unknown("an element of an unknown value", key, tuple(deps))
    return plain if stored is None else machine.state.paths.filled(stored, plain)


def _element(machine: Interpreter, seq: Seq, index: int) -> Value | None:
    """An element of a list; None if nothing tells what is there."""
    paths = machine.state.paths
    backwards = index < 0
    if backwards and not seq.exact and not any(isinstance(i, Choice) for i in paths.elements(seq)):
        return None
    items, number = (seq.items[::-1], -1 - index) if backwards else (seq.items, index)
    if number < len(items) and not any(map(paths.is_optional, islice(items, number + 1))):
        return paths.read(items[number])
    left = paths.read_each(items)
    before: list[Value] = []
    for item in left:
        if isinstance(item, Choice):
            return _nth(machine, seq, chain(before, [item], left), number)
        if len(before) == number:
            return item
        before.append(item)
    return machine.state.unknown("an index out of range") if seq.exact else None


def _nth(machine: Interpreter, seq: Seq, items: Iterable[Value], index: int) -> Value:
    """An element, from the end that items are given from, if some are there on some paths only."""
    paths = machine.state.paths
    guards = paths.guards
    # before[n]: exactly n of the optional elements are there before the one that is looked at
    before: dict[int, Guard] = {0: paths.now}
    sure = 0
    parts: list[Alternative] = []
    for item in items:
        there = paths.presence(item)
        here = guards.conj(before.get(index - sure, FALSE_GUARD), there)
        if here != FALSE_GUARD:
            parts.append((here, paths.present(item)))
        if there == TRUE_GUARD:
            sure += 1
            if sure > index:
                break
            continue
        if len(before) > _MOST_OPTIONAL:
            return machine.unknown_from("an element of a list of many optional ones", seq)
        longer: dict[int, Guard] = {}
        for count, guard in before.items():
            without, with_it = guards.minus(guard, there), guards.conj(guard, there)
            for number, part in ((count, without), (count + 1, with_it)):
                if part != FALSE_GUARD:
                    longer[number] = guards.disj(longer.get(number, FALSE_GUARD), part)
        before = longer
    found = guards.any_of(g for g, _ in parts)
    missing = guards.minus(paths.now, found)
    if missing != FALSE_GUARD and not seq.exact:
        parts.append((missing, machine.unknown_from("an element of a list", seq)))
        missing = FALSE_GUARD
    if not parts:
        return machine.state.unknown("an index out of range")
    paths.drop(missing, "IndexError")
    return paths.read(paths.join(parts))


def _choose(machine: Interpreter, mapping: Map, index: Value, place: Place) -> Value:
    """An entry of a dict under an unknown key: each of them, where the key equals its own."""
    state = machine.state
    if mapping.namespace:
        hint = index.hint if isinstance(index, Unknown) else None
        guess = mapping.get(hint) if isinstance(hint, Known) else None
        if guess is not None:
            return state.paths.present(guess)
        mapping = _definitions(machine, mapping)
    if mapping.namespace and len(mapping.items) > _MOST_DEFINITIONS:
        return machine.unknown_from("an unknown key of a dict", mapping)
    if not isinstance(index, Unknown):
        index = Unknown("an unknown key", truth.key_of(machine, index))
    if mapping.namespace:
        concerned = _concerned(machine, mapping)
        if len(mapping.items) - len(concerned.items) > _MOST_OTHERS:
            others = machine.unknown_from("one of many that only handle data")
            return choose(machine, concerned, index, others) if concerned.items else others
    parts = _under_key(machine, mapping, index)
    if parts is None:
        return machine.unknown_from("an unknown key of a dict", mapping)
    state.paths.drop(state.paths.guards.any_of(g for g, _ in parts) ^ 1, "KeyError", place)
    return state.paths.read(state.paths.join(parts))


def choose(machine: Interpreter, mapping: Map, index: Unknown, default: Value) -> Value:
    """``mapping.get(index, default)`` under an unknown key."""
    parts = _under_key(machine, mapping, index)
    if parts is None:
        return machine.unknown_from("an element of a dict", mapping, default)
    paths = machine.state.paths
    missing = paths.guards.any_of(g for g, _ in parts) ^ 1
    return paths.read(paths.join([*parts, (missing, default)]))


def _under_key(machine: Interpreter, mapping: Map, index: Unknown) -> list[Alternative] | None:
    """The entries of a complete dict, each where the key equals its own; None for another dict."""
    state = machine.state
    entries = [(k, mapping.items[h]) for h, k in mapping.keys.items() if isinstance(k, Known)]
    if not entries or not mapping.exact or len(entries) != len(mapping.items):
        return None
    guards = state.paths.guards
    now = state.paths.now
    parts: list[Alternative] = []
    for key, value in entries:
        equal = state.conditions.equals(index.key, key.value)
        here = guards.conj(equal, state.paths.presence(value))
        if guards.conj(now, here) != FALSE_GUARD:
            parts.append((here, state.paths.present(value)))
    return parts


def _definitions(machine: Interpreter, namespace: Map) -> Map:
    """The functions and classes in ``globals()`` that a look-up may mean: none that is running."""
    running = [frame.func for frame in machine.state.frames]
    out = Map()
    out.namespace = True
    for key, value in namespace.items.items():
        if isinstance(value, (Func, Class)) and value not in running:
            out.put(namespace.keys[key], value)
    return out


def _concerned(machine: Interpreter, definitions: Map) -> Map:
    """Those of some functions and classes that may have to do with a graph."""
    out = Map()
    out.namespace = True
    for key, value in definitions.items.items():
        node = value.node if isinstance(value, (Func, Class)) else None
        if node is None or machine.modules.touches_graph(node.body):
            out.put(definitions.keys[key], value)
    return out


def slice_item(machine: Interpreter, value: Value, bounds: list[Value], place: Place) -> Value:
    """``value[lower:upper:step]``."""
    if isinstance(value, Choice):
        return machine.state.paths.split(value, lambda one: slice_item(machine, one, bounds, place))
    for at, bound in enumerate(bounds):
        if isinstance(bound, Choice):
            return machine.state.paths.split(
                bound,
                lambda one, at=at: slice_item(  # type: ignore[misc]
                    machine, value, [*bounds[:at], one, *bounds[at + 1 :]], place
                ),
            )
    raw = [b.value for b in bounds if isinstance(b, Known)]
    known = len(raw) == len(bounds) and all(b is None or isinstance(b, int) for b in raw)
    if known and raw[2] != 0:
        cut: Any = slice(*raw)
        if isinstance(value, Seq):
            items = machine.state.paths.elements(value)
            sure = not any(machine.state.paths.presence(i) != TRUE_GUARD for i in items)
            return operators.made_now(machine, Seq(value.kind, items[cut], value.exact and sure))
        if isinstance(value, Known) and isinstance(value.value, str):
            return Known(value.value[cut])
    if isinstance(value, Seq):
        return Seq(value.kind, operators.perhaps(machine, value.items), False)
    if isinstance(value, Node):
        return machine.state.node("op", "tf.strided_slice", [value], place)
    key = machine.state.keys.of("slice", *(truth.key_of(machine, v) for v in (value, *bounds)))
    return Unknown("a part of an unknown value", key, tuple(nodes_in(value)))


def set_item(machine: Interpreter, value: Value, index: Value, new: Value) -> None:
    """``value[index] = new``."""
    paths = machine.state.paths
    if isinstance(value, Choice) or isinstance(index, Choice):
        paths.split(
            value, lambda one: paths.split(index, lambda two: _set_item(machine, one, two, new))
        )
    else:
        _set_item(machine, value, index, new)


def _set_item(machine: Interpreter, value: Value, index: Value, new: Value) -> Value:
    paths = machine.state.paths
    if isinstance(value, Map):
        if not isinstance(index, (Known, Node)):
            overwrite_entries(value)
        dicts.put(machine, value, index, new)
    elif isinstance(value, Seq):
        if _within(index, value.items):
            assert isinstance(index, Known)
            at: int = index.value
            value.items[at] = new if paths.lasting(value.born) else paths.over(value.items[at], new)
        else:
            paths.append(value, [new])
            value.exact = False
    elif isinstance(value, Instance):
        method = machine.find(value, "__setitem__")
        held = own_dicts.held_by(value)
        if method is None and held is not None:
            return _set_item(machine, held, index, new)
        if method is not None and value.cls.node is not None:
            place = (value.cls.module.path if value.cls.module else "", value.cls.node.span)
            machine.call(method, Args([index, new], {}, place), None)
    elif isinstance(value, Unknown):
        if not isinstance(index, (Known, Node)):
            overwrite_attributes(machine.state, value)
        table = machine.state.unknown_attrs.setdefault(value.key, {})
        paths.write(table, f"[{truth.key_of(machine, index)}]", new, TRUE_GUARD)
    return NONE


def length(machine: Interpreter, value: Value) -> Value:
    """``len(value)``."""
    if isinstance(value, Choice):
        return machine.state.paths.split(value, lambda one: length(machine, one))
    value = own_dicts.held_by(value) or value
    if isinstance(value, (Seq, Map)) and value.exact:
        paths = machine.state.paths
        stored = list(value.items if isinstance(value, Seq) else value.items.values())
        there = [paths.presence(item) for item in stored]
        sure = sum(1 for guard in there if guard == TRUE_GUARD)
        if sure == len(there):
            return Known(len(stored))
        return _counted(machine, sure, [g for g in there if g != TRUE_GUARD])
    if isinstance(value, Known) and isinstance(value.value, str):
        return Known(len(value.value))
    return machine.state.unknown("a length", "length", truth.key_of(machine, value))


def _counted(machine: Interpreter, sure: int, there: list[Guard]) -> Value:
    """How many of some optional elements are there, besides those that surely are."""
    paths = machine.state.paths
    guards = paths.guards
    if len(there) > _MOST_OPTIONAL:
        return machine.state.unknown("a length of many optional elements")
    counts: list[Guard] = [paths.now]
    for guard in there:
        longer = [guards.minus(count, guard) for count in counts] + [FALSE_GUARD]
        for n, count in enumerate(counts):
            longer[n + 1] = guards.disj(longer[n + 1], guards.conj(count, guard))
        counts = longer
    parts: list[Alternative] = [
        (guard, Known(sure + n, assumed=True))
        for n, guard in enumerate(counts)
        if guard != FALSE_GUARD
    ]
    return paths.join(parts)
