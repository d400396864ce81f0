"""What the BN2xx rules share: which layers a train op leaves without updates, and why.

At a train op one cause is reported, the most specific. ``diagnose`` finds it once; each rule then
speaks only of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, Literal, NamedTuple

from bnlint.checks.base import Verdict, about, related
from bnlint.checks.reasoning import of_updates
from bnlint.finding import Aim, Finding, Location, Related, Rule

if TYPE_CHECKING:
    from collections.abc import Callable

    from bnlint.model import CollectionRead, GraphModel, Guard, NormLayer, Run, TrainOp

_SHOWN = 3  # so many layers tell which are meant; the message has the number of all

Cause = Literal["BN201", "BN202", "BN203", "BN204", "BN205", "BN206"]


class Diagnosis(NamedTuple):
    """A train op that leaves some layers of its network without updates.

    ``missing`` are those layers, ``trained`` all that it trains and that have updates. ``guard``
    or ``read`` is where the chain breaks, if there is such a place, ``asleep`` a run of the updates
    in which the flag is False, so that they move nothing.
    """

    op: TrainOp
    cause: Cause
    missing: tuple[NormLayer, ...]
    trained: tuple[NormLayer, ...]
    guard: Guard | None = None
    read: CollectionRead | None = None
    undecided: str | None = None
    detail: str = ""
    asleep: Location | None = None


def diagnose(model: GraphModel) -> Iterator[tuple[TrainOp, Diagnosis | None]]:
    """Every train op that trains batch norm with updates, with what is wrong about it."""
    layers = {layer.id: layer for layer in model.layers}
    running = {i for op in model.train_ops if op.run for i in op.trains}
    for op in model.train_ops:
        trained = [layers[i] for i in op.trains if layers[i].updates]
        if not trained:
            continue  # fine: this network has no moving statistics to update
        missing = _missing(model, op, trained)
        if not missing:
            yield op, None  # fine: something that runs with it updates every layer
            continue
        if op.unit_test:
            continue  # fine: nobody uses what it trains
        if not op.run and running & set(op.trains):
            continue  # fine: another op of the same network is the one that is run
        if not op.run and not op.handed_over and _only_asks(model):
            continue  # fine: a leftover of the program in which the weights were trained
        yield op, _diagnosis(model, op, tuple(missing), tuple(trained))


def _only_asks(model: GraphModel) -> bool:
    """Whether the weights come from elsewhere, and this program evaluates or exports them only."""
    used = model.exported is not None or any(run.evaluates for run in model.runs)
    trains = any(op.run or op.handed_over for op in model.train_ops)
    return model.restores and used and not trains and not any(run.opaque for run in model.runs)


def _missing(model: GraphModel, op: TrainOp, trained: list[NormLayer]) -> list[NormLayer]:
    """The trained layers whose statistics nothing updates."""
    reached = set(op.reaches)
    for run in model.runs:
        reached |= run.reaches - _asleep(model, run)  # fetched beside it, or in a run of its own
    if not any(other.run for other in model.train_ops):
        for other in model.train_ops:
            reached |= other.reaches  # a sibling that is run in the same loop
    updated = [layer for layer in model.layers if layer.updated_by(reached)]
    done = {_identity(layer) for layer in updated}
    names = {(layer.graph, layer.name) for layer in updated if layer.name}
    return [
        layer
        for layer in trained
        if layer.destination != "unknown"
        and _identity(layer) not in done
        and (layer.graph, layer.name) not in names
    ]


def _asleep(model: GraphModel, run: Run) -> set[int]:
    """Updates that a run without training computes with the flag False: they move nothing.

    Those that are written by hand may move the averages whatever the flag is.
    """
    if run.trains or not run.off:
        return set()
    off = [layer for layer in model.layers if layer.id in run.off and layer.flavour != "nn"]
    return {update for layer in off for update in layer.updates}


def _identity(layer: NormLayer) -> tuple[object, ...]:
    """Towers of one loop share their call path; one tower's updates are accepted practice."""
    return (layer.graph, layer.location, layer.trace, layer.path)


