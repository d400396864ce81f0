"""What is raised, and who catches it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bnlint.interp.guards import FALSE, Guard
from bnlint.interp.paths import Raised
from bnlint.interp.scope import Ended, Frame
from bnlint.interp.syntax import nodes
from bnlint.source import ir

if TYPE_CHECKING:
    from collections.abc import Callable

    from bnlint.interp.interpreter import Interpreter


def run_raise(machine: Interpreter, stmt: ir.Raise, frame: Frame) -> Ended:
    name: str | None = None
    if stmt.value is not None:
        func = stmt.value.func if isinstance(stmt.value, ir.Call) else stmt.value
        if isinstance(func, ir.Attr):
            name = func.attr
        elif isinstance(func, ir.Name):
            name = func.id
    machine.state.paths.leave(name, machine.place(frame, stmt))
    return True


def run_assert(machine: Interpreter, stmt: ir.Assert, frame: Frame) -> Ended:
    machine.state.conditions.asking = machine.place(frame, stmt)
    truth = machine.guard_of(machine.eval(stmt.test, frame))
    possible = machine.state.paths.guards.conj(machine.state.paths.now, truth) != FALSE
    if possible or _is_about_the_mode(machine, stmt.test, frame):
        machine.state.paths.drop(truth ^ 1, "AssertionError", machine.place(frame, stmt))
    return False


def _is_about_the_mode(machine: Interpreter, test: ir.Expr, frame: Frame) -> bool:
    """Whether a test asks for the mode that a model function is built for.

    Each is tried, whether it is for it or not. What else is sure to fail is likely to do so by what
    is not known here, and ends nothing.
    """
    mode = machine.state.mode
    if mode is None or not isinstance(test, ir.Compare):
        return False
    names = [side for side in (test.left, *test.rights) if isinstance(side, ir.Name)]
    return any(machine.eval(name, frame) is mode for name in names)


def run_try(machine: Interpreter, stmt: ir.Try, frame: Frame) -> Ended:
    paths = machine.state.paths
    guards = paths.guards
    before = paths.now

    instead = _instead_of_imports(stmt)

    def body() -> bool:
        if instead is None:
            return machine.block(stmt.body, frame)
        machine.state.instead.append(instead)
        try:
            return machine.block(stmt.body, frame)
        finally:
            machine.state.instead.pop()

    dead, raised = paths.attempt(body)
    parts: list[tuple[Guard, Callable[[], Ended]]] = []
    if not dead:
        parts.append((paths.now, lambda: machine.block(stmt.orelse, frame)))
    taken: dict[int, Guard] = {}
    for item in raised:
        index = _handler_of(stmt, item)
        if index is None:
            paths.pass_on([item])
        else:
            taken[index] = guards.disj(taken.get(index, FALSE), item.guard)
    parts.extend(
        (guard, lambda index=index: _handle(machine, stmt.handlers[index], frame))  # type: ignore[misc]
        for index, guard in taken.items()
    )
    if not stmt.final:
        return machine.fork(parts)
    outcome, late = paths.attempt(lambda: machine.fork(parts))
    after = paths.now
    paths.now = before  # whichever way a path leaves, it passes here
    if machine.block(stmt.final, frame):
        return True
    left = paths.now
    paths.pass_on(late)
    if outcome:
        return True
    paths.now = guards.conj(after, left)
    return False


def _instead_of_imports(stmt: ir.Try) -> list[tuple[int, str]] | None:
    """What the handlers import that take what an import of something that is not there raises.

    Each with the number of its leading dots; None if no handler takes that.
    """
    names = ("ImportError", "ModuleNotFoundError")
    handlers = {_handler_of(stmt, Raised(FALSE, name)) for name in names} - {None}
    if not handlers:
        return None
    body = [part for index in handlers if index is not None for part in stmt.handlers[index].body]
    found: list[tuple[int, str]] = []
    for one in nodes(body):
        if isinstance(one, ir.ImportFrom):
            found.append((one.level, one.module))
        elif isinstance(one, ir.Import):
            found.extend((0, item.name) for item in one.names)
    return found


_BASES = {"UnboundLocalError": "NameError"}
"""Classes of exceptions whose base handlers name, too."""


def _classes_of(name: str) -> set[str]:
    return {name, _BASES.get(name, name)}


def _handler_of(stmt: ir.Try, raised: Raised) -> int | None:
    """The handler that takes an exception, by the names in the source; None if none does."""
    wide: int | None = None
    for index, handler in enumerate(stmt.handlers):
        names = _caught(handler)
        if raised.name is not None and names & _classes_of(raised.name):
            return index
        every = not names or "BaseException" in names
        if wide is None and (every or ("Exception" in names and raised.name != "SystemExit")):
            wide = index
    if wide is None and raised.name is None and stmt.handlers:
        return 0
    return wide


def _caught(handler: ir.Handler) -> set[str]:
    """The last names of the classes that a handler takes; empty if it takes all."""
    found: set[str] = set()
    todo = [] if handler.type is None else [handler.type]
    while todo:
        expr = todo.pop()
        if isinstance(expr, ir.Collection):
            todo.extend(expr.items)
        elif isinstance(expr, ir.Attr):
            found.add(expr.attr)
        elif isinstance(expr, ir.Name):
            found.add(expr.id)
        else:
            found.add("?")
    return found


def _handle(machine: Interpreter, handler: ir.Handler, frame: Frame) -> Ended:
    if handler.name is not None:
        machine.store(handler.name, machine.state.unknown("an exception"), frame)
    return machine.block(handler.body, frame)
