"""The mean and the variance of a batch, in every way in which they are computed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bnlint.interp.effects import ops
from bnlint.interp.nodes import Constant, Node, Placeholder, Statistic, nodes_in, nodes_of
from bnlint.interp.values import Known, Seq, Value

if TYPE_CHECKING:
    from bnlint.interp.args import Args
    from bnlint.interp.interpreter import Interpreter
    from bnlint.interp.scope import Frame


def moments(machine: Interpreter, name: str, args: Args, frame: Frame | None) -> Value:
    """``tf.nn.moments(x, axes)``: a mean and a variance node."""
    axes = args.get("axes", 1)
    over_batch = _over_batch(axes)
    out: list[Value] = []
    for _ in range(2):
        node = machine.state.node("moments", name, nodes_in(args.get("x", 0)), args.place)
        node.statistic = Statistic(over_batch and not moved(node))
        out.append(node)
    return Seq("tuple", out)


def reduced_mean(machine: Interpreter, name: str, args: Args, frame: Frame | None) -> Value:
    """``tf.reduce_mean``: over the batch it is a mean, or a variance, spelled out."""
    node = ops.generic(machine, name, args, frame)
    axes = args.get("axis", 1) or args.get("reduction_indices")
    if isinstance(node, Node) and axes is not None and _over_batch(axes) and not moved(node):
        node.statistic = Statistic(True)
    return node


def reduced_sum(machine: Interpreter, name: str, args: Args, frame: Frame | None) -> Value:
    """``tf.reduce_sum``: over the batch it is a mean, or a variance, once it is divided."""
    node = ops.generic(machine, name, args, frame)
    axes = args.get("axis", 1) or args.get("reduction_indices")
    if isinstance(node, Node) and axes is not None and _over_batch(axes) and not moved(node):
        node.total = Statistic(True)
    return node


def divided(total: Value, count: Value, output: Node) -> None:
    """``tf.reduce_sum(x, axes) / n``, ``* (1 / n)``: the mean of ``x``, if ``n`` is a number of
    examples and no data."""
    if isinstance(total, Node) and total.total is not None and _is_count(count):
        output.statistic = total.total
        output.inputs = (*total.inputs, *(i for i in output.inputs if i is not total))


def _is_count(value: Value, depth: int = 8) -> bool:
    if not isinstance(value, Node):
        return not nodes_in(value)
    if isinstance(value, (Constant, Placeholder)) or value.api in _COUNTS:
        return True
    return (
        bool(depth and value.inputs)
        and (value.api in _OF_COUNTS or value.api.startswith("operator "))
        and all(_is_count(item, depth - 1) for item in value.inputs)
    )


_COUNTS = frozenset(("tf.shape", "tf.size", "tf.nn.sufficient_statistics"))
_OF_COUNTS = frozenset(
    f"tf.{name}"
    for name in [
        "add",
        "cast",
        "constant",
        "div",
        "gather",
        "identity",
        "maximum",
        "multiply",
        "reduce_prod",
        "strided_slice",
        "subtract",
        "to_float",
    ]
)


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


def moved(node: Node) -> bool:
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


def sums(machine: Interpreter, name: str, args: Args, frame: Frame | None) -> Value:
    """``tf.nn.sufficient_statistics(x, axes)``: a count, two sums and a shift."""
    over_batch = _over_batch(args.get("axes", 1))
    out: list[Value] = []
    for _ in range(4):
        node = machine.state.node("op", name, nodes_in(args.get("x", 0)), args.place)
        node.statistic = node.total = Statistic(over_batch and not moved(node))
        out.append(node)
    return Seq("tuple", out)


def of_sums(machine: Interpreter, name: str, args: Args, frame: Frame | None) -> Value:
    """``tf.nn.normalize_moments(counts, mean_ss, variance_ss, shift)``: the moments again."""
    given = nodes_of(args.values())
    known = next((n for n in given if n.api == "tf.nn.sufficient_statistics"), None)
    inputs = given if known is None else known.inputs
    out: list[Value] = []
    for _ in range(2):
        node = machine.state.node("moments", name, inputs, args.place)
        node.statistic = Statistic(None) if known is None else known.statistic
        out.append(node)
    return Seq("tuple", out)


HANDLERS = {
    "tf.nn.moments": moments,
    "tf.nn.weighted_moments": moments,
    "tf.nn.sufficient_statistics": sums,
    "tf.nn.normalize_moments": of_sums,
    "tf.reduce_mean": reduced_mean,
    "tf.reduce_sum": reduced_sum,
    "tf.reduce_variance": reduced_mean,
    "tf.reduce_std": reduced_mean,
    "tf.reshape": rearranged,
    "tf.transpose": rearranged,
    "tf.expand_dims": rearranged,
}
