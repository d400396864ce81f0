"""How expressions are evaluated: one function for each kind of expression."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bnlint.interp import (
    api,
    attributes,
    bypass,
    calls,
    comparisons,
    dicts,
    operators,
    parameters,
    subscripts,
    tensorflow,
    truth,
)
from bnlint.interp.args import Args
from bnlint.interp.choices import ABSENT, Alternative, Choice
from bnlint.interp.guards import FALSE as FALSE_GUARD
from bnlint.interp.guards import Guard
from bnlint.interp.lifting import lifted
from bnlint.interp.nodes import nodes_in
from bnlint.interp.paths import Stop
from bnlint.interp.scope import Frame
from bnlint.interp.values import NONE, TRUE, Api, Known, Map, Seq, Value
from bnlint.source import ir

if TYPE_CHECKING:
    from collections.abc import Callable

    from bnlint.interp.interpreter import Interpreter


def _const(machine: Interpreter, expr: ir.Const, frame: Frame) -> Value:
    if expr.kind in ("none", "bool", "int", "float", "str"):
        return Known(expr.value, (frame.module.path, expr.span))
    return machine.state.unknown("a constant", "const", expr.kind, str(expr.value))


def _name(machine: Interpreter, expr: ir.Name, frame: Frame) -> Value:
    paths = machine.state.paths
    parts: list[Alternative] = []
    left = paths.now
    for table in frame.tables(expr.id):
        value = machine.state.resolve(table[expr.id])
        if value.__class__ is not Choice and value is not ABSENT:
            return value if not parts else paths.join([*parts, (left, value)])
        there = paths.guards.conj(left, paths.presence(value))
        if there != FALSE_GUARD:
            parts.append((there, paths.present(value)))
            left = paths.guards.minus(left, there)
            if left == FALSE_GUARD:
                return parts[0][1] if len(parts) == 1 else paths.join(parts)
        if table is frame.locals and frame.binds_alone:
            break  # a name that a function binds is its own, bound or not
    if parts and _is_unbound(machine, expr, frame, left):
        own = expr.id in frame.locals and frame.binds_alone
        error = "UnboundLocalError" if own else "NameError"
        paths.drop(left, error, machine.place(frame, expr))
        return parts[0][1] if len(parts) == 1 else paths.join(parts)
    outside = _outside(machine, expr, frame)
    return paths.join([*parts, (left, outside)]) if parts else outside


def _is_unbound(machine: Interpreter, expr: ir.Name, frame: Frame, left: Guard) -> bool:
    """Whether reading a name that is bound on the other paths raises on those of ``left``.

    What a turn of a loop leaves unbound another one may have bound. A module that lacks other names
    gets them from where nobody here looks.
    """
    paths = machine.state.paths
    guards = paths.guards
    if guards.implies(left, paths.gone):
        return True
    if guards.is_fleeting(left):
        in_some_turn = guards.sometimes(left, guards.fleeting)
        if guards.conj(in_some_turn, paths.now) != left:
            return False
    if frame.has_gap:
        return False
    if expr.id in frame.locals and frame.binds_alone:
        return True
    module = frame.module
    if module.stars or module.path in machine.state.lacking:
        return False
    return calls.builtin(machine, expr.id) is None


def _outside(machine: Interpreter, expr: ir.Name, frame: Frame) -> Value:
    """What a name means that no scope of the program binds."""
    for owner in frame.module.stars:
        name = api.canonical(f"{owner}.{expr.id}")
        if tensorflow.knows(machine, name):
            return Api(name)
    builtin = calls.builtin(machine, expr.id)
    if builtin is not None:
        return builtin
    if frame.has_gap and frame.func is not None:
        return _from_gap(machine, expr, frame)
    machine.state.lacking.add(frame.module.path)
    return machine.state.unknown(f"the name {expr.id} is not defined here", "name", expr.id)


def _from_gap(machine: Interpreter, expr: ir.Name, frame: Frame) -> Value:
    """What code that is still to be written would bind: it may use all that is there."""
    used = [n for value in frame.locals.values() for n in nodes_in(value)]
    gap = machine.state.node("gap", "", used, machine.place(frame, expr))
    return machine.state.unknown(f"{expr.id} comes from code that is not there yet", deps=[gap])


def _attr(machine: Interpreter, expr: ir.Attr, frame: Frame) -> Value:
    value = machine.eval(expr.value, frame)
    return machine.state.resolve(
        attributes.get_attr(machine, value, expr.attr, machine.place(frame, expr))
    )


def _call(machine: Interpreter, expr: ir.Call, frame: Frame) -> Value:
    func = machine.eval(expr.func, frame)
    args = parameters.evaluated(machine, expr, frame)
    return machine.state.resolve(calls.call(machine, func, args, frame))


def _subscript(machine: Interpreter, expr: ir.Subscript, frame: Frame) -> Value:
    value = machine.eval(expr.value, frame)
    if isinstance(expr.index, ir.Slice):
        return subscripts.slice_item(
            machine,
            value,
            [
                machine.eval(part, frame) if part is not None else NONE
                for part in (expr.index.lower, expr.index.upper, expr.index.step)
            ],
            machine.place(frame, expr),
        )
    return machine.state.resolve(
        subscripts.get_item(
            machine, value, machine.eval(expr.index, frame), machine.place(frame, expr)
        )
    )


def _slice(machine: Interpreter, expr: ir.Slice, frame: Frame) -> Value:
    for part in (expr.lower, expr.upper, expr.step):
        if part is not None:
            machine.eval(part, frame)
    return machine.state.unknown("a slice")


def _collection(machine: Interpreter, expr: ir.Collection, frame: Frame) -> Value:
    out = Seq(expr.kind, [])
    out.born = machine.state.paths.now
    for item in expr.items:
        if isinstance(item, ir.Starred):
            items, exact = machine.iterate(machine.eval(item.value, frame))
            out.items.extend(items)
            out.exact = out.exact and exact
        else:
            out.items.append(machine.eval(item, frame))
    return out


def _starred(machine: Interpreter, expr: ir.Starred, frame: Frame) -> Value:
    return machine.eval(expr.value, frame)


def _dict(machine: Interpreter, expr: ir.Dict, frame: Frame) -> Value:
    out = Map()
    out.born = machine.state.paths.now
    for item in expr.items:
        value = machine.eval(item.value, frame)
        if item.key is not None:
            dicts.put(machine, out, machine.eval(item.key, frame), value)
        else:
            dicts.put_all(machine, out, value)
    return out


def _lambda(machine: Interpreter, expr: ir.Lambda, frame: Frame) -> Value:
    return machine.make_function(expr, "<lambda>", expr.params, frame, False)


def _compare(machine: Interpreter, expr: ir.Compare, frame: Frame) -> Value:
    left = machine.eval(expr.left, frame)
    result: Value = TRUE
    for op, node in zip(expr.ops, expr.rights, strict=True):
        right = machine.eval(node, frame)
        one = comparisons.compare(machine, op, left, right, machine.place(frame, expr))
        result = one if result is TRUE else truth.both(machine, "and", result, one)
        left = right
    return result


def _bool_op(machine: Interpreter, expr: ir.BoolOp, frame: Frame) -> Value:
    left = machine.eval(expr.left, frame)
    paths, guards = machine.state.paths, machine.state.paths.guards
    before = paths.now
    # A condition of its own: in a loop, all that is asked at one place is one condition.
    machine.state.conditions.asking = machine.place(frame, expr.left)
    holds = machine.guard_of(left)
    stays = holds if expr.op == "or" else holds ^ 1
    kept, rest = guards.split(before, stays)
    if rest == FALSE_GUARD:
        return left
    paths.now = rest
    try:
        right = machine.eval(expr.right, frame)
    except Stop:
        if kept == FALSE_GUARD:
            raise
        paths.now = kept
        return machine.state.resolve(left)
    paths.now = guards.disj(kept, paths.now)
    if kept == FALSE_GUARD:
        return right
    if truth.is_test(machine, left) and truth.is_test(machine, right):
        return truth.both(machine, expr.op, left, right)
    return paths.join([(stays, left), (stays ^ 1, right)])


def _bin_op(machine: Interpreter, expr: ir.BinOp, frame: Frame) -> Value:
    left = machine.eval(expr.left, frame)
    right = machine.eval(expr.right, frame)
    return operators.binary(machine, expr.op, left, right, machine.place(frame, expr))


def _unary_op(machine: Interpreter, expr: ir.UnaryOp, frame: Frame) -> Value:
    return operators.unary(
        machine, expr.op, machine.eval(expr.value, frame), machine.place(frame, expr)
    )


def _if_exp(machine: Interpreter, expr: ir.IfExp, frame: Frame) -> Value:
    paths, guards = machine.state.paths, machine.state.paths.guards
    machine.state.conditions.asking = machine.place(frame, expr.test)
    value = machine.eval(expr.test, frame)
    bypass.note_mode(machine, expr.test, value, frame)
    on_true, on_false = guards.split(paths.now, machine.guard_of(value))
    body, orelse = bypass.sides(machine, expr, frame)
    if on_false == FALSE_GUARD:
        return body()
    if on_true == FALSE_GUARD:
        return orelse()
    return paths.each([(on_true, body), (on_false, orelse)])


def _comprehension(machine: Interpreter, expr: ir.Comprehension, frame: Frame) -> Value:
    inner = Frame(frame.module, {}, frame, frame.func)
    inner.cls, inner.self_value = frame.cls, frame.self_value
    inner.global_names = frame.global_names
    inner.guard = machine.state.paths.now
    if expr.kind == "dict":
        mapping = Map()
        mapping.born = inner.guard
        _generate(machine, expr, 0, inner, mapping, None)
        return mapping
    out = Seq("set" if expr.kind == "set" else "list", [])
    out.born = inner.guard
    _generate(machine, expr, 0, inner, None, out)
    return out


def _generate(
    machine: Interpreter,
    expr: ir.Comprehension,
    index: int,
    frame: Frame,
    mapping: Map | None,
    out: Seq | None,
) -> None:
    paths = machine.state.paths
    if index == len(expr.generators):
        value = machine.eval(expr.element, frame)
        if mapping is not None and expr.key is not None:
            dicts.put(machine, mapping, machine.eval(expr.key, frame), value)
        elif out is not None:
            paths.append(out, [value])
        return
    generator = expr.generators[index]
    iterable = machine.eval(generator.iterable, frame)
    items, exact = machine.iterate(iterable)
    cheap = isinstance(expr.element, (ir.Name, ir.Attr, ir.Const))
    visited = items if cheap else machine.loop_items(iterable)
    complete = exact and len(visited) == len(items)
    before = paths.now
    lost = FALSE_GUARD
    try:
        for item in visited:
            paths.now = paths.guards.conj(before, paths.presence(item))
            if paths.now == FALSE_GUARD:
                continue
            frame.guard = paths.now
            mark = paths.now
            try:
                machine.bind(generator.target, paths.present(item), frame)
                for test in generator.ifs:
                    keep, sure = machine.assumed(machine.eval(test, frame))
                    complete = complete and sure
                    mark = paths.now = paths.guards.conj(paths.now, keep)
                    if mark == FALSE_GUARD:
                        break
                if mark != FALSE_GUARD:
                    _generate(machine, expr, index + 1, frame, mapping, out)
                    lost = paths.guards.disj(lost, paths.guards.minus(mark, paths.now))
            except Stop:
                lost = paths.guards.disj(lost, mark)
    finally:
        if not cheap:
            machine.leave_loop()
    paths.now = paths.guards.minus(before, lost)
    if paths.now == FALSE_GUARD:
        raise Stop
    if not complete:
        if mapping is not None:
            mapping.exact = False
        if out is not None:
            out.exact = False


def _joined(machine: Interpreter, expr: ir.Joined, frame: Frame) -> Value:
    parts = [machine.eval(p, frame) for p in expr.parts]
    parts = [truth.options(machine, p) or p for p in parts]
    if any(isinstance(p, Choice) for p in parts):
        place = machine.place(frame, expr)
        return lifted(
            machine, Args(parts, {}, place), lambda given: _text(machine, given.positional)
        )
    return _text(machine, parts)


def _text(machine: Interpreter, parts: list[Value]) -> Value:
    long = sum(len(p.value) for p in parts if isinstance(p, Known) and isinstance(p.value, str))
    if all(isinstance(p, Known) for p in parts) and long <= operators.LONGEST:
        return Known("".join(str(p.value) for p in parts if isinstance(p, Known)))
    keys = [truth.key_of(machine, p) for p in parts]
    return machine.state.unknown("a formatted string", "joined", *keys)


def _await(machine: Interpreter, expr: ir.Await, frame: Frame) -> Value:
    return machine.eval(expr.value, frame)


def _yield(machine: Interpreter, expr: ir.Yield, frame: Frame) -> Value:
    value = machine.eval(expr.value, frame) if expr.value is not None else NONE
    if frame.on_yield is not None:
        frame.on_yield(value)
    elif frame.yielded is not None:
        paths = machine.state.paths
        paths.append(frame.yielded, machine.iterate(value)[0] if expr.is_from else [value])
    return machine.state.unknown("a sent value")


def _named_expr(machine: Interpreter, expr: ir.NamedExpr, frame: Frame) -> Value:
    value = machine.eval(expr.value, frame)
    machine.bind(expr.target, value, frame)
    return value


EXPRESSIONS: dict[type, Callable[[Interpreter, Any, Frame], Value]] = {
    ir.Const: _const,
    ir.Name: _name,
    ir.Attr: _attr,
    ir.Call: _call,
    ir.Subscript: _subscript,
    ir.Slice: _slice,
    ir.Collection: _collection,
    ir.Starred: _starred,
    ir.Dict: _dict,
    ir.Lambda: _lambda,
    ir.Compare: _compare,
    ir.BoolOp: _bool_op,
    ir.BinOp: _bin_op,
    ir.UnaryOp: _unary_op,
    ir.IfExp: _if_exp,
    ir.Comprehension: _comprehension,
    ir.Joined: _joined,
    ir.Await: _await,
    ir.Yield: _yield,
    ir.NamedExpr: _named_expr,
}
