"""Ordinary ops, placeholders, flags, and every TensorFlow symbol without a handler of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bnlint.interp import api, comparisons, truth
from bnlint.interp.args import Args
from bnlint.interp.effects import layouts, neighbours, recurrent
from bnlint.interp.effects import variables as variable_effects
from bnlint.interp.effects.recurrent import cells
from bnlint.interp.effects.variables import add_variable, layer_path
from bnlint.interp.live_objects import GraphObject, Holder, MovingAverage
from bnlint.interp.nodes import Constant, Group, Node, Placeholder, nodes_in, nodes_of, through
from bnlint.interp.values import NONE, Api, Func, Known, Seq, Template, Unknown, Value

if TYPE_CHECKING:
    from bnlint.interp.interpreter import Interpreter
    from bnlint.interp.scope import Frame

_WITH_WEIGHTS = frozenset(
    [
        "dense",
        "conv1d",
        "conv2d",
        "conv3d",
        "conv2d_transpose",
        "conv3d_transpose",
        "separable_conv1d",
        "separable_conv2d",
        "embedding",
    ]
)
_HOST = ("tf.gfile.", "tf.io.gfile.", "tf.test.", "tf.config.", "tf.python_io.", "tf.sysconfig.")
_HOST_FUNCTIONS = frozenset(
    (
        "tf.train.latest_checkpoint",
        "tf.train.checkpoint_exists",
        "tf.train.get_checkpoint_state",
        "tf.train.checkpoints_iterator",
        "tf.train.list_variables",
        "tf.executing_eagerly",
        "tf.app.flags.mark_flag_as_required",
    )
)
"""Functions that answer in Python and add nothing to the graph."""

_SUMMARIES = ("tf.summary.", "tf.contrib.layers.summarize_")

_NO_CALLBACK = ("tf.py_func", "tf.numpy_function", "tf.py_function", "tf.data.", "tf.train.")


_ELEMENTWISE = frozenset(
    [
        "abs",
        "clip_by_value",
        "div",
        "exp",
        "log",
        "maximum",
        "minimum",
        "multiply",
        "pow",
        "sqrt",
        "square",
        "subtract",
    ]
)
"""Ops on measures that leave a measure."""


_MOST_PARTS = 16


def _parts(name: str, node: Node, args: Args) -> Value:
    """The list that an op gives: of so many tensors, where its call says how many."""
    number = args.get("num_or_size_splits", 1) if name == "tf.split" else None
    count = number.value if isinstance(number, Known) else None
    if isinstance(count, int) and not isinstance(count, bool) and 1 <= count <= _MOST_PARTS:
        return Seq("list", [node] * count)
    return Seq("list", [node], False)


def generic(machine: Interpreter, name: str, args: Args, frame: Frame | None) -> Value:
    """Any op: a node that depends on the nodes of its arguments."""
    state = machine.state
    last = name.rsplit(".", 1)[-1]
    if name.startswith(_HOST) or name in _HOST_FUNCTIONS:
        keys = [truth.key_of(machine, v) for v in args.values()]
        return state.unknown(f"{name} answers at run time", "call", name, *keys)
    if last[:1].isupper() and not name.startswith("tf.contrib.layers."):
        # A class: its instance may hold graph nodes (a cell, a dataset, a helper).
        nodes = dict.fromkeys(nodes_of(args.values()))
        return Holder(args.place, name, cells(args), tuple(args.values()), nodes=tuple(nodes))
    inputs = nodes_of(args.values())
    if not name.startswith(_NO_CALLBACK) and not state.importing:
        for value in args.values():
            if isinstance(value, Func) and value.key not in state.entered:
                given = Args([], {}, args.place, True)
                result = state.paths.apart(
                    lambda value=value, given=given: machine.call(value, given, None)  # type: ignore[misc]
                )
                inputs.extend(nodes_in(result))
    if name.startswith("tf.layers.") and last in _WITH_WEIGHTS:
        path = layer_path(machine, args.get("name"), last)
        inputs.append(add_variable(machine, f"{path}kernel", args.place))
        if args.get("use_bias") is None or not isinstance(args.get("use_bias"), Known):
            inputs.append(add_variable(machine, f"{path}bias", args.place))
    kind = "linear" if name in api.LINEAR_OPS else "op"
    if name.startswith(_SUMMARIES) or last.endswith(("_summary", "_summaries")):
        kind = "summary"
    if kind == "linear" and last not in ("identity",):
        for value in args.values():
            if isinstance(value, Unknown):
                inputs.extend(value.deps)
    node = state.node(kind, name, inputs, args.place)
    if name.startswith("tf.data."):
        state.sources[node] = tuple(args.values())
    layouts.note(node, args)
    neighbours.note(node, args)
    if last in api.REDUCTIONS or name.startswith("tf.losses."):
        node.scalar = True
    elif last in _ELEMENTWISE:
        operands = [n for n in inputs if n.kind != "const"]
        node.scalar = bool(operands) and all(n.scalar for n in operands)
    elif kind == "linear":
        node.scalar = bool(inputs) and any(n.scalar for n in inputs)
    if name.startswith("tf.losses."):
        state.add_to("losses", node)
    if name.startswith("tf.metrics."):
        return Seq("tuple", [node, node])
    if last in ("split", "unstack", "meshgrid"):
        return _parts(name, node, args)
    if last in ("top_k", "batch", "train_test"):
        return Unknown("several tensors", state.keys.of("node", node.id), (node,))
    return node


def placeholder(machine: Interpreter, name: str, args: Args, frame: Frame | None) -> Value:
    state = machine.state
    with_default = name.endswith("with_default")
    initial = args.get("input", 0) if with_default else None
    dtype = args.get("dtype", 0)
    node = state.add(Placeholder, name, nodes_in(initial), args.place, guarded=False)
    if isinstance(dtype, Api) and dtype.name in ("tf.bool", "tf.python.bool"):
        node.boolean = True
    if isinstance(dtype, Known) and dtype.value == "bool":
        node.boolean = True
    if isinstance(initial, Constant):
        initial = initial.value  # ``tf.constant(False)`` is as good as ``False``
    if isinstance(initial, Known) and isinstance(initial.value, bool):
        node.boolean = True
        node.default = initial.value
    label = args.get("name", 2)
    if isinstance(label, Known) and isinstance(label.value, str):
        state.give_name(node, label.value)
    return node


def group(machine: Interpreter, name: str, args: Args, frame: Frame | None) -> Value:
    """``tf.group(*ops)``, ``tf.no_op()``, ``tf.tuple``: an op that waits."""
    reads = set(args.reads)
    for value in args.positional:
        for _, one in machine.state.paths.alternatives(value):
            if isinstance(one, Seq) and one.read is not None:
                reads.add(one.read)
    inputs = nodes_of(args.values())
    node = machine.state.add(Group, name, inputs, args.place)
    for block in machine.state.blocks:
        block.existing.extend(n for n in through(inputs) if n.kind == "train")
    node.reads = reads
    if name == "tf.tuple":
        first = args.positional[0] if args.positional else None
        if isinstance(first, Seq):
            return Seq("list", [node for _ in first.items], first.exact)
    return node


def stop_gradient(machine: Interpreter, name: str, args: Args, frame: Frame | None) -> Value:
    return machine.state.node("stop", name, nodes_in(args.get("input", 0)), args.place)


def constant(machine: Interpreter, name: str, args: Args, frame: Frame | None) -> Value:
    """``tf.constant(True)`` is as constant as ``True``."""
    value = args.get("value", 0)
    node = machine.state.add(Constant, name, nodes_in(value), args.place)
    if isinstance(value, Known):
        node.value = value
    return node


def handed_on(machine: Interpreter, name: str, args: Args, frame: Frame | None) -> Value:
    """``tf.cast(True, tf.bool)``, ``tf.convert_to_tensor(True)``: as constant, too."""
    value = args.get("x", 0) or args.get("value") or args.get("input")
    known = value.value if isinstance(value, Constant) else value
    if not isinstance(known, Known):
        return generic(machine, name, args, frame)
    node = machine.state.add(Constant, name, nodes_in(value), args.place)
    node.value = known
    return node


def compared(machine: Interpreter, name: str, args: Args, frame: Frame | None) -> Value:
    """``tf.equal(mode, "train")``: as constant as what it compares."""
    sides = [args.get("x", 0), args.get("y", 1)]
    left, right = (side.value if isinstance(side, Constant) else side for side in sides)
    if not isinstance(left, Known) or not isinstance(right, Known):
        return generic(machine, name, args, frame)
    sign = "==" if name == "tf.equal" else "!="
    outcome = comparisons.compare(machine, sign, left, right, args.place)
    node = machine.state.add(Constant, name, nodes_in(args.get("x", 0)), args.place)
    if isinstance(outcome, Known):
        node.value = outcome
    return node


def graph(machine: Interpreter, name: str, args: Args, frame: Frame | None) -> Value:
    return GraphObject(args.place, machine.state.new_graph())


def default_graph(machine: Interpreter, name: str, args: Args, frame: Frame | None) -> Value:
    return GraphObject(args.place, machine.state.graph)


def reset_default_graph(machine: Interpreter, name: str, args: Args, frame: Frame | None) -> Value:
    state = machine.state
    state.default_graph[-1] = state.new_graph()
    return NONE


def moving_average(machine: Interpreter, name: str, args: Args, frame: Frame | None) -> Value:
    rate = tuple(nodes_in(args.get("decay", 0)))
    return MovingAverage(args.place, rate)


def define_flag(machine: Interpreter, name: str, args: Args, frame: Frame | None) -> Value:
    label, default = args.get("name", 0), args.get("default", 1) or args.get("default_value")
    if isinstance(label, Known) and isinstance(label.value, str):
        if default is not None:
            machine.state.flag_defaults[label.value] = default
        values = args.get("enum_values", 2)
        if name.endswith("enum") and isinstance(values, Seq):
            machine.state.note_choices(label.value, values, default)
    return NONE


def app_run(machine: Interpreter, name: str, args: Args, frame: Frame | None) -> Value:
    """``tf.app.run(main)``: calls ``main(argv)``."""
    main = args.get("main", 0)
    if main is None and frame is not None:
        main = frame.module.globals.get("main")
    if main is None or isinstance(main, Known):
        return NONE
    argv = machine.state.unknown("the command line", "name", "argv")
    return machine.call(main, Args([argv], {}, args.place), frame)


def nothing(machine: Interpreter, name: str, args: Args, frame: Frame | None) -> Value:
    return NONE


def make_template(machine: Interpreter, name: str, args: Args, frame: Frame | None) -> Value:
    """``tf.make_template(name, func, **kwargs)``: the function under a variable scope."""
    func = args.get("func_", 1)
    if func is None:
        return machine.state.unknown("a template")
    skipped = ("name_", "func_", "create_scope_now_", "unique_name_", "custom_getter_")
    kwargs = {k: v for k, v in args.kwargs.items() if k not in skipped}
    label = args.get("name_", 0)
    scope = label.value if isinstance(label, Known) and isinstance(label.value, str) else "?"
    return Template(func, kwargs, scope)


def read_variable(machine: Interpreter, name: str, args: Args, frame: Frame | None) -> Value:
    """Initialisers and conversions of variables: nothing that training waits for."""
    return machine.state.node("op", name, (), args.place)


_FLAGS = "string integer float boolean bool enum list multi_string multi_integer spaceseplist"

HANDLERS = {
    **variable_effects.HANDLERS,
    **recurrent.HANDLERS,
    "tf.placeholder": placeholder,
    "tf.placeholder_with_default": placeholder,
    "tf.sparse_placeholder": placeholder,
    "tf.group": group,
    "tf.no_op": group,
    "tf.tuple": group,
    "tf.stop_gradient": stop_gradient,
    "tf.constant": constant,
    "tf.cast": handed_on,
    "tf.convert_to_tensor": handed_on,
    "tf.identity": handed_on,
    "tf.equal": compared,
    "tf.not_equal": compared,
    "tf.Graph": graph,
    "tf.get_default_graph": default_graph,
    "tf.reset_default_graph": reset_default_graph,
    "tf.train.ExponentialMovingAverage": moving_average,
    "tf.app.run": app_run,
    "tf.make_template": make_template,
    "tf.global_variables_initializer": read_variable,
    "tf.local_variables_initializer": read_variable,
    "tf.variables_initializer": read_variable,
    "tf.set_random_seed": nothing,
    "tf.disable_v2_behavior": nothing,
    "tf.disable_eager_execution": nothing,
    "tf.logging.set_verbosity": nothing,
    "tf.logging.info": nothing,
    **{f"tf.app.flags.DEFINE_{kind}": define_flag for kind in _FLAGS.split()},
}
