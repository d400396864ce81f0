"""Layers that a test leaves out by the mode."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from bnlint.checks.base import states

if TYPE_CHECKING:
    from bnlint.finding import Location
    from bnlint.model import Decision, NormLayer, Project


def left_out(project: Project) -> dict[Location, tuple[NormLayer, Location]]:
    """The layers that are there in training only, by their place, each with the test.

    Judged over all programs: one may build the training side, and another the other one.
    """
    sites: dict[tuple[Location, str], list[Decision]] = defaultdict(list)
    layers: dict[Location, NormLayer] = {}
    for program in project.programs:
        for state in states(program, local=True):
            known = {layer.id: layer for layer in state.layers}
            for one in state.decisions:
                sites[one.location, one.target].append(one)
                for number in one.layers:
                    if number in known:
                        layers.setdefault(one.location, known[number])
    out: dict[Location, tuple[NormLayer, Location]] = {}
    for (test, _), found in sites.items():
        layer = layers.get(test)
        if layer is not None and not layer.unit_test and _by_mode(found):
            out.setdefault(layer.location, (layer, test))
    return out


def _by_mode(found: list[Decision]) -> bool:
    """Whether what one test decides is that layers are there, by the mode."""
    sides = {one.taken for one in found if one.layers}
    if len(sides) != 1:
        return False  # fine: they are there on both sides
    roles = {role for one in found if one.layers for role in one.roles}
    without = [
        one for one in found if not one.layers and one.taken not in sides and one.roles & roles
    ]
    # Else fine: an option of a layer, that is set for this network or not.
    return any(one.training is (not one.taken) or one.shared for one in without)
