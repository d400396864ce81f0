"""What lies beside a batch-norm layer and does nothing there: a bias that the mean takes out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bnlint.interp.values import Known

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bnlint.interp.args import Args
    from bnlint.interp.nodes import Node

_CORE = ("tf.layers.dense", "tf.layers.conv")
_CONTRIB = ("tf.contrib.layers.fully_connected", "tf.contrib.layers.conv")
_SATURATING = frozenset({"tanh", "sigmoid", "softmax"})


def note(node: Node, args: Args) -> None:
    """Keep whether a layer adds a bias last, where its call tells."""
    if args.more:
        return
    if node.api == "tf.nn.bias_add":
        node.bias = True
    elif node.api.startswith(_CORE):
        bias = args.kwargs.get("use_bias")
        given = bias is None or (isinstance(bias, Known) and bias.value is True)
        # Its activation may come by position, too, in front of the bias.
        plain = len(args.positional) <= (2 if node.api == _CORE[0] else 3)
        node.bias = given and plain and _nothing(args, "activation")
    elif node.api.startswith(_CONTRIB):
        activation = args.kwargs.get("activation_fn")
        linear = isinstance(activation, Known) and activation.value is None
        node.bias = linear and "biases_initializer" not in args.kwargs


def _nothing(args: Args, name: str) -> bool:
    value = args.kwargs.get(name)
    return value is None or (isinstance(value, Known) and value.value is None)


def biased(inputs: Sequence[Node]) -> Node | None:
    """The layer right below, if it adds a bias."""
    below = inputs[0] if inputs else None
    return below if below is not None and below.bias else None


def saturates(node: Node) -> bool:
    """Whether an op's output depends on how its input is scaled, as that of ReLU does not."""
    return node.api.rsplit(".", 1)[-1] in _SATURATING
