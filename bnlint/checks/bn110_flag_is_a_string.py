"""BN110: a training flag that is a string, and every string that is not empty counts as true."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from bnlint.checks.base import Check, Verdict, about, per_state, related
from bnlint.checks.reasoning import of_layers
from bnlint.finding import Finding, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bnlint.model import GraphModel

RULE = Rule("BN110", "flag-is-a-string", "error")


def judge(model: GraphModel) -> Iterator[Verdict]:
    for layer in model.layers:
        flag = layer.flag
        if flag.kind != "constant" or not isinstance(flag.value, str) or not flag.value:
            yield Verdict(layer.location, None)
            continue
        if layer.flavour != "contrib":
            yield Verdict(layer.location, None)  # fine: TensorFlow refuses it, at once
            continue
        yield Verdict(
            layer.location,
            Finding(
                RULE,
                layer.location,
                f"{layer.flag_name} is the string {flag.value!r}, and every string that is not "
                "empty counts as true: the layer is in training mode always, whatever the string "
                "says, and evaluation normalises with the statistics of the batch it is given",
                related((flag.origin, "the string")),
                subject=about(layer.location, [layer]),
            ),
            because=partial(of_layers, [layer]),
        )


CHECK = Check(RULE, per_state(RULE, judge, local=True))
