"""BN404: moving statistics that are what they were before training, saved or watched."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bnlint.checks.base import Check, Verdict, per_state
from bnlint.checks.gates import verdicts
from bnlint.finding import Finding, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bnlint.checks.gates import Gated
    from bnlint.model import GraphModel

RULE = Rule("BN404", "statistics-never-updated", "error")


def tell(gated: Gated) -> str:
    return (
        f"{gated.op.api} runs the updates of {gated.layers}, but the moving statistics were "
        "watched, and no run of the program changed them"
    )


_of_runs = verdicts(RULE, "still", tell)


def judge(model: GraphModel) -> Iterator[Verdict]:
    yield from _of_runs(model)
    for saved in model.statistics:
        if saved.broken:
            message = (
                f"{' and '.join(saved.broken)} cannot be used: not a number, infinite, or a "
                "negative variance"
            )
        elif saved.untouched and saved.steps != 0:
            after = f" after {saved.steps} steps" if saved.steps else ""
            message = (
                f"{saved.layer} still has its initial moving statistics{after}, mean exactly 0 and "
                "variance exactly 1: nothing ever updated them (BN104, BN201 to BN206), or they "
                "were restored from a checkpoint that left them out (BN401)"
            )
        else:
            yield Verdict(saved.location, None)
            continue
        yield Verdict(saved.location, Finding(RULE, saved.location, message))


CHECK = Check(RULE, per_state(RULE, judge))
