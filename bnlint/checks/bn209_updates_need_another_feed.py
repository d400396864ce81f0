"""BN209: the updates need a placeholder that the training step does not feed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bnlint.checks.base import Check, per_state
from bnlint.checks.gates import verdicts
from bnlint.finding import Rule

if TYPE_CHECKING:
    from bnlint.checks.gates import Gated

RULE = Rule("BN209", "updates-need-another-feed", "error")


def tell(gated: Gated) -> str:
    return (
        f"{gated.op.api} runs updates of {gated.layers} that belong to another input: "
        f"{gated.gate.detail}, so the step fails unless that is fed too"
    )


CHECK = Check(RULE, per_state(RULE, verdicts(RULE, "feed", tell)))
