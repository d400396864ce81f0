"""BN203: a ``control_dependencies`` block that does not hold the train op."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bnlint.checks.base import Check, per_state
from bnlint.checks.updates import SYMPTOM, maker, places, verdicts, which
from bnlint.finding import Related, Rule

if TYPE_CHECKING:
    from bnlint.checks.updates import Diagnosis

RULE = Rule("BN203", "control-dependencies-without-effect", "error")


def tell(diagnosis: Diagnosis) -> tuple[str, tuple[Related, ...]]:
    guard = diagnosis.guard
    if guard is not None and guard.optimizers and diagnosis.op.id not in guard.existing:
        why = "holds only the optimizer's constructor, which makes no op"
    elif guard is not None and not guard.ops and diagnosis.op.id not in guard.existing:
        why = "has no op made inside it"
    else:
        why = "only names ops that were made before it; it holds back ops made inside it"
    return (
        f"the control_dependencies block for the update ops {why}, so {maker(diagnosis)} does not "
        f"wait for the updates of {which(diagnosis)}: {SYMPTOM}",
        places(diagnosis, (guard.location, "this block has no effect on it") if guard else None),
    )


CHECK = Check(RULE, per_state(RULE, verdicts(RULE, tell)))
