"""BN302: hand-written averages that evaluation moves, too."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bnlint.checks.base import Check, Verdict, about, per_state, related
from bnlint.finding import Finding, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bnlint.model import GraphModel

RULE = Rule("BN302", "averages-moved-in-evaluation", "error")


def judge(model: GraphModel) -> Iterator[Verdict]:
    for use in model.hand_written:
        if use.always is None:
            continue  # fine: no update outside of the branches, or nothing selects between two
        yield Verdict(
            use.always,
            Finding(
                RULE,
                use.always,
                "this update of the averages is made outside of the tf.cond that selects them, so "
                "it runs whichever branch is taken: evaluation moves them by the batches it is "
                "given, and its results depend on what was evaluated before",
                related((use.location, "the batch norm that waits for it in both modes")),
                subject=about(use.always),
            ),
        )


CHECK = Check(RULE, per_state(RULE, judge))
