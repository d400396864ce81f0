"""BN104: the updates are wired, but the training flag keeps them switched off."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bnlint.checks.base import Check, per_state
from bnlint.checks.gates import verdicts
from bnlint.finding import Rule

if TYPE_CHECKING:
    from bnlint.checks.gates import Gated

RULE = Rule("BN104", "flag-never-true", "error")


def tell(gated: Gated) -> str:
    return (
        f"{gated.op.api} reaches the updates of {gated.layers}, but {gated.gate.detail}: nothing "
        "is updated, and training itself normalises with the moving statistics"
    )


CHECK = Check(RULE, per_state(RULE, verdicts(RULE, "flag", tell)))
