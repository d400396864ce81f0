"""Stages of a loop: what runs in its first turns only, and what in its later ones.

``if step < 1000:`` splits the turns of a loop over ``range(…)`` once and for good, where
``if step % 2:`` takes turns. The first are phases of training, as two loops would be.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bnlint.interp.syntax import nodes
from bnlint.interp.values import Known, Unknown
from bnlint.source import ir

if TYPE_CHECKING:
    from collections.abc import Callable

    from bnlint.interp.interpreter import Interpreter
    from bnlint.interp.scope import Frame

    Branch = Callable[[], bool]

_SMALLER, _GREATER = ("<", "<="), (">", ">=")
_RANGES = ("range", "xrange", "arange", "trange", "prange")
_WRAPPERS = ("tqdm", "enumerate", "tqdm_notebook", "track")


def _counter(stmt: ir.For) -> str | None:
    """The name that a loop counts upwards, None if it does not."""
    target, iterable = stmt.target, stmt.iterable
    name = _called(iterable)
    while name in _WRAPPERS and isinstance(iterable, ir.Call) and iterable.args:
        if name == "enumerate" and isinstance(target, ir.Collection) and target.items:
            first = target.items[0]
            return first.id if isinstance(first, ir.Name) else None
        iterable = iterable.args[0].value
        name = _called(iterable)
    if name not in _RANGES or not isinstance(iterable, ir.Call) or not isinstance(target, ir.Name):
        return None
    return target.id if len([a for a in iterable.args if a.name is None]) < 3 else None


def _called(expr: ir.Expr) -> str:
    if not isinstance(expr, ir.Call):
        return ""
    func = expr.func
    return func.attr if isinstance(func, ir.Attr) else func.id if isinstance(func, ir.Name) else ""


def branches(
    machine: Interpreter, stmt: ir.If, frame: Frame, body: Branch, orelse: Branch
) -> tuple[Branch, Branch]:
    """The branches of a statement, each noted as a stage if its test splits the outermost loop."""
    state = machine.state
    if not frame.loops or len(state.loops) != len(frame.loops):
        return body, orelse
    loop = frame.loops[0].stmt
    split = None if loop is None else _split(machine, stmt.test, frame, loop)
    if split is None:
        return body, orelse
    threshold, first = split

    def run(branch: Branch, late: bool) -> bool:
        state.stages.append((state.loops[0], threshold, late))
        try:
            return branch()
        finally:
            state.stages.pop()

    return lambda: run(body, not first), lambda: run(orelse, first)


def _split(
    machine: Interpreter, test: ir.Expr, frame: Frame, loop: ir.For
) -> tuple[int, bool] | None:
    """What a counter is compared with, and whether the test holds in the first turns."""
    if not isinstance(test, ir.Compare) or len(test.ops) != 1:
        return None
    name = _counter(loop)
    if name is None:
        return None
    left, right, op = test.left, test.rights[0], test.ops[0]
    if op not in (*_SMALLER, *_GREATER):
        return None
    if isinstance(left, ir.Name) and left.id == name:
        first, other = op in _SMALLER, right
    elif isinstance(right, ir.Name) and right.id == name:
        first, other = op in _GREATER, left
    else:
        return None
    if not isinstance(other, (ir.Name, ir.Attr, ir.Const, ir.Subscript)):
        return None  # what is computed may change with the turns
    if any(_writes(node, (name, _base(other))) for node in nodes(loop.body)):
        return None  # so may what is set in the loop
    value, keys = machine.eval(other, frame), machine.state.keys
    if isinstance(value, Known):
        return keys.of("const", value.value), first
    if isinstance(value, Unknown) and value.key is not None and not keys.varies(value.key):
        return value.key, first
    return None


def _base(expr: ir.Expr) -> str:
    """The name that an expression begins with."""
    while isinstance(expr, (ir.Attr, ir.Subscript)):
        expr = expr.value
    return expr.id if isinstance(expr, ir.Name) else ""


def _writes(node: ir.Node, names: tuple[str, ...]) -> bool:
    if isinstance(node, (ir.AugAssign, ir.For)):
        return _base(node.target) in names
    return isinstance(node, ir.Assign) and any(_base(target) in names for target in node.targets)
