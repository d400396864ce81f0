"""BN205: the update ops are looked for under the wrong key or scope."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bnlint.checks.base import Check, per_state
from bnlint.checks.updates import SYMPTOM, maker, places, verdicts, which
from bnlint.finding import Related, Rule

if TYPE_CHECKING:
    from bnlint.checks.updates import Diagnosis

RULE = Rule("BN205", "wrong-update-collection", "error")


def tell(diagnosis: Diagnosis) -> tuple[str, tuple[Related, ...]]:
    read = diagnosis.read
    return (
        f"with {diagnosis.detail} the collection that is read is not where the updates of "
        f"{which(diagnosis)} are, so {maker(diagnosis)} runs without them: {SYMPTOM}",
        places(diagnosis, (read.location, "this does not find them") if read else None),
    )


CHECK = Check(RULE, per_state(RULE, verdicts(RULE, tell)))
