"""Where the channels of a tensor are, as the convolution that made it says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bnlint.interp.values import Known

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bnlint.apis import NormApi
    from bnlint.interp.args import Args
    from bnlint.interp.nodes import Node
    from bnlint.interp.values import Place

_FIRST = frozenset({"channels_first", "NCHW", "NCDHW", "NCW"})
_LAST = frozenset({"channels_last", "NHWC", "NDHWC", "NWC"})

_CONVOLUTIONS = ("tf.layers.conv", "tf.contrib.layers.conv", "tf.nn.conv")
"""What yields channels in the layout that it is told, channels last unless it is."""

_ELEMENTWISE = frozenset(
    (
        *("relu", "relu6", "elu", "leaky_relu", "selu", "sigmoid", "tanh", "softplus"),
        *("add", "add_n", "bias_add", "maximum", "dropout", "identity"),
    )
)
"""Ops, by the last part of their names, that leave the layout of their first input as it is."""

_NEAR = 6
"""How many such ops may lie between a convolution and the layer."""


def note(node: Node, args: Args) -> None:
    """Keep the layout that a convolution was told, if the source shows it."""
    if not node.api.startswith(_CONVOLUTIONS):
        return
    told = args.get("data_format")
    if told is None:
        if not args.more:
            node.channels_first = False
    elif isinstance(told, Known) and not told.assumed:
        if told.value is None or told.value in _LAST:
            node.channels_first = False
        elif told.value in _FIRST:
            node.channels_first = True


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
