"""BN210: the train op waits for updates in a branch that is not taken, and trains nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bnlint.checks.base import Check, per_state
from bnlint.checks.gates import verdicts
from bnlint.finding import Rule

if TYPE_CHECKING:
    from bnlint.checks.gates import Gated

RULE = Rule("BN210", "step-in-a-dead-branch", "error")


def tell(gated: Gated) -> str:
    return (
        f"{gated.op.api} waits for the updates of {gated.layers}, which are in a branch of tf.cond "
        f"that is not taken ({gated.gate.detail}): it returns without an error and trains nothing"
    )


CHECK = Check(RULE, per_state(RULE, verdicts(RULE, "dead", tell)))
