"""What values hold that a program may write to."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any

from bnlint.interp.choices import Choice
from bnlint.interp.scope import Frame
from bnlint.interp.values import (
    Bound,
    Class,
    Descriptor,
    Func,
    Instance,
    Map,
    Method,
    ModuleEnv,
    Object,
    Partial,
    Seq,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


def contents(values: Iterable[Any], seen: set[int]) -> Iterator[tuple[Any, Any]]:
    """Everything reachable that may be written to, with a copy of it, but for what was ``seen``."""
    todo = list(values)
    while todo:
        value = todo.pop()
        if id(value) in seen:
            continue
        seen.add(id(value))
        if isinstance(value, Choice):
            _ = value.deps  # made now: later its paths are over
        for container in _containers(value):
            yield container, dict(container) if isinstance(container, dict) else list(container)
        if isinstance(value, (Seq, Map)):
            yield value, {"exact": value.exact}
        elif isinstance(value, Object):
            yield value, _fields(value)
        todo.extend(_held(value))


def _fields(value: Object) -> dict[str, Any]:
    return {field.name: getattr(value, field.name) for field in fields(value)}


def _containers(value: Any) -> Iterable[Any]:
    if isinstance(value, ModuleEnv):
        return (value.globals, value.stars)
    if isinstance(value, Class):
        return (value.attrs, value.derived)
    if isinstance(value, (Instance, Func)):
        return (value.attrs,)
    if isinstance(value, Seq):
        return (value.items,)
    if isinstance(value, Map):
        return (value.items, value.keys)
    if isinstance(value, Object):
        return [v for v in _fields(value).values() if isinstance(v, (dict, list))]
    if isinstance(value, Frame):
        return (value.locals,)
    return ()


def _held(value: Any) -> Iterable[Any]:
    for container in _containers(value):
        yield from container.values() if isinstance(container, dict) else container
    if isinstance(value, Func):
        yield from value.defaults.values()
        if value.closure is not None:
            yield value.closure
    elif isinstance(value, Object):
        yield from _fields(value).values()
    elif isinstance(value, Frame):
        if value.parent is not None:
            yield value.parent
    elif isinstance(value, Class):
        yield from value.bases
    elif isinstance(value, Instance):
        yield value.cls
    elif isinstance(value, Bound):
        yield value.func
        yield value.receiver
    elif isinstance(value, Partial):
        yield value.func
        yield from value.args
        yield from value.kwargs.values()
    elif isinstance(value, Descriptor):
        yield value.func
    elif isinstance(value, Method):
        yield value.receiver
    elif isinstance(value, Choice):
        yield from (alternative for _, alternative in value.alternatives)
    elif isinstance(value, Map) and value.factory is not None:
        yield value.factory
