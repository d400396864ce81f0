"""BN201: a train op that runs without the update ops of the batch norm it trains."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bnlint.checks.base import Check, per_state
from bnlint.checks.updates import SYMPTOM, maker, places, verdicts, without_updates
from bnlint.finding import Related, Rule

if TYPE_CHECKING:
    from bnlint.checks.updates import Diagnosis

RULE = Rule("BN201", "train-op-without-update-ops", "error")


def tell(diagnosis: Diagnosis) -> tuple[str, tuple[Related, ...]]:
    off = " (update_ops=[] turns them off)" if diagnosis.op.update_ops_off else ""
    return (
        f"{maker(diagnosis)} {without_updates(diagnosis)}{off}: {SYMPTOM}",
        places(diagnosis),
    )


CHECK = Check(RULE, per_state(RULE, verdicts(RULE, tell)))
