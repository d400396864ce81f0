"""BN303: a momentum so near 1 that the statistics keep their initial values."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bnlint.checks.base import Check, Verdict, per_state
from bnlint.checks.gates import verdicts
from bnlint.finding import Finding, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bnlint.checks.gates import Gated
    from bnlint.model import GraphModel

RULE = Rule("BN303", "momentum-too-near-one", "warning")

# Above this share the initial 0 and 1 still bend what inference sees.
TOO_MUCH = 0.05


def tell(gated: Gated) -> str:
    return (
        f"the updates of {gated.layers} run, but {gated.gate.detail}: the moving statistics keep "
        "their initial values for ever"
    )


def judge(model: GraphModel) -> Iterator[Verdict]:
    yield from verdicts(RULE, "momentum", tell)(model)
    for saved in model.statistics:
        if saved.left is None or saved.left <= TOO_MUCH or saved.untouched:
            yield Verdict(saved.location, None)
            continue
        yield Verdict(
            saved.location,
            Finding(
                RULE,
                saved.location,
                f"after {saved.steps} steps, {saved.left:.0%} of the moving statistics of "
                f"{saved.layer} is still their initial value: its momentum is too near 1 for so "
                "few steps",
            ),
        )


CHECK = Check(RULE, per_state(RULE, judge))
