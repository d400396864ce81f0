"""The abstract machine: runs the IR of a program and builds its abstract graph.

Every statement is run once, for all paths together: where an undecided condition parts them, each
side runs under its own guard (``paths``), and the same condition is the same guard everywhere, so
correlated conditions stay correlated.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bnlint.interp import (
    attributes,
    calls,
    contexts,
    dicts,
    objects,
    own_dicts,
    subscripts,
    truth,
    turns,
)
from bnlint.interp.args import Args
from bnlint.interp.choices import ABSENT, Choice
from bnlint.interp.expressions import EXPRESSIONS
from bnlint.interp.guards import FALSE as FALSE_GUARD
from bnlint.interp.guards import TRUE as TRUE_GUARD
from bnlint.interp.guards import Guard
from bnlint.interp.nodes import nodes_in
from bnlint.interp.paths import Stop
from bnlint.interp.scope import Ended, Frame
from bnlint.interp.state import OutOfBudget, State
from bnlint.interp.statements import STATEMENTS
from bnlint.interp.syntax import is_unwritten
from bnlint.interp.values import (
    NONE,
    Api,
    External,
    Func,
    Instance,
    Known,
    Map,
    Object,
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
        before, mark = paths.now, paths.mark()
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
        paths.settle(before, mark)
        return False

    def loop_items(self, iterable: Value, *, whole: bool = False) -> list[Value]:
        """The elements one loop visits, all of them or not too many; ``leave_loop`` must follow."""
        items, exact = self.iterate(iterable)
        state = self.state
        if not items and not exact:
            key = truth.key_of(self, iterable)
            deps = tuple(nodes_in(iterable))
            items = [
                Unknown("element of an unknown iterable", state.keys.of("item", key, i), deps)
                for i in range(2)
            ]
        limit = max(2, state.budget.loop // state.loop_weight)
        if not whole:
            items = turns.followed(state.paths, items, limit)
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
        key = truth.key_of(self, value)
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
        return EXPRESSIONS[type(expr)](self, expr, frame)

    # --- truth and iteration -------------------------------------------------------------------

    def guard_of(self, value: Value) -> Guard:
        """The guard under which a value is true."""
        return truth.guard_of(self, value)

    def assumed(self, value: Value) -> tuple[Guard, bool]:
        """The guard under which a value is true, taking what is unknown for true.

        So it is with what goes round a loop or passes a filter: whether it does is no option of
        the program. The second part is whether nothing had to be assumed.
        """
        if isinstance(value, Choice):
            parts = [(g, *self.assumed(v)) for g, v in value.alternatives]
            conj = self.state.paths.guards.conj
            holds = self.state.paths.guards.any_of(conj(g, t) for g, t, _ in parts)
            return holds, all(sure for *_, sure in parts)
        known = truth.truth_of(self, value)
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
            held = own_dicts.held_by(value)
            if held is not None:
                return dicts.keys_in(self, held), held.exact
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

    # --- what parts below ask of those above them --------------------------------------------

    def call(self, func: Value, args: Args, frame: Frame | None) -> Value:
        return calls.call(self, func, args, frame)

    def call_object(self, value: Object, args: Args) -> Value:
        return objects.call_object(self, value, args)

    def unknown_call(self, func: Value, args: Args) -> Value:
        return calls.unknown_call(self, func, args)

    def escape(self, value: Value, depth: int = 3) -> None:
        calls.escape(self, value, depth)

    def enter_context(self, context: Value, inside: Callable[[Value], None], place: Place) -> None:
        contexts.enter_context(self, context, inside, place)

    def find(self, instance: Instance, name: str) -> Value | None:
        return attributes.find(self, instance, name)

    def get_attr(self, value: Value, name: str, place: Place) -> Value:
        return attributes.get_attr(self, value, name, place)
