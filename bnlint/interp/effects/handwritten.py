"""Hand-written normalisation: the statistics of a batch and the ops that use them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bnlint.interp.args import Args
from bnlint.interp.effects import flags, ops, statistics
from bnlint.interp.guards import FALSE
from bnlint.interp.nodes import Branches, Constant, Node, Statistic, Variable, nodes_in, nodes_of
from bnlint.interp.recorded import Moments
from bnlint.interp.values import Known, Place, Seq, Value
from bnlint.source import ir

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from bnlint.interp.interpreter import Interpreter
    from bnlint.interp.scope import Frame


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
        whole = training and not args.more
        part.statistic = Statistic(not statistics.moved(part) if whole else None)
        parts.append(part)
    if training and not args.more:
        record = Moments(args.place, args.place, not statistics.moved(node), node, machine.trace())
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

_FORMULA = _ARITHMETIC | {"tf.square"}
_MINUS = ("operator -", "tf.subtract")
_TIMES = ("operator *", "tf.multiply")


def scaling(machine: Interpreter, name: str, args: Args, frame: Frame | None) -> Value:
    """``tf.div(x - mean, deviation)``, ``tf.multiply(x - mean, 1 / deviation)``."""
    node = ops.generic(machine, name, args, frame)
    left, right = args.get("x", 0), args.get("y", 1)
    if left is not None and right is not None and isinstance(node, Node):
        averaged(left, right, node)
        if isinstance(left, Node) and isinstance(right, Node):
            arithmetic(machine, left, right, node)
    return node


def averaged(left: Value, right: Value, output: Node) -> None:
    """A sum that is divided by a count, or multiplied by its inverse from either side."""
    statistics.divided(left, right, output)
    if is_product(output):
        statistics.divided(right, left, output)


def adding(machine: Interpreter, name: str, args: Args, frame: Frame | None) -> Value:
    """``tf.add(x * factor, beta - mean * factor)``."""
    node = ops.generic(machine, name, args, frame)
    left, right = args.get("x", 0), args.get("y", 1)
    if isinstance(left, Node) and isinstance(right, Node) and isinstance(node, Node):
        folded(machine, left, right, node)
    return node


def arithmetic(machine: Interpreter, left: Node, right: Node, output: Node) -> None:
    """``(x - mean) / sqrt(variance + epsilon)`` on the statistics of one tensor.

    These are the moments of one call, or a mean and a variance that are spelled out; either may
    be selected by a ``tf.cond`` that has the averages in its other branch.
    """
    # ``gamma * (x - mean) / deviation`` is scaled before it is divided.
    parts = (left, *left.inputs) if left.api in _TIMES else (left,)
    for centred in parts:
        if centred.api in _MINUS and len(centred.inputs) == 2:
            x, mean = centred.inputs
            weighted = any(isinstance(n, Variable) and n.trainable for n in parts)
            if _normalises(machine, x, mean, right, output, not weighted):
                return


def _normalises(
    machine: Interpreter, x: Node, mean: Node, deviation: Node, output: Node, scaled: bool
) -> bool:
    """Note a use of a mean and of what a variance is in, if they are statistics of ``x``."""
    means = [n for n in selected(mean) if n.statistic is not None]
    parts = _reachable(deviation, 5)
    spelled = [n for part in parts for one in selected(part) for n in _reachable(one, 3)]
    variances = [n for n in spelled if n.statistic is not None and n not in means]
    if not means or not variances or not _belong(x, means[0], variances[0], spelled):
        return False
    sources = (means[0], variances[0])
    batch = selected(mean) == [means[0]] and all(_is_over_batch(n) for n in sources)
    record = Moments(output.place, means[0].place, batch, output, machine.trace())
    record.sources = sources
    record.statistics = (mean, *parts, *variances)
    record.scaled = scaled
    _record(machine, record)
    return True


def _is_over_batch(node: Node) -> bool:
    return node.statistic is not None and bool(node.statistic.over_batch)


def _belong(x: Node, mean: Node, variance: Node, deviation: list[Node]) -> bool:
    """Whether two statistics are the mean and the variance of one tensor."""
    if mean.kind == variance.kind == "moments":
        return mean.place == variance.place
    if x not in mean.inputs:
        return False
    near = {variance}
    for _ in range(4):  # an epsilon may be added to the squares before their mean is taken
        near |= {i for n in near for i in n.inputs}
    if x not in near:
        return False
    near |= {found for n in near for found in selected(n)}
    # The mean of the squares is one, too, less the square of the mean.
    whole = variance.api in ("tf.reduce_variance", "tf.reduce_std")
    return whole or mean in near or mean in deviation


def folded(machine: Interpreter, left: Node, right: Node, output: Node) -> None:
    """``x * factor + (beta - mean * factor)``, where the factor has the deviation in it."""
    for scaled, shift in ((left, right), (right, left)):
        if scaled.api not in _TIMES or shift.api not in _MINUS or len(shift.inputs) != 2:
            continue
        taken = shift.inputs[1]
        if taken.api not in _TIMES or len(scaled.inputs) != 2 or len(taken.inputs) != 2:
            continue
        for x, factor in (scaled.inputs, scaled.inputs[::-1]):
            for mean, other in (taken.inputs, taken.inputs[::-1]):
                if _same(factor, other) and _normalises(machine, x, mean, factor, output, False):
                    return


def _same(one: Node, other: Node) -> bool:
    """Whether two nodes compute the same in the same way, as a formula that is written twice."""
    if one is other:
        return True
    if one.api != other.api or not one.inputs or len(one.inputs) != len(other.inputs):
        return False
    if one.api not in _FORMULA:
        return False
    return all(map(_same, one.inputs, other.inputs))


def _reachable(node: Node, depth: int) -> list[Node]:
    """What a short formula is made of."""
    if depth == 0 or node.statistic is not None or node.api not in _FORMULA:
        return [node]
    return [found for item in node.inputs for found in _reachable(item, depth - 1)]


def is_product(node: Node) -> bool:
    return node.api in _TIMES


def is_rescaled(node: Node) -> bool:
    """Whether a node is its input scaled, shifted, copied or in another shape."""
    return node.api in _ARITHMETIC or _last(node.api) in _PASSED


def _last(api: str) -> str:
    return api.rsplit(".", 1)[-1]


_SELECTING = frozenset(("cond", "case", "where", "select", "smart_cond"))
_PASSED = frozenset(
    ("identity", "reshape", "squeeze", "cast", "stop_gradient", "strided_slice", "transpose")
)


def is_selecting(node: Node) -> bool:
    """Whether a node is one of several tensors, by what a predicate says in the graph."""
    return _last(node.api) in _SELECTING


def taken(node: Node) -> Known | None:
    """The constant that selects what a tensor is, where a constant does."""
    for _ in range(_NEAR_A_BRANCH):
        if isinstance(node, Branches):
            return node.taken
        if _last(node.api) not in _PASSED or not node.inputs:
            return None
        node = node.inputs[0]
    return None


_NEAR_A_BRANCH = 4


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
        passed = _last(here.api) in _PASSED and bool(here.inputs)
        if here.kind == "phi" or is_selecting(here) or passed:
            todo.extend(here.inputs)
        else:
            out[here] = None
    return list(out)


def _note(machine: Interpreter, args: Args, statistics: list[Node], output: Node) -> None:
    sources = [_spelled(_behind(n)) for n in statistics]
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
    if record.flag is None and frames:
        record.flag = _tested(machine, frames[-1])
    record.site = _site(machine, record.place)
    record.unit_test = machine.in_unit_test()
    machine.state.record_moments(record)


def _tested(machine: Interpreter, frame: Frame) -> tuple[str, Value] | None:
    """That the function is in training, where it asked for that and was told so on these paths."""
    if frame.mode is None:
        return None
    name, value, on = frame.mode
    paths = machine.state.paths
    return (name, value) if paths.guards.minus(paths.now, on) == FALSE else None


def _site(machine: Interpreter, place: Place) -> Place:
    """The name of the function that is running, or of the one around it; else the place itself."""
    frame = machine.state.frame_of(None)
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


def _spelled(node: Node) -> Node:
    """A statistic in place of a formula of nothing but statistics: ``squares / n - mean ** 2``."""
    parts = [p for p in _reachable(node, 4) if not isinstance(p, Constant)]
    return parts[0] if parts and all(p.statistic is not None for p in parts) else node


def behind(nodes: tuple[Node, ...], depth: int, until: Collection[Node] = ()) -> Iterator[Node]:
    """What a value is computed from in a few steps; statistics, variables and ``until`` end it."""
    seen: set[Node] = set()
    todo = [(n, 0) for n in nodes]
    while todo:
        node, steps = todo.pop()
        if node in seen:
            continue
        seen.add(node)
        yield node
        if node.statistic is not None or node.kind == "variable" or node in until:
            continue
        if steps < depth:
            todo.extend((n, steps + 1) for n in node.inputs)


HANDLERS = {
    "tf.nn.batch_normalization": batch_normalization,
    "tf.nn.batch_norm_with_global_normalization": global_normalization,
    "tf.nn.fused_batch_norm": fused,
    "tf.div": scaling,
    "tf.multiply": scaling,
    "tf.realdiv": scaling,
    "tf.add": adding,
}
