"""Lists in lists: each part is met once, however many ways lead to it.

Lists may share what they hold, so that a short program makes one with 2**40 places, and they may
hold themselves.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bnlint.interp.choices import Choice
from bnlint.interp.guards import FALSE, Guard, Guards
from bnlint.interp.values import Map, Seq, Value

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


def each_once(value: Value | None) -> Iterator[Value]:
    """A value and all that lists, dicts and choices hold in it."""
    seen: set[int] = set()
    todo = [value] if value is not None else []
    while todo:
        item = todo.pop()
        if id(item) in seen:
            continue
        seen.add(id(item))
        yield item
        if isinstance(item, Seq):
            todo.extend(item.items)
        elif isinstance(item, Map):
            todo.extend(item.items.values())
        elif isinstance(item, Choice):
            todo.extend(one for _, one in item.alternatives)


def each_on_its_paths(
    guards: Guards, now: Guard, value: Value | None
) -> Iterator[tuple[Guard, Value]]:
    """The same, each with the paths on which it is there: once for each way that leads to it."""
    seen: set[tuple[Guard, int]] = set()
    todo = [(now, value)] if value is not None else []
    while todo:
        guard, item = todo.pop()
        if guard == FALSE or (guard, id(item)) in seen:
            continue
        seen.add((guard, id(item)))
        yield guard, item
        if isinstance(item, Seq):
            todo.extend((guard, one) for one in item.items)
        elif isinstance(item, Map):
            todo.extend((guard, one) for one in item.items.values())
        elif isinstance(item, Choice):
            todo.extend((guards.conj(guard, own), one) for own, one in item.alternatives)


def rebuilt(value: Value, leaf: Callable[[Value], Value | None]) -> Value:
    """The same lists and dicts with ``leaf`` of what they hold; it returns None to look inside."""
    made: dict[int, Value] = {}

    def build(item: Value) -> Value:
        known = made.get(id(item)) or leaf(item)
        if known is not None:
            return known
        if isinstance(item, Seq):
            seq = made[id(item)] = Seq(item.kind, [], item.exact)
            seq.items.extend(build(part) for part in item.items)
            return seq
        if isinstance(item, Map):
            new = made[id(item)] = Map(item.exact)
            for key, part in item.items.items():
                new.put(item.keys[key], build(part))
            return new
        return item

    return build(value)
