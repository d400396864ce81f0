"""BN109: a training flag that lands on another parameter by position."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from bnlint.checks.base import Check, Verdict, about, per_state, related
from bnlint.checks.reasoning import of_layers
from bnlint.finding import Aim, Finding, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bnlint.model import GraphModel

RULE = Rule("BN109", "flag-on-another-parameter", "error")

_EFFECT = {
    "axis": (
        "the layer takes it for the axis and stays in inference mode (or fails to build), and no "
        "update ops are made"
    ),
    "decay": (
        "as a number True is a decay of 1, so the moving statistics are wired but never change"
    ),
}


def judge(model: GraphModel) -> Iterator[Verdict]:
    for layer in model.layers:
        wrong = layer.misplaced
        if wrong is None:
            yield Verdict(layer.location, None)
            continue
        name = layer.api.rsplit(".", 1)[-1]
        yield Verdict(
            layer.location,
            Finding(
                RULE,
                layer.location,
                f"{wrong.value} is passed second and lands on {wrong.parameter}, not on "
                f"{layer.flag_name}, of {name}: {_EFFECT[wrong.parameter]}",
                related((layer.trace[-1] if layer.trace else None, "called from here")),
                aim=Aim(layer.location),
                consequence=_EFFECT[wrong.parameter],
                subject=about(layer.location, [layer]),
            ),
            because=partial(of_layers, [layer]),
        )


CHECK = Check(RULE, per_state(RULE, judge, local=True))
