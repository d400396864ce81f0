"""BN206: Keras batch norm under a TensorFlow optimizer, its updates run by nobody."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bnlint.checks.base import Check, per_state
from bnlint.checks.updates import SYMPTOM, maker, places, verdicts, which
from bnlint.finding import Related, Rule

if TYPE_CHECKING:
    from bnlint.checks.updates import Diagnosis

RULE = Rule("BN206", "keras-updates-not-in-collection", "error")


def tell(diagnosis: Diagnosis) -> tuple[str, tuple[Related, ...]]:
    guard = diagnosis.guard
    usual = " (waiting for UPDATE_OPS is silently useless here)" if guard is not None else ""
    return (
        f"{maker(diagnosis)} trains {which(diagnosis)} made by Keras, which does not add its "
        f"updates to UPDATE_OPS{usual}; they are in layer.updates or model.updates: {SYMPTOM}",
        places(diagnosis, (guard.location, "does not hold Keras updates") if guard else None),
    )


CHECK = Check(RULE, per_state(RULE, verdicts(RULE, tell)))
