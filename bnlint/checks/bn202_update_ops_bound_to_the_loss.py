"""BN202: the update ops wait on the loss, which training never computes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bnlint.checks.base import Check, per_state
from bnlint.checks.updates import SYMPTOM, maker, places, verdicts, which
from bnlint.finding import Related, Rule

if TYPE_CHECKING:
    from bnlint.checks.updates import Diagnosis

RULE = Rule("BN202", "update-ops-bound-to-the-loss", "error")


def tell(diagnosis: Diagnosis) -> tuple[str, tuple[Related, ...]]:
    guard = diagnosis.guard
    return (
        f"the update ops of {which(diagnosis)} are tied to the value of the loss, and "
        f"{maker(diagnosis)} does not compute that value (a gradient starts from a constant), so "
        f"they never run: {SYMPTOM}",
        places(
            diagnosis,
            (guard.location, "these dependencies hold the loss back, not the train op")
            if guard is not None
            else None,
        ),
    )


CHECK = Check(RULE, per_state(RULE, verdicts(RULE, tell)))
