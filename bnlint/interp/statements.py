"""What each kind of statement does to an abstract run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bnlint.interp import (
    bypass,
    calls,
    classes,
    comparisons,
    containers,
    dicts,
    objects,
    operators,
    stages,
)
from bnlint.interp.guards import FALSE, TRUE, Guard
from bnlint.interp.live_objects import ControlDependencies, PlainContext
from bnlint.interp.paths import ABSENT, Choice, Raised, Stop
from bnlint.interp.scope import Frame, Loop
from bnlint.interp.syntax import contains_yield, counted_in, is_unwritten, refuses
from bnlint.interp.values import (
    NONE,
    Api,
    External,
    Known,
    Map,
    ModuleEnv,
    Object,
    Seq,
    Unknown,
    Value,
)
from bnlint.source import ir

if TYPE_CHECKING:
    from collections.abc import Callable

    from bnlint.interp.interpreter import Interpreter

Ended = bool
"""Whether no path goes on to the next statement: each has returned, or left a loop."""


def _expr(machine: Interpreter, stmt: ir.ExprStmt, frame: Frame) -> Ended:
    if stmt.value.__class__ is ir.Const:
        frame.has_gap = frame.has_gap or is_unwritten(stmt)
    machine.eval(stmt.value, frame)
    return False


def _assign(machine: Interpreter, stmt: ir.Assign, frame: Frame) -> Ended:
    value = machine.eval(stmt.value, frame)
    for target in stmt.targets:
        machine.bind(target, value, frame)
    return False


def _aug_assign(machine: Interpreter, stmt: ir.AugAssign, frame: Frame) -> Ended:
    old = machine.eval(stmt.target, frame)
    new = machine.eval(stmt.value, frame)
    op = stmt.op.rstrip("=") or stmt.op
    if isinstance(old, Choice):
        parts = [v for _, v in machine.state.paths.alternatives(old)]
        if op == "+" and all(isinstance(v, Seq) and v.kind == "list" for v in parts):
            machine.state.paths.split(old, lambda one: _extend(machine, one, new))
            return False
    elif isinstance(old, Seq) and old.kind == "list" and op == "+":
        _extend(machine, old, new)
        return False
    machine.bind(
        stmt.target, operators.binary(machine, op, old, new, machine.place(frame, stmt)), frame
    )
    return False


def _extend(machine: Interpreter, target: Value, new: Value) -> Value:
    assert isinstance(target, Seq)
    items, exact = machine.iterate(new)
    machine.state.paths.append(target, items)
    target.exact = target.exact and exact
    return NONE


def _return(machine: Interpreter, stmt: ir.Return, frame: Frame) -> Ended:
    value = machine.eval(stmt.value, frame) if stmt.value is not None else NONE
    frame.returns.append((machine.state.paths.now, value))
    return True


def _raise(machine: Interpreter, stmt: ir.Raise, frame: Frame) -> Ended:
    name: str | None = None
    if stmt.value is not None:
        func = stmt.value.func if isinstance(stmt.value, ir.Call) else stmt.value
        if isinstance(func, ir.Attr):
            name = func.attr
        elif isinstance(func, ir.Name):
            name = func.id
    machine.state.paths.leave(name, machine.place(frame, stmt))
    return True


def _assert(machine: Interpreter, stmt: ir.Assert, frame: Frame) -> Ended:
    machine.state.conditions.asking = machine.place(frame, stmt)
    truth = machine.guard_of(machine.eval(stmt.test, frame))
    if machine.state.paths.guards.conj(machine.state.paths.now, truth) != FALSE:
        machine.state.paths.drop(truth ^ 1, "AssertionError", machine.place(frame, stmt))
    return False


def _delete(machine: Interpreter, stmt: ir.Delete, frame: Frame) -> Ended:
    for target in stmt.targets:
        if isinstance(target, ir.Name):
            if target.id in frame.locals:
                machine.state.paths.write(frame.locals, target.id, ABSENT, frame.guard)
        elif isinstance(target, ir.Subscript):
            owner, index = machine.eval(target.value, frame), target.index
            for guard, one in machine.state.paths.alternatives(owner):
                before = machine.state.paths.now
                machine.state.paths.now = guard
                _delete_item(machine, one, index, frame)
                machine.state.paths.now = before
    return False


def _delete_item(machine: Interpreter, value: Value, index: ir.Expr, frame: Frame) -> None:
    if isinstance(value, Seq):
        whole = isinstance(index, ir.Slice) and index.lower is None and index.upper is None
        if whole:
            machine.state.paths.replace(value, [])
        else:
            position = NONE if isinstance(index, ir.Slice) else machine.eval(index, frame)
            containers.delete_at(machine, value, position)
    elif isinstance(value, Map):
        dicts.remove(machine, value, machine.eval(index, frame))


def _jump(machine: Interpreter, stmt: ir.Jump, frame: Frame) -> Ended:
    if stmt.kind == "pass" or not frame.loops:
        return False
    paths, loop = machine.state.paths, frame.loops[-1]
    if stmt.kind == "break":
        loop.broken = paths.guards.disj(loop.broken, paths.now)
        return True
    loop.continued = paths.guards.disj(loop.continued, paths.now)
    return True


def _scope_decl(machine: Interpreter, stmt: ir.ScopeDecl, frame: Frame) -> Ended:
    if stmt.kind == "global":
        if frame.locals is not frame.module.globals:
            frame.global_names = (frame.global_names or set()) | set(stmt.names)
    else:
        for name in stmt.names:
            outer = frame.parent.find(name) if frame.parent else None
            if outer is not None:
                frame.outer_names = {**(frame.outer_names or {}), name: outer}
    return False


def _import(machine: Interpreter, stmt: ir.Import, frame: Frame) -> Ended:
    for item in stmt.names:
        module = machine.modules.load(machine, item.name, 0, frame.module.path)
        if item.alias is not None:
            machine.store(item.alias, module, frame)
        else:
            head = item.name.split(".")[0]
            root = (
                module
                if head == item.name
                else machine.modules.load(machine, head, 0, frame.module.path)
            )
            machine.store(head, root, frame)
    return False


def _missing(machine: Interpreter, stmt: ir.ImportFrom, frame: Frame) -> None:
    """Note an import of the project's own that is not there: one that is relative."""
    if stmt.level:
        place = (frame.module.path, stmt.span[0])
        machine.state.not_found[place] = "." * stmt.level + stmt.module


