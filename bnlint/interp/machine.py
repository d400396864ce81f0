"""The abstract machine: runs the IR of a program and builds its abstract graph.

Every statement is run once, for all paths together: where an undecided condition parts them, each
side runs under its own guard (``paths``), and the same condition is the same guard everywhere, so
correlated conditions stay correlated.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bnlint.interp import api, attributes, calls, dicts, operators, subscripts, tensorflow
from bnlint.interp.args import Args, lifted
from bnlint.interp.guards import FALSE as FALSE_GUARD
from bnlint.interp.guards import TRUE as TRUE_GUARD
from bnlint.interp.guards import Guard
from bnlint.interp.nodes import nodes_in
from bnlint.interp.paths import ABSENT, Alternative, Choice, Stop
from bnlint.interp.scope import Frame
from bnlint.interp.state import OutOfBudget, State
from bnlint.interp.statements import STATEMENTS, Ended
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
    from collections.abc import Callable, Iterable

    from bnlint.interp.imports import Modules


class Machine:
    """Evaluates expressions and executes statements over one ``State``."""

    def __init__(self, state: State, modules: Modules) -> None:
        self.state = state
        self.modules = modules
        self.limit = state.budget.steps

    def within(self, state: State) -> Machine:
        """A machine over another state."""
        return Machine(state, self.modules)

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

    def block(self, body: list[ir.Stmt], frame: Frame, outermost: bool = False) -> Ended:
        """Run statements in order; true if no path reaches the end.

        ``outermost`` is the body of a function or a module: no other path of the frame is left.
        """
        step = self.state.step
        paths = self.state.paths
        for stmt in body:
            step()
            if outermost:
                frame.guard = paths.now
            if stmt.__class__ is ir.Raise and stmt is not body[-1] and is_unwritten(stmt):
                frame.has_gap = True
                continue
            handler = STATEMENTS.get(type(stmt))
            if handler is not None and handler(self, stmt, frame):
                return True
        return False

    def fork(self, parts: Iterable[tuple[Guard, Callable[[], Ended]]]) -> Ended:
        """Run statements on disjoint paths; true if none of these goes on."""
        paths = self.state.paths
        before = paths.now
        ends: list[Guard] = []
        for guard, part in parts:
            paths.now = guard
            try:
                if part():
                    continue
            except Stop:
                continue
            ends.append(paths.now)
        if not ends:
            return True
        paths.now = ends[0] if len(ends) == 1 else paths.guards.any_of(ends)
        paths.settle(before)
        return False

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
        paths = self.state.paths
        if frame.global_names is not None and name in frame.global_names:
            paths.write(frame.module.globals, name, value, frame.module.born)
        elif frame.outer_names is not None and name in frame.outer_names:
            paths.write(frame.outer_names[name], name, value, TRUE_GUARD)
        else:
            paths.write(frame.locals, name, value, frame.guard)

    def bind(self, target: ir.Expr, value: Value, frame: Frame) -> None:
        if isinstance(target, ir.Name):
            self.store(target.id, value, frame)
        elif isinstance(target, ir.Attr):
            attributes.set_attr(self, self.eval(target.value, frame), target.attr, value)
        elif isinstance(target, ir.Subscript):
            subscripts.set_item(
                self, self.eval(target.value, frame), self.eval(target.index, frame), value
            )
        elif isinstance(target, ir.Collection):
            self._unpack(target.items, value, frame)
        elif isinstance(target, ir.Starred):
            self.bind(target.value, value, frame)

    def _unpack(self, targets: list[ir.Expr], value: Value, frame: Frame) -> None:
        if isinstance(value, Choice):
            self.state.paths.split(value, lambda one: self._unpack_one(targets, one, frame))
        else:
            self._unpack_one(targets, value, frame)

    def _unpack_one(self, targets: list[ir.Expr], value: Value, frame: Frame) -> Value:
        items, exact = self.iterate(value)
        star = next((i for i, t in enumerate(targets) if isinstance(t, ir.Starred)), None)
        if exact and star is None and len(items) == len(targets):
            for target, item in zip(targets, items, strict=True):
                self.bind(target, item, frame)
            return NONE
        if exact and star is not None and len(items) >= len(targets) - 1:
            after = len(targets) - star - 1
            for target, item in zip(targets[:star], items[:star], strict=True):
                self.bind(target, item, frame)
            self.bind(targets[star], Seq("list", items[star : len(items) - after]), frame)
            for target, item in zip(targets[star + 1 :], items[len(items) - after :], strict=True):
                self.bind(target, item, frame)
            return NONE
        key = operators.key_of(self, value)
        deps = tuple(nodes_in(value))
        for i, target in enumerate(targets):
            part: Value = Unknown(
                "part of an unknown value", self.state.keys.of("part", key, i), deps
            )
            if not exact and i < len(items):
                part = items[i]
            self.bind(target, part, frame)
        return NONE

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
        paths = self.state.paths
        parts: list[Alternative] = []
        left = paths.now
        for table in frame.tables(expr.id):
            value = self.state.resolve(table[expr.id])
            if value.__class__ is not Choice and value is not ABSENT:
                return value if not parts else paths.join([*parts, (left, value)])
            there = paths.guards.conj(left, paths.presence(value))
            if there != FALSE_GUARD:
                parts.append((there, paths.present(value)))
                left = paths.guards.minus(left, there)
                if left == FALSE_GUARD:
                    return parts[0][1] if len(parts) == 1 else paths.join(parts)
        outside = self._outside(expr, frame)
        return paths.join([*parts, (left, outside)]) if parts else outside

    def _outside(self, expr: ir.Name, frame: Frame) -> Value:
        """What a name means that no scope of the program binds."""
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
            return subscripts.slice_item(
                self,
                value,
                [
                    self.eval(part, frame) if part is not None else NONE
                    for part in (expr.index.lower, expr.index.upper, expr.index.step)
                ],
                self.place(frame, expr),
            )
        return self.state.resolve(
            subscripts.get_item(self, value, self.eval(expr.index, frame), self.place(frame, expr))
        )

    def _slice(self, expr: ir.Slice, frame: Frame) -> Value:
        for part in (expr.lower, expr.upper, expr.step):
            if part is not None:
                self.eval(part, frame)
        return self.state.unknown("a slice")

    def _collection(self, expr: ir.Collection, frame: Frame) -> Value:
        out = Seq(expr.kind, [])
        out.born = self.state.paths.now
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
        out.born = self.state.paths.now
        for item in expr.items:
            value = self.eval(item.value, frame)
            if item.key is not None:
                dicts.put(self, out, self.eval(item.key, frame), value)
            else:
                dicts.put_all(self, out, value)
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
        paths, guards = self.state.paths, self.state.paths.guards
        before = paths.now
        truth = self.guard_of(left)
        stays = truth if expr.op == "or" else truth ^ 1
        kept, rest = guards.conj(before, stays), guards.minus(before, stays)
        if rest == FALSE_GUARD:
            return left
        paths.now = rest
        try:
            right = self.eval(expr.right, frame)
        except Stop:
            if kept == FALSE_GUARD:
                raise
            paths.now = kept
            return self.state.resolve(left)
        paths.now = guards.disj(kept, paths.now)
        if kept == FALSE_GUARD:
            return right
        if operators.is_test(self, left) and operators.is_test(self, right):
            return operators.both(self, expr.op, left, right)
        return paths.join([(stays, left), (stays ^ 1, right)])

    def _bin_op(self, expr: ir.BinOp, frame: Frame) -> Value:
        left = self.eval(expr.left, frame)
        right = self.eval(expr.right, frame)
        return operators.binary(self, expr.op, left, right, self.place(frame, expr))

    def _unary_op(self, expr: ir.UnaryOp, frame: Frame) -> Value:
        return operators.unary(self, expr.op, self.eval(expr.value, frame), self.place(frame, expr))

    def _if_exp(self, expr: ir.IfExp, frame: Frame) -> Value:
        paths, guards = self.state.paths, self.state.paths.guards
        self.state.conditions.asking = self.place(frame, expr.test)
        test = self.guard_of(self.eval(expr.test, frame))
        on_true, on_false = guards.conj(paths.now, test), guards.minus(paths.now, test)
        if on_false == FALSE_GUARD:
            return self.eval(expr.body, frame)
        if on_true == FALSE_GUARD:
            return self.eval(expr.orelse, frame)
        return paths.each(
            [
                (on_true, lambda: self.eval(expr.body, frame)),
                (on_false, lambda: self.eval(expr.orelse, frame)),
            ]
        )

    def _comprehension(self, expr: ir.Comprehension, frame: Frame) -> Value:
        inner = Frame(frame.module, {}, frame, frame.func)
        inner.cls, inner.self_value = frame.cls, frame.self_value
        inner.global_names = frame.global_names
        inner.guard = self.state.paths.now
        if expr.kind == "dict":
            mapping = Map()
            mapping.born = inner.guard
            self._generate(expr, 0, inner, mapping, None)
            return mapping
        out = Seq("set" if expr.kind == "set" else "list", [])
        out.born = inner.guard
        self._generate(expr, 0, inner, None, out)
        return out

    def _generate(
        self, expr: ir.Comprehension, index: int, frame: Frame, mapping: Map | None, out: Seq | None
    ) -> None:
        paths = self.state.paths
        if index == len(expr.generators):
            value = self.eval(expr.element, frame)
            if mapping is not None and expr.key is not None:
                dicts.put(self, mapping, self.eval(expr.key, frame), value)
            elif out is not None:
                paths.append(out, [value])
            return
        generator = expr.generators[index]
        iterable = self.eval(generator.iterable, frame)
        items, exact = self.iterate(iterable)
        cheap = isinstance(expr.element, (ir.Name, ir.Attr, ir.Const))
        visited = items if cheap else self.loop_items(iterable)
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
                    self.bind(generator.target, paths.present(item), frame)
                    for test in generator.ifs:
                        keep, sure = self.assumed(self.eval(test, frame))
                        complete = complete and sure
                        mark = paths.now = paths.guards.conj(paths.now, keep)
                        if mark == FALSE_GUARD:
                            break
                    if mark != FALSE_GUARD:
                        self._generate(expr, index + 1, frame, mapping, out)
                        lost = paths.guards.disj(lost, paths.guards.minus(mark, paths.now))
                except Stop:
                    lost = paths.guards.disj(lost, mark)
        finally:
            if not cheap:
                self.leave_loop()
        paths.now = paths.guards.minus(before, lost)
        if paths.now == FALSE_GUARD:
            raise Stop
        if not complete:
            if mapping is not None:
                mapping.exact = False
            if out is not None:
                out.exact = False

    def _joined(self, expr: ir.Joined, frame: Frame) -> Value:
        parts = [self.eval(p, frame) for p in expr.parts]
        parts = [operators.options(self, p) or p for p in parts]
        if any(isinstance(p, Choice) for p in parts):
            place = self.place(frame, expr)
            return lifted(self, Args(parts, {}, place), lambda given: self._text(given.positional))
        return self._text(parts)

    def _text(self, parts: list[Value]) -> Value:
        long = sum(len(p.value) for p in parts if isinstance(p, Known) and isinstance(p.value, str))
        if all(isinstance(p, Known) for p in parts) and long <= 10_000:
            return Known("".join(str(p.value) for p in parts if isinstance(p, Known)))
        keys = [operators.key_of(self, p) for p in parts]
        return self.state.unknown("a formatted string", "joined", *keys)

    def _await(self, expr: ir.Await, frame: Frame) -> Value:
        return self.eval(expr.value, frame)

    def _yield(self, expr: ir.Yield, frame: Frame) -> Value:
        value = self.eval(expr.value, frame) if expr.value is not None else NONE
        if frame.on_yield is not None:
            frame.on_yield(value)
        elif frame.yielded is not None:
            paths = self.state.paths
            paths.append(frame.yielded, self.iterate(value)[0] if expr.is_from else [value])
        return self.state.unknown("a sent value")

    def _named_expr(self, expr: ir.NamedExpr, frame: Frame) -> Value:
        value = self.eval(expr.value, frame)
        self.bind(expr.target, value, frame)
        return value

    # --- truth and iteration -------------------------------------------------------------------

    def guard_of(self, value: Value) -> Guard:
        """The guard under which a value is true."""
        return operators.guard_of(self, value)

    def assumed(self, value: Value) -> tuple[Guard, bool]:
        """The guard under which a value is true, taking what is unknown for true.

        So it is with what goes round a loop or passes a filter: whether it does is no option of
        the program. The second part is whether nothing had to be assumed.
        """
        if isinstance(value, Choice):
            parts = [(g, *self.assumed(v)) for g, v in value.alternatives]
            conj = self.state.paths.guards.conj
            truth = self.state.paths.guards.any_of(conj(g, t) for g, t, _ in parts)
            return truth, all(sure for *_, sure in parts)
        known = operators.truth_of(self, value)
        return (TRUE_GUARD if known is not False else FALSE_GUARD), known is not None

    def iterate(self, value: Value) -> tuple[list[Value], bool]:
        """The elements of a value and whether these are all of them, in order.

        An element may be there on some paths only (``Paths.presence``).
        """
        if isinstance(value, Choice):
            return self._iterate_choice(value)
        if isinstance(value, Seq):
            return self.state.paths.elements(value), value.exact
        if isinstance(value, Map):
            return dicts.keys_in(self, value), value.exact
        if isinstance(value, Known) and isinstance(value.value, str):
            return [Known(c) for c in value.value[:64]], len(value.value) <= 64
        if isinstance(value, Instance):
            fields = value.cls.fields()
            if fields is not None:
                return [value.attrs.get(name, NONE) for name in fields], True
        return [], False

    def _iterate_choice(self, value: Choice) -> tuple[list[Value], bool]:
        paths = self.state.paths
        found = [(g, *self.iterate(v)) for g, v in paths.alternatives(value)]
        longest = max(len(items) for _, items, _ in found)
        columns = [
            [(g, items[i] if i < len(items) else ABSENT) for g, items, _ in found]
            for i in range(longest)
        ]
        covered = paths.guards.any_of(g for g, *_ in found)
        rest = [] if covered == TRUE_GUARD else [(covered ^ 1, ABSENT)]
        exact = all(e for *_, e in found)
        return [paths.join([*column, *rest]) for column in columns], exact


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
