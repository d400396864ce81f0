"""BN106: ``tf.cond`` selects between two layers that were built outside of it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from bnlint.checks.base import Check, Verdict, about, per_state, related
from bnlint.checks.reasoning import of_layers
from bnlint.finding import Finding, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bnlint.model import GraphModel

RULE = Rule("BN106", "both-variants-built-outside-cond", "error")

_BOTH = (
    "both are always computed, so every inference run also rewrites the moving statistics with the "
    "data it is fed"
)


def judge(model: GraphModel) -> Iterator[Verdict]:
    layers = {layer.id: layer for layer in model.layers}
    for selection in model.selections:
        training, inference = layers[selection.training], layers[selection.inference]
        if training.destination != "in_place":
            # Fine: the updates are ops of their own, so selecting the output runs none.
            yield Verdict(selection.location, None)
            continue
        yield Verdict(
            selection.location,
            Finding(
                RULE,
                selection.location,
                "both batch-norm variants are built outside tf.cond, which then only selects a "
                f"result: {_BOTH}",
                related(
                    (training.location, "the training variant, which updates in place"),
                    (inference.location, "the inference variant"),
                ),
                consequence=_BOTH,
                subject=about(selection.location, [training, inference]),
            ),
            because=partial(of_layers, [training, inference]),
        )


CHECK = Check(RULE, per_state(RULE, judge, local=True))
