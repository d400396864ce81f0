"""BN102: a training flag hard-coded in a network that is used in both modes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bnlint.checks.base import Check, about, place_of_flag, related, states
from bnlint.checks.reasoning import of_layers
from bnlint.finding import Finding, Location, Rule, Step

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bnlint.model import GraphModel, NormLayer, Project, Run

RULE = Rule("BN102", "hard-coded-training-flag", "warning")

_WITH_BATCH = (
    "evaluation normalises with the statistics of the batch it is given, so results depend on the "
    "batch and change with its size"
)
_WITH_INITIAL = "the layer normalises with its initial moving mean 0 and variance 1 for ever"


class _Site:
    """What all states of all programs say about one batch-norm call."""

    def __init__(self) -> None:
        self.layers: list[NormLayer] = []
        self.idle: list[NormLayer] = []
        self.trained: NormLayer | None = None
        self.trained_somewhere = False
        self.adversarial = False
        self.trained_without_restore = False
        self.restored = False
        self.trained_elsewhere = False
        self.evaluated: dict[Location, tuple[NormLayer, Run]] = {}
        self.predicted: dict[Location, tuple[NormLayer, Run]] = {}


def check(project: Project) -> Iterator[Finding]:
    """Per network, not per literal: True beside False elsewhere is a mode switch, not a mistake."""
    sites: dict[Location, _Site] = {}
    for program in project.programs:
        for state in states(program):
            _collect(state, sites, open_root=program.open)
            _collect_predictions(state, sites)
    reported: set[Location] = set()
    for location, site in sites.items():
        for finding in _judge(location, site):
            if finding.location not in reported:
                reported.add(finding.location)
                yield finding


def _collect(state: GraphModel, sites: dict[Location, _Site], *, open_root: bool) -> None:
    trained = {i for op in state.train_ops for i in op.trains}
    running = {i for op in state.train_ops if op.run for i in op.trains}
    handed = {i for op in state.train_ops if op.handed_over for i in op.trains}
    flags: dict[str, set[object]] = {}
    for layer in state.layers:
        if layer.name is not None:
            kind = "constant" if _decided(layer) else layer.flag.kind
            flags.setdefault(layer.name, set()).add((kind, layer.flag.value))
    generators = [layer for layer in state.layers if layer.adversarial]
    one_mode = all(layer.flag.always_true and not layer.both_modes for layer in generators)
    for layer in state.layers:
        site = sites.setdefault(layer.location, _Site())
        site.trained_somewhere |= layer.id in trained
        site.adversarial |= layer.adversarial and one_mode
        if layer.name is not None and len(flags[layer.name]) > 1:
            continue  # fine: another tower shares the variables with another flag
        if _is_idle(layer, state):
            site.idle.append(layer)
        elif not _decided(layer):  # else another layer has the constant that it is as good as
            site.layers.append(layer)
        if layer.unit_test:
            continue  # fine: it may test one mode
        if layer.id in trained:
            site.trained = site.trained or layer
            if state.restores:
                site.restored = True
            elif open_root and layer.id in handed:
                site.trained_elsewhere = True  # its caller may begin with weights of a checkpoint
            else:
                site.trained_without_restore = True
        for run in state.runs:
            if layer.id not in run.evaluates:
                continue
            if state.predicts:
                site.trained = site.trained or layer  # where it is restored from
            if layer.updated_by(run.reaches) and layer.destination != "in_place":
                site.trained = site.trained or layer  # its updates are run by hand
                continue
            if run.opaque:
                site.trained = site.trained or layer  # it may well be the training step
                continue
            if layer.id in running and not run.fed and not run.other_data:
                continue  # fine: it looks at the very batches that train it
            site.evaluated.setdefault(place_of_flag(layer), (layer, run))


def _decided(layer: NormLayer) -> bool:
    """Whether its flag is a tensor in a branch that is taken in one mode only."""
    flag = layer.flag
    return flag.kind == "dynamic" and flag.made is not None and flag.value is not None


def _is_idle(layer: NormLayer, state: GraphModel) -> bool:
    """Whether a function that nothing calls builds it with a flag of its caller, and no more."""
    if not layer.open_root or layer.flag.kind != "unknown":
        return False
    used = any(layer.id in run.evaluates for run in state.runs)
    return not used and not any(layer.id in op.trains for op in state.train_ops)


def _collect_predictions(state: GraphModel, sites: dict[Location, _Site]) -> None:
    """The layers of a graph that restores weights, trains nothing and knows one mode only."""
    if not state.restores:
        return  # fine: it does more than to predict
    training = {op.graph for op in state.train_ops}
    trained = {i for op in state.train_ops for i in op.trains}
    names = {layer.name for layer in state.layers if layer.id in trained}
    other = {one.location for one in state.layers if not one.flag.always_true}
    for layer in state.layers:
        if layer.location in other or layer.unit_test or layer.flag.from_default:
            continue
        if training:
            if layer.graph in training or layer.name is None or layer.name not in names:
                continue  # fine: trained here, or not known to be what another graph trains
            sites[layer.location].trained_somewhere = True
        for run in state.runs:
            seen = layer.id in run.evaluates and not layer.updated_by(run.reaches)
            if seen and not run.opaque:
                sites[layer.location].predicted.setdefault(place_of_flag(layer), (layer, run))


def _judge(location: Location, site: _Site) -> Iterator[Finding]:
    if site.trained_somewhere:
        for layer, run in site.predicted.values():  # whatever flag it is trained with
            yield _always_true(location, layer, run, site)
    if not site.layers or site.trained is None:
        return  # fine: only evaluated or only defined here, or with another tower beside it
    layers = _of_the_network(site)
    if any(layer.flag.kind != "constant" for layer in layers):
        return  # fine: some path passes a real flag, or BN101 speaks
    if any(isinstance(layer.flag.value, str) for layer in layers):
        return  # fine here: BN110 says what happened
    values = {bool(layer.flag.value) for layer in layers}
    if len(values) > 1:
        return  # fine: both modes are built
    evaluated = site.evaluated
    if any(layer.open_root and layer.flag.from_default for layer in layers):
        # Unknown callers may override the default, but for one that a program trains with.
        kept = {place_of_flag(layer) for layer in layers if not layer.open_root}
        evaluated = {
            at: seen for at, seen in evaluated.items() if not seen[0].open_root or at in kept
        }
        if not evaluated or values == {False}:
            return
    if values == {False}:
        # else fine: pretrained statistics, frozen on purpose
        if site.trained_without_restore or site.trained_elsewhere:
            yield _always_false(location, site.trained, site)
        return
    for layer, run in evaluated.values():  # none: this network exists for training only
        yield _always_true(location, layer, run, site)


def _of_the_network(site: _Site) -> list[NormLayer]:
    """With what functions that nothing calls build for others, where that may be the network.

    It is another one where it has but a wrapper in common with what is called.
    """
    called = {call for layer in site.layers if not layer.open_root for call in layer.trace}
    idle = [one for one in site.idle if not called or not called.isdisjoint(one.trace)]
    return site.layers + idle


def _alike(site: _Site, layer: NormLayer) -> list[NormLayer]:
    """The layers of a call that get their flag from the same place."""
    origin = place_of_flag(layer)
    return [layer, *(one for one in site.layers if place_of_flag(one) == origin)]


def _always_true(location: Location, layer: NormLayer, run: Run, site: _Site) -> Finding:
    origin = place_of_flag(layer)
    # A flag that never reaches its layer shows that two modes were meant.
    deliberate = site.adversarial and not layer.both_modes and layer.unused_parameter is None
    return Finding(
        RULE,
        origin,
        f"{layer.flag_name} is the constant True in a network that is also evaluated: "
        f"{_WITH_BATCH}",
        related(
            (location if origin != location else None, "the batch-norm layer it reaches"),
            (_default(layer), "a default that no caller overrides"),
            (run.location, "evaluated here with the same flag"),
        ),
        "possible" if deliberate else "definite",
        "generators of adversarial networks often keep batch statistics on purpose"
        if deliberate
        else None,
        consequence=_WITH_BATCH,
        reasoning=(
            *of_layers([layer]),
            Step("this run computes what comes after the layer, and trains nothing", run.location),
        ),
        subject=about(origin, _alike(site, layer)),
    )


def _always_false(location: Location, layer: NormLayer, site: _Site) -> Finding:
    origin = place_of_flag(layer)
    reason = None
    if site.restored:
        reason = "on other paths the weights are restored, and then False may be on purpose"
    elif not site.trained_without_restore:
        reason = "what runs its train op is not seen, and may restore weights: then False is fine"
    return Finding(
        RULE,
        origin,
        f"{layer.flag_name} is the constant False{_or_default(layer)} in a network that is "
        f"trained: {_WITH_INITIAL}",
        related(
            (location if origin != location else None, "the batch-norm layer it reaches"),
            (_default(layer), "a default that no caller overrides"),
        ),
        "definite" if reason is None else "possible",
        reason,
        consequence=_WITH_INITIAL,
        reasoning=(*of_layers([layer]), Step("a train op trains what it is a part of")),
        subject=about(origin, _alike(site, layer)),
    )


def _or_default(layer: NormLayer) -> str:
    """What else looks the same in a graph, which does not name the call."""
    return ", or was not passed (BN101)," if layer.api == "batch normalisation" else ""


def _default(layer: NormLayer) -> Location | None:
    return layer.flag.origin if layer.flag.from_default else None


CHECK = Check(RULE, check)