def _import_from(machine: Interpreter, stmt: ir.ImportFrom, frame: Frame) -> Ended:
    if stmt.module == "__future__":
        return False
    module = machine.modules.load(machine, stmt.module, stmt.level, frame.module.path)
    if isinstance(module, External):
        _missing(machine, stmt, frame)
    for item in stmt.names:
        if item.name == "*":
            if isinstance(module, (Api, External)):
                frame.module.stars.append(module.name)
            if isinstance(module, ModuleEnv):
                frame.module.stars.extend(module.stars)
                listed = module.globals.get("__all__")
                names = (
                    {i.value for i in listed.items if isinstance(i, Known)}
                    if isinstance(listed, Seq)
                    else {n for n in module.globals if not n.startswith("_")}
                )
                for name in names:
                    if name in module.globals:
                        machine.store(name, module.globals[name], frame)
            continue
        value = machine.modules.member(machine, module, item.name)
        machine.store(item.alias or item.name, value, frame)
    return False


def _if(machine: Interpreter, stmt: ir.If, frame: Frame) -> Ended:
    test = machine.eval(stmt.test, frame)
    paths = machine.state.paths
    machine.state.conditions.asking = machine.place(frame, stmt.test)
    truth = machine.guard_of(test)
    on_true, on_false = paths.guards.conj(paths.now, truth), paths.guards.minus(paths.now, truth)
    if on_false == FALSE and truth == TRUE and not paths.tries and _to_be_filled_in(stmt):
        return False
    body, orelse = bypass.branches(machine, stmt, frame, on_true, on_false)
    body, orelse = stages.branches(machine, stmt, frame, body, orelse)
    if on_false == FALSE:
        return body()
    if on_true == FALSE:
        return orelse()
    return machine.fork([(on_true, body), (on_false, orelse)])


def _to_be_filled_in(stmt: ir.If) -> bool:
    """Whether a constant stands for what a user writes there, and is refused as long as it does.

    Nobody runs the program like that, so it does not end there.
    """
    return not stmt.orelse and not isinstance(stmt.test, ir.Const) and refuses(stmt.body)


def _turn(machine: Interpreter, body: list[ir.Stmt], frame: Frame) -> Guard:
    """One turn of a loop on the paths that run now: those that go on to the next one."""
    paths, loop = machine.state.paths, frame.loops[-1]
    try:
        left = FALSE if machine.block(body, frame) else paths.now
    except Stop:
        left = FALSE
    left = paths.guards.disj(left, loop.continued)
    loop.continued = FALSE
    return left


