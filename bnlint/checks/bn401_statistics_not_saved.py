"""BN401: a saver, or a checkpoint, that has a layer's weights without its moving statistics."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bnlint.checks.base import Check, Verdict, about, per_state, related
from bnlint.finding import Finding, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bnlint.model import GraphModel, NormLayer

RULE = Rule("BN401", "statistics-not-saved", "error")


def judge(model: GraphModel) -> Iterator[Verdict]:
    layers = {layer.id: layer for layer in model.layers}
    for saver in model.savers:
        left = [layers[number] for number in saver.leaves_out if _is_read(layers[number])]
        if not left:
            yield Verdict(saver.location, None)
            continue
        which = "a batch-norm layer" if len(left) == 1 else f"{len(left)} batch-norm layers"
        yield Verdict(
            saver.location,
            Finding(
                RULE,
                saver.location,
                f"this saver saves the weights of {which} without the moving statistics: after a "
                "restore they have their initial values 0 and 1",
                related(*((layer.location, "not saved") for layer in left[:3])),
                subject=about(saver.location, left),
            ),
        )
    for saved in model.statistics:
        if not saved.missing:
            yield Verdict(saved.location, None)
            continue
        yield Verdict(
            saved.location,
            Finding(
                RULE,
                saved.location,
                f"the checkpoint has weights of {saved.layer} but not "
                f"{' and '.join(saved.missing)}: after a restore these have their initial values",
            ),
        )


def _is_read(layer: NormLayer) -> bool:
    """Whether something may read the statistics of a layer: else BN101 and BN102 say what is.

    A graph has no other place for its constant, and does not show the graph for evaluation.
    """
    flag = layer.flag
    if flag.kind == "missing":
        return flag.value is not True
    return not flag.always_true or layer.both_modes or flag.origin is None


CHECK = Check(RULE, per_state(RULE, judge))
