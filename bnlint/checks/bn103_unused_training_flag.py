"""BN103: a training-flag parameter that the body never reads."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bnlint.checks.base import Check, about, related
from bnlint.checks.reasoning import of_layers
from bnlint.finding import Finding, Location, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bnlint.model import GraphModel, NormLayer, Project, UnusedFlag

RULE = Rule("BN103", "unused-training-flag", "warning")


def check(project: Project) -> Iterator[Finding]:
    """The source alone decides: the parameter is never read, on no path."""
    moded = _set_otherwise(project)
    seen: set[Location] = set()
    for program in project.programs:
        for state in program.states:
            for unused in state.unused_flags:
                if unused.location in seen:
                    continue
                if unused.layer in moded:
                    continue  # a scope, or who wraps the function, sets the mode instead
                seen.add(unused.location)
                below = _below(state, unused)
                yield Finding(
                    RULE,
                    unused.location,
                    f"the parameter {unused.parameter} is never used: whatever callers pass, batch "
                    "norm stays in the same mode",
                    related((unused.layer, "this batch-norm layer does not see it")),
                    reasoning=tuple(of_layers(below)),
                    subject=about(unused.location, below),
                )


def _set_otherwise(project: Project) -> set[Location]:
    """The layers whose mode something sets, somewhere, that is no parameter of their function."""
    modes: dict[Location, set[bool | None]] = {}
    for program in project.programs:
        for state in program.states:
            for layer in state.layers:
                modes.setdefault(layer.location, set()).add(_mode(layer))
    return {place for place, found in modes.items() if found not in ({True}, {False})}


def _mode(layer: NormLayer) -> bool | None:
    """The mode that a layer stays in, or None if something sets it."""
    flag = layer.flag
    if flag.kind not in ("missing", "constant"):
        return None
    if flag.kind == "constant" and layer.unused_parameter_location is None:
        return None
    return bool(flag.value)


def _below(state: GraphModel, unused: UnusedFlag) -> list[NormLayer]:
    """The layers that the parameter does not reach."""
    return [
        layer
        for layer in state.layers
        if layer.location == unused.layer and layer.unused_parameter_location == unused.location
    ]


CHECK = Check(RULE, check)
