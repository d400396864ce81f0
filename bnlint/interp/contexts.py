"""``with``: contexts of TensorFlow's, of the project's classes, and generators."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bnlint.interp import attributes, objects, parameters
from bnlint.interp.args import Args
from bnlint.interp.calls import call, too_deep
from bnlint.interp.choices import Choice
from bnlint.interp.guards import FALSE
from bnlint.interp.live_objects import ControlDependencies, GeneratorContext, PlainContext
from bnlint.interp.paths import Stop
from bnlint.interp.scope import Ended, Frame
from bnlint.interp.values import NONE, Instance, Known, Object, Place, Unknown, Value
from bnlint.source import ir

if TYPE_CHECKING:
    from collections.abc import Callable

    from bnlint.interp.interpreter import Interpreter


def run_with(machine: Interpreter, stmt: ir.With, frame: Frame) -> Ended:
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


def enter_context(
    machine: Interpreter, context: Value, inside: Callable[[Value], None], place: Place
) -> None:
    """Run ``inside`` within the context manager ``context``."""
    if isinstance(context, Object):
        if isinstance(context, GeneratorContext):
            _generator_context(machine, context, inside)
            return
        leave = objects.enter(machine, context)
        try:
            inside(context.bound)
        finally:
            leave()
        return
    if isinstance(context, Instance):
        enter = attributes.find(machine, context, "__enter__")
        value = call(machine, enter, Args([], {}, place), None) if enter else context
        inside(value)
        leave_method = attributes.find(machine, context, "__exit__")
        if leave_method is not None:
            call(machine, leave_method, Args([NONE, NONE, NONE], {}, place), None)
        return
    inside(context)


def _generator_context(
    machine: Interpreter, context: GeneratorContext, inside: Callable[[Value], None]
) -> None:
    func = context.func
    refused = too_deep(machine, func)
    if refused is not None:
        inside(machine.state.unknown(refused))
        return
    state = machine.state
    paths = state.paths
    waiting = paths.now  # paths that have not come to a yield yet

    def body(value: Value) -> None:
        nonlocal waiting
        before = paths.now
        first = paths.guards.conj(before, waiting)
        if first == FALSE:
            return
        waiting = paths.guards.minus(waiting, first)
        paths.now = first
        inside(value)
        paths.now = paths.guards.disj(paths.now, paths.guards.minus(before, first))

    frame = Frame(func.module, {}, func.closure, func, context.place)
    frame.cls = func.defining_class
    frame.guard = paths.now
    parameters.bind(machine, func, context.args, frame)
    first_name = func.node.params.params[0].name if func.node.params.params else None
    frame.self_value = frame.locals.get(first_name) if first_name else None
    frame.on_yield = body
    state.entered.add(func.key)
    state.frames.append(frame)
    depth = len(state.frames)
    entered = paths.now
    by_hand = len(state.entered_by_hand)
    try:
        assert isinstance(func.node, ir.FunctionDef)
        ended = machine.block(func.node.body, frame, outermost=True)
        if ended and not frame.returns:
            raise Stop
        if ended:
            paths.now = paths.guards.any_of(guard for guard, _ in frame.returns)
    finally:
        del state.frames[depth - 1 :]
        # TensorFlow's scopes are generators: what nobody leaves, Python closes with the manager.
        for left in reversed(state.entered_by_hand[by_hand:]):
            objects.leave_by_hand(machine, left)
    if waiting == entered:
        inside(state.unknown("what a context manager yields"))
