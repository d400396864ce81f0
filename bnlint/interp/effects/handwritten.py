"""Hand-written normalisation: the statistics of a batch and the ops that use them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bnlint.interp.args import Args
from bnlint.interp.effects import flags, ops
from bnlint.interp.nodes import Node, Statistic, nodes_in, nodes_of
from bnlint.interp.recorded import Moments
from bnlint.interp.values import Known, Place, Seq, Value
from bnlint.source import ir

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bnlint.interp.interpreter import Interpreter
    from bnlint.interp.scope import Frame


def moments(machine: Interpreter, name: str, args: Args, frame: Frame | None) -> Value:
    """``tf.nn.moments(x, axes)``: a mean and a variance node."""
    axes = args.get("axes", 1)
    over_batch = _over_batch(axes)
    out: list[Value] = []
    for _ in range(2):
        node = machine.state.node("moments", name, nodes_in(args.get("x", 0)), args.place)
        node.statistic = Statistic(over_batch and not _moved(node))
        out.append(node)
    return Seq("tuple", out)


def reduced_mean(machine: Interpreter, name: str, args: Args, frame: Frame | None) -> Value:
    """``tf.reduce_mean``: over the batch it is a mean, or a variance, spelled out."""
    node = ops.generic(machine, name, args, frame)
    axes = args.get("axis", 1) or args.get("reduction_indices")
    if isinstance(node, Node) and axes is not None and _over_batch(axes) and not _moved(node):
        node.statistic = Statistic(True)
    return node


def rearranged(machine: Interpreter, name: str, args: Args, frame: Frame | None) -> Value:
    """``reshape``, ``transpose``, ``expand_dims``: the first axis may be another one afterwards."""
    value = ops.generic(machine, name, args, frame)
    if isinstance(value, Node):
        how = args.get("shape" if name == "tf.reshape" else "axis" if "dims" in name else "perm", 1)
        first = how.items[0] if isinstance(how, Seq) and how.items else how
        number = first.value if isinstance(first, Known) else None
        if name == "tf.reshape":
            value.moved = number == 1  # one row: the examples are on another axis
        elif (number == 0) == (name == "tf.expand_dims"):
            value.moved = True
    return value


def _moved(node: Node) -> bool:
    """Whether the examples of the batch are on another axis than the first, as far as is seen."""
    for _ in range(_MOST_STEPS):
        if not node.inputs:
            return False
        node = node.inputs[0]
        if node.moved is not None:
            return node.moved
    return False


_MOST_STEPS = 100


def _over_batch(axes: Value | None) -> bool | None:
    """Whether the axes include the batch (0) and so make it *batch* normalisation."""
    if isinstance(axes, Known):
        return axes.value == 0 if isinstance(axes.value, int) else None
    if isinstance(axes, Seq):
        known = [a.value for a in axes.items if isinstance(a, Known)]
        if 0 in known:
            return True
        return False if axes.exact and len(known) == len(axes.items) else None
    return None


def batch_normalization(machine: Interpreter, name: str, args: Args, frame: Frame | None) -> Value:
    """``tf.nn.batch_normalization(x, mean, variance, offset, scale, epsilon)``."""
    mean, variance = args.get("mean", 1), args.get("variance", 2)
    inputs = nodes_of(args.values())
    node = machine.state.node("op", name, inputs, args.place)
    _note(machine, args, [*nodes_in(mean), *nodes_in(variance)], node)
    return node


def global_normalization(machine: Interpreter, name: str, args: Args, frame: Frame | None) -> Value:
    inputs = nodes_of(args.values())
    node = machine.state.node("op", name, inputs, args.place)
    statistics = [*nodes_in(args.get("m", 1)), *nodes_in(args.get("v", 2))]
    _note(machine, args, statistics, node)
    return node


def fused(machine: Interpreter, name: str, args: Args, frame: Frame | None) -> Value:
    """``tf.nn.fused_batch_norm``: (y, batch mean, batch variance)."""
    state = machine.state
    inputs = nodes_of(args.values())
    flag = args.get("is_training", 7)
    node = state.node("op", name, inputs, args.place)
    training = flag is None or (isinstance(flag, Known) and bool(flag.value))
    parts: list[Value] = [node]
    for _ in range(2):
        part = state.node("moments", name, inputs, args.place)
        part.statistic = Statistic(not _moved(part) if training and not args.more else None)
        parts.append(part)
    if training and not args.more:
        record = Moments(args.place, args.place, not _moved(node), node, machine.trace())
        record.sources = tuple(p for p in parts[1:] if isinstance(p, Node))
        record.statistics = record.sources
        _record(machine, record)
    return Seq("tuple", parts)


_ARITHMETIC = frozenset(
    (
        "operator +",
        "operator -",
        "operator *",
        "operator /",
        "operator **",
        "tf.add",
        "tf.subtract",
        "tf.multiply",
        "tf.div",
        "tf.sqrt",
        "tf.rsqrt",
        "tf.pow",
        "tf.maximum",
        "tf.identity",
    )
)


def scaling(machine: Interpreter, name: str, args: Args, frame: Frame | None) -> Value:
    """``tf.div(x - mean, deviation)``, ``tf.multiply(x - mean, 1 / deviation)``."""
    node = ops.generic(machine, name, args, frame)
    left, right = args.get("x", 0), args.get("y", 1)
    if isinstance(left, Node) and isinstance(right, Node) and isinstance(node, Node):
        arithmetic(machine, left, right, node)
    return node


def arithmetic(machine: Interpreter, left: Node, right: Node, output: Node) -> None:
    """``(x - mean) / sqrt(variance + epsilon)`` on the statistics of one tensor.

    These are the moments of one call, or a mean and a variance that are spelled out; either may
    be selected by a ``tf.cond`` that has the averages in its other branch.
    """
    if left.api not in ("operator -", "tf.subtract") or len(left.inputs) != 2:
        return
    x, mean = left.inputs
    means = [n for n in selected(mean) if n.statistic is not None]
    variances = [
        n
        for part in _reachable(right, 4)
        for n in selected(part)
        if n.statistic is not None and n != mean
    ]
    if not means or not variances or not _belong(x, means[0], variances[0]):
        return
    sources = (means[0], variances[0])
    batch = selected(mean) == [means[0]] and all(_is_over_batch(n) for n in sources)
    record = Moments(output.place, means[0].place, batch, output, machine.trace())
    record.sources = sources
    record.statistics = (mean, *_reachable(right, 4))
    record.scaled = True
    _record(machine, record)


def _is_over_batch(node: Node) -> bool:
    return node.statistic is not None and bool(node.statistic.over_batch)


def _belong(x: Node, mean: Node, variance: Node) -> bool:
    """Whether two statistics are the mean and the variance of one tensor."""
    if mean.kind == variance.kind == "moments":
        return mean.place == variance.place
    if x not in mean.inputs:
        return False
    near = {variance}
    for _ in range(3):
        near |= {i for n in near for i in n.inputs}
    return x in near and mean in near


def _reachable(node: Node, depth: int) -> list[Node]:
    """What a short formula is made of."""
    if depth == 0 or node.api not in _ARITHMETIC:
        return [node]
    return [found for item in node.inputs for found in _reachable(item, depth - 1)]


_SELECTING = frozenset(("cond", "case", "where", "select", "smart_cond"))
_PASSED = frozenset(("identity", "reshape", "squeeze", "cast", "stop_gradient"))


def is_selecting(node: Node) -> bool:
    """Whether a node is one of several tensors, by what a predicate says in the graph."""
    return node.api.rsplit(".", 1)[-1] in _SELECTING


def selected(node: Node) -> list[Node]:
    """What a tensor is, or is one of: through branches, copies and changes of shape."""
    out: dict[Node, None] = {}
    seen: set[Node] = set()
    todo = [node]
    while todo and len(seen) < 64:
        here = todo.pop()
        if here in seen:
            continue
        seen.add(here)
        passed = here.api.rsplit(".", 1)[-1] in _PASSED and bool(here.inputs)
        if here.kind == "phi" or is_selecting(here) or passed:
            todo.extend(here.inputs)
        else:
            out[here] = None
    return list(out)


def _note(machine: Interpreter, args: Args, statistics: list[Node], output: Node) -> None:
    sources = [_behind(n) for n in statistics]
    direct = [n for n in sources if n.statistic is not None]
    # Without moments it normalises with what is kept, which clears the same call elsewhere.
    batch = bool(direct) and all(_is_over_batch(n) for n in sources)
    place = direct[0].place if direct else args.place
    record = Moments(args.place, place, batch, output, machine.trace())
    record.sources = tuple(direct)
    record.statistics = tuple(statistics)
    _record(machine, record)


def _record(machine: Interpreter, record: Moments) -> None:
    frames = machine.state.frames
    names = frames[-1].locals if frames else {}
    record.flag = next(((name, names[name]) for name in names if name in flags.NAMES), None)
    record.site = _site(machine, record.place)
    record.unit_test = machine.in_unit_test()
    machine.state.record_moments(record)


def _site(machine: Interpreter, place: Place) -> Place:
    """The name of the function that is running, or of the one around it; else the place itself."""
    frame = machine.state.frames[-1] if machine.state.frames else None
    site = place
    while frame is not None:
        func = frame.func
        if func is not None and isinstance(func.node, ir.FunctionDef):
            site = (func.module.path, func.node.name_span)
        frame = frame.parent
    return site


def _behind(node: Node) -> Node:
    """The node behind identities and shape changes."""
    while node.kind == "linear" and len(node.inputs) == 1 and not node.controls:
        if node.statistic is not None:
            break
        node = node.inputs[0]
    return node


def behind(nodes: tuple[Node, ...], depth: int) -> Iterator[Node]:
    """What a value is computed from in a few steps; statistics and variables end it."""
    seen: set[Node] = set()
    todo = [(n, 0) for n in nodes]
    while todo:
        node, steps = todo.pop()
        if node in seen:
            continue
        seen.add(node)
        yield node
        if steps < depth and node.statistic is None and node.kind != "variable":
            todo.extend((n, steps + 1) for n in node.inputs)


HANDLERS = {
    "tf.nn.moments": moments,
    "tf.nn.weighted_moments": moments,
    "tf.nn.batch_normalization": batch_normalization,
    "tf.nn.batch_norm_with_global_normalization": global_normalization,
    "tf.nn.fused_batch_norm": fused,
    "tf.reduce_mean": reduced_mean,
    "tf.div": scaling,
    "tf.multiply": scaling,
    "tf.realdiv": scaling,
    "tf.reshape": rearranged,
    "tf.transpose": rearranged,
    "tf.expand_dims": rearranged,
}
