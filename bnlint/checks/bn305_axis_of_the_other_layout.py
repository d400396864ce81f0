"""BN305: a layer that normalises along another axis than that of the channels."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bnlint.checks.base import Check, Verdict, about, per_state, related
from bnlint.finding import Finding, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bnlint.model import GraphModel, NormLayer

RULE = Rule("BN305", "axis-of-the-other-layout", "error")


def judge(model: GraphModel) -> Iterator[Verdict]:
    for layer in model.layers:
        crossed = layer.crossed
        if crossed is None:
            yield Verdict(layer.location, None)  # fine: they agree, or one of them is not known
            continue
        where = ("second", "last") if crossed.first else ("last", "second")
        yield Verdict(
            layer.location,
            Finding(
                RULE,
                layer.location,
                f"the channels of its input are the {where[0]} axis, and the layer takes the "
                f"{where[1]} one for them: it keeps a mean and a variance for each position along "
                f"one side of the image, not for each channel; {_cure(layer, crossed.first)}",
                related((crossed.location, "the convolution that decides on the layout")),
                subject=about(layer.location, [layer]),
            ),
        )


def _cure(layer: NormLayer, first: bool) -> str:
    if layer.flavour == "contrib":
        return f"data_format={'NCHW' if first else 'NHWC'!r} is meant"
    return f"axis={1 if first else -1} is meant"


CHECK = Check(RULE, per_state(RULE, judge, local=True))
