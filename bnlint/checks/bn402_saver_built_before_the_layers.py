"""BN402: a saver that was made before the layers, and therefore does not save them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bnlint.checks.base import Check, Verdict, about, per_state, related
from bnlint.finding import Finding, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bnlint.model import GraphModel

RULE = Rule("BN402", "saver-built-before-the-layers", "error")


def judge(model: GraphModel) -> Iterator[Verdict]:
    layers = {layer.id: layer for layer in model.layers}
    for saver in model.savers:
        late = [layers[number] for number in saver.too_early]
        if not late:
            yield Verdict(saver.location, None)  # fine: all layers are built before it
            continue
        places = {layer.location for layer in late}
        which = "a batch-norm layer" if len(places) == 1 else f"{len(places)} batch-norm layers"
        yield Verdict(
            saver.location,
            Finding(
                RULE,
                saver.location,
                "a saver knows the variables that exist when it is made: this one saves neither "
                f"the weights nor the moving statistics of {which} built after it",
                related(*((layer.location, "built after the saver") for layer in late[:3])),
                subject=about(saver.location, late),
            ),
        )


CHECK = Check(RULE, per_state(RULE, judge))
