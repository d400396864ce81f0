"""Loops, turn by turn, and what leaves them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bnlint.interp.guards import FALSE, Guard
from bnlint.interp.nodes import Node
from bnlint.interp.paths import Stop
from bnlint.interp.scope import Ended, Frame, Loop
from bnlint.interp.syntax import counted_in, only_sorts
from bnlint.interp.values import Known, Unknown, Value
from bnlint.source import ir

if TYPE_CHECKING:
    from bnlint.interp.interpreter import Interpreter


def jump(machine: Interpreter, stmt: ir.Jump, frame: Frame) -> Ended:
    if stmt.kind == "pass" or not frame.loops:
        return False
    paths, loop = machine.state.paths, frame.loops[-1]
    if stmt.kind == "break":
        loop.broken = paths.guards.disj(loop.broken, paths.now)
        return True
    loop.continued = paths.guards.disj(loop.continued, paths.now)
    return True


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


def run_for(machine: Interpreter, stmt: ir.For, frame: Frame) -> Ended:
    iterable = machine.eval(stmt.iterable, frame)
    paths = machine.state.paths
    total, exact = machine.iterate(iterable)
    first = paths.present(total[0]) if total else None
    visited = machine.loop_items(iterable, whole=isinstance(first, Node) and only_sorts(stmt.body))
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
        found = _held(machine, target, frame)
        if isinstance(found, Known) and isinstance(found.value, (int, float)):
            key = machine.state.keys.of("counter", frame.module.path, target.span)
            machine.bind(target, Unknown("a loop counter", key), frame)


def _held(machine: Interpreter, target: ir.Expr, frame: Frame) -> Value | None:
    """What a counter holds; it is only looked at, and need not be there."""
    if not isinstance(target, ir.Name):
        return machine.eval(target, frame)
    table = frame.find(target.id)
    return None if table is None else machine.state.resolve(table[target.id])


def run_while(machine: Interpreter, stmt: ir.While, frame: Frame) -> Ended:
    """Turn by turn, and the fewer the oftener what is around it is done.

    How often it goes round is not known before: what is in it is followed less from turn to turn.
    """
    literal = isinstance(stmt.test, ir.Const)
    state = machine.state
    paths, weight = state.paths, state.loop_weight
    limit = max(3, state.budget.loop // weight)
    loop = Loop()
    ran_out = FALSE
    frame.loops.append(loop)
    state.enter_loop(machine.place(frame, stmt), None)
    try:
        for turn in range(limit):
            state.step()
            state.loop_weight = weight * max(1, turn)
            goes_on, sure = machine.assumed(machine.eval(stmt.test, frame))
            ran_out = paths.guards.disj(ran_out, paths.guards.minus(paths.now, goes_on))
            paths.now = paths.guards.conj(paths.now, goes_on)
            open_ended = not sure or literal
            if paths.now == FALSE or (open_ended and turn >= 2):
                break
            if turn == (1 if open_ended else limit - 1):
                _widen(machine, stmt, frame)
            paths.now = _turn(machine, stmt.body, frame)
            if paths.now == FALSE:
                break
    finally:
        state.loop_weight = weight
        state.leave_loop()
        frame.loops.pop()
    ran_out = paths.guards.disj(ran_out, paths.now)
    return _after(machine, loop, ran_out, stmt.orelse, frame)
