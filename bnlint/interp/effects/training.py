"""Optimizers, gradients and the ops that change weights."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from bnlint.apis import UPDATE_OPS
from bnlint.interp.args import Args
from bnlint.interp.live_objects import Optimizer
from bnlint.interp.nodes import (
    Assign,
    Gradient,
    Node,
    Train,
    Variable,
    accumulations,
    gradient_inputs,
    gradient_sources,
    nodes_in,
    nodes_of,
    through,
)
from bnlint.interp.values import NONE, Func, Known, Place, Seq, Unknown, Value

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bnlint.interp.interpreter import Interpreter
    from bnlint.interp.scope import Frame


def make_optimizer(machine: Interpreter, name: str, args: Args) -> Value:
    """An optimizer or a wrapper of one; constructing it adds no op that matters."""
    optimizer = Optimizer(args.place, name)
    machine.state.optimizers += 1
    for block in machine.state.blocks:
        block.optimizers += 1
    return optimizer


def optimizer_method(
    machine: Interpreter, optimizer: Optimizer, name: str, args: Args
) -> Value | None:
    """A method of an optimizer; None if bnlint gives it no meaning."""
    if name == "minimize":
        return minimize(machine, optimizer, args)
    if name == "compute_gradients":
        return compute_gradients(machine, args)
    if name == "apply_gradients":
        return apply_gradients(machine, args)
    return None


def _losses(machine: Interpreter, value: Value | None) -> list[Node]:
    if isinstance(value, Func):  # a callable loss
        place = (value.module.path, value.node.span)
        value = machine.call(value, Args([], {}, place), None)
    return nodes_in(value)


def gradient(
    machine: Interpreter, losses: list[Node], variables: Value | None, place: Place, api_name: str
) -> Gradient:
    """The gradient of some losses, for all variables at once."""
    inputs = gradient_inputs(losses, machine.state.paths.phi)
    node = machine.state.add(Gradient, api_name, inputs, place)
    node.losses = tuple(losses)
    node.variables = _variable_set(machine, variables)
    return node


def _variable_set(machine: Interpreter, value: Value | None) -> frozenset[Node] | None:
    """The variables a train op is limited to, None for all or not known."""
    if value is None or isinstance(value, (Known, Unknown)):
        return None
    if isinstance(value, Node):
        return frozenset([value])
    if isinstance(value, Seq) and value.exact:
        items = [machine.state.paths.present(item) for item in value.items]
        nodes = nodes_of(items)
        whole = all(map(partial(_wherever_made, machine), value.items, items))
        if nodes and whole and not any(isinstance(i, Unknown) for i in items):
            return frozenset(nodes)
    return None


def _wherever_made(machine: Interpreter, item: Value, variable: Value) -> bool:
    """Whether an item of a list is in it on all paths on which its variable is made."""
    if item is variable:
        return True
    paths = machine.state.paths
    made = paths.now if not isinstance(variable, Node) else variable.guard
    return paths.guards.implies(paths.guards.conj(made, paths.now), paths.presence(item))


def minimize(machine: Interpreter, optimizer: Value, args: Args) -> Value:
    """``optimizer.minimize(loss, global_step, var_list)``."""
    if isinstance(optimizer, Optimizer):
        found = _minimize_by_parts(machine, optimizer, args)
        if found is not None:
            return found
    losses = _losses(machine, args.get("loss", 0))
    limit = args.get("var_list", 2)
    first = gradient(machine, losses, limit, args.place, "minimize")
    return train_op(machine, "minimize", [first], args)


def _minimize_by_parts(machine: Interpreter, optimizer: Optimizer, args: Args) -> Value | None:
    """``minimize`` of a class that overrides one of the two methods that it calls."""
    owner = optimizer.owner
    if owner is None:
        return None
    compute = machine.find(owner, "compute_gradients")
    apply = machine.find(owner, "apply_gradients")
    if compute is None and apply is None:
        return None
    limit = args.get("var_list", 2)
    given = {"var_list": limit} if limit is not None else {}
    first = Args([args.get("loss", 0) or NONE], given, args.place)
    pairs = (
        machine.call(compute, first, None)
        if compute is not None
        else compute_gradients(machine, first)
    )
    step = args.get("global_step", 1)
    second = Args([pairs], {"global_step": step} if step is not None else {}, args.place)
    if apply is not None:
        return machine.call(apply, second, None)
    return apply_gradients(machine, second)


def compute_gradients(machine: Interpreter, args: Args) -> Value:
    """A list of (gradient, variable) pairs that share one gradient node."""
    limit = args.get("var_list", 1)
    losses = _losses(machine, args.get("loss", 0))
    node = gradient(machine, losses, limit, args.place, "compute_gradients")
    known = limit is not None and not (isinstance(limit, Known) and limit.value is None)
    source = limit if known else None
    if isinstance(source, Seq):
        items, exact = machine.state.paths.elements(source), source.exact
    else:
        items, exact = list(machine.state.collection("trainable_variables")), False
    paths = machine.state.paths
    pairs: list[Value] = [
        paths.optional(Seq("tuple", [node, paths.present(v)]), paths.presence(v))
        for v in items[:512]
    ]
    if not pairs:
        pairs = [Seq("tuple", [node, machine.state.unknown("a variable")])]
    return Seq("list", pairs, exact)


def apply_gradients(machine: Interpreter, args: Args) -> Value:
    given = args.get("grads_and_vars", 0)
    nodes = nodes_in(given)
    sources = _sources(machine, nodes)
    others = [*nodes, *(accumulations(nodes) if machine.state.accumulates else ())]
    node = train_op(machine, "apply_gradients", sources or nodes, args, others=others)
    node.given = tuple(nodes)
    node.limit = _paired_variables(machine, given)
    return node


def _paired_variables(machine: Interpreter, given: Value | None) -> frozenset[Node] | None:
    """The variables of a list of (gradient, variable) pairs, None if some are not known."""
    if not isinstance(given, Seq) or not given.exact or not given.items:
        return None
    found: set[Node] = set()
    for item in given.items:
        pair = machine.state.paths.present(item)
        variable = pair.items[-1] if isinstance(pair, Seq) and len(pair.items) == 2 else None
        if not isinstance(variable, Node) or variable.kind != "variable":
            return None
        if item is not pair and not _wherever_made(machine, item, variable):
            return None
        found.add(variable)
    return frozenset(found)


def train_op(
    machine: Interpreter,
    api_name: str,
    gradients: Sequence[Node],
    args: Args,
    others: list[Node] | None = None,
) -> Train:
    """A node that changes weights, under the control dependencies in force."""
    state = machine.state
    node = state.add(Train, api_name, [*gradients, *(others or ())], args.place)
    node.gradients = tuple(g for g in gradients if isinstance(g, Gradient))
    node.trace = machine.trace()
    node.loops = state.graph_loops
    node.opaque = any(b.opaque for b in state.blocks if not b.clear)
    node.unit_test = machine.in_unit_test()
    state.train_ops.append(node)
    for block in state.blocks:
        block.train_ops.append(node)
    state.add_to("train_op", node)
    label = args.kwargs.get("name")
    if isinstance(label, Known) and isinstance(label.value, str):
        state.give_name(node, label.value)
    return node


def gradients(machine: Interpreter, name: str, args: Args, frame: Frame | None) -> Value:
    """``tf.gradients(ys, xs)``."""
    limit = args.get("xs", 1)
    node = gradient(machine, nodes_in(args.get("ys", 0)), limit, args.place, name)
    if isinstance(limit, Seq):
        paths = machine.state.paths
        found = [paths.optional(node, paths.presence(i)) for i in limit.items[:512]]
        return Seq("list", found, limit.exact)
    return Seq("list", [node], False)


def assignment(
    machine: Interpreter, name: str, target: Value, value: list[Node], args: Args
) -> Value:
    """An assignment to a variable; a train op if the variable is trainable and the value is
    computed from gradients (hand-written updates)."""
    state = machine.state
    targets = [n for n in through(nodes_in(target)) if isinstance(n, Variable)]
    sources = _sources(machine, value)
    trainable = bool(targets) and all(t.trainable for t in targets)
    if sources and trainable:
        train = train_op(machine, name, sources, args, others=value)
        train.limit = frozenset(targets)
        train.given = tuple(value)
        return train
    node = state.add(Assign, name, [*nodes_in(target), *value], args.place)
    node.value = tuple(value)
    node.targets = tuple(targets)
    node.rate = tuple(n for v in (args.get("decay", 2), args.get("momentum")) for n in nodes_in(v))
    node.in_a_branch = state.branch_depth > 0
    if sources:
        for variable in targets:
            variable.accumulations.append(node)
            state.accumulates = True
    return node


def _sources(machine: Interpreter, nodes: list[Node]) -> list[Gradient]:
    """The gradients that some nodes are computed from."""
    accumulated = machine.state.accumulates
    return list(dict.fromkeys(gradient_sources(nodes, accumulated=accumulated)))


def create_train_op(machine: Interpreter, name: str, args: Args, frame: Frame | None) -> Value:
    """``create_train_op`` and its kin: most run UPDATE_OPS by themselves."""
    state = machine.state
    row = machine.modules.apis.makers[name]
    losses = nodes_in(args.get("total_loss", row.loss) or args.get("loss"))
    limit = args.get("variables_to_train") or args.get("variables")
    given = args.get("update_ops", row.update_ops)
    before: list[Node] = []
    off = False
    if given is None or (isinstance(given, Known) and given.value is None):
        if row.runs_updates:
            before = [n for i in state.collection(UPDATE_OPS) for n in nodes_in(i)]
    else:
        before = nodes_in(given)
        off = isinstance(given, Seq) and given.exact and not given.items
    first = gradient(machine, losses, limit, args.place, name)
    node = train_op(machine, name.rsplit(".", 1)[-1], [first], args)
    node.inputs = (*node.inputs, *losses)
    node.controls = tuple(dict.fromkeys([*node.controls, *before]))
    node.updates_off = off
    node.opaque = node.opaque or isinstance(given, Unknown)
    return node


def wait_for(machine: Interpreter, op: Node, others: list[Node]) -> None:
    """Make an op that is there already wait for others, on the paths that run now."""
    paths = machine.state.paths
    if not paths.lasting(op.guard):
        others = [paths.phi([(paths.now, other)]) for other in others]
    op.controls = tuple(dict.fromkeys([*op.controls, *others]))


def add_control_inputs(machine: Interpreter, name: str, args: Args, frame: Frame | None) -> Value:
    """``graph_editor.add_control_inputs(op, cops)``."""
    others = nodes_in(args.get("cops", 1))
    for op in nodes_in(args.get("op", 0)):
        wait_for(machine, op, others)
    return NONE


def clip(machine: Interpreter, name: str, args: Args, frame: Frame | None) -> Value:
    """``clip_by_global_norm(list, norm)``: (the clipped list, the norm)."""
    items = args.get("t_list", 0)
    node = machine.state.node("op", name, nodes_in(items), args.place)
    if isinstance(items, Seq):
        paths = machine.state.paths
        found = [paths.optional(node, paths.presence(i)) for i in items.items]
        clipped: Value = Seq("list", found, items.exact)
    else:
        clipped = Seq("list", [node], False)
    return Seq("tuple", [clipped, node])


def rewritten(machine: Interpreter, name: str, args: Args, frame: Frame | None) -> Value:
    """An optimizer made to compute in mixed precision: it runs what it ran before."""
    return args.get("opt", 0) or NONE


HANDLERS = {
    "tf.train.enable_mixed_precision_graph_rewrite": rewritten,
    "tf.train.experimental.enable_mixed_precision_graph_rewrite": rewritten,
    "tf.gradients": gradients,
    "tf.hessians": gradients,
    "tf.clip_by_global_norm": clip,
    "tf.contrib.graph_editor.add_control_inputs": add_control_inputs,
}
