"""Calls: arguments, binding, functions, classes, contexts, and calls that leave the project."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bnlint.interp import (
    attributes,
    bounded,
    builtins,
    bypass,
    containers,
    libraries,
    objects,
    own_dicts,
    parameters,
    records,
    tensorflow,
    truth,
)
from bnlint.interp.args import Args
from bnlint.interp.choices import Choice
from bnlint.interp.effects import keras, scopes
from bnlint.interp.lifting import lifted
from bnlint.interp.nodes import Node, nodes_in
from bnlint.interp.paths import Stop
from bnlint.interp.scope import Frame
from bnlint.interp.values import (
    NONE,
    Api,
    Bound,
    Builtin,
    Class,
    Descriptor,
    External,
    Func,
    Instance,
    Known,
    Map,
    Method,
    Object,
    Partial,
    Seq,
    Template,
    Text,
    Unknown,
    Value,
)
from bnlint.interp.values import TRUE as TRUE_VALUE
from bnlint.source import ir

if TYPE_CHECKING:
    from bnlint.interp.interpreter import Interpreter


def call(machine: Interpreter, func: Value, args: Args, frame: Frame | None) -> Value:
    """Call any abstract value."""
    if isinstance(func, Choice):
        return machine.state.paths.split(func, lambda one: call(machine, one, args, frame))
    if isinstance(func, Func):
        row = None
        if func.defining_class is None:
            row = machine.modules.apis.of_project(func.module.path, func.name)
        if row is not None:
            return tensorflow.call_api(machine, row, args, frame)
        return bounded.entered(machine, func, args, lambda: call_function(machine, func, args))
    if isinstance(func, Bound):
        return call(machine, func.func, args.with_first(func.receiver), frame)
    if isinstance(func, Api):
        return tensorflow.call_api(machine, func.name, args, frame)
    if isinstance(func, Method):
        return call_method(machine, func, args, frame)
    if isinstance(func, Builtin):
        if func.whole:
            return func.call(machine, args, frame)
        return lifted(machine, args, lambda given: func.call(machine, given, frame))
    if isinstance(func, Partial):
        merged = Args(
            [*func.args, *args.positional],
            {**func.kwargs, **args.kwargs},
            args.place,
            args.more,
            args.places,
        )
        if not isinstance(func, Template):
            return call(machine, func.func, merged, frame)
        leave = scopes.in_template(machine, func, args.place)
        try:
            return call(machine, func.func, merged, frame)
        finally:
            leave()
    if isinstance(func, Class):
        path = func.module.path if func.module is not None else ""
        row = machine.modules.apis.of_project(path, func.name)
        if row is not None:
            return tensorflow.call_api(machine, row, args, frame)
        return instantiate(machine, func, args)
    if isinstance(func, Instance):
        return _call_instance(machine, func, args, frame)
    if isinstance(func, External):
        return libraries.call_external(machine, func.name, args, frame)
    if isinstance(func, Object):
        return lifted(machine, args, lambda given: objects.call_object(machine, func, given))
    if isinstance(func, Descriptor):
        return call(machine, func.func, args, frame)
    if isinstance(func, Unknown):
        parts = machine.state.keys.parts(func.key)
        if parts[0] == "attr" and isinstance(parts[2], str):
            receiver = Unknown(func.reason, parts[1], func.deps)
            several = truth.options(machine, receiver)
            if several is not None:
                name = parts[2]
                return machine.state.paths.split(
                    several, lambda one: call_method(machine, Method(one, name), args, frame)
                )
            handled = tensorflow.call_by_name(machine, parts[2], args, func.deps)
            if handled is not None:
                return handled
        return unknown_call(machine, func, args)
    return machine.unknown_from("a call of something that is not callable", *args.values())


def call_method(machine: Interpreter, method: Method, args: Args, frame: Frame | None) -> Value:
    receiver = method.receiver
    if isinstance(receiver, (Seq, Map, Known, Text)):
        return containers.call_method(machine, receiver, method.name, args, frame)
    return lifted(
        machine,
        args,
        lambda given: objects.call_method(machine, receiver, method.name, given, frame),
    )


def unknown_call(machine: Interpreter, func: Value, args: Args) -> Value:
    """A call that leaves the project: its result depends on the arguments' nodes.

    Graph nodes handed to it may be run there, so they count as escaped; functions handed to it
    may be called back, so they are entered once with unknown arguments.
    """
    state = machine.state
    deps: dict[Node, None] = {}
    keys: list[int] = []
    for value in (func, *args.values()):
        for node in nodes_in(value):
            deps[node] = None
        keys.append(truth.key_of(machine, value))
        escape(machine, value)
    call_back(machine, args)
    reason = func.reason if isinstance(func, Unknown) else "a call outside the project"
    if isinstance(func, External):
        reason = f"{func.name} is outside the project"
    return Unknown(reason, state.keys.of("call", *keys), tuple(deps))


def call_back(machine: Interpreter, args: Args) -> None:
    """Enter the project functions among the arguments of an unknown call.

    What a module hands over while it is imported is called later, if at all: by a program, or by
    nobody, and then it is a root of its own.
    """
    if machine.state.importing:
        return
    for value in args.values():
        for item in value.items if isinstance(value, Seq) else (value,):
            target = item.func if isinstance(item, Bound) else item
            if isinstance(target, Func) and target.key not in machine.state.entered:
                given = Args([], {}, args.place, more=True)
                machine.state.paths.apart(
                    lambda item=item, given=given: call(machine, item, given, None)  # type: ignore[misc]
                )


def escape(machine: Interpreter, value: Value, depth: int = 3) -> None:
    """Note that code nobody here reads may run the nodes a value holds."""
    if isinstance(value, (Known, Func, Api, External)) or depth == 0:
        return
    if isinstance(value, Instance):
        for item in list(value.attrs.values()):
            escape(machine, item, depth - 1)
        return
    if isinstance(value, Bound):
        escape(machine, value.receiver, depth)
        return
    machine.state.escape(nodes_in(value))


def call_function(machine: Interpreter, func: Func, args: Args) -> Value:
    """Enter a project function with bound arguments."""
    state = machine.state
    frames = state.frames
    refused = too_deep(machine, func)
    if refused is not None:
        return machine.unknown_from(refused, *args.values())
    state.entered.add(func.key)
    if func.arg_scoped:
        args = tensorflow.with_arg_scope(machine, f"func:{func.key}", args)
    frame = Frame(func.module, {}, func.closure, func, args.place)
    frame.cls = func.defining_class
    frame.guard = state.paths.now
    parameters.bind(machine, func, args, frame)
    node = func.node
    first = node.params.params[0].name if node.params.params else None
    frame.self_value = frame.locals.get(first) if first else None
    if frame.cls is None and func.closure is not None:
        frame.cls, frame.self_value = func.closure.cls, func.closure.self_value
    frames.append(frame)
    depth = len(frames)
    try:
        if isinstance(node, ir.Lambda):
            return machine.eval(node.body, frame)
        if func.generator:
            frame.yielded = Seq("list", [], False)
            frame.yielded.born = frame.guard
        try:
            ended = machine.block(node.body, frame, outermost=True)
        except Stop:
            ended = True  # what is left raises, which ends no path that has returned
        if frame.yielded is not None:
            if ended and not frame.returns:
                raise Stop
            state.paths.now = frame.yielded.born if ended else state.paths.now
            return frame.yielded
        return _returned(machine, frame, ended)
    finally:
        del frames[depth - 1 :]


def _returned(machine: Interpreter, frame: Frame, ended: bool) -> Value:
    """What a call gives, on the paths that come back from it."""
    paths = machine.state.paths
    found = frame.returns
    if not ended:
        found = [*found, (paths.now, NONE)]
    if not found:
        raise Stop
    bypass.returned(machine, frame, found)
    if len(found) == 1:
        paths.now = found[0][0]
        return found[0][1]
    paths.now = paths.guards.any_of(guard for guard, _ in found)
    return paths.join(found)


def too_deep(machine: Interpreter, func: Func) -> str | None:
    """Why a function is not entered, None if it is."""
    state = machine.state
    if len(state.frames) >= state.budget.depth:
        state.widen(f"calls nested deeper than {state.budget.depth} were not followed")
        return "calls nested too deeply"
    same = sum(1 for f in state.frames if f.func is not None and f.func.node is func.node)
    return "recursion" if same >= state.budget.recursion else None


def instantiate(machine: Interpreter, cls: Class, args: Args) -> Value:
    """Make an instance and run its ``__init__``."""
    state = machine.state
    instance = Instance(cls, state.keys.of("instance", state.fresh()), state.paths.now)
    init = attributes.find(machine, instance, "__init__")
    held = own_dicts.begin(machine, instance) if own_dicts.is_dict(cls) else None
    if init is not None:
        call(machine, init, args, None)
    elif held is not None:
        containers.map_method(machine, held, "update", args)
    else:
        if cls.fields() is not None:
            records.fill(machine, instance, args)
            after = attributes.find(machine, instance, "__post_init__")
            if after is not None:
                call(machine, after, Args([], {}, args.place), None)
        for base in cls.foreign_bases():
            if isinstance(base, Api):
                objects.for_base(machine, instance, base.name, args.place, args)
    return instance


def _call_instance(
    machine: Interpreter, instance: Instance, args: Args, frame: Frame | None
) -> Value:
    for name in ("__call__", "call", "forward", "_build"):
        method = attributes.find(machine, instance, name)
        if method is not None:
            if name == "call":
                _build(machine, instance, args)
            return call(machine, method, args, frame)
    for base in instance.cls.foreign_bases():
        if isinstance(base, Api):
            delegate = objects.for_base(machine, instance, base.name, args.place)
            if delegate is not None:
                return objects.call_object(machine, delegate, args)
    return unknown_call(machine, machine.state.unknown("a call of an object"), args)


def _build(machine: Interpreter, instance: Instance, args: Args) -> None:
    """A layer of TensorFlow or Keras makes what it is made of when it is called first."""
    derived = any(
        isinstance(b, Api) and (b.name in keras.BASES or b.name.endswith("Cell"))
        for b in instance.cls.foreign_bases()
    )
    build = attributes.find(machine, instance, "build") if derived else None
    if build is not None and "<built>" not in instance.attrs:
        instance.attrs["<built>"] = TRUE_VALUE
        shape = machine.state.unknown("the shape of a layer's input")
        call(machine, build, Args([shape], {}, args.place), None)


def builtin(machine: Interpreter, name: str) -> Value | None:
    return builtins.lookup(name)
