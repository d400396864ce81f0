"""Where the channels of a tensor are, as the convolution that made it says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bnlint.interp.values import Known

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bnlint.apis import NormApi
    from bnlint.interp.args import Args
    from bnlint.interp.nodes import Node
    from bnlint.interp.values import Place, Value

_FIRST = frozenset({"channels_first", "NCHW", "NCDHW", "NCW"})
_LAST = frozenset({"channels_last", "NHWC", "NDHWC", "NWC"})
_LAYOUTS = _FIRST | _LAST

_CONVOLUTIONS = ("tf.layers.conv", "tf.contrib.layers.conv", "tf.nn.conv")
"""What yields channels in the layout that it is told, channels last unless it is."""

_ELEMENTWISE = frozenset(
    (
        *("relu", "relu6", "elu", "leaky_relu", "selu", "sigmoid", "tanh", "softplus"),
        *("add", "add_n", "bias_add", "maximum", "dropout", "identity"),
        *("Activation", "ReLU", "LeakyReLU", "PReLU", "ELU", "Dropout", "Add"),
    )
)
"""Ops, by the last part of their names, that leave the layout of their first input as it is."""

_OF_KERAS = frozenset(
    f"{kind}{dimensions}D{turn}"
    for kind in ("Conv", "Convolution", "SeparableConv", "DepthwiseConv")
    for dimensions in (1, 2, 3)
    for turn in ("", "Transpose")
)
"""Its convolutions, by the last part of their names."""

_NEAR = 6
"""How many such ops may lie between a convolution and the layer."""


def note(node: Node, args: Args) -> None:
    """Keep the layout that a convolution was told, if the source shows it."""
    if not node.api.startswith(_CONVOLUTIONS):
        return
    told = args.get("data_format") or _by_position(node.api, args)
    node.channels_first = _told(args, told, False)


def _by_position(api: str, args: Args) -> Value | None:
    """The layout among positional arguments: which one it is differs by function and version, but
    nothing else there takes such words. What is not known may be it."""
    for value in args.positional[4:]:
        if isinstance(value, Known) and value.value in _LAYOUTS:
            return value
    after_padding = 4 if api.startswith("tf.nn.") else 5
    return next((v for v in args.positional[after_padding:] if not isinstance(v, Known)), None)


def of_keras(name: str, args: Args) -> bool | None:
    """The layout that a Keras layer is told, None if it is no convolution or is not told.

    Then it is that of ``image_data_format()``, which a file of the user's may set.
    """
    if name not in _OF_KERAS:
        return None
    position = 5 if name.endswith("Transpose") else 4
    return _told(args, args.get("data_format", position), None)


def _told(args: Args, told: Value | None, default: bool | None) -> bool | None:
    if told is None:
        return None if args.more else default
    if not isinstance(told, Known) or told.assumed:
        return None
    if told.value is None or told.value in _LAST:
        return default if told.value is None else False
    return True if told.value in _FIRST else None


def crossed(row: NormApi, inputs: Sequence[Node], made: Args) -> tuple[Place, bool] | None:
    """The convolution below a layer that disagrees with it on where the channels are."""
    below = _convolution(inputs)
    expected = _expected(row, made)
    if below is None or expected is None or below.channels_first is expected:
        return None
    return below.place, not expected


def _convolution(inputs: Sequence[Node]) -> Node | None:
    here = inputs[0] if inputs else None
    for _ in range(_NEAR):
        if here is None or here.channels_first is not None:
            return here
        plain = here.kind == "norm" or here.api.rsplit(".", 1)[-1] in _ELEMENTWISE
        here = here.inputs[0] if plain and here.inputs else None
    return None


def _expected(row: NormApi, made: Args) -> bool | None:
    """Whether a layer takes the second axis for the channels, the last one, or it is not known."""
    if made.more:
        return None
    if "data_format" in row.positional:
        told = made.get("data_format", row.positional.index("data_format"))
        if told is None or (isinstance(told, Known) and told.value in ("NHWC", None)):
            return False
        return True if isinstance(told, Known) and told.value == "NCHW" else None
    if row.flavour not in ("layers", "keras"):
        return None
    position = row.positional.index("axis") if "axis" in row.positional else None
    axis = made.get("axis", position)
    if axis is None:
        return False
    if not isinstance(axis, Known) or isinstance(axis.value, bool) or axis.assumed:
        return None
    if axis.value in (-1, 3):
        return False
    return True if axis.value == 1 else None
