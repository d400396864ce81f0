"""The arguments of a call, and the parameters of a function that they are bound to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bnlint.interp import dicts
from bnlint.interp.args import Args
from bnlint.interp.choices import ABSENT
from bnlint.interp.guards import FALSE, TRUE
from bnlint.interp.nodes import nodes_in
from bnlint.interp.scope import Frame
from bnlint.interp.values import Func, Known, Map, Place, Seq, Unknown, Value
from bnlint.source import ir

if TYPE_CHECKING:
    from bnlint.interp.interpreter import Interpreter


def evaluated(machine: Interpreter, call: ir.Call, frame: Frame) -> Args:
    positional: list[Value] = []
    kwargs: dict[str, Value] = {}
    places: dict[str, Place] = {}
    more = False
    reads: set[int] = set()
    for arg in call.args:
        value = machine.eval(arg.value, frame)
        if arg.star == "*":
            value = _spread(machine, value, (frame.module.path, arg.span))
            for _, one in machine.state.paths.alternatives(value):
                if isinstance(one, Seq) and one.read is not None:
                    reads.add(one.read)
            items, exact = machine.iterate(value)
            positional.extend(items)
            more = more or not exact
        elif arg.star == "**":
            mapping = dicts.merged_map(machine, value)
            if mapping is not None:
                for key, item in mapping.items.items():
                    if isinstance(key, str):
                        kwargs[key] = item
                        places[key] = (frame.module.path, arg.span)
                more = more or not mapping.exact
            else:
                more = True
                for node in nodes_in(value):
                    kwargs.setdefault(f"<unknown {node.id}>", node)
        elif arg.name is not None:
            kwargs[arg.name] = value
            places[arg.name] = (frame.module.path, arg.span)
        else:
            positional.append(value)
    args = Args(positional, kwargs, (frame.module.path, call.span), more, places)
    args.reads = reads
    return args


def _spread(machine: Interpreter, value: Value, place: Place) -> Value:
    """What stands behind a star. Where it is None the program raises, so those paths end."""
    paths = machine.state.paths
    nothing = [
        guard
        for guard, one in paths.alternatives(value)
        if isinstance(one, Known) and one.value is None
    ]
    if nothing:
        paths.drop(paths.guards.any_of(nothing), "TypeError", place)
    return paths.read(value)


def bind(machine: Interpreter, func: Func, args: Args, frame: Frame) -> None:
    positional = list(args.positional)
    kwargs = dict(args.kwargs)
    scope = frame.locals
    state = machine.state
    for param in func.node.params.params:
        name = param.name
        if param.kind == "*":
            if name:
                scope[name] = Seq("tuple", positional, not args.more)
            positional = []
            continue
        if param.kind == "**":
            rest = Map(not args.more)
            for key, value in kwargs.items():
                rest.put(Known(key), value)
            scope[name] = rest
            continue
        given: Value = ABSENT
        if positional and param.kind in ("pos", "posonly"):
            given = positional.pop(0)
        elif name in kwargs:
            given = kwargs.pop(name)
        there = state.paths.presence(given)
        if there == TRUE:
            scope[name] = given
            continue
        other = _not_given(machine, func, args, name)
        if there == FALSE:
            scope[name] = other
        else:
            there = state.paths.guards.conj(there, state.paths.now)
            scope[name] = state.paths.join(
                [(there, state.paths.present(given)), (there ^ 1, other)]
            )


def _not_given(machine: Interpreter, func: Func, args: Args, name: str) -> Value:
    """A parameter that a call gives no argument."""
    state = machine.state
    if args.more:
        return Unknown(
            f"nothing in the project calls {func.name}",
            state.keys.of("parameter", str(func.key), name),
            hint=func.defaults.get(name),
        )
    if name in func.defaults:
        return func.defaults[name]
    return state.unknown(f"the argument {name}", "parameter", str(func.key), name)
