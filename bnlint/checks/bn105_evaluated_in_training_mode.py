"""BN105: a network with a flag for both modes, which is evaluated in training mode all the same."""

from __future__ import annotations

from collections import defaultdict
from functools import partial
from typing import TYPE_CHECKING

from bnlint.checks.base import Check, Verdict, about, per_state, place_of_flag, related, states
from bnlint.checks.reasoning import of_modes
from bnlint.checks.updates import diagnose
from bnlint.finding import Finding, Location, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bnlint.model import GraphModel, NormLayer, Project, Run

RULE = Rule("BN105", "evaluated-in-training-mode", "warning")

_SYMPTOM = (
    "results depend on the other examples of the batch, and what the moving statistics are worth "
    "is not seen"
)


def check(project: Project) -> list[Finding]:
    """Judged state by state, but for layers that another program runs in inference mode."""
    known = {
        layer.location
        for program in project.programs
        for state in states(program)
        for layer in state.layers
        if any(layer.id in run.off for run in state.runs)
    }
    return per_state(RULE, lambda model: judge(model, known))(project)


def judge(model: GraphModel, known: set[Location]) -> Iterator[Verdict]:
    """``known`` are layers that some program runs with False: its author knows the difference."""
    trained = {i for op in model.train_ops for i in op.trains}
    hidden = {layer.id for _, found in diagnose(model) if found for layer in found.missing}
    wrong: dict[Location, tuple[Run, list[NormLayer]]] = {}
    right: set[Location] = set()
    for layer in model.layers:
        if layer.id not in trained or layer.flag.kind != "dynamic" or layer.unit_test:
            continue  # fine here: it has no flag to set, or is not trained
        runs = _evaluating(model, layer)
        if layer.location in known or not all(layer.id in run.on for run in runs):
            right.update(run.location for run in runs)
            continue  # fine: False is fed somewhere, or may be
        for run in runs:
            wrong.setdefault(run.location, (run, []))[1].append(layer)
    for location, (run, layers) in wrong.items():
        found = _fed(run, layers, hidden=any(i.id in hidden for i in layers))
        yield Verdict(location, found, because=partial(of_modes, model, layers))
    for location in right - set(wrong):
        yield Verdict(location, None)
    yield from _towers(model, trained)


def _evaluating(model: GraphModel, layer: NormLayer) -> list[Run]:
    """The runs that compute something of a layer and train nothing."""
    return [
        run
        for run in model.runs
        if layer.id in run.evaluates
        and not run.trains
        and not run.opaque
        and run.other_data  # else fine: it may look at the very batches that train it
        and (not layer.updated_by(run.reaches) or layer.destination == "in_place")
    ]


def _fed(run: Run, layers: list[NormLayer], *, hidden: bool) -> Finding:
    adversarial = any(layer.adversarial for layer in layers)
    hides = ". It hides that nothing runs the update ops (BN201)" if hidden else ""
    name = layers[0].flag_name
    return Finding(
        RULE,
        run.location,
        f"this evaluates with {name} True, as everything in this program does: {_SYMPTOM}{hides}",
        related((layers[0].location, "a batch-norm layer that is evaluated")),
        "possible" if adversarial else "definite",
        "generators of adversarial networks often keep batch statistics on purpose"
        if adversarial
        else None,
        subject=about(run.location, layers),
    )


def _towers(model: GraphModel, trained: set[int]) -> Iterator[Verdict]:
    """A second network of the same weights, for evaluation, whose flag is True for good."""
    same: dict[tuple[int, str], list[NormLayer]] = defaultdict(list)
    for layer in model.layers:
        if layer.name is not None:
            same[layer.graph, layer.name].append(layer)
    for layer in model.layers:
        if layer.id in trained or layer.unit_test or not layer.flag.always_true:
            continue
        towers = same.get((layer.graph, layer.name or ""), [])
        others = [t for t in towers if t.id in trained and not t.flag.always_true]
        runs = [run for run in model.runs if layer.id in run.evaluates and not run.trains]
        if not others or not runs or any(t.flag.kind == "missing" for t in others):
            continue  # fine here: both are True, or one is not told (BN101, BN102)
        moved = any(layer.updated_by(run.reaches) for run in model.runs)
        moves = ", and its updates write them into the statistics that training keeps" * moved
        place = place_of_flag(layer)
        yield Verdict(
            place,
            Finding(
                RULE,
                place,
                f"{layer.flag_name} is True in a network for evaluation that has the weights of "
                f"one for training: it normalises with the statistics of its batch{moves}",
                related(
                    (others[0].location, "the layer that is trained"),
                    (runs[0].location, "evaluated here"),
                ),
                "possible" if layer.adversarial or others[0].adversarial else "definite",
                "generators of adversarial networks often keep batch statistics on purpose"
                if layer.adversarial or others[0].adversarial
                else None,
                subject=about(place, [layer]),
            ),
            because=partial(of_modes, model, [layer, others[0]]),
        )


CHECK = Check(RULE, check)