def _after(
    machine: Interpreter, loop: Loop, ran_out: Guard, orelse: list[ir.Stmt], frame: Frame
) -> Ended:
    """What follows a loop: its ``else`` where it ran out, and the paths that broke out of it."""
    paths = machine.state.paths
    if orelse and ran_out != FALSE:
        paths.now = ran_out
        try:
            ran_out = FALSE if machine.block(orelse, frame) else paths.now
        except Stop:
            ran_out = FALSE
    paths.now = paths.guards.disj(ran_out, loop.broken)
    return paths.now == FALSE


def _for(machine: Interpreter, stmt: ir.For, frame: Frame) -> Ended:
    iterable = machine.eval(stmt.iterable, frame)
    paths = machine.state.paths
    total, exact = machine.iterate(iterable)
    visited = machine.loop_items(iterable)
    partial = not exact or len(visited) < len(total)
    loop = Loop(stmt)
    frame.loops.append(loop)
    machine.state.enter_loop(machine.place(frame, stmt), len(total) if exact else None)
    try:
        for turn, item in enumerate(visited, 1):
            before = paths.now
            there = paths.guards.conj(before, paths.presence(item))
            if there == FALSE:
                continue
            paths.now = there
            machine.state.step()
            value = paths.present(item)
            if partial and turn == len(visited):
                _widen(machine, stmt, frame)
                if isinstance(value, Known) and isinstance(value.value, int):
                    key = machine.state.keys.of("counter", frame.module.path, stmt.span)
                    value = Unknown("a loop counter", key)  # it stands for all later turns
            machine.bind(stmt.target, value, frame)
            left = _turn(machine, stmt.body, frame)
            paths.now = paths.guards.disj(left, paths.guards.minus(before, there))
            if paths.now == FALSE:
                break
    finally:
        machine.leave_loop()
        machine.state.leave_loop()
        frame.loops.pop()
    return _after(machine, loop, paths.now, stmt.orelse, frame)


def _widen(machine: Interpreter, loop: ir.For | ir.While, frame: Frame) -> None:
    """What a loop counts is not known once it has gone round more often than was followed."""
    counters = machine.modules.counters.get(id(loop))
    if counters is None:
        counters = machine.modules.counters[id(loop)] = counted_in(loop.body)
    for target in counters:
        found = machine.eval(target, frame)
        if isinstance(found, Known) and isinstance(found.value, (int, float)):
            key = machine.state.keys.of("counter", frame.module.path, target.span)
            machine.bind(target, Unknown("a loop counter", key), frame)


def _while(machine: Interpreter, stmt: ir.While, frame: Frame) -> Ended:
    literal = isinstance(stmt.test, ir.Const)
    paths = machine.state.paths
    loop = Loop()
    ran_out = FALSE
    frame.loops.append(loop)
    machine.state.enter_loop(machine.place(frame, stmt), None)
    try:
        for turn in range(machine.state.budget.loop):
            machine.state.step()
            goes_on, sure = machine.assumed(machine.eval(stmt.test, frame))
            ran_out = paths.guards.disj(ran_out, paths.guards.minus(paths.now, goes_on))
            paths.now = paths.guards.conj(paths.now, goes_on)
            if paths.now == FALSE or ((not sure or literal) and turn >= 2):
                break
            if turn == 1 and (not sure or literal):
                _widen(machine, stmt, frame)
            paths.now = _turn(machine, stmt.body, frame)
            if paths.now == FALSE:
                break
    finally:
        machine.state.leave_loop()
        frame.loops.pop()
    ran_out = paths.guards.disj(ran_out, paths.now)
    return _after(machine, loop, ran_out, stmt.orelse, frame)


def _with(machine: Interpreter, stmt: ir.With, frame: Frame) -> Ended:
    return _with_items(machine, stmt.items, 0, stmt.body, frame)


