"""Networks that libraries hold ready: slim's, Keras applications, modules of TensorFlow Hub.

Their source is not part of the project, so one row says what matters of each: whether it has batch
norm of its own or only where an argument scope asks for it, and where its training flag is. One
layer stands for all. Looked up in TensorFlow 1.0.1 and 1.15.5 and in the research models of 2019.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from bnlint.interp.args import Args
from bnlint.interp.effects import keras, norms, scopes
from bnlint.interp.effects.variables import add_variable, layer_path
from bnlint.interp.live_objects import Holder, HubModule, HubSpec, KerasLayer, KerasModel
from bnlint.interp.nodes import Placeholder, nodes_in, nodes_of
from bnlint.interp.values import NONE, Api, Known, Map, Seq, Unknown, Value

if TYPE_CHECKING:
    from bnlint.interp.interpreter import Interpreter
    from bnlint.interp.scope import Frame

SLIM_NETS = "tf.contrib.slim.nets."
APPLICATIONS = "tf.keras.applications."

_BATCH_NORM = "tf.contrib.layers.batch_norm"
_CONV = "api:tf.contrib.layers.conv2d"


class Network(NamedTuple):
    """A function that builds a network: ``flag`` is the position of ``is_training`` (None: it has
    no such parameter), ``own`` whether there is batch norm without an argument scope."""

    scope: str
    flag: int | None
    own: bool = False


NETWORKS: dict[str, Network] = {
    **{f"resnet_v1_{n}": Network(f"resnet_v1_{n}", 2) for n in (50, 101, 152, 200)},
    **{f"resnet_v2_{n}": Network(f"resnet_v2_{n}", 2, True) for n in (50, 101, 152, 200)},
    "resnet_v1": Network("?", 3),
    "resnet_v2": Network("?", 3, True),
    **{f"inception_v{n}": Network(f"InceptionV{n}", 2) for n in (1, 2, 3, 4)},
    **{f"inception_v{n}_base": Network(f"InceptionV{n}", None) for n in (1, 2, 3, 4)},
    "inception_resnet_v2": Network("InceptionResnetV2", 2),
    "inception_resnet_v2_base": Network("InceptionResnetV2", None),
    "mobilenet_v1": Network("MobilenetV1", 3, True),
    "mobilenet_v1_base": Network("MobilenetV1", None, True),
    **{f"build_nasnet_{size}": Network("?", 2, True) for size in ("cifar", "mobile", "large")},
    **{f"build_pnasnet_{size}": Network("?", 2, True) for size in ("mobile", "large")},
}

_ARG_SCOPES: dict[str, bool] = {
    "resnet_arg_scope": False,
    **{f"inception_v{n}_arg_scope": False for n in (1, 2, 3, 4)},
    "inception_arg_scope": False,
    "inception_resnet_v2_arg_scope": False,
    "mobilenet_v1_arg_scope": True,
}
"""Functions that make an argument scope, and whether it sets the flag to True by default."""

_PRETRAINED = [
    "ResNet50",
    "ResNet101",
    "ResNet152",
    "ResNet50V2",
    "ResNet101V2",
    "ResNet152V2",
    "ResNeXt50",
    "ResNeXt101",
    "InceptionV3",
    "InceptionResNetV2",
    "Xception",
    "MobileNet",
    "MobileNetV2",
    "DenseNet121",
    "DenseNet169",
    "DenseNet201",
    "NASNetMobile",
    "NASNetLarge",
]


WORDS = frozenset([*NETWORKS, *_ARG_SCOPES, *_PRETRAINED, "Module", "create_module_spec"])
"""Names with which such a network is made, or its scope."""


def handles(name: str) -> bool:
    """Whether a TensorFlow symbol is a network, or makes the scope of one."""
    last = name.rsplit(".", 1)[-1]
    if name.startswith(SLIM_NETS):
        return last in NETWORKS or last in _ARG_SCOPES
    return name.startswith(APPLICATIONS) and last in _PRETRAINED


def outside(name: str) -> str | None:
    """The name in slim of what is imported from a ``nets`` package that the project lacks."""
    owner, _, last = name.rpartition(".")
    if "nets" in owner.split(".") and (last in NETWORKS or last in _ARG_SCOPES):
        return f"{SLIM_NETS}{last}"
    return None


def make(machine: Interpreter, name: str, args: Args, frame: Frame | None) -> Value:
    last = name.rsplit(".", 1)[-1]
    if name.startswith(APPLICATIONS):
        return _application(machine, name, args, frame)
    if last in _ARG_SCOPES:
        return _arg_scope(machine, last, args)
    return _network(machine, name, NETWORKS[last], args, frame)


# --- slim ---------------------------------------------------------------------------------------


def _arg_scope(machine: Interpreter, name: str, args: Args) -> Value:
    """Batch norm for every convolution, on top of the argument scope in force."""
    state = machine.state
    params = Map()
    flag = args.get("is_training")
    if flag is None and _ARG_SCOPES[name]:
        flag = args.get("is_training", 0) or Known(True, args.place)
    if flag is not None and flag is not NONE:
        params.put(Known("is_training"), flag)
        state.scoped_flags.add(_BATCH_NORM)
    wanted = args.get("use_batch_norm", 1 if name == "inception_arg_scope" else None)
    table = {key: dict(kwargs) for key, kwargs in state.arg_scopes[-1].items()}
    if not (isinstance(wanted, Known) and not wanted.value):
        entry = table.setdefault(_CONV, {})
        entry["normalizer_fn"] = (Api(_BATCH_NORM), args.place)
        entry["normalizer_params"] = (params, args.place)
    return scopes.fixed(args.place, table, isinstance(wanted, Unknown))


def _network(
    machine: Interpreter, name: str, row: Network, args: Args, frame: Frame | None
) -> Value:
    state = machine.state
    place = args.place
    label = args.get("scope")
    if label is None or label is NONE:
        label = Known(row.scope) if row.scope != "?" else state.unknown("a scope")
    kwargs = _flag_of(machine, row, args)
    entry = state.arg_scopes[-1].get(_CONV, {})
    normalizer, _ = entry.get("normalizer_fn", (NONE, place))
    params, _ = entry.get("normalizer_params", (NONE, place))
    scope = scopes.variable_scope(machine, name, Args([label], {}, place), frame)
    leave = scopes.enter_variable_scope(machine, scope)
    try:
        weights = add_variable(machine, f"{layer_path(machine, None, 'Conv')}weights", place)
        inputs = nodes_of(args.values())
        value: Value = state.node("op", name, [*inputs, weights], place)
        if not (isinstance(normalizer, Known) and not normalizer.value):
            given = dict(kwargs)
            if isinstance(params, Map):
                given.update({k: v for k, v in params.items.items() if isinstance(k, str)})
            more = params is not NONE and not (isinstance(params, Map) and params.exact)
            value = machine.call(normalizer, Args([value], given, place, more), frame)
        if row.own:
            value = norms.function(machine, _BATCH_NORM, Args([value], kwargs, place), frame)
        weights = add_variable(machine, f"{layer_path(machine, None, 'Logits')}weights", place)
        logits = state.node("op", name, [*nodes_in(value), weights], place)
    finally:
        if leave is not None:
            leave()
    key = state.keys.of("node", logits.id)
    return Seq("tuple", [logits, Unknown("the end points of a network", key, (logits,))])


def _flag_of(machine: Interpreter, row: Network, args: Args) -> dict[str, Value]:
    """The flag that the network hands to its batch norm; None leaves it to the argument scope."""
    if row.flag is None:
        return {}
    flag = args.get("is_training", row.flag)
    if flag is None:
        more = machine.state.unknown("an argument that the source does not show")
        flag = more if args.more else Known(True, args.place)
    return (
        {}
        if flag is NONE or (isinstance(flag, Known) and flag.value is None)
        else {"is_training": flag}
    )


# --- Keras applications -------------------------------------------------------------------------


def _application(machine: Interpreter, name: str, args: Args, frame: Frame | None) -> Value:
    """A model with batch norm.

    With its pretrained weights and no flag it stays in inference mode, so nothing is to be
    updated (the learning phase is False unless somebody feeds it).
    """
    weights = args.get("weights", 1)
    fresh = isinstance(weights, Known) and weights.value is None
    if not fresh:
        machine.state.restore()
    norm = norms.layer_class(machine, "tf.keras.layers.BatchNormalization", _none(args), frame)
    norm.pretrained = not fresh
    inner = KerasLayer(args.place, name, [norm])
    tensor = args.get("input_tensor")
    given = tensor if tensor is not None and nodes_in(tensor) else None
    start = given or machine.state.add(Placeholder, name, (), args.place)
    output = keras.call_layer(machine, inner, Args([start], {}, args.place))
    return KerasModel(
        args.place,
        [inner],
        nodes_in(output) if given is not None else [],
        attrs={"input": start, "output": output, "outputs": Seq("list", [output])},
    )


def _none(args: Args) -> Args:
    return Args([], {}, args.place)


# --- TensorFlow Hub -----------------------------------------------------------------------------

_SIGNATURE = "tensorflow_hub.add_signature"


def hub_spec(machine: Interpreter, args: Args, frame: Frame | None) -> Value:
    """``create_module_spec(module_fn, tags_and_args)``."""
    variants = args.get("tags_and_args", 1)
    return HubSpec(args.place, args.get("module_fn", 0), variants)


def hub_signature(machine: Interpreter, args: Args, frame: Frame | None) -> Value:
    """``add_signature(name, inputs, outputs)``: what calls of the module get."""
    machine.state.node("op", _SIGNATURE, nodes_in(args.get("outputs", 2)), args.place)
    return NONE


def hub_module(machine: Interpreter, args: Args, frame: Frame | None) -> Value:
    """``Module(spec, trainable, name, tags)``, for specs of this program that are trained."""
    spec, trainable = args.get("spec", 0), args.get("trainable", 1)
    if not isinstance(spec, HubSpec):
        return machine.state.unknown("a module from elsewhere", deps=[])
    if trainable is None or (isinstance(trainable, Known) and not trainable.value):
        return Holder(args.place, "tensorflow_hub.Module")
    return HubModule(args.place, spec, _tags(args.get("tags", 3)), args.get("name"))


def _tags(value: Value | None) -> frozenset[object] | None:
    """Known tags; None where they are not known."""
    if value is None or value is NONE:
        return frozenset()
    if not isinstance(value, Seq) or not value.exact:
        return None
    known = [item.value for item in value.items if isinstance(item, Known)]
    return frozenset(known) if len(known) == len(value.items) else None


def call_hub_module(machine: Interpreter, module: HubModule, args: Args) -> Value:
    """The module's graph is added once more, with its updates in the collection."""
    state = machine.state
    spec = module.spec
    kwargs: dict[str, Value] = {}
    variants = spec.variants
    for variant in variants.items if isinstance(variants, Seq) else ():
        tags, given = variant.items[:2] if isinstance(variant, Seq) else (NONE, NONE)
        if isinstance(given, Map) and _tags(tags) == module.tags:
            kwargs = {k: v for k, v in given.items.items() if isinstance(k, str)}
    label = Args([module.name or Known("module")], {}, args.place)
    scope = scopes.variable_scope(machine, "tf.variable_scope", label, None)
    before = len(state.graph.nodes)

    def build(_: Value) -> None:
        machine.call(spec.build or NONE, Args([], kwargs, args.place), None)

    machine.enter_context(scope, build, args.place)
    outputs = [n for n in state.graph.nodes[before:] if n.api == _SIGNATURE]
    inputs = nodes_of(args.values())
    return state.node("op", "tensorflow_hub.Module", [*inputs, *outputs], args.place)