def _undecided(model: GraphModel, op: TrainOp, missing: tuple[NormLayer, ...]) -> str | None:
    if op.undecided is not None:
        return op.undecided
    if any(layer.updated_by(model.escaped) for layer in missing):
        return "its update ops are handed to code that the source does not show"
    if any(layer.scope_may_give_flag for layer in missing):
        return "an argument scope that the source does not show may set updates_collections"
    wanted = {update for layer in missing for update in layer.updates}
    collected = any(wanted & read.updates for read in model.reads)
    if collected and not op.run and any(run.opaque for run in model.runs):
        return "the update ops are collected, and some run fetches what the source does not show"
    if _on_purpose(model, missing):
        return (
            "these layers of adversarial networks have the flag True wherever they are built, "
            "often on purpose, and nothing reads their moving statistics"
        )
    return None


def _on_purpose(model: GraphModel, missing: tuple[NormLayer, ...]) -> bool:
    """Whether all belong to adversarial networks that use the batch's statistics at all times.

    The generators have to do so, too: one that is also built in another mode reads its statistics.
    """
    generators = [layer for layer in model.layers if layer.adversarial]
    if not generators:
        return False
    evaluated = {i for run in model.runs for i in run.evaluates}
    return all(_one_mode(layer) for layer in generators) and all(
        _one_mode(layer) and (layer.adversarial or layer.id not in evaluated) for layer in missing
    )


def _one_mode(layer: NormLayer) -> bool:
    return layer.flag.always_true and not layer.both_modes


def _diagnosis(
    model: GraphModel, op: TrainOp, missing: tuple[NormLayer, ...], trained: tuple[NormLayer, ...]
) -> Diagnosis:
    undecided = _undecided(model, op, missing)
    wanted = {update for layer in missing for update in layer.updates}

    def found(
        cause: Cause,
        guard: Guard | None = None,
        read: CollectionRead | None = None,
        detail: str = "",
    ) -> Diagnosis:
        slept = [r.location for r in model.runs if wanted & r.reaches & _asleep(model, r)]
        asleep = slept[0] if slept else None
        return Diagnosis(op, cause, missing, trained, guard, read, undecided, detail, asleep)

    if all(layer.destination == "layer" for layer in missing):
        guard = next((g for g in model.guards if op.id in g.train_ops), None)
        return found("BN206", guard)
    reads = [r for r in model.reads if r.id in op.reads]
    if not reads and not op.guards and not any(wanted & r.updates for r in model.reads):
        # Read for this op, and found nothing: what another op waits for was read for that one.
        # Where some read holds the updates, they are only run by nothing, and the others are for
        # another network.
        others = {i for other in model.train_ops for i in other.reads}
        reads = [r for r in model.reads if not r.updates and r.id not in others]
    for read in reads:
        verdict = _wrong_read(read, missing)
        if verdict is not None:
            return found(verdict[0], read=read, detail=verdict[1])
    if all(layer.updated_by(op.loss_reaches) for layer in missing):
        guard = next((g for g in model.guards if wanted & g.updates), None)
        return found("BN202", guard)
    for guard in model.guards:
        if wanted & guard.updates and op.id not in guard.train_ops and _idle(guard, op):
            return found("BN203", guard)
    custom = {layer.collection for layer in missing}
    if custom and "update_ops" not in custom and None not in custom:
        key = min(str(c) for c in custom)
        told = all(layer.api != "batch normalisation" for layer in missing)
        return found(
            "BN205", detail=f"updates_collections={key!r}" if told else f"{key!r} at the layers"
        )
    return found("BN201")


def _idle(guard: Guard, op: TrainOp) -> bool:
    """A block that waits for the updates and holds nothing that the train op depends on."""
    if guard.train_ops:
        return False
    return op.id in guard.existing or guard.optimizers > 0 or guard.ops == 0


def _wrong_read(read: CollectionRead, missing: tuple[NormLayer, ...]) -> tuple[Cause, str] | None:
    if any(layer.updated_by(read.updates) for layer in missing):
        return None  # it holds some of them; the chain breaks elsewhere
    if read.key != "update_ops":
        if read.key.lower().replace("/", "_") == "update_ops":
            return "BN205", f"the key {read.key!r} (the collection is named 'update_ops')"
        return None
    if all(layer.collection not in (None, "update_ops") for layer in missing):
        return "BN205", f"updates_collections={missing[0].collection!r} at the layer"
    if any(layer.graph != read.graph for layer in missing):
        return "BN204", "under another graph"
    if all(layer.id >= read.before for layer in missing):
        return "BN204", "before those layers were built, and get_collection returns a copy"
    if read.scope is not None:
        return "BN205", f"scope={read.scope!r} (a regex that has to match at the start of op names)"
    return None


