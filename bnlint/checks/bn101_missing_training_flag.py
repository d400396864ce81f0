"""BN101: a batch-norm call without a training flag."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bnlint.checks.base import Check, about, related, states
from bnlint.checks.decisions import left_out
from bnlint.checks.reasoning import of_layers
from bnlint.finding import Aim, Finding, Location, Rule, Step

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bnlint.model import NormLayer, Project

RULE = Rule("BN101", "missing-training-flag", "error")

_SYMPTOM = {
    False: (
        "the default is False, so the layer normalises with its initial moving mean 0 and variance "
        "1 for ever, in training too, and registers no update ops"
    ),
    True: (
        "the default is True, so at evaluation the layer still normalises with the statistics of "
        "the batch, and a prediction depends on the other examples in it"
    ),
}


def check(project: Project) -> Iterator[Finding]:
    """A layer is judged over all programs: a flag passed on any path clears its call."""
    seen: dict[Location, list[NormLayer]] = {}
    trained: set[Location] = set()
    inference_only: set[Location] = set()
    for program in project.programs:
        for state in states(program, local=True):
            here = {i for op in state.train_ops for i in op.trains}
            for layer in state.layers:
                seen.setdefault(layer.location, []).append(layer)
                if layer.id in here:
                    trained.add(layer.location)
                elif not program.open and not state.train_ops and state.restores:
                    inference_only.add(layer.location)
    given = _apis_given_by_scope(project)
    absent = left_out(project)
    for location, layers in seen.items():
        if location in absent and layers[0].flag.value is True:
            continue  # fine here: it is not there at evaluation, which BN107 says
        finding = _judge(location, layers, trained, inference_only, given)
        if finding is not None:
            yield finding


def _apis_given_by_scope(project: Project) -> set[str]:
    """APIs whose flag some argument scope of the project sets."""
    return {
        api
        for program in project.programs
        for state in program.states
        for api in state.scoped_flags
    }


def _judge(
    location: Location,
    layers: list[NormLayer],
    trained: set[Location],
    inference_only: set[Location],
    given: set[str],
) -> Finding | None:
    missing = [layer for layer in layers if layer.flag.kind == "missing" and not layer.unit_test]
    if not missing:
        return None  # fine: a flag is passed, or may be, or a unit test does without
    layer = missing[0]
    default = layer.flag.value
    if default is None:
        return None  # fine: a Keras layer follows the learning phase
    if layer.misplaced is not None:
        return None  # fine here: BN109 says what happened
    if default is False and location in inference_only and location not in trained:
        return None  # fine: a restored model that is only evaluated wants False
    if layer.open_root and layer.api in given and not layer.by_normalizer:
        return None  # fine: nothing calls it here, and the scope of a caller may set the flag
    reason = None
    if layer.open_root and layer.api in given:
        reason = "nothing calls it here, and the argument scope of a caller may set the flag"
    others = [other for other in layers if other.flag.kind != "missing"]
    if others:
        reason = "on other paths a flag is passed"
    name = layer.api.rsplit(".", 1)[-1]
    call = f"{name} is set as normalizer_fn" if layer.by_normalizer else f"{name} is called"
    parameter = layer.unused_parameter
    return Finding(
        RULE,
        location,
        f"{call} without {layer.flag_name}=…: {_SYMPTOM[bool(default)]}",
        related(
            (
                layer.unused_parameter_location,
                f"the parameter {parameter} is there but never reaches the layer",
            ),
            (layer.trace[-1] if layer.trace else None, "called from here"),
        ),
        "definite" if reason is None else "possible",
        reason,
        subject=about(location, missing),
        aim=Aim(
            location,
            calls=tuple(dict.fromkeys(layer.trace for layer in missing)),
            flag=layer.flag_name,
            default=bool(default),
        ),
        consequence=_SYMPTOM[bool(default)],
        reasoning=tuple(_because(layers, missing)),
    )


def _because(layers: list[NormLayer], missing: list[NormLayer]) -> Iterator[Step]:
    yield from of_layers(missing)
    if len(layers) > 1:
        yield Step(
            f"it is applied {len(layers)} times on the paths of all programs, {len(missing)} of "
            "them without its flag"
        )


CHECK = Check(RULE, check)
