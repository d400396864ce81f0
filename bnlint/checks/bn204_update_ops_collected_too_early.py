"""BN204: UPDATE_OPS read before the layers exist, or under another graph."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bnlint.checks.base import Check, per_state
from bnlint.checks.updates import SYMPTOM, maker, places, verdicts, which
from bnlint.finding import Related, Rule

if TYPE_CHECKING:
    from bnlint.checks.updates import Diagnosis

RULE = Rule("BN204", "update-ops-collected-too-early", "error")


def tell(diagnosis: Diagnosis) -> tuple[str, tuple[Related, ...]]:
    read = diagnosis.read
    return (
        f"the collection was read {diagnosis.detail}, so "
        f"{maker(diagnosis)} runs without the updates of {which(diagnosis)}: {SYMPTOM}",
        places(
            diagnosis, (read.location, "read here, when it did not hold them") if read else None
        ),
    )


CHECK = Check(RULE, per_state(RULE, verdicts(RULE, tell)))
