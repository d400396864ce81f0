"""Keras layers and models inside a TensorFlow-1 graph."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bnlint.interp.args import Args
from bnlint.interp.effects import layouts, ops, recurrent
from bnlint.interp.live_objects import BatchNormLayer, KerasLayer, KerasModel, PlainContext
from bnlint.interp.nodes import Node, Placeholder, ancestors, nodes_in
from bnlint.interp.values import NONE, Instance, Map, Object, Place, Seq, Value

if TYPE_CHECKING:
    from bnlint.interp.interpreter import Interpreter
    from bnlint.interp.scope import Frame

KERAS = (KerasLayer, BatchNormLayer, KerasModel)
"""Kinds of objects that are applied to tensors and may have updates of their own."""

BASES = frozenset(
    [
        "tf.keras.Model",
        "tf.keras.Sequential",
        "tf.keras.models.Model",
        "tf.keras.models.Sequential",
        "tf.keras.layers.Layer",
        "tf.layers.Layer",
    ]
)
"""Classes from which projects derive models and layers of their own."""

INHERITED = frozenset(["updates", "get_updates_for", "load_weights", "set_weights"])
"""What such a class has from its base, as far as it matters here."""


def other(machine: Interpreter, name: str, args: Args, frame: Frame | None) -> Value:
    """Any other Keras symbol: a layer object, a model, or a function."""
    last = name.rsplit(".", 1)[-1]
    if ".layers." in name and last[:1].isupper():
        if last == "Input":
            return machine.state.add(Placeholder, name, (), args.place)
        first = layouts.of_keras(last, args)
        return KerasLayer(args.place, name, args.values(), channels_first=first)
    if name in ("tf.keras.Input", "tf.keras.layers.Input"):
        return machine.state.add(Placeholder, name, (), args.place)
    if last in ("Sequential", "Model") and name.count(".") <= 3:
        return make_model(machine, args)
    return ops.generic(machine, name, args, frame)


def make_model(machine: Interpreter, args: Args) -> KerasModel:
    """``Model(inputs, outputs)`` or ``Sequential(layers)``."""
    layers = args.get("layers", 0)
    outputs = args.get("outputs", 1)
    return KerasModel(
        args.place,
        list(layers.items) if isinstance(layers, Seq) and outputs is None else [],
        nodes_in(outputs),
    )


def call_layer(machine: Interpreter, layer: KerasLayer, args: Args) -> Value:
    """A layer applied to a tensor; wrappers (``TimeDistributed``) apply what they wrap."""
    value = args.get("inputs", 0)
    inputs: list[Node] = []
    for inner in layer.layers:
        if isinstance(inner, KERAS):
            value = machine.call_object(inner, args)
        elif recurrent.holds(inner):
            given: list[Value] = [
                machine.state.node("op", "tf.unstack", nodes_in(value), args.place)
            ]
            if layer.name.endswith(_RECURRENT):
                given.append(Seq("list", [machine.unknown_from("the state of a cell", given[0])]))
            inputs.extend(recurrent.step(machine, inner, Args(given, {}, args.place)))
    node = machine.state.node("op", layer.name, [*nodes_in(value), *inputs], args.place)
    node.channels_first = layer.channels_first
    return node


_RECURRENT = ("RNN", "Cells")


def call_model(machine: Interpreter, model: KerasModel, args: Args) -> Value:
    value: Value = args.get("inputs", 0) or machine.state.unknown("inputs")
    if model.outputs:
        inputs = [*nodes_in(value), *model.outputs]
        return machine.state.node("op", "keras model", inputs, args.place)
    for layer in model.layers:
        kwargs = {k: v for k, v in args.kwargs.items() if k == "training"}
        if isinstance(layer, Object):
            given = Args([value], kwargs, args.place)
            value = machine.call_object(layer, given)
    model.applied.extend(nodes_in(value))
    return value


def updates(value: Object) -> Value:
    """``layer.updates`` / ``model.updates``."""
    if isinstance(value, BatchNormLayer):
        return Seq("list", list(value.updates))
    return Seq("list", list(_updates_below(value, set())))


def _updates_below(value: Object, seen: set[Object]) -> dict[Node, None]:
    """The update ops of a layer or a model and of all that it is made of."""
    found: dict[Node, None] = {}
    if value in seen:
        return found
    seen.add(value)
    if isinstance(value, BatchNormLayer):
        found.update(dict.fromkeys(value.updates))
    for layer in value.layers if isinstance(value, (KerasLayer, KerasModel)) else ():
        if isinstance(layer, Object):
            found.update(_updates_below(layer, seen))
    starts = [*value.outputs, *value.applied] if isinstance(value, KerasModel) else []
    for node in ancestors(starts, controls=False):
        if node.layer is not None:
            found.update(dict.fromkeys(node.layer.updates))
    return found


def of_instance(instance: Instance, place: Place) -> KerasModel:
    """A project's own model or layer, as the Keras model of what its attributes hold now."""
    layers: list[Value] = []
    todo: list[Value] = list(instance.attrs.values())
    seen: set[Value] = {instance}
    while todo:
        value = todo.pop(0)
        if value in seen:
            continue
        seen.add(value)
        if isinstance(value, KERAS):
            layers.append(value)
        elif isinstance(value, Instance):
            todo.extend(value.attrs.values())
        elif isinstance(value, (Seq, Map)):
            todo.extend(value.items if isinstance(value, Seq) else value.items.values())
    return KerasModel(place, layers)


def add(machine: Interpreter, model: KerasModel, layer: Value) -> None:
    model.layers.append(layer)


def learning_phase(machine: Interpreter, name: str, args: Args, frame: Frame | None) -> Value:
    state = machine.state
    node = state.add(Placeholder, name, (), args.place)
    node.boolean = True
    return state.paths.filled(state.graph.learning_phase, node)


def set_learning_phase(machine: Interpreter, name: str, args: Args, frame: Frame | None) -> Value:
    """The mode of all layers of this graph that are built from now on without a flag."""
    graph, value = machine.state.graph, args.get("value", 0)
    if value is not None:
        graph.learning_phase = machine.state.paths.over(graph.learning_phase, value)
    return NONE


def eager(machine: Interpreter, name: str, args: Args, frame: Frame | None) -> Value:
    state = machine.state
    state.eager = state.paths.guards.disj(state.eager, state.paths.now)
    return PlainContext(args.place)


HANDLERS = {
    "tf.keras.backend.learning_phase": learning_phase,
    "tf.keras.backend.set_learning_phase": set_learning_phase,
    "tf.keras.backend.clear_session": ops.reset_default_graph,
    "tf.enable_eager_execution": eager,
    "tf.contrib.eager.enable_eager_execution": eager,
    "tf.enable_v2_behavior": eager,
    "tf.GradientTape": eager,
    "tf.contrib.eager.GradientTape": eager,
    "tf.contrib.eager.implicit_value_and_gradients": eager,
}
