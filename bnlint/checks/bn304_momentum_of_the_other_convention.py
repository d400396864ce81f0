"""BN304: a momentum such as 0.1, which means something else in another framework."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bnlint.checks.base import Check, Verdict, about, per_state
from bnlint.finding import Finding, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bnlint.model import GraphModel, NormLayer

RULE = Rule("BN304", "momentum-of-the-other-convention", "warning")

# Nobody wants to forget four fifths of the past in one step; people who write 0.1 come from a
# framework where that is the share of the new batch.
LARGEST = 0.2


def judge(model: GraphModel) -> Iterator[Verdict]:
    read = {(layer.graph, layer.name) for layer in model.layers if not _batch_only(layer)}
    # What only builds a network, to see its shapes, moves nothing: others say what it is given.
    idle = not model.train_ops and not any(run.reaches for run in model.runs)
    for layer in model.layers:
        kept = layer.updates and (not _batch_only(layer) or (layer.graph, layer.name) in read)
        momentum = layer.momentum if kept else None  # else fine: nothing reads the statistics
        if momentum is None or not 0 < momentum <= LARGEST:
            yield Verdict(layer.location, None)
            continue
        yield Verdict(
            layer.location,
            Finding(
                RULE,
                layer.location,
                f"a momentum of {momentum:g} keeps {momentum:.0%} of the moving statistics at each "
                f"step, so they are little more than those of the last batch; {1 - momentum:g} is "
                "probably meant",
                subject=about(layer.location, [layer]),
            ),
            idle=idle,
        )


def _batch_only(layer: NormLayer) -> bool:
    """Whether it normalises with the batch in every mode, as pix2pix does on purpose."""
    return layer.flag.kind in ("constant", "missing") and bool(layer.flag.value)


CHECK = Check(RULE, per_state(RULE, judge, local=True))
