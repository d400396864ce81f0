"""Hand-written normalisation: ``tf.nn.moments`` and the ops that use its results."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bnlint.interp.args import Args
from bnlint.interp.effects import ops
from bnlint.interp.nodes import Node, nodes_in
from bnlint.interp.state import Moments
from bnlint.interp.values import Known, Seq, Value

if TYPE_CHECKING:
    from bnlint.interp.machine import Machine
    from bnlint.interp.scope import Frame


def moments(machine: Machine, name: str, args: Args, frame: Frame | None) -> Value:
    """``tf.nn.moments(x, axes)``: a mean and a variance node."""
    axes = args.get("axes", 1)
    over_batch = _over_batch(axes)
    out: list[Value] = []
    for _ in range(2):
        node = machine.state.node("moments", name, nodes_in(args.get("x", 0)), args.place)
        node.data["over_batch"] = over_batch and not _moved(node)
        out.append(node)
    return Seq("tuple", out)


def rearranged(machine: Machine, name: str, args: Args, frame: Frame | None) -> Value:
    """``reshape``, ``transpose``, ``expand_dims``: the first axis may be another one afterwards."""
    value = ops.generic(machine, name, args, frame)
    if isinstance(value, Node):
        how = args.get("shape" if name == "tf.reshape" else "axis" if "dims" in name else "perm", 1)
        first = how.items[0] if isinstance(how, Seq) and how.items else how
        number = first.value if isinstance(first, Known) else None
        if name == "tf.reshape":
            value.data["moved"] = number == 1  # one row: the examples are on another axis
        elif (number == 0) == (name == "tf.expand_dims"):
            value.data["moved"] = True
    return value


def _moved(node: Node) -> bool:
    """Whether the examples of the batch are on another axis than the first, as far as is seen."""
    for _ in range(_MOST_STEPS):
        if not node.inputs:
            return False
        node = node.inputs[0]
        moved: bool | None = node.data.get("moved")
        if moved is not None:
            return moved
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


def batch_normalization(machine: Machine, name: str, args: Args, frame: Frame | None) -> Value:
    """``tf.nn.batch_normalization(x, mean, variance, offset, scale, epsilon)``."""
    mean, variance = args.get("mean", 1), args.get("variance", 2)
    inputs = [n for v in args.values() for n in nodes_in(v)]
    node = machine.state.node("op", name, inputs, args.place)
    _note(machine, args, [*nodes_in(mean), *nodes_in(variance)], node)
    return node


def global_normalization(machine: Machine, name: str, args: Args, frame: Frame | None) -> Value:
    inputs = [n for v in args.values() for n in nodes_in(v)]
    node = machine.state.node("op", name, inputs, args.place)
    statistics = [*nodes_in(args.get("m", 1)), *nodes_in(args.get("v", 2))]
    _note(machine, args, statistics, node)
    return node


def fused(machine: Machine, name: str, args: Args, frame: Frame | None) -> Value:
    """``tf.nn.fused_batch_norm``: (y, batch mean, batch variance)."""
    state = machine.state
    inputs = [n for v in args.values() for n in nodes_in(v)]
    flag = args.get("is_training", 7)
    node = state.node("op", name, inputs, args.place)
    training = flag is None or (isinstance(flag, Known) and bool(flag.value))
    parts: list[Value] = [node]
    for _ in range(2):
        part = state.node("moments", name, inputs, args.place)
        part.data["over_batch"] = not _moved(part) if training and not args.more else None
        parts.append(part)
    if training and not args.more:
        node.data["fused"] = tuple(parts[1:])
        record = Moments(args.place, args.place, not _moved(node), node, machine.trace())
        record.sources = tuple(p for p in parts[1:] if isinstance(p, Node))
        state.record_moments(record)
    return Seq("tuple", parts)


_ARITHMETIC = frozenset(
    (
        "operator +",
        "operator -",
        "operator *",
        "operator **",
        "tf.add",
        "tf.subtract",
        "tf.multiply",
        "tf.sqrt",
        "tf.rsqrt",
        "tf.pow",
        "tf.maximum",
        "tf.identity",
    )
)


def arithmetic(machine: Machine, left: Node, right: Node, output: Node) -> None:
    """``(x - mean) / sqrt(variance + epsilon)`` on the moments of one call."""
    if left.api not in ("operator -", "tf.subtract"):
        return
    means = [n for n in left.inputs if n.kind == "moments"]
    variances = [n for n in _reachable(right, 4) if n.kind == "moments"]
    if len(means) != 1 or not variances or variances[0].place != means[0].place:
        return
    sources = (means[0], variances[0])
    batch = all(n.data["over_batch"] for n in sources)
    record = Moments(output.place, means[0].place, batch, output, machine.trace())
    record.sources = sources
    record.scaled = True
    machine.state.record_moments(record)


def _reachable(node: Node, depth: int) -> list[Node]:
    """What a short formula is made of."""
    if depth == 0 or node.api not in _ARITHMETIC:
        return [node]
    return [found for item in node.inputs for found in _reachable(item, depth - 1)]


def _note(machine: Machine, args: Args, statistics: list[Node], output: Node) -> None:
    sources = [_behind(n) for n in statistics]
    direct = [n for n in sources if n.kind == "moments"]
    # Without moments it normalises with what is kept, which clears the same call elsewhere.
    batch = bool(direct) and all(n.kind == "moments" and n.data["over_batch"] for n in sources)
    place = direct[0].place if direct else args.place
    record = Moments(args.place, place, batch, output, machine.trace())
    record.sources = tuple(direct)
    machine.state.record_moments(record)


def _behind(node: Node) -> Node:
    """The node behind identities and shape changes."""
    while node.kind == "linear" and len(node.inputs) == 1 and not node.controls:
        node = node.inputs[0]
    return node


HANDLERS = {
    "tf.nn.moments": moments,
    "tf.nn.weighted_moments": moments,
    "tf.nn.batch_normalization": batch_normalization,
    "tf.nn.batch_norm_with_global_normalization": global_normalization,
    "tf.nn.fused_batch_norm": fused,
    "tf.reshape": rearranged,
    "tf.transpose": rearranged,
    "tf.expand_dims": rearranged,
}
