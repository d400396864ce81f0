"""Images of modules: what importing one leaves behind, made once a project.

The body of most modules only defines things. It is run once, in a state of its own, and every
program that imports it is given what came out: the namespace, and the options that it declared. A
program may write to what it is given; that is undone when it ends. A module that builds graph, asks
for conditions or patches something has no image and is run again in each program.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from bnlint.interp.guards import FALSE
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
    from collections.abc import Iterable

    from bnlint.interp.state import Declared, State


class Impure(Exception):
    """A module that has no image: what it does is part of the program that imports it."""


@dataclass(slots=True, eq=False)
class Image:
    """A module that was imported. ``imports`` are the modules that it needs, itself included, in
    the order in which they were run."""

    env: ModuleEnv
    imports: tuple[str, ...]
    declared: Declared
    kept: list[tuple[Any, Any]] = field(default_factory=list)

    def restore(self) -> None:
        """Undo what a program wrote."""
        for container, copy in self.kept:
            if isinstance(container, dict):
                if container != copy:
                    container.clear()
                    container.update(copy)
            elif isinstance(container, list):
                if container != copy:
                    container[:] = copy
            else:
                for name, value in copy.items():
                    setattr(container, name, value)


def is_pure(state: State) -> bool:
    """Whether all that was run in a state only defined things."""
    return not (
        state.conditions.guards.variables
        or len(state.graphs) > 1
        or state.graph.collections
        or any(node.kind not in ("op", "const") or node.inputs for node in state.graph.nodes)
        or state.runs
        or state.reads
        or state.selections
        or state.savers
        or state.exports
        or state.escaped
        or state.learning_phase_used
        or state.control_flow_v2
        or state.optimizers
        or state.unknown_attrs
        or state.patched
        or state.not_found
        or state.sys_path != state.given_path
        or state.restores != FALSE
        or state.eager != FALSE
        or state.paths.gone != FALSE
        or state.paths.exited != FALSE
        or state.paths.widened
    )


def contents(env: ModuleEnv) -> list[tuple[Any, Any]]:
    """Everything reachable from a module that a program may write to, with a copy of it."""
    kept: list[tuple[Any, Any]] = []
    seen: set[int] = set()
    todo: list[Any] = [env]
    while todo:
        value = todo.pop()
        if id(value) in seen:
            continue
        seen.add(id(value))
        for container in _containers(value):
            if isinstance(container, dict):
                kept.append((container, dict(container)))
            elif isinstance(container, list):
                kept.append((container, list(container)))
        if isinstance(value, (Seq, Map)):
            kept.append((value, {"exact": value.exact}))
        todo.extend(_held(value))
    return kept


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
        return (value.data, *(v for v in value.data.values() if isinstance(v, (dict, list))))
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
