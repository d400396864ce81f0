"""What each kind of statement does to an abstract run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bnlint.interp import calls, operators
from bnlint.interp.scope import Frame
from bnlint.interp.state import Stop
from bnlint.interp.syntax import contains_yield, counted_in, is_unwritten, terminal
from bnlint.interp.values import (
    NONE,
    Api,
    Class,
    Known,
    Map,
    ModuleEnv,
    Seq,
    Unknown,
    Value,
)
from bnlint.source import ir

if TYPE_CHECKING:
    from collections.abc import Callable

    from bnlint.interp.machine import Machine

Signal = tuple[str, Value] | None
"""How a block ended: None, or ``return``/``break``/``continue`` with the returned value."""

BREAK: Signal = ("break", NONE)
CONTINUE: Signal = ("continue", NONE)


def _expr(machine: Machine, stmt: ir.ExprStmt, frame: Frame) -> Signal:
    if stmt.value.__class__ is ir.Const:
        frame.has_gap = frame.has_gap or is_unwritten(stmt)
    machine.eval(stmt.value, frame)
    return None


def _assign(machine: Machine, stmt: ir.Assign, frame: Frame) -> Signal:
    value = machine.eval(stmt.value, frame)
    for target in stmt.targets:
        machine.bind(target, value, frame)
    return None


def _aug_assign(machine: Machine, stmt: ir.AugAssign, frame: Frame) -> Signal:
    old = machine.eval(stmt.target, frame)
    new = machine.eval(stmt.value, frame)
    op = stmt.op.rstrip("=") or stmt.op
    if isinstance(old, Seq) and old.kind == "list" and op == "+":
        items, exact = machine.iterate(new)
        old.items.extend(items)
        old.exact = old.exact and exact
        return None
    machine.bind(
        stmt.target, operators.binary(machine, op, old, new, machine.place(frame, stmt)), frame
    )
    return None


def _return(machine: Machine, stmt: ir.Return, frame: Frame) -> Signal:
    return ("return", machine.eval(stmt.value, frame) if stmt.value is not None else NONE)


def _raise(machine: Machine, stmt: ir.Raise, frame: Frame) -> Signal:
    raise Stop


def _assert(machine: Machine, stmt: ir.Assert, frame: Frame) -> Signal:
    machine.eval(stmt.test, frame)
    return None


def _delete(machine: Machine, stmt: ir.Delete, frame: Frame) -> Signal:
    for target in stmt.targets:
        if isinstance(target, ir.Name):
            frame.locals.pop(target.id, None)
        elif isinstance(target, ir.Subscript):
            _delete_item(machine, machine.eval(target.value, frame), target.index, frame)
    return None


def _delete_item(machine: Machine, value: Value, index: ir.Expr, frame: Frame) -> None:
    if isinstance(value, Seq):
        whole = isinstance(index, ir.Slice) and index.lower is None and index.upper is None
        if whole:
            value.items.clear()
        else:
            value.exact = False
    elif isinstance(value, Map):
        key = machine.eval(index, frame)
        if isinstance(key, Known):
            value.items.pop(key.value, None)
            value.keys.pop(key.value, None)


def _jump(machine: Machine, stmt: ir.Jump, frame: Frame) -> Signal:
    if stmt.kind == "break":
        return BREAK
    return CONTINUE if stmt.kind == "continue" else None


def _scope_decl(machine: Machine, stmt: ir.ScopeDecl, frame: Frame) -> Signal:
    if stmt.kind == "global":
        if frame.locals is not frame.module.globals:
            frame.global_names = (frame.global_names or set()) | set(stmt.names)
    else:
        for name in stmt.names:
            outer = frame.parent.find(name) if frame.parent else None
            if outer is not None:
                frame.outer_names = {**(frame.outer_names or {}), name: outer}
    return None


def _import(machine: Machine, stmt: ir.Import, frame: Frame) -> Signal:
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
    return None


def _import_from(machine: Machine, stmt: ir.ImportFrom, frame: Frame) -> Signal:
    if stmt.module == "__future__":
        return None
    module = machine.modules.load(machine, stmt.module, stmt.level, frame.module.path)
    for item in stmt.names:
        if item.name == "*":
            if isinstance(module, Api):
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
    return None


def _if(machine: Machine, stmt: ir.If, frame: Frame) -> Signal:
    test = machine.eval(stmt.test, frame)
    prefer: bool | None = None
    if terminal(stmt.body) and not (stmt.orelse and terminal(stmt.orelse)):
        prefer = False
    elif stmt.orelse and terminal(stmt.orelse):
        prefer = True
    machine.state.deciding = stmt
    return machine.block(stmt.body if machine.truth(test, prefer) else stmt.orelse, frame)


def _for(machine: Machine, stmt: ir.For, frame: Frame) -> Signal:
    iterable = machine.eval(stmt.iterable, frame)
    outcome: Signal = None
    total, exact = machine.iterate(iterable)
    visited = machine.loop_items(iterable)
    partial = not exact or len(visited) < len(total)
    for turn, item in enumerate(visited, 1):
        machine.state.step()
        if partial and turn == len(visited):
            _widen(machine, stmt, frame)
        machine.bind(stmt.target, item, frame)
        outcome = machine.block(stmt.body, frame)
        if outcome is not None and outcome[0] == "return":
            machine.leave_loop()
            return outcome
        if outcome is not None and outcome[0] == "break":
            break
    machine.leave_loop()
    if stmt.orelse and outcome is None:
        return machine.block(stmt.orelse, frame)
    return None


def _widen(machine: Machine, loop: ir.For | ir.While, frame: Frame) -> None:
    """What a loop counts is not known once it has gone round more often than was followed."""
    counters = machine.modules.counters.get(id(loop))
    if counters is None:
        counters = machine.modules.counters[id(loop)] = counted_in(loop.body)
    for target in counters:
        found = machine.eval(target, frame)
        if isinstance(found, Known) and isinstance(found.value, (int, float)):
            key = machine.state.keys.of("counter", frame.module.path, target.span)
            machine.bind(target, Unknown("a loop counter", key), frame)


def _while(machine: Machine, stmt: ir.While, frame: Frame) -> Signal:
    literal = isinstance(stmt.test, ir.Const)
    for turn in range(machine.state.budget.loop):
        machine.state.step()
        test = machine.eval(stmt.test, frame)
        known = operators.truth_of(machine, test)
        if known is False:
            break
        if (known is None or literal) and turn >= 2:
            break
        if turn == 1 and (known is None or literal):
            _widen(machine, stmt, frame)
        outcome = machine.block(stmt.body, frame)
        if outcome is not None and outcome[0] == "return":
            return outcome
        if outcome is not None and outcome[0] == "break":
            break
    return None


def _with(machine: Machine, stmt: ir.With, frame: Frame) -> Signal:
    return _with_items(machine, stmt.items, 0, stmt.body, frame)


def _with_items(
    machine: Machine, items: list[ir.WithItem], index: int, body: list[ir.Stmt], frame: Frame
) -> Signal:
    if index == len(items):
        return machine.block(body, frame)
    item = items[index]
    context = machine.eval(item.value, frame)
    outcome: list[Signal] = [None]

    def inside(value: Value) -> None:
        if item.target is not None:
            machine.bind(item.target, value, frame)
        outcome[0] = _with_items(machine, items, index + 1, body, frame)

    calls.enter_context(machine, context, inside, machine.place(frame, item.value))
    return outcome[0]


def _try(machine: Machine, stmt: ir.Try, frame: Frame) -> Signal:
    signal: Signal = None
    depth = len(machine.state.frames)
    try:
        signal = machine.block(stmt.body, frame)
        if signal is None:
            signal = machine.block(stmt.orelse, frame)
    except Stop:
        del machine.state.frames[depth:]
        if not stmt.handlers:
            machine.block(stmt.final, frame)
            raise
        handler = stmt.handlers[0]
        if handler.name is not None:
            machine.store(handler.name, machine.state.unknown("an exception"), frame)
        signal = machine.block(handler.body, frame)
    final = machine.block(stmt.final, frame)
    return final or signal


def _match(machine: Machine, stmt: ir.Match, frame: Frame) -> Signal:
    subject = machine.eval(stmt.subject, frame)
    for case in stmt.cases:
        if case.literal is not None:
            literal = machine.eval(case.literal, frame)
            place = machine.place(frame, case)
            if not machine.truth(operators.compare(machine, "==", subject, literal, place)):
                continue
        for name in case.binds:
            machine.store(name, machine.unknown_from("a matched part", subject), frame)
        if case.guard is not None and not machine.truth(machine.eval(case.guard, frame)):
            continue
        return machine.block(case.body, frame)
    return None


def _function(machine: Machine, stmt: ir.FunctionDef, frame: Frame) -> Signal:
    generator = machine.modules.generators.get(id(stmt))
    if generator is None:
        generator = machine.modules.generators[id(stmt)] = contains_yield(stmt.body)
    func = machine.make_function(stmt, stmt.name, stmt.params, frame, generator)
    value: Value = func
    for decorator in reversed(stmt.decorators):
        value = calls.decorate(machine, machine.eval(decorator, frame), value, frame, decorator)
    machine.store(stmt.name, value, frame)
    return None


def _class(machine: Machine, stmt: ir.ClassDef, frame: Frame) -> Signal:
    bases = [machine.eval(b.value, frame) for b in stmt.bases if b.name is None]
    attrs: dict[str, Value] = {}
    cls = Class(stmt, stmt.name, frame.module, bases, attrs)
    body = Frame(frame.module, attrs, frame if frame.locals is not frame.module.globals else None)
    body.cls = cls
    machine.block(stmt.body, body)
    machine.store(stmt.name, cls, frame)
    return None


STATEMENTS: dict[type, Callable[[Machine, Any, Frame], Signal]] = {
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
