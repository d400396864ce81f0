"""Tests that decide whether batch norm is applied to a tensor, or the tensor is used as it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bnlint.interp.choices import Choice
from bnlint.interp.effects import flags
from bnlint.interp.guards import FALSE, Guard
from bnlint.interp.nodes import Node, Phi
from bnlint.interp.recorded import Decided, Layer
from bnlint.interp.scope import Test
from bnlint.interp.values import Api, Bound, Chosen, Func, Instance, Known, Partial
from bnlint.source import ir

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from bnlint.interp.interpreter import Interpreter
    from bnlint.interp.scope import Frame
    from bnlint.interp.values import Place, Value

Target = ir.Name | ir.Attr
RETURNED = "return"
_TRAINING = frozenset({"train", "training"})
_OTHERS = frozenset({"eval", "evaluate", "evaluation", "infer", "inference", "predict", "test"})
_DEEPEST = 12
_MOST_SOURCES = 32
"""A test with more outcomes than this on one side is one of many, and no switch of the mode."""


class _Many(Exception):
    """A test has more outcomes than are told apart."""


def _reached(machine: Interpreter, place: Place, test: ir.Expr, frame: Frame) -> Test:
    """A test that is to be decided now."""
    out = Test(place, when_training(test), machine.state.fresh(), machine.state.paths.now)
    tables = [("", frame.locals)]
    if isinstance(frame.self_value, Instance):
        tables.append(("self.", frame.self_value.attrs))
    for prefix, table in tables:
        out.seen.extend(
            (prefix + name, value)
            for name, value in table.items()
            if isinstance(value, (Node, Choice))
        )
    return out


def _held(machine: Interpreter, test: Test) -> dict[Node, set[str]]:
    """The names of the tensors that were there at a test, by tensor."""
    if test.held is None:
        test.held = {}
        paths = machine.state.paths
        now, paths.now = paths.now, test.now
        for name, value in test.seen:
            for node in _tensors(paths.read(value)):
                test.held.setdefault(node, set()).add(name)
        paths.now = now
    return test.held


def _tensors(value: Value) -> list[Node]:
    """The tensors that a value may be: with a merged one those that it stands for, too."""
    parts = [v for _, v in value.alternatives] if isinstance(value, Choice) else [value]
    found = [part for part in parts if isinstance(part, Node)]
    return [*found, *(i for n in found if n.kind == "phi" for i in n.inputs)]


def decides(machine: Interpreter, stmt: ir.If) -> tuple[list[Target], bool]:
    """The names and attributes that a branch of a statement binds, and whether one returns."""
    known = machine.state.decisions.get(id(stmt))
    if known is None:
        names: dict[str, Target] = {}
        returns = _own(machine, stmt.body, names)
        returns = _own(machine, stmt.orelse, names) or returns
        known = machine.state.decisions[id(stmt)] = list(names.values()), returns
        machine.state.steps += len(names)  # an `elif` has the names of all that follow
    return known


def _own(machine: Interpreter, body: list[ir.Stmt], names: dict[str, Target]) -> bool:
    """Collect what a block binds, but for loops and functions; whether it returns."""
    returns = False
    for stmt in body:
        if isinstance(stmt, ir.If):
            inner, returned = decides(machine, stmt)
            names.update((_spelt(target), target) for target in inner)
            returns = returns or returned
        elif isinstance(stmt, ir.With):
            returns = _own(machine, stmt.body, names) or returns
        elif isinstance(stmt, ir.Assign):
            for target in stmt.targets:
                if isinstance(target, (ir.Name, ir.Attr)) and (spelt := _spelt(target)):
                    names[spelt] = target
        elif isinstance(stmt, ir.Return):
            returns = True
    return returns


def _spelt(target: Target) -> str:
    """``name`` or ``name.attribute``; empty for an attribute of anything else."""
    if isinstance(target, ir.Name):
        return target.id
    return f"{target.value.id}.{target.attr}" if isinstance(target.value, ir.Name) else ""


def when_training(test: ir.Expr) -> bool | None:
    """How a test comes out in training, None if its words do not ask for that."""
    if isinstance(test, ir.UnaryOp):
        inner = when_training(test.value)
        return None if inner is None else not inner
    if isinstance(test, ir.BoolOp):
        sides = [when_training(test.left), when_training(test.right)]
        wanted = test.op == "and"  # a part of such a test is enough to keep the layer out
        return wanted if wanted in sides else None
    if isinstance(test, ir.Compare):
        return _compared(test)
    if isinstance(test, ir.Subscript):
        key = test.index
        return True if isinstance(key, ir.Const) and key.value in flags.NAMES else None
    return True if _last(test) in flags.NAMES else None


def _compared(test: ir.Compare) -> bool | None:
    if len(test.rights) != 1 or test.ops[0] not in ("==", "is", "!=", "is not"):
        return None
    same = test.ops[0] in ("==", "is")
    for side, other in ((test.left, test.rights[0]), (test.rights[0], test.left)):
        if isinstance(side, ir.Const) and isinstance(side.value, bool):
            inner = when_training(other)
            return None if inner is None else inner == (side.value == same)
        word = side.value if isinstance(side, ir.Const) else _last(side)
        if not isinstance(word, str) or isinstance(side, ir.Name):
            continue
        if word.lower() in _TRAINING:
            return same
        if word.lower() in _OTHERS:
            return not same
    return None


def _last(expr: ir.Expr) -> str:
    if isinstance(expr, ir.Attr):
        return expr.attr
    return expr.id if isinstance(expr, ir.Name) else ""


def note_mode(machine: Interpreter, test: ir.Expr, value: Value, frame: Frame) -> None:
    """Keep that a function found itself in training: what it writes by hand then is in that mode.

    That it is in another one tells less: such tests also ask for options.
    """
    wanted = when_training(test)
    if wanted is None:
        return
    frame.mode = None
    if isinstance(value, Known) and value.value is wanted:
        found = Known(True, value.origin, value.default, value.assumed)
        frame.mode = _in_words(test), found, machine.state.paths.now


def _in_words(test: ir.Expr) -> str:
    """What a test asks, or the names it asks for where that is short enough for a message."""
    if isinstance(test, ir.UnaryOp):
        return _in_words(test.value)
    if isinstance(test, ir.Compare) and len(test.rights) == 1:
        sides = [
            repr(side.value) if isinstance(side, ir.Const) else _last(side)
            for side in (test.left, test.rights[0])
        ]
        return f" {test.ops[0]} ".join(sides) if all(sides) else "its mode"
    return _last(test) or "its mode"


def branches(
    machine: Interpreter, stmt: ir.If, frame: Frame, on_true: Guard, on_false: Guard
) -> tuple[Callable[[], bool], Callable[[], bool]]:
    """What runs each branch of a statement, noting what it makes of tensors."""
    names, returns = decides(machine, stmt)
    if not names and not returns:
        return (
            lambda: machine.block(stmt.body, frame),
            lambda: machine.block(stmt.orelse, frame),
        )
    test = _reached(machine, machine.place(frame, stmt.test), stmt.test, frame)
    if returns:
        test.on_true, test.on_false = on_true, on_false
        frame.tests.append(test)

    none = {_spelt(t) for t in names if _is_none(_stored(t, frame)[1])}
    none |= _set_to_none([*stmt.body, *stmt.orelse])

    def run(body: list[ir.Stmt], taken: bool) -> bool:
        if machine.block(body, frame):
            return True
        now = machine.state.paths.now
        for target in names:
            name, value = _stored(target, frame)
            if value is not None:
                value = machine.state.paths.read(value)
                _note(machine, test, name, taken, value, now)
                if _spelt(target) in none:
                    chosen = _chosen(machine, test, name, taken, value)
                    if chosen is not value:
                        machine.bind(target, chosen, frame)
        return False

    return lambda: run(stmt.body, True), lambda: run(stmt.orelse, False)


def _stored(target: Target, frame: Frame) -> tuple[str, Value | None]:
    """What a name or an attribute holds, None if it is not there: nothing is run to find out."""
    if isinstance(target, ir.Name):
        return target.id, frame.locals.get(target.id)
    assert isinstance(target.value, ir.Name)
    owner = frame.locals.get(target.value.id)
    return target.attr, owner.attrs.get(target.attr) if isinstance(owner, Instance) else None


def returned(machine: Interpreter, frame: Frame, found: list[tuple[Guard, Value]]) -> None:
    """A function is left: what it gives back, by the tests that made it return."""
    guards = machine.state.paths.guards
    if len(frame.tests) * len(found) > _MOST_SOURCES**2:
        machine.state.undecided.update(test.place for test in frame.tests)
    for test in frame.tests:
        if test.place in machine.state.undecided:
            continue
        for guard, value in found:
            for taken, side in ((True, test.on_true), (False, test.on_false)):
                both = guards.conj(guard, side)
                if both != FALSE:
                    _note(machine, test, RETURNED, taken, value, both)


def sides(
    machine: Interpreter, expr: ir.IfExp, frame: Frame
) -> tuple[Callable[[], Value], Callable[[], Value]]:
    """What computes each side of a conditional expression, noting what it makes of tensors."""
    test = _reached(machine, machine.place(frame, expr.test), expr.test, frame)
    optional = any(_is_none_written(side) for side in (expr.body, expr.orelse))

    def compute(side: ir.Expr, taken: bool) -> Value:
        value = machine.eval(side, frame)
        _note(machine, test, RETURNED, taken, value, machine.state.paths.now)
        return _chosen(machine, test, RETURNED, taken, value) if optional else value

    return lambda: compute(expr.body, True), lambda: compute(expr.orelse, False)


def _is_none(value: Value | None) -> bool:
    return isinstance(value, Known) and value.value is None


def _is_none_written(expr: ir.Expr) -> bool:
    return isinstance(expr, ir.Const) and expr.value is None


def _set_to_none(body: list[ir.Stmt]) -> set[str]:
    """The names that the statements of a block set to None."""
    return {
        _spelt(target)
        for stmt in body
        if isinstance(stmt, ir.Assign) and _is_none_written(stmt.value)
        for target in stmt.targets
        if isinstance(target, (ir.Name, ir.Attr))
    }


def _chosen(machine: Interpreter, test: Test, target: str, taken: bool, value: Value) -> Value:
    """What a test of the mode chose, which may be the function that is to normalise, or none.

    Asked only where one of the two is None: what chooses between two functions stays as it is.
    """
    if test.training is None:
        return value
    state = machine.state
    if _is_none(value):
        roles = frozenset({target})
        state.decided.append(
            Decided(test.place, target, taken, (), None, roles, test.training, state.paths.now)
        )
    elif isinstance(value, (Func, Bound, Partial)) or (
        isinstance(value, Api) and value.name in machine.modules.apis.functions
    ):
        return Chosen(value, test.place, target, taken, test.training)
    return value


def in_graph(
    machine: Interpreter, place: Place, flag: list[Node], on_true: Value, on_false: Value, mark: int
) -> None:
    """A ``tf.cond`` by a flag that is fed, with the two tensors that it selects between."""
    if len(flag) != 1 or flag[0].kind != "placeholder":
        return
    sides = []
    for value in (on_true, on_false):
        if not isinstance(value, Node):
            return
        try:
            found = list(_walk(machine, value, machine.state.paths.now, mark, 0))
        except _Many:
            return
        if len(found) != 1:
            return
        sides.append(found[0])
    if sides[0][2] is not sides[1][2]:
        return
    for taken, (guard, layers, tensor) in zip((True, False), sides, strict=True):
        roles = frozenset({RETURNED})
        machine.state.decided.append(
            Decided(place, RETURNED, taken, layers, tensor, roles, None, guard, flag[0])
        )


def _note(
    machine: Interpreter, test: Test, target: str, taken: bool, value: Value, guard: Guard
) -> None:
    state = machine.state
    if test.place in state.undecided:
        return
    try:
        outcomes = [
            (found, layers, source)
            for when, node in _alternatives(machine, value, guard)
            for found, layers, source in _walk(machine, node, when, test.mark, 0)
        ]
    except _Many:
        state.undecided.add(test.place)
        return
    for found, layers, source in outcomes:
        roles = _held(machine, test).get(source)
        if roles is None:
            continue
        one = Decided(
            test.place, target, taken, layers, source, frozenset(roles), test.training, found
        )
        state.decided.append(one)


def _alternatives(machine: Interpreter, value: Value, guard: Guard) -> Iterator[tuple[Guard, Node]]:
    parts = value.alternatives if isinstance(value, Choice) else [(guard, value)]
    if len(parts) > _MOST_SOURCES:
        raise _Many
    for own, one in parts:
        both = machine.state.paths.guards.conj(guard, own)
        if both != FALSE and isinstance(one, Node):
            yield both, one


def _walk(
    machine: Interpreter, node: Node, guard: Guard, mark: int, depth: int
) -> Iterator[tuple[Guard, tuple[Layer, ...], Node]]:
    """Back to what was there before the test, with the layers between: no other with weights."""
    if isinstance(node, Phi) and node.id > mark:
        if len(node.alternatives) > _MOST_SOURCES:
            raise _Many
        for own, one in node.alternatives:
            both = machine.state.paths.guards.conj(guard, own)
            if both != FALSE and depth < _DEEPEST:
                yield from _walk(machine, one, both, mark, depth + 1)
        return
    if node.id <= mark:
        yield guard, (), node
        return
    if depth >= _DEEPEST or not node.inputs:
        return
    layer = node.layer if node.kind == "norm" else None
    if layer is None and (node.kind not in ("op", "linear") or len(node.inputs) > 1):
        return
    for found, layers, source in _walk(machine, node.inputs[0], guard, mark, depth + 1):
        yield found, (*layers, layer) if layer is not None else layers, source
