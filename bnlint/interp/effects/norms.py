"""Batch normalisation: functions, layer objects and ``normalizer_fn``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bnlint.apis import UPDATE_OPS, NormApi
from bnlint.interp import api
from bnlint.interp.args import Args
from bnlint.interp.choices import ABSENT
from bnlint.interp.effects import collections, flags, layouts, neighbours
from bnlint.interp.effects.scopes import with_arg_scope
from bnlint.interp.effects.variables import add_variable, as_known, begin_again, layer_path
from bnlint.interp.lifting import lifted
from bnlint.interp.live_objects import BatchNormLayer
from bnlint.interp.nodes import Node, nodes_in
from bnlint.interp.recorded import Decided, Layer
from bnlint.interp.values import Chosen, Known, Map, Place, Seq, Value

if TYPE_CHECKING:
    from bnlint.interp.interpreter import Interpreter
    from bnlint.interp.scope import Frame


def function(machine: Interpreter, name: str, args: Args, frame: Frame | None) -> Value:
    """A functional batch-norm call."""
    row = machine.modules.apis.functions[name]
    if not row.arg_scoped:
        return apply(machine, row, args)

    args = with_arg_scope(machine, f"api:{name}", args)
    return lifted(machine, args, lambda given: _collected(machine, row, given))


def _collected(machine: Interpreter, row: NormApi, args: Args) -> Value:
    output = apply(machine, row, args)
    path = machine.state.layers[-1].name.rstrip("/")
    keys = args.get("outputs_collections")
    return collections.collect_output(machine, keys, as_known(path), output)


def layer_class(machine: Interpreter, name: str, args: Args, frame: Frame | None) -> BatchNormLayer:
    """The constructor of a batch-norm layer object."""
    row = machine.modules.apis.layers[name]
    return BatchNormLayer(args.place, row, args)


def _object_path(machine: Interpreter, layer: BatchNormLayer) -> str:
    """The variable path of a layer object: it gets its variables when it is first called."""
    if layer.path is None:
        name = layer.made.get("name")
        if layer.row.flavour == "keras" and name is None:
            # Keras numbers its layers through, whatever the scope.
            number = machine.state.fresh()
            scope = machine.state.variable_scopes[-1]
            layer.path = f"{scope}batch_normalization~{number}/"
        else:
            layer.path = layer_path(machine, name, "batch_normalization")
    return layer.path


def call_layer(machine: Interpreter, layer: BatchNormLayer, args: Args) -> Value:
    """The call of a batch-norm layer object."""
    row = layer.row
    phase = machine.state.graph.learning_phase
    if row.default is None and phase is not ABSENT and not _given(args.get(row.flag, 1)):
        kwargs = {**args.kwargs, row.flag: phase}
        phased = Args(args.positional[:1], kwargs, args.place, args.more, args.places)
        return lifted(machine, phased, lambda given: apply(machine, row, given, layer))
    return apply(machine, row, args, layer)


def _given(flag: Value | None) -> bool:
    """Whether a Keras layer gets a flag; None is none."""
    return flag is not None and not (isinstance(flag, Known) and flag.value is None)


def _destination(row: NormApi, args: Args) -> tuple[str, str | None]:
    default = row.destination, row.collection if row.destination == "collection" else None
    if row.updates is None:
        return default
    position = row.positional.index(row.updates) if row.updates in row.positional else None
    if position is not None and position >= len(args.positional) - 1:
        position = None
    value = args.get(row.updates, position)
    if value is None:
        return ("unknown", None) if args.more else default
    if isinstance(value, Known):
        if value.value is None:
            return "in_place", None
        if isinstance(value.value, str):
            return "collection", value.value
    if isinstance(value, Seq) and value.exact:
        keys = [i.value for i in value.items if isinstance(i, Known)]
        if len(keys) == len(value.items) and keys:
            return "collection", UPDATE_OPS if UPDATE_OPS in keys else str(keys[0])
        if not keys and not value.items:
            return "in_place", None
    return "unknown", None


def _has(given: Value | None, default: bool) -> bool:
    """Whether a layer has one of its weights, by what the call says of it."""
    return default if given is None else not (isinstance(given, Known) and not given.value)


def apply(
    machine: Interpreter,
    row: NormApi,
    args: Args,
    owner: BatchNormLayer | None = None,
) -> Value:
    """Build one application of batch normalisation."""
    state = machine.state
    inputs = nodes_in(args.get("inputs", 0) or args.get("x") or args.get(row.positional[0]))
    value = flags.passed(row, args)
    misplaced = flags.misplaced(machine, row, args) if value is None else None
    made = owner.made if owner is not None else args
    destination, collection = _destination(row, made)
    trainable = made.get("trainable")
    frozen = isinstance(trainable, Known) and trainable.value is False
    scope_open = args.more or (row.arg_scoped and state.arg_scope_unknown > 0)
    flag = flags.decided(row.flag, value, row.default, elsewhere=bool(scope_open))
    flag.chosen = state.branch_depth > 0
    pretrained = owner is not None and owner.pretrained
    live = flags.makes_updates(row, flag, frozen=frozen, pretrained=pretrained)
    if owner is not None:
        path = _object_path(machine, owner)
    else:
        label = args.get("name") if row.flavour == "layers" else args.get("scope")
        default = "batch_normalization" if row.flavour == "layers" else "BatchNorm"
        path = layer_path(machine, label, default)
    variables = tuple(
        add_variable(machine, f"{path}{part}", args.place, trainable=not frozen)
        for part, default in (("gamma", row.scale), ("beta", True))
        if _has(made.get("scale" if part == "gamma" else "center"), default)
    )
    statistics = tuple(
        add_variable(machine, f"{path}{part}", args.place, trainable=False)
        for part in ("moving_mean", "moving_variance")
    )
    collected = _collect(machine, args.get("variables_collections"), statistics)
    flag_nodes = nodes_in(value)
    update: Node | None = None
    if live:
        update = state.node("update", row.name, [*inputs, *flag_nodes], args.place)
        update.name = _op_name(machine, path)
    if not live:
        destination = "none"
    momentum = made.get(row.momentum)
    layer = Layer(
        id=state.next_layer(),
        api=row.name,
        flavour=row.flavour,
        place=args.place,
        flag=flag,
        graph=state.graph.id,
        updates=() if update is None else (update,),
        destination=destination,
        collection=collection if live else None,
        trace=machine.trace(),
        by_normalizer=state.normalizer_place == args.place,
        misplaced=misplaced,
        unused_parameter=flags.unused_parameter(machine, flag),
        name=path,
        variables=variables,
        statistics=statistics if collected and not scope_open else (),
        open_root=state.root_open,
        momentum=float(momentum.value)
        if isinstance(momentum, Known) and isinstance(momentum.value, (int, float))
        else (row.momentum_default if momentum is None else None),
        scope_may_give_flag=bool(scope_open),
        unit_test=machine.in_unit_test(),
        frozen=frozen and live,
        crossed=None if scope_open else layouts.crossed(row, inputs, made),
        built_for=state.built_for,
        uncounted=None in state.turns,
        biased=neighbours.biased(inputs) if live and _has(made.get("center"), True) else None,
        unscaled=row.flavour == "contrib" and made.get("scale") is None and not scope_open,
        loops=state.graph_loops,
        guard=state.paths.now,
    )
    state.layers.append(layer)
    if update is not None:
        update.layer = layer
        if destination == "collection" and collection is not None:
            state.add_to(collection, update)
        elif destination == "layer" and owner is not None:
            owner.updates.append(update)
        if owner is not None and destination == "collection":
            owner.updates.append(update)
    own = [update] if update is not None and destination == "in_place" else []
    if destination == "unknown" and update is not None:
        own = [update]  # it may well run in place: never judge what is not known
    output = state.node("norm", row.name, [*inputs, *flag_nodes, *variables, *own], args.place)
    output.layer = layer
    layer.output = output
    return output


def _collect(machine: Interpreter, keys: Value | None, statistics: tuple[Node, ...]) -> bool:
    """Put statistics into the collections that a layer names; whether all of these are known.

    Some programs let them be among the trainable variables, so that they are saved with these.
    """
    if keys is None or (isinstance(keys, Known) and keys.value is None):
        return True
    if not isinstance(keys, Seq) or not keys.exact:
        return False
    for key in keys.items:
        if not isinstance(key, Known):
            return False
        for node in statistics:
            if node not in machine.state.collection(str(key.value)):
                machine.state.add_to(str(key.value), node)
    return True


def _op_name(machine: Interpreter, path: str) -> str:
    return f"{machine.state.name_scopes[-1]}|{as_known(path)}"


def host(machine: Interpreter, name: str, args: Args, frame: Frame | None) -> Value:
    """A contrib layer that may carry a ``normalizer_fn``."""

    args = with_arg_scope(machine, f"api:{name}", args)
    return lifted(machine, args, lambda given: _host(machine, name, given, frame))


def _host(machine: Interpreter, name: str, args: Args, frame: Frame | None) -> Value:
    state = machine.state
    short = name.rsplit(".", 1)[-1]
    path = layer_path(machine, args.get("scope"), "Conv" if "conv" in short else "fully_connected")
    weights = add_variable(machine, f"{path}weights", args.place)
    inputs = nodes_in(args.get("inputs", 0))
    convolved = state.node("op", name, [*inputs, weights], args.place)
    layouts.note(convolved, args)
    node: Value = convolved
    position = api.HOST_NORMALIZER_POSITION.get(short)
    normalizer = args.get("normalizer_fn", position)
    keys, alias = args.get("outputs_collections"), as_known(path.rstrip("/"))
    if normalizer is None or (isinstance(normalizer, Known) and not normalizer.value):
        neighbours.note(convolved, args)
        return collections.collect_output(machine, keys, alias, node)
    params = args.get("normalizer_params", position + 1 if position is not None else None)
    kwargs: dict[str, Value] = {}
    more = state.arg_scope_unknown > 0 and "normalizer_params" not in args.kwargs
    if isinstance(params, Map):
        kwargs = {k: v for k, v in params.items.items() if isinstance(k, str)}
        more = not params.exact
    elif params is not None and not isinstance(params, Known):
        more = True
    # An argument scope set the normalizer: that is the place to point at.
    scoped = args.places.get("normalizer_fn")
    place = scoped if scoped is not None and not _inside(scoped, args.place) else args.place
    before, state.normalizer_place = state.normalizer_place, place
    state.variable_scopes.append(path)
    try:
        made = len(state.layers)
        node = machine.call(normalizer, Args([node], kwargs, place, more), frame)
        _chosen(machine, normalizer, convolved, made)
    finally:
        state.normalizer_place = before
        begin_again(machine, state.variable_scopes.pop())
    return collections.collect_output(machine, keys, alias, node)


def _chosen(machine: Interpreter, normalizer: Value, tensor: Node, before: int) -> None:
    """A ``normalizer_fn`` was applied: note what it made, if a test of the mode chose it."""
    if isinstance(normalizer, Chosen):
        state, roles = machine.state, frozenset({normalizer.target})
        state.decided.append(
            Decided(
                normalizer.test,
                normalizer.target,
                normalizer.taken,
                tuple(state.layers[before:]),
                tensor,
                roles,
                normalizer.training,
                state.paths.now,
            )
        )


def _inside(inner: Place, outer: Place) -> bool:
    if inner[0] != outer[0]:
        return False
    return outer[1][:2] <= inner[1][:2] and inner[1][2:] <= outer[1][2:]
