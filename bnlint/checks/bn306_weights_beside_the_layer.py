"""BN306: a bias that batch norm takes out again, and a gamma that is not there. On request only."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bnlint.checks.base import Check, Verdict, about, per_state, related
from bnlint.finding import Finding, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bnlint.model import GraphModel

ABOVE = "the activation"
"""How the place is called that shows what a gamma is missing for; any other place is a bias."""

RULE = Rule("BN306", "weights-beside-the-layer", "warning")


def judge(model: GraphModel) -> Iterator[Verdict]:
    for layer in model.layers:
        if layer.squashed is not None:
            place, what = layer.squashed, ABOVE
            message = (
                "this layer has no gamma, which is the default of contrib and slim, and feeds an "
                "activation that depends on the scale of its input: scale=True lets the network "
                "choose it"
            )
        elif layer.biased is not None:
            place, what = layer.biased, "the layer with the bias"
            message = (
                "the bias below this layer does nothing: batch norm subtracts the mean, and the "
                "bias with it, and adds a beta of its own"
            )
        else:
            yield Verdict(layer.location, None)
            continue
        beside, subject = related((place, what)), about(layer.location, [layer])
        yield Verdict(
            layer.location, Finding(RULE, layer.location, message, beside, subject=subject)
        )


CHECK = Check(RULE, per_state(RULE, judge, local=True))