def verdicts(
    rule: Rule, tell: Callable[[Diagnosis], tuple[str, tuple[Related, ...]]]
) -> Callable[[GraphModel], Iterator[Verdict]]:
    """A rule of this family: ``tell`` gives the message and the places of its own cause."""

    def judge(model: GraphModel) -> Iterator[Verdict]:
        for op, diagnosis in diagnose(model):
            idle = not op.run and bool(model.runs)
            if diagnosis is None or diagnosis.cause != rule.code:
                yield Verdict(op.location, None, idle, run=op.run)
                continue
            message, places = tell(diagnosis)
            yield Verdict(
                op.location,
                Finding(
                    rule,
                    op.location,
                    message,
                    places,
                    "definite" if diagnosis.undecided is None else "possible",
                    diagnosis.undecided,
                    aim=_aim(model, diagnosis),
                    consequence=SYMPTOM,
                    subject=about(op.location, diagnosis.missing),
                ),
                idle,
                partial(of_updates, model, op, diagnosis.missing),
                op.run,
            )

    return judge


def _aim(model: GraphModel, diagnosis: Diagnosis) -> Aim:
    broken = diagnosis.read or diagnosis.guard
    keys = {layer.collection for layer in diagnosis.missing}
    return Aim(
        diagnosis.op.location,
        broken.location if broken is not None else None,
        key=keys.pop() if len(keys) == 1 else None,
        scope=_scope(model, diagnosis),
    )


def _scope(model: GraphModel, diagnosis: Diagnosis) -> str | None:
    """The outermost scope of the layers meant, if no other layer with updates lies in it."""
    scopes = {layer.path.partition("/")[0] for layer in diagnosis.trained}
    others = {
        layer.path.partition("/")[0]
        for layer in model.layers
        if layer.updates and layer.id not in {trained.id for trained in diagnosis.trained}
    }
    if len(scopes) != 1 or any("/" not in layer.path for layer in diagnosis.trained):
        return None
    [scope] = scopes
    # A scope is a regular expression that has to match at the start.
    plain = scope.replace("_", "").isalnum()
    return scope if others and plain and not any(o.startswith(scope) for o in others) else None


def which(diagnosis: Diagnosis) -> str:
    """How many layers of the network are meant.

    Source tells the calls that make them; how often a loop goes round it may not tell.
    """
    missing = len({layer.location for layer in diagnosis.missing})
    trained = len({layer.location for layer in diagnosis.trained})
    if missing == trained:
        return "a batch-norm layer" if missing == 1 else f"{missing} batch-norm layers"
    return f"{missing} of its {trained} batch-norm layers"


def without_updates(diagnosis: Diagnosis) -> str:
    """What a train op does to its layers; that nothing is updated is only said where it is true."""
    missing = len({layer.location for layer in diagnosis.missing})
    trained = len({layer.location for layer in diagnosis.trained})
    runs = "nothing runs" if diagnosis.asleep is None else "only runs with the flag False compute"
    if missing == trained:
        return f"trains {which(diagnosis)} but {runs} the update ops"
    return f"trains {trained} batch-norm layers but {runs} the update ops of {missing} of them"


def maker(diagnosis: Diagnosis) -> str:
    """The train op as the subject of a sentence."""
    api = diagnosis.op.api
    return "this assignment" if "assign" in api or "scatter" in api else api


def places(
    diagnosis: Diagnosis, where: tuple[Location | None, str] | None = None
) -> tuple[Related, ...]:
    """The story: the first layers meant, then the place where the chain breaks."""
    layers = list(dict.fromkeys(layer.location for layer in diagnosis.missing))
    said = "a batch-norm layer whose moving statistics never change"
    shown = [Related(place, said, example=True) for place in layers[:_SHOWN]]
    if len(layers) > _SHOWN:
        shown[-1] = shown[-1]._replace(message=f"{said} (and {len(layers) - _SHOWN} more)")
    known = {place.location for place in shown}
    broken = related(
        where or (None, ""), (diagnosis.asleep, "updates are run here, where the flag is False")
    )
    return (*shown, *(place for place in broken if place.location not in known))


SYMPTOM = (
    "training looks fine, but the moving statistics stay at their initial values, and evaluation "
    "with them comes out wrong"
)
