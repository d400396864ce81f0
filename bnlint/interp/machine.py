"""The abstract machine: runs the IR of a program and builds its abstract graph.

One run follows one path: an undecided condition is decided once (``State.decide``) and the same
condition is decided the same way for the rest of the run. ``explore`` runs a program again for
the other sides. So a run needs no joins, and correlated conditions stay correlated.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bnlint.interp import api, attributes, calls, operators, tensorflow
from bnlint.interp.nodes import nodes_in
from bnlint.interp.overwriting import overwrite_entries
from bnlint.interp.scope import Frame
from bnlint.interp.state import OutOfBudget, State
from bnlint.interp.statements import STATEMENTS, Signal
from bnlint.interp.syntax import is_unwritten
from bnlint.interp.values import (
    NONE,
    TRUE,
    Api,
    External,
    Func,
    Instance,
    Known,
    Map,
    Place,
    Seq,
    Unknown,
    Value,
)
from bnlint.source import ir

if TYPE_CHECKING:
    from collections.abc import Callable

    from bnlint.interp.imports import Modules


class Machine:
    """Evaluates expressions and executes statements over one ``State``."""

    def __init__(self, state: State, modules: Modules) -> None:
        self.state = state
        self.modules = modules
        self.limit = state.budget.steps

    # --- small helpers -----------------------------------------------------------------------

    def place(self, frame: Frame, node: ir.Node) -> Place:
        return (frame.module.path, node.span)

    def unknown_from(self, reason: str, *values: Value) -> Unknown:
        """A fresh unknown that depends on all the nodes its sources hold."""
        deps = [n for v in values for n in nodes_in(v)]
        return self.state.unknown(reason, deps=dict.fromkeys(deps))

    def trace(self) -> tuple[Place, ...]:
        """The calls that led to the running function, outermost first."""
        return tuple(f.call_place for f in self.state.frames if f.call_place is not None)

    def in_unit_test(self) -> bool:
        """Whether a method of a ``TestCase`` is running."""
        classes = [f.cls for f in self.state.frames if f.cls is not None]
        return any(
            isinstance(base, (Api, External)) and base.name.endswith("TestCase")
            for cls in dict.fromkeys(classes)
            for base in cls.foreign_bases()
        )

    # --- statements --------------------------------------------------------------------------

    def block(self, body: list[ir.Stmt], frame: Frame) -> Signal:
        step = self.state.step
        for stmt in body:
            step()
            if stmt.__class__ is ir.Raise and stmt is not body[-1] and is_unwritten(stmt):
                frame.has_gap = True
                continue
            handler = STATEMENTS.get(type(stmt))
            if handler is None:
                continue
            signal = handler(self, stmt, frame)
            if signal is not None:
                return signal
        return None

    def loop_items(self, iterable: Value) -> list[Value]:
        """The elements one loop visits; ``leave_loop`` must follow."""
        items, exact = self.iterate(iterable)
        state = self.state
        if not items and not exact:
            key = operators.key_of(self, iterable)
            deps = tuple(nodes_in(iterable))
            items = [
                Unknown("element of an unknown iterable", state.keys.of("item", key, i), deps)
                for i in range(2)
            ]
        limit = max(2, state.budget.loop // state.loop_weight)
        if len(items) > limit:
            items = [*items[: limit - 1], items[-1]]
        state.loop_weights.append(state.loop_weight)
        state.loop_weight *= max(1, len(items))
        return items

    def leave_loop(self) -> None:
        self.state.loop_weight = self.state.loop_weights.pop()

    def make_function(
        self,
        node: ir.FunctionDef | ir.Lambda,
        name: str,
        params: ir.Params,
        frame: Frame,
        generator: bool,
    ) -> Func:
        defaults: dict[str, Value] = {}
        for param in params.params:
            if param.default is not None:
                value = self.eval(param.default, frame)
                if isinstance(value, Known):
                    value = Known(value.value, value.origin, True, value.assumed)
                defaults[param.name] = value
        closure = None if frame.locals is frame.module.globals else frame
        if closure is not None and closure.cls is not None and closure.func is None:
            closure = closure.parent  # a class body is no closure
        func = Func(node, name, frame.module, closure, defaults, generator)
        if frame.cls is not None and frame.func is None:
            func.defining_class = frame.cls
        return func

    # --- names -------------------------------------------------------------------------------

    def store(self, name: str, value: Value, frame: Frame) -> None:
        if frame.global_names is not None and name in frame.global_names:
            frame.module.globals[name] = value
            return
        if frame.outer_names is not None and name in frame.outer_names:
            frame.outer_names[name][name] = value
            return
        frame.locals[name] = value

    def bind(self, target: ir.Expr, value: Value, frame: Frame) -> None:
        if isinstance(target, ir.Name):
            self.store(target.id, value, frame)
        elif isinstance(target, ir.Attr):
            attributes.set_attr(self, self.eval(target.value, frame), target.attr, value)
        elif isinstance(target, ir.Subscript):
            operators.set_item(
                self, self.eval(target.value, frame), self.eval(target.index, frame), value
            )
        elif isinstance(target, ir.Collection):
            self._unpack(target.items, value, frame)
        elif isinstance(target, ir.Starred):
            self.bind(target.value, value, frame)

    def _unpack(self, targets: list[ir.Expr], value: Value, frame: Frame) -> None:
        items, exact = self.iterate(value)
        star = next((i for i, t in enumerate(targets) if isinstance(t, ir.Starred)), None)
        if exact and star is None and len(items) == len(targets):
            for target, item in zip(targets, items, strict=True):
                self.bind(target, item, frame)
            return
        if exact and star is not None and len(items) >= len(targets) - 1:
            after = len(targets) - star - 1
            for target, item in zip(targets[:star], items[:star], strict=True):
                self.bind(target, item, frame)
            self.bind(targets[star], Seq("list", items[star : len(items) - after]), frame)
            for target, item in zip(targets[star + 1 :], items[len(items) - after :], strict=True):
                self.bind(target, item, frame)
            return
        key = operators.key_of(self, value)
        deps = tuple(nodes_in(value))
        for i, target in enumerate(targets):
            part: Value = Unknown(
                "part of an unknown value", self.state.keys.of("part", key, i), deps
            )
            if not exact and i < len(items):
                part = items[i]
            self.bind(target, part, frame)

    # --- expressions -------------------------------------------------------------------------

    def eval(self, expr: ir.Expr, frame: Frame) -> Value:
        state = self.state  # the hottest line of all: State.step, written out
        state.steps += 1
        if state.steps > self.limit:
            raise OutOfBudget
        return _EXPRESSIONS[type(expr)](self, expr, frame)

    def _const(self, expr: ir.Const, frame: Frame) -> Value:
        if expr.kind in ("none", "bool", "int", "float", "str"):
            return Known(expr.value, (frame.module.path, expr.span))
        return self.state.unknown("a constant", "const", expr.kind, str(expr.value))

    def _name(self, expr: ir.Name, frame: Frame) -> Value:
        found = frame.find(expr.id)
        if found is not None:
            value = found[expr.id]
            return self.state.resolve(value) if value.__class__ is Unknown else value
        for owner in frame.module.stars:
            name = api.canonical(f"{owner}.{expr.id}")
            if tensorflow.knows(name):
                return Api(name)
        builtin = calls.builtin(self, expr.id)
        if builtin is not None:
            return builtin
        if frame.has_gap and frame.func is not None:
            return self._from_gap(expr, frame)
        return self.state.unknown(f"the name {expr.id} is not defined here", "name", expr.id)

    def _from_gap(self, expr: ir.Name, frame: Frame) -> Value:
        """What code that is still to be written would bind: it may use all that is there."""
        used = [n for value in frame.locals.values() for n in nodes_in(value)]
        gap = self.state.node("gap", "", used, self.place(frame, expr))
        return self.state.unknown(f"{expr.id} comes from code that is not there yet", deps=[gap])

    def _attr(self, expr: ir.Attr, frame: Frame) -> Value:
        value = self.eval(expr.value, frame)
        return self.state.resolve(
            attributes.get_attr(self, value, expr.attr, self.place(frame, expr))
        )

    def _call(self, expr: ir.Call, frame: Frame) -> Value:
        func = self.eval(expr.func, frame)
        args = calls.evaluate_args(self, expr, frame)
        return self.state.resolve(calls.call(self, func, args, frame))

    def _subscript(self, expr: ir.Subscript, frame: Frame) -> Value:
        value = self.eval(expr.value, frame)
        if isinstance(expr.index, ir.Slice):
            return operators.slice_item(
                self,
                value,
                [
                    self.eval(part, frame) if part is not None else NONE
                    for part in (expr.index.lower, expr.index.upper, expr.index.step)
                ],
                self.place(frame, expr),
            )
        return self.state.resolve(
            operators.get_item(self, value, self.eval(expr.index, frame), self.place(frame, expr))
        )

    def _slice(self, expr: ir.Slice, frame: Frame) -> Value:
        for part in (expr.lower, expr.upper, expr.step):
            if part is not None:
                self.eval(part, frame)
        return self.state.unknown("a slice")

    def _collection(self, expr: ir.Collection, frame: Frame) -> Value:
        out = Seq(expr.kind, [])
        for item in expr.items:
            if isinstance(item, ir.Starred):
                items, exact = self.iterate(self.eval(item.value, frame))
                out.items.extend(items)
                out.exact = out.exact and exact
            else:
                out.items.append(self.eval(item, frame))
        return out

    def _starred(self, expr: ir.Starred, frame: Frame) -> Value:
        return self.eval(expr.value, frame)

    def _dict(self, expr: ir.Dict, frame: Frame) -> Value:
        out = Map()
        for item in expr.items:
            value = self.eval(item.value, frame)
            if item.key is not None:
                out.put(self.eval(item.key, frame), value)
            elif isinstance(value, Map):
                for key in value.items:
                    out.put(value.keys[key], value.items[key])
                out.exact = out.exact and value.exact
            else:
                overwrite_entries(out)
        return out

    def _lambda(self, expr: ir.Lambda, frame: Frame) -> Value:
        return self.make_function(expr, "<lambda>", expr.params, frame, False)

    def _compare(self, expr: ir.Compare, frame: Frame) -> Value:
        left = self.eval(expr.left, frame)
        result: Value = TRUE
        for op, node in zip(expr.ops, expr.rights, strict=True):
            right = self.eval(node, frame)
            one = operators.compare(self, op, left, right, self.place(frame, expr))
            result = one if result is TRUE else operators.both(self, "and", result, one)
            left = right
        return result

    def _bool_op(self, expr: ir.BoolOp, frame: Frame) -> Value:
        left = self.eval(expr.left, frame)
        known = operators.truth_of(self, left)
        if known is not None:
            if known == (expr.op == "or"):
                return left
            return self.eval(expr.right, frame)
        return operators.both(self, expr.op, left, self.eval(expr.right, frame))

    def _bin_op(self, expr: ir.BinOp, frame: Frame) -> Value:
        left = self.eval(expr.left, frame)
        right = self.eval(expr.right, frame)
        return operators.binary(self, expr.op, left, right, self.place(frame, expr))

    def _unary_op(self, expr: ir.UnaryOp, frame: Frame) -> Value:
        return operators.unary(self, expr.op, self.eval(expr.value, frame), self.place(frame, expr))

    def _if_exp(self, expr: ir.IfExp, frame: Frame) -> Value:
        value = self.eval(expr.test, frame)
        self.state.deciding = expr
        test = self.truth(value)
        return self.eval(expr.body if test else expr.orelse, frame)

    def _comprehension(self, expr: ir.Comprehension, frame: Frame) -> Value:
        inner = Frame(frame.module, {}, frame, frame.func)
        inner.cls, inner.self_value = frame.cls, frame.self_value
        inner.global_names = frame.global_names
        if expr.kind == "dict":
            mapping = Map()
            self._generate(expr, 0, inner, mapping, None)
            return mapping
        out = Seq("set" if expr.kind == "set" else "list", [])
        self._generate(expr, 0, inner, None, out)
        return out

    def _generate(
        self, expr: ir.Comprehension, index: int, frame: Frame, mapping: Map | None, out: Seq | None
    ) -> None:
        if index == len(expr.generators):
            value = self.eval(expr.element, frame)
            if mapping is not None and expr.key is not None:
                mapping.put(self.eval(expr.key, frame), value)
            elif out is not None:
                out.items.append(value)
            return
        generator = expr.generators[index]
        iterable = self.eval(generator.iterable, frame)
        items, exact = self.iterate(iterable)
        cheap = isinstance(expr.element, (ir.Name, ir.Attr, ir.Const))
        visited = items if cheap else self.loop_items(iterable)
        complete = exact and len(visited) == len(items)
        for item in visited:
            self.bind(generator.target, item, frame)
            keep = True
            for test in generator.ifs:
                known = operators.truth_of(self, self.eval(test, frame))
                if known is None:
                    complete = False
                elif not known:
                    keep = False
                    break
            if keep:
                self._generate(expr, index + 1, frame, mapping, out)
        if not cheap:
            self.leave_loop()
        if not complete:
            if mapping is not None:
                mapping.exact = False
            if out is not None:
                out.exact = False

    def _joined(self, expr: ir.Joined, frame: Frame) -> Value:
        parts = [self.eval(p, frame) for p in expr.parts]
        if all(isinstance(p, Known) for p in parts):
            return Known("".join(str(p.value) for p in parts if isinstance(p, Known)))
        keys = [operators.key_of(self, p) for p in parts]
        return self.state.unknown("a formatted string", "joined", *keys)

    def _await(self, expr: ir.Await, frame: Frame) -> Value:
        return self.eval(expr.value, frame)

    def _yield(self, expr: ir.Yield, frame: Frame) -> Value:
        value = self.eval(expr.value, frame) if expr.value is not None else NONE
        if frame.on_yield is not None:
            callback, frame.on_yield = frame.on_yield, None
            callback(value)
        elif frame.yielded is not None:
            if expr.is_from:
                frame.yielded.extend(self.iterate(value)[0])
            else:
                frame.yielded.append(value)
        return self.state.unknown("a sent value")

    def _named_expr(self, expr: ir.NamedExpr, frame: Frame) -> Value:
        value = self.eval(expr.value, frame)
        self.bind(expr.target, value, frame)
        return value

    # --- truth and iteration -------------------------------------------------------------------

    def truth(self, value: Value, prefer: bool | None = None) -> bool:
        known = operators.truth_of(self, value)
        if known is not None:
            return known
        if isinstance(value, Unknown):
            return self.state.decide(value, prefer)
        return self.state.policy

    def iterate(self, value: Value) -> tuple[list[Value], bool]:
        """The elements of a value and whether these are all of them, in order."""
        if isinstance(value, Seq):
            return list(value.items), value.exact
        if isinstance(value, Map):
            return list(value.keys.values()), value.exact
        if isinstance(value, Known) and isinstance(value.value, str):
            return [Known(c) for c in value.value[:64]], len(value.value) <= 64
        if isinstance(value, Instance):
            fields = value.cls.fields()
            if fields is not None:
                return [value.attrs.get(name, NONE) for name in fields], True
        return [], False


_EXPRESSIONS: dict[type, Callable[[Machine, Any, Frame], Value]] = {
    ir.Const: Machine._const,
    ir.Name: Machine._name,
    ir.Attr: Machine._attr,
    ir.Call: Machine._call,
    ir.Subscript: Machine._subscript,
    ir.Slice: Machine._slice,
    ir.Collection: Machine._collection,
    ir.Starred: Machine._starred,
    ir.Dict: Machine._dict,
    ir.Lambda: Machine._lambda,
    ir.Compare: Machine._compare,
    ir.BoolOp: Machine._bool_op,
    ir.BinOp: Machine._bin_op,
    ir.UnaryOp: Machine._unary_op,
    ir.IfExp: Machine._if_exp,
    ir.Comprehension: Machine._comprehension,
    ir.Joined: Machine._joined,
    ir.Await: Machine._await,
    ir.Yield: Machine._yield,
    ir.NamedExpr: Machine._named_expr,
}
