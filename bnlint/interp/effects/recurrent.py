"""Recurrent networks: the cells of the project that ``dynamic_rnn`` and its kin call."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bnlint.interp.args import Args
from bnlint.interp.effects import scopes
from bnlint.interp.effects.control_flow import in_a_loop
from bnlint.interp.live_objects import Holder, VariableScope
from bnlint.interp.nodes import nodes_in, nodes_of
from bnlint.interp.values import Instance, Known, Seq, Unknown, Value

if TYPE_CHECKING:
    from bnlint.interp.interpreter import Interpreter
    from bnlint.interp.scope import Frame


def cells(args: Args) -> tuple[Instance, ...]:
    """Objects of the project among the arguments, alone, in a list or inside a wrapper."""
    found: dict[Instance, None] = {}
    for value in args.values():
        for item in value.items if isinstance(value, Seq) else (value,):
            if isinstance(item, Instance):
                found[item] = None
            elif isinstance(item, Holder):
                found.update(dict.fromkeys(item.cells))
    return tuple(found)


def recurrent(machine: Interpreter, name: str, args: Args, frame: Frame | None) -> Value:
    """``tf.nn.dynamic_rnn(cell, inputs)``: a step of each cell is built once."""
    state = machine.state
    inputs = nodes_of(args.values())
    step = state.node("op", "tf.unstack", inputs, args.place)
    outer = args.get("scope") or Known("rnn")
    given = Args([outer, Known("rnn")], {}, args.place)
    # Below it each cell has a scope of its own, named after its class in most versions.
    own = VariableScope(args.place, "?")

    def build(_: Value) -> None:
        for cell in cells(args):
            memory = machine.unknown_from("the state of a cell", step)
            arguments = Args([step, memory], {}, args.place)
            if "dynamic" in name:
                made = in_a_loop(
                    machine,
                    lambda cell=cell, arguments=arguments: machine.call(  # type: ignore[misc]
                        cell, arguments, frame
                    ),
                )
            else:
                made = machine.call(cell, arguments, frame)
            inputs.extend(nodes_in(made))

    def below(_: Value) -> None:
        machine.enter_context(own, build, args.place)

    scope = scopes.variable_scope(machine, name, given, frame)
    machine.enter_context(scope, below, args.place)
    node = state.node("op", name, inputs, args.place)
    return Unknown("several tensors", state.keys.of("node", node.id), (node,))


_KINDS = (
    "rnn",
    "dynamic_rnn",
    "static_rnn",
    "bidirectional_rnn",
    "bidirectional_dynamic_rnn",
    "static_bidirectional_rnn",
    "stack_bidirectional_rnn",
    "stack_bidirectional_dynamic_rnn",
)

HANDLERS = {
    f"{module}.{kind}": recurrent for module in ("tf.nn", "tf.contrib.rnn") for kind in _KINDS
}
