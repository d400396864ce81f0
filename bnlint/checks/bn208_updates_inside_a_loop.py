"""BN208: batch norm in a while loop, its update ops awaited outside."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bnlint.checks.base import Check, per_state
from bnlint.checks.gates import verdicts
from bnlint.finding import Rule

if TYPE_CHECKING:
    from bnlint.checks.gates import Gated

RULE = Rule("BN208", "updates-inside-a-loop", "error")


def tell(gated: Gated) -> str:
    return (
        f"the update ops of {gated.layers} are inside a while loop and {gated.op.api} waits for "
        "them outside: TensorFlow refuses to run it (inputs from different frames)"
    )


CHECK = Check(RULE, per_state(RULE, verdicts(RULE, "frame", tell)))
