"""BN207: a later phase of training that goes on without the updates that an earlier one ran."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from bnlint.checks.base import Check, Verdict, about, per_state, related
from bnlint.checks.reasoning import of_updates
from bnlint.checks.updates import diagnose
from bnlint.finding import Finding, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bnlint.model import GraphModel, NormLayer, Run, TrainOp

RULE = Rule("BN207", "phase-without-updates", "error")


def judge(model: GraphModel) -> Iterator[Verdict]:
    layers = {layer.id: layer for layer in model.layers}
    worse = {op.id for op, diagnosis in diagnose(model) if diagnosis is not None}
    for op in model.train_ops:
        if op.unit_test or not op.run:
            continue  # fine: nobody uses what it trains
        if op.id in worse:
            continue  # fine here: BN201 to BN206 name layers that nothing ever updates
        trained = [layers[i] for i in op.trains if layers[i].updates]
        phases = [(n, run) for n, run in enumerate(model.runs) if op.id in run.trains]
        found = [(n, run, _stale(model, op, n, run, trained)) for n, run in phases]
        stale = next(((run, left) for _, run, left in found if left), None)
        if stale is None or any(not left for _, _, left in found):
            yield Verdict(op.location, None)  # fine: each phase of it has the updates
            continue
        run, left = stale
        before = next(r for r in model.runs if any(layer.updated_by(r.reaches) for layer in left))
        certain = all(layer.id in run.on for layer in left) and op.undecided is None
        yield Verdict(
            op.location,
            _finding(model, op, run, before, left, certain=certain),
            because=partial(of_updates, model, op, left),
        )


def _stale(
    model: GraphModel, op: TrainOp, number: int, run: Run, trained: list[NormLayer]
) -> list[NormLayer]:
    """The layers that an earlier phase updated, and nothing does from this run on."""
    out = []
    for layer in trained:
        same = [i for i in model.layers if _one(i, layer)]
        own = {update for i in same for update in i.updates}
        updating = [n for n, other in enumerate(model.runs) if own & other.reaches]
        if not updating or own & op.reaches or layer.destination == "unknown":
            continue  # fine here: BN201 says that nothing ever does, or this does
        if any(i.id in run.off for i in same) or layer.updated_by(model.escaped):
            continue  # fine: frozen in this phase
        if _only_batch(model, layer):
            continue  # fine: nothing reads the statistics
        if any(_helps(n, model.runs[n], number, run) for n in updating):
            continue  # fine: the updates are run in the same loop, or in a later phase
        out.append(layer)
    return out


def _one(layer: NormLayer, other: NormLayer) -> bool:
    """Whether two layers share their statistics."""
    if layer is other:
        return True
    return layer.name is not None and (layer.graph, layer.name) == (other.graph, other.name)


def _helps(place: int, other: Run, number: int, run: Run) -> bool:
    """Whether what another run updates is of use to this one: it is beside it, or comes later."""
    if any((loop, limit, not late) in run.stages for loop, limit, late in other.stages if not late):
        return False  # it is done in the first turns of a loop, and this in the later ones
    return place >= number or _beside(other, run)


def _beside(other: Run, run: Run) -> bool:
    """Whether both are in one loop, or this one is in none: then it is a step, and no phase."""
    return not run.loops or not set(run.loops).isdisjoint(other.loops)


def _only_batch(model: GraphModel, layer: NormLayer) -> bool:
    """Whether all that share its statistics normalise with the batch at all times."""
    return all(
        other.flag.kind == "constant" and other.flag.value is True
        for other in model.layers
        if _one(other, layer)
    )


def _finding(
    model: GraphModel, op: TrainOp, run: Run, before: Run, left: list[NormLayer], *, certain: bool
) -> Finding:
    places = list(dict.fromkeys(layer.location for layer in left))
    here, there = "the loop that runs this trains", "an earlier loop"
    if set(run.loops) & set(before.loops):
        here, there = "the later turns of the loop that runs this train", "its first turns"
    which = "a batch-norm layer" if len(places) == 1 else f"{len(places)} batch-norm layers"
    return Finding(
        RULE,
        op.location,
        f"{here} {which} without the update ops that {there} ran: "
        "the weights go on changing, and the moving statistics stay those of the earlier phase",
        related(
            (run.location, "the later phase"),
            (before.location, "the phase that runs the updates"),
            (places[0], "a layer whose statistics are left behind"),
        ),
        "definite" if certain else "possible",
        None if certain else "the source does not tell that its layers are in training mode here",
        subject=about(op.location, left),
    )


CHECK = Check(RULE, per_state(RULE, judge))
