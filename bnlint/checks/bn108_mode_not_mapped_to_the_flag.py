"""BN108: an Estimator whose mode does not decide on the training flag, or the wrong way round."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from bnlint.checks.base import Check, Verdict, about, per_state, related
from bnlint.checks.reasoning import of_layers
from bnlint.finding import Finding, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bnlint.model import GraphModel, NormLayer

RULE = Rule("BN108", "mode-not-mapped-to-the-flag", "error")


def judge(model: GraphModel) -> Iterator[Verdict]:
    others: dict[tuple[object, ...], list[NormLayer]] = {}
    for layer in model.layers:
        if layer.mode is not None and layer.mode != "train":
            others.setdefault((layer.location, layer.trace), []).append(layer)
    for layer in model.layers:
        if layer.mode != "train":
            continue  # fine here: what training does is compared with the other modes
        message = None
        estimator = model.unmapped.get(layer.id)
        if estimator is not None:
            message = (
                f"{layer.flag_name} does not depend on the mode: this Estimator trains and "
                "evaluates or predicts with the same value, so one of the two is in the wrong mode"
            )
        elif not model.restores and _is(layer, False):
            same = others.get((layer.location, layer.trace), ())
            if any(_is(other, True) for other in same):
                message = (
                    f"{layer.flag_name} is False when this Estimator trains and True when it does "
                    "not: training normalises with the initial moving mean 0 and variance 1, and "
                    "everything else with the statistics of its batch"
                )
        if message is None:
            yield Verdict(layer.location, None)
            continue
        called = layer.trace[-1] if estimator is None and layer.trace else None
        places = related((estimator, "the Estimator"), (called, "called from here"))
        yield Verdict(
            layer.location,
            Finding(RULE, layer.location, message, places, subject=about(layer.location, [layer])),
            because=partial(of_layers, [layer]),
        )


def _is(layer: NormLayer, value: bool) -> bool:
    return layer.flag.kind == "constant" and layer.flag.value is value


CHECK = Check(RULE, per_state(RULE, judge))
