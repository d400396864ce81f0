"""Recurrent networks: the cells of the project that ``dynamic_rnn`` and its kin call."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bnlint.interp.args import Args
from bnlint.interp.choices import Choice
from bnlint.interp.effects import scopes
from bnlint.interp.effects.control_flow import in_a_loop
from bnlint.interp.live_objects import Holder, VariableScope
from bnlint.interp.nodes import Node, nodes_in, nodes_of
from bnlint.interp.values import NONE, Instance, Known, Seq, Unknown, Value

if TYPE_CHECKING:
    from collections.abc import Callable

    from bnlint.interp.interpreter import Interpreter
    from bnlint.interp.scope import Frame


def cells(args: Args) -> list[Value]:
    """The arguments that are or hold objects of the project: alone, in a list, in a wrapper."""
    return [value for value in args.values() if holds(value)]


_DEEPEST = 4  # lists of values that differ by path, which may be lists again


def holds(value: Value, depth: int = _DEEPEST) -> bool:
    """Whether a value is or holds an object of the project."""
    if isinstance(value, Holder):
        return bool(value.cells)
    if depth and isinstance(value, Seq):
        return any(holds(item, depth - 1) for item in value.items)
    if depth and isinstance(value, Choice):
        return any(holds(item, depth - 1) for _, item in value.alternatives)
    return isinstance(value, Instance)


def step(machine: Interpreter, cell: Value, args: Args) -> list[Node]:
    """One step of a cell, or of each of a list, which the library takes; what it gives."""
    made: list[Node] = []

    def take(one: Value) -> Value:
        if isinstance(one, Seq):
            for item in list(one.items):
                machine.state.paths.split(item, take)
        elif isinstance(one, Holder):
            made.extend(below(machine, one, args))
        elif isinstance(one, Instance):
            is_called = any(machine.find(one, name) is not None for name in _CALLED)
            called = one if is_called else machine.find(one, "step")
            if called is not None:
                # Each has a scope of its own, named after its class in most versions.
                own = VariableScope(args.place, "?")
                machine.enter_context(own, lambda _: enter(called), args.place)
        return NONE

    def enter(called: Value) -> None:
        made.extend(nodes_in(machine.call(called, args, None)))

    machine.state.paths.split(cell, take)
    return made


_CALLED = ("__call__", "call")


def below(machine: Interpreter, holder: Holder, args: Args) -> list[Node]:
    """A step of the cells that a wrapper holds; not of one that holds itself."""
    held, holder.cells = holder.cells, []
    try:
        return [node for cell in held for node in step(machine, cell, args)]
    finally:
        holder.cells = held


def _several(machine: Interpreter, name: str, inputs: list[Node], args: Args) -> Value:
    node = machine.state.node("op", name, inputs, args.place)
    return Unknown("several tensors", machine.state.keys.of("node", node.id), (node,))


def recurrent(machine: Interpreter, name: str, args: Args, frame: Frame | None) -> Value:
    """``tf.nn.dynamic_rnn(cell, inputs)``: a step of each cell is built once."""
    inputs = nodes_of(args.values())
    data = machine.state.node("op", "tf.unstack", inputs, args.place)
    given = Args([data, machine.unknown_from("the state of a cell", data)], {}, args.place)

    def steps() -> Value:
        for cell in cells(args):
            inputs.extend(step(machine, cell, given))
        return NONE

    def build() -> None:
        if "dynamic" in name:
            in_a_loop(machine, steps)
        else:
            steps()

    _below_its_scope(machine, args.get("scope") or Known("rnn"), build, args)
    return _several(machine, name, inputs, args)


def _below_its_scope(
    machine: Interpreter, outer: Value, build: Callable[[], None], args: Args
) -> None:
    label = Args([outer, Known("rnn")], {}, args.place)
    scope = scopes.variable_scope(machine, "tf.variable_scope", label, None)
    machine.enter_context(scope, lambda _: build(), args.place)


def raw_rnn(machine: Interpreter, name: str, args: Args, frame: Frame | None) -> Value:
    """``tf.nn.raw_rnn(cell, loop_fn)``: the function says what the cell is given in each turn."""
    loop_fn = args.get("loop_fn", 1) or NONE
    made = nodes_of(args.values())

    def build() -> None:
        time = machine.state.node("op", "tf.zeros", (), args.place)
        first = Args([time, NONE, NONE, NONE], {}, args.place)
        made.extend(nodes_in(machine.call(loop_fn, first, frame)))
        in_a_loop(machine, turn)

    def turn() -> Value:
        data = machine.state.node("op", "tf.unstack", made, args.place)
        memory = machine.unknown_from("the state of a cell", data)
        for cell in cells(args):
            made.extend(step(machine, cell, Args([data, memory], {}, args.place)))
        output = machine.state.node("op", "the output of a cell", made, args.place)
        later = Args([data, output, memory, memory], {}, args.place)
        made.extend(nodes_in(machine.call(loop_fn, later, frame)))
        return NONE

    _below_its_scope(machine, args.get("scope") or Known("rnn"), build, args)
    return _several(machine, name, made, args)


def dynamic_decode(machine: Interpreter, name: str, args: Args, frame: Frame | None) -> Value:
    """``tf.contrib.seq2seq.dynamic_decode(decoder)``: a step of the decoder in a loop."""
    decoder = args.get("decoder", 0) or NONE
    made = nodes_of(args.values())

    def turn() -> Value:
        data = machine.state.node("op", "tf.unstack", made, args.place)
        memory = machine.unknown_from("the state of a cell", data)
        given = [data, memory] if isinstance(decoder, Holder) else [data, data, memory]
        made.extend(step(machine, decoder, Args(given, {}, args.place)))
        return NONE

    def build() -> None:
        if isinstance(decoder, Instance):
            begin = machine.find(decoder, "initialize")
            if begin is not None:
                made.extend(nodes_in(machine.call(begin, Args([], {}, args.place), frame)))
        in_a_loop(machine, turn)

    _below_its_scope(machine, args.get("scope") or Known("decoder"), build, args)
    return _several(machine, name, made, args)


_KINDS = (
    "rnn",
    "static_rnn",
    "static_state_saving_rnn",
    "bidirectional_rnn",
    "static_bidirectional_rnn",
    "dynamic_rnn",
    "bidirectional_dynamic_rnn",
    "stack_bidirectional_rnn",
    "stack_bidirectional_dynamic_rnn",
)
_SEQUENCES = (
    "rnn_decoder",
    "basic_rnn_seq2seq",
    "tied_rnn_seq2seq",
    "embedding_rnn_decoder",
    "embedding_rnn_seq2seq",
    "embedding_tied_rnn_seq2seq",
    "attention_decoder",
    "embedding_attention_decoder",
    "embedding_attention_seq2seq",
    "one2many_rnn_seq2seq",
)

HANDLERS = {
    **{f"{module}.{kind}": recurrent for module in ("tf.nn", "tf.contrib.rnn") for kind in _KINDS},
    **{
        f"{module}.{kind}": recurrent
        for module in ("tf.contrib.legacy_seq2seq", "tf.nn.seq2seq")
        for kind in _SEQUENCES
    },
    "tf.contrib.seq2seq.dynamic_rnn_decoder": recurrent,
    "tf.contrib.seq2seq.dynamic_decode": dynamic_decode,
    "tf.nn.raw_rnn": raw_rnn,
    "tf.contrib.rnn.raw_rnn": raw_rnn,
}
