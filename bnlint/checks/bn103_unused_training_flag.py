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
    seen: set[Location] = set()
    for program in project.programs:
        for state in program.states:
            for unused in state.unused_flags:
                if unused.location in seen:
                    continue
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


def _below(state: GraphModel, unused: UnusedFlag) -> list[NormLayer]:
    """The layers that the parameter does not reach."""
    return [
        layer
        for layer in state.layers
        if layer.location == unused.layer and layer.unused_parameter_location == unused.location
    ]


CHECK = Check(RULE, check)
