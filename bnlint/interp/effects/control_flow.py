"""Control flow in the graph: ``cond``, ``case``, ``while_loop``, ``map_fn`` and their kin."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bnlint.interp import bypass, truth
from bnlint.interp.args import Args
from bnlint.interp.nodes import Branches, Constant, Node, nodes_in
from bnlint.interp.recorded import Layer, Selected, TrainingFlag
from bnlint.interp.values import Known, Map, Seq, Unknown, Value

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from bnlint.interp.interpreter import Interpreter
    from bnlint.interp.scope import Frame


def _call(machine: Interpreter, func: Value | None, given: list[Value], args: Args) -> Value:
    if func is None or isinstance(func, Known):
        return func or machine.state.unknown("a missing branch")
    return machine.call(func, Args(given, {}, args.place), None)


def cond(machine: Interpreter, name: str, args: Args, frame: Frame | None) -> Value:
    """``tf.cond(pred, true_fn, false_fn)``: both branches are built."""
    state = machine.state
    predicate = args.get("pred", 0)
    true_fn = args.get("true_fn", 1) or args.get("fn1")
    false_fn = args.get("false_fn", 2) or args.get("fn2")
    if "smart_cond" in name and predicate is not None:
        known = truth.truth_of(machine, predicate)
        if known is not None and not isinstance(predicate, Node):
            return _call(machine, true_fn if known else false_fn, [], args)
    mark = state.fresh()
    first = len(state.layers)
    state.branch_depth += 1
    try:
        on_true = _call(machine, true_fn, [], args)
        second = len(state.layers)
        on_false = _call(machine, false_fn, [], args)
    finally:
        state.branch_depth -= 1
    if not state.branch_depth:
        _select_nothing(predicate, state.layers[first:second], state.layers[second:])
    _selection(machine, on_true, on_false, mark, args)
    bypass.in_graph(machine, args.place, nodes_in(predicate), on_true, on_false, mark)
    merged = _merge(machine, name, nodes_in(predicate), [on_true, on_false], args)
    constant = predicate.value if isinstance(predicate, Constant) else predicate
    if isinstance(constant, Known):
        for node in nodes_in(merged):
            if isinstance(node, Branches):
                node.taken = constant
    return merged


def _selection(machine: Interpreter, left: Value, right: Value, mark: int, args: Args) -> None:
    """Both branches hand out layers that were built before the ``cond`` (facts: f04)."""
    if not (isinstance(left, Node) and isinstance(right, Node)):
        return
    one, other = left.layer, right.layer
    if one is None or other is None or max(left.id, right.id) > mark:
        return
    if left.kind == right.kind == "norm":
        one.flag.chosen = other.flag.chosen = True
        if one.updates and not other.updates:
            _select(machine, Selected(args.place, one, other))
        elif other.updates and not one.updates:
            _select(machine, Selected(args.place, other, one))


def in_a_loop(machine: Interpreter, build: Callable[[], Value]) -> Value:
    """Build the body of a loop of the graph: ops outside cannot wait for what it makes."""
    machine.state.graph_loops += 1
    try:
        return build()
    finally:
        machine.state.graph_loops -= 1


def control_flow_v2(machine: Interpreter, name: str, args: Args, frame: Frame | None) -> Value:
    machine.state.control_flow_v2 = True
    return Known(None)


def _select_nothing(predicate: Value | None, on_true: list[Layer], on_false: list[Layer]) -> None:
    """Layers with the same mode in both branches are in one mode, whatever the predicate.

    The predicate itself, as a flag, is True where the first branch is taken and False where the
    second is.
    """
    asked = _passed_on(predicate)
    layers = [(layer, True) for layer in on_true] + [(layer, False) for layer in on_false]
    modes = {_mode(layer.flag, asked, taken) for layer, taken in layers}
    if not on_true or not on_false or len(modes) > 1 or None in modes:
        return
    for layer, taken in layers:
        if layer.flag.fed is None:
            layer.flag.chosen = False
        else:
            layer.flag.value = taken  # chosen still: the source says something else


def _mode(flag: TrainingFlag, asked: Value | None, taken: bool) -> object:
    """The mode of a layer in a branch of a ``cond``, if it is one: None if not."""
    if flag.fed is not None and flag.fed is asked:
        return taken
    return None if not flag.passed or flag.value is None else bool(flag.value)


def _passed_on(value: Value | None) -> Value | None:
    """The tensor that a chain of ``identity`` and ``cast`` hands on."""
    while isinstance(value, Node) and value.api in _HANDED_ON and len(value.inputs) == 1:
        value = value.inputs[0]
    return value


_HANDED_ON = frozenset(("tf.identity", "tf.cast", "tf.convert_to_tensor", "tf.squeeze"))


def _select(machine: Interpreter, selected: Selected) -> None:
    selected.guard = machine.state.paths.now
    machine.state.selections.append(selected)


def _merge(
    machine: Interpreter, name: str, predicate: list[Node], branches: list[Value], args: Args
) -> Value:
    """What a branch yields: a list of the same shape if all branches yield one."""
    made: dict[tuple[int, ...], Value] = {}  # lists may share what they hold, and hold themselves

    def merge(parts: Sequence[Value]) -> Value:
        sequences = [part for part in parts if isinstance(part, Seq)]
        if len(sequences) < len(parts) or len({len(s.items) for s in sequences}) != 1:
            return tensor(parts)
        key = tuple(map(id, parts))
        if key not in made:
            out = Seq(sequences[0].kind, [], all(s.exact for s in sequences))
            made[key] = out
            out.items.extend(map(merge, zip(*(s.items for s in sequences), strict=True)))
        return made[key]

    def tensor(parts: Sequence[Value]) -> Node:
        nodes = [n for part in parts for n in nodes_in(part)]
        node = machine.state.add(Branches, name, [*predicate, *nodes], args.place)
        node.scalar = all(n.scalar for n in nodes)
        return node

    return merge(branches)


def case(machine: Interpreter, name: str, args: Args, frame: Frame | None) -> Value:
    pairs = args.get("pred_fn_pairs", 0)
    branches: list[Value] = []
    predicates: list[Node] = []
    if isinstance(pairs, Map):
        entries = [(pairs.keys[k], pairs.items[k]) for k in pairs.items]
    else:
        entries = []
        for pair in machine.iterate(pairs)[0] if pairs is not None else []:
            items, _ = machine.iterate(pair)
            if len(items) == 2:
                entries.append((items[0], items[1]))
    default = args.get("default", 1)
    machine.state.branch_depth += 1
    try:
        for predicate, func in entries:
            predicates.extend(nodes_in(predicate))
            branches.append(_call(machine, func, [], args))
        if default is not None:
            branches.append(_call(machine, default, [], args))
    finally:
        machine.state.branch_depth -= 1
    return _merge(machine, name, predicates, branches, args)


def while_loop(machine: Interpreter, name: str, args: Args, frame: Frame | None) -> Value:
    """``tf.while_loop(cond, body, loop_vars)``: the body is built once."""
    loop_vars = args.get("loop_vars", 2)
    items, exact = machine.iterate(loop_vars) if loop_vars is not None else ([], False)
    given: list[Value] = list(items)
    if not given:
        given = [machine.unknown_from("loop variables", loop_vars or Known(None))]
    result = in_a_loop(machine, lambda: _call(machine, args.get("body", 1), given, args))
    inputs = [*nodes_in(loop_vars), *nodes_in(result)]
    node = machine.state.node("op", name, inputs, args.place)
    if len(items) > 1 and exact:
        return Seq("list", [node for _ in items])
    return node


def map_fn(machine: Interpreter, name: str, args: Args, frame: Frame | None) -> Value:
    """``tf.map_fn(fn, elems)``, ``scan`` and folds: the function is built once."""
    elems = args.get("elems", 1)
    node = machine.state.node("op", "tf.unstack", nodes_in(elems), args.place)
    element: Value = node
    if isinstance(elems, Seq):
        element = Seq(elems.kind, [node for _ in elems.items])
    folds = name.rsplit(".", 1)[-1] in ("scan", "foldl", "foldr")
    given = [node, element] if folds else [element]
    if name == "tf.vectorized_map":  # no loop: the body is made once for all elements
        result = _call(machine, args.get("fn", 0), given, args)
    else:
        result = in_a_loop(machine, lambda: _call(machine, args.get("fn", 0), given, args))
    inputs = [*nodes_in(elems), *nodes_in(result)]
    out = machine.state.node("op", name, inputs, args.place)
    if isinstance(result, Seq):
        return Seq(result.kind, [out for _ in result.items])
    return out


def repeat(machine: Interpreter, name: str, args: Args, frame: Frame | None) -> Value:
    """``slim.repeat(inputs, repetitions, layer, *args, **kwargs)``."""
    value = args.get("inputs", 0) or machine.state.unknown("inputs")
    count = args.get("repetitions", 1)
    layer = args.get("layer", 2)
    times = count.value if isinstance(count, Known) and isinstance(count.value, int) else 2
    kwargs = {
        k: v for k, v in args.kwargs.items() if k not in ("inputs", "repetitions", "layer", "scope")
    }
    for _ in range(max(1, min(times, 3))):
        given = Args([value, *args.positional[3:]], kwargs, args.place, args.more)
        value = machine.call(layer or Unknown("a layer", 0), given, frame)
    return value


def stack(machine: Interpreter, name: str, args: Args, frame: Frame | None) -> Value:
    """``slim.stack(inputs, layer, stack_args, **kwargs)``."""
    value = args.get("inputs", 0) or machine.state.unknown("inputs")
    layer = args.get("layer", 1)
    rows, _ = machine.iterate(args.get("stack_args", 2) or Known(None))
    kwargs = {
        k: v for k, v in args.kwargs.items() if k not in ("inputs", "layer", "stack_args", "scope")
    }
    for row in rows[:8] or [machine.state.unknown("stack arguments")]:
        more, exact = machine.iterate(row) if isinstance(row, Seq) else ([row], True)
        given = Args([value, *more], kwargs, args.place, not exact)
        value = machine.call(layer or Unknown("a layer", 0), given, frame)
    return value


HANDLERS = {
    "tf.cond": cond,
    "tf.smart_cond": cond,
    "tf.layers.utils.smart_cond": cond,
    "tf.contrib.layers.utils.smart_cond": cond,
    "tf.contrib.framework.smart_cond": cond,
    "tf.framework.smart_cond.smart_cond": cond,
    "tf.case": case,
    "tf.while_loop": while_loop,
    "tf.map_fn": map_fn,
    "tf.scan": map_fn,
    "tf.foldl": map_fn,
    "tf.foldr": map_fn,
    "tf.vectorized_map": map_fn,
    "tf.enable_control_flow_v2": control_flow_v2,
    "tf.contrib.layers.repeat": repeat,
    "tf.contrib.layers.stack": stack,
    "tf.contrib.slim.stack": stack,
}
