"""BN303: a momentum so near 1 that the statistics keep their initial values."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from bnlint.checks.base import Check, Verdict, about, per_state, related
from bnlint.checks.gates import verdicts
from bnlint.checks.reasoning import of_modes
from bnlint.finding import Finding, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bnlint.checks.gates import Gated
    from bnlint.model import GraphModel, Run

RULE = Rule("BN303", "momentum-too-near-one", "warning")

# Above this share the initial 0 and 1 still bend what inference sees.
TOO_MUCH = 0.05
# Above this one, they are more that than anything else.
MOST = 0.5
# Nobody expects a result of fewer steps than this: they are to see whether it runs.
FEWEST = 100


def tell(gated: Gated) -> str:
    return (
        f"the updates of {gated.layers} run, but {gated.gate.detail}: the moving statistics keep "
        "their initial values for ever"
    )


def judge(model: GraphModel) -> Iterator[Verdict]:
    yield from verdicts(RULE, "momentum", tell)(model)
    yield from _counted(model)
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


def _counted(model: GraphModel) -> Iterator[Verdict]:
    """Layers that are evaluated after so few steps that the source shows them all."""
    if model.restores or any(run.opaque for run in model.runs):
        return  # fine: there may be statistics, or steps, that the source does not show
    for layer in model.layers:
        momentum = layer.momentum
        if momentum is None or not 0 < momentum < 1 or not layer.updates:
            continue
        if layer.unit_test or layer.uncounted:
            continue  # fine: a trial, or any number of towers may update it
        same = [i for i in model.layers if (i.graph, i.path) == (layer.graph, layer.path)]
        # Towers that share their statistics update them several times in a step.
        times = [(run, sum(i.updated_by(run.reaches) for i in same)) for run in model.runs]
        updating = [run for run, number in times if number]
        after = [run for run in _infers(model, {i.id for i in same}) if run not in updating]
        turns = {
            (run.location, run.loops): run.turns * number
            for run, number in times
            if number and run.turns is not None
        }
        unknown = any(run.turns is None for run in updating)
        if unknown or layer.updated_by(model.escaped) or not after:
            continue  # fine: nobody knows how many steps there are, or reads the statistics
        steps = sum(turns.values())
        left = momentum**steps
        if steps < FEWEST or left <= TOO_MUCH:
            yield Verdict(layer.location, None)  # fine: enough steps, or only a trial
            continue
        yield Verdict(
            layer.location,
            Finding(
                RULE,
                layer.location,
                f"this program trains at most {steps} steps, and then {left:.0%} of the moving "
                f"statistics is still their initial value: a momentum of {momentum:g} is too near "
                "1 for so few steps, and evaluation uses what they are then",
                related(
                    (updating[0].location, "the steps"),
                    (after[0].location, "evaluated here with the moving statistics"),
                ),
                "definite" if left > MOST else "possible",
                None if left > MOST else "most of them is what training saw, which may be enough",
                subject=about(layer.location, [layer]),
            ),
            because=partial(of_modes, model, [layer]),
        )


def _infers(model: GraphModel, same: set[int]) -> list[Run]:
    """The runs that evaluate with the statistics of these layers, which they share."""
    return [run for run in model.runs if same & run.evaluates & run.off]


CHECK = Check(RULE, per_state(RULE, judge))
