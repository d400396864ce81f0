"""BN307: a layer that is not trainable, and whose statistics training moves all the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bnlint.checks.base import Check, Verdict, about, per_state, related
from bnlint.finding import Finding, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bnlint.model import GraphModel

RULE = Rule("BN307", "frozen-layer-that-updates", "warning")


def judge(model: GraphModel) -> Iterator[Verdict]:
    some_run = any(op.run for op in model.train_ops)
    moved = {}
    for op in model.train_ops:
        if op.run or not some_run:
            moved.update(dict.fromkeys(op.reaches, op))
    for layer in model.layers:
        if not layer.frozen or layer.unit_test:
            yield Verdict(layer.location, None)  # fine: it learns, or has no updates
            continue
        mover = next((moved[update] for update in layer.updates if update in moved), None)
        if mover is None:
            yield Verdict(layer.location, None)  # fine: nothing that trains runs its updates
            continue
        yield Verdict(
            layer.location,
            Finding(
                RULE,
                layer.location,
                "trainable=False freezes gamma and beta only: training still normalises with the "
                "batch and moves the moving statistics, so the layer does not stay what it was; "
                f"{layer.flag_name}=False is what freezes it",
                related((mover.location, "the train op that runs its updates")),
                "possible",
                "statistics that follow new data may be meant, with weights that stay",
                subject=about(layer.location, [layer]),
            ),
        )


CHECK = Check(RULE, per_state(RULE, judge))