def _with_items(
    machine: Interpreter, items: list[ir.WithItem], index: int, body: list[ir.Stmt], frame: Frame
) -> Ended:
    if index == len(items):
        return machine.block(body, frame)
    item = items[index]
    context = machine.eval(item.value, frame)
    paths = machine.state.paths

    def enter(one: Value) -> Ended:
        ended = [False]
        after = [paths.now]

        def inside(value: Value) -> None:
            before = paths.now
            if item.target is not None:
                machine.bind(item.target, value, frame)
            ended[0] = _with_items(machine, items, index + 1, body, frame)
            after[0] = paths.now
            if ended[0]:
                paths.now = before  # it is left all the same

        machine.enter_context(one, inside, machine.place(frame, item.value))
        if not ended[0]:
            paths.now = paths.guards.conj(paths.now, after[0])
        return ended[0]

    if not isinstance(context, Choice):
        return enter(context)
    found = paths.alternatives(context)
    if len(found) == 1:
        return enter(found[0][1])
    if all(isinstance(one, (Known, Unknown)) or _waits(one) for _, one in found):
        leaves = []
        before = paths.now
        for guard, one in found:
            paths.now = guard
            if isinstance(one, Object):
                leaves.append(objects.enter(machine, one))
        paths.now = before
        try:
            if item.target is not None:
                machine.bind(item.target, context, frame)
            return _with_items(machine, items, index + 1, body, frame)
        finally:
            for leave in reversed(leaves):
                leave()
    return machine.fork((guard, lambda one=one: enter(one)) for guard, one in found)  # type: ignore[misc]


def _waits(context: Value) -> bool:
    """Whether entering a context only adds control dependencies, which hold by path."""
    return isinstance(context, (ControlDependencies, PlainContext))


def _try(machine: Interpreter, stmt: ir.Try, frame: Frame) -> Ended:
    paths = machine.state.paths
    guards = paths.guards
    before = paths.now

    def body() -> bool:
        return machine.block(stmt.body, frame)

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


def _handler_of(stmt: ir.Try, raised: Raised) -> int | None:
    """The handler that takes an exception, by the names in the source; None if none does."""
    wide: int | None = None
    for index, handler in enumerate(stmt.handlers):
        names = _caught(handler)
        if raised.name is not None and raised.name in names:
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


def _match(machine: Interpreter, stmt: ir.Match, frame: Frame) -> Ended:
    subject = machine.eval(stmt.subject, frame)
    paths = machine.state.paths
    guards = paths.guards
    parts: list[tuple[Guard, Callable[[], Ended]]] = []
    left = paths.now
    for case in stmt.cases:
        paths.now = left
        takes = TRUE
        if case.literal is not None:
            literal = machine.eval(case.literal, frame)
            place = machine.place(frame, case)
            takes = machine.guard_of(comparisons.compare(machine, "==", subject, literal, place))
        paths.now = guards.conj(left, takes)
        if paths.now == FALSE:
            continue
        for name in case.binds:
            machine.store(name, machine.unknown_from("a matched part", subject), frame)
        if case.guard is not None:
            takes = guards.conj(takes, machine.guard_of(machine.eval(case.guard, frame)))
        parts.append(
            (guards.conj(left, takes), lambda case=case: machine.block(case.body, frame))  # type: ignore[misc]
        )
        left = guards.minus(left, takes)
        if left == FALSE:
            break
    parts.append((left, lambda: False))
    return machine.fork((guard, part) for guard, part in parts if guard != FALSE)


def _function(machine: Interpreter, stmt: ir.FunctionDef, frame: Frame) -> Ended:
    generator = machine.modules.generators.get(id(stmt))
    if generator is None:
        generator = machine.modules.generators[id(stmt)] = contains_yield(stmt.body)
    func = machine.make_function(stmt, stmt.name, stmt.params, frame, generator)
    value: Value = func
    for decorator in reversed(stmt.decorators):
        value = calls.decorate(machine, machine.eval(decorator, frame), value, frame, decorator)
    machine.store(stmt.name, value, frame)
    return False


def _class(machine: Interpreter, stmt: ir.ClassDef, frame: Frame) -> Ended:
    machine.store(stmt.name, classes.define(machine, stmt, frame), frame)
    return False


STATEMENTS: dict[type, Callable[[Interpreter, Any, Frame], Ended]] = {
    ir.ExprStmt: _expr,
    ir.Assign: _assign,
    ir.AugAssign: _aug_assign,
    ir.Return: _return,
    ir.Raise: _raise,
    ir.Assert: _assert,
    ir.Delete: _delete,
    ir.Jump: _jump,
    ir.ScopeDecl: _scope_decl,
    ir.Import: _import,
    ir.ImportFrom: _import_from,
    ir.If: _if,
    ir.For: _for,
    ir.While: _while,
    ir.With: _with,
    ir.Try: _try,
    ir.Match: _match,
    ir.FunctionDef: _function,
    ir.ClassDef: _class,
}
