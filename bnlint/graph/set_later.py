"""Statistics that no train op updates, and that another run sets once training has begun.

Who computes the statistics of a trained network apart and assigns them has no need of updates. A
graph does not tell where such values come from, so this is a reason for doubt and no proof.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from bnlint.graph.ops import RESTORES, SETS
from bnlint.graph.proto import base
from bnlint.graph.variables import written

if TYPE_CHECKING:
    from bnlint.graph.build import FetchSet
    from bnlint.graph.judge import Analysis, Verdict


def set_later(analysis: Analysis, sets: Sequence[tuple[FetchSet, Verdict]]) -> dict[str, int]:
    """By variable, the place of the last run that sets it, in the order of their first times.

    A run that was watched sets what it was seen to change; any other, what it is given to set.
    """
    found: dict[str, int] = {}
    statistics = set(analysis.statistics)
    setters = [
        (node, variable)
        for node in analysis.graph.having(SETS)
        if (variable := analysis.variables.behind(node)) in statistics
    ]
    for fetches, verdict in sets:
        if not fetches.run or fetches.feeds is None or verdict.trains or verdict.idle:
            continue
        if any(node.name in verdict.ancestors for node in analysis.graph.having(RESTORES)):
            continue
        given = {base(name) for name in fetches.feeds}
        for node, variable in setters:
            if node.name not in verdict.ancestors or variable is None:
                continue
            if fetches.changed is not None:
                sets_it = variable in fetches.changed
            else:
                sets_it = base(written(node) or "") in given
            if sets_it:
                found[variable] = max(found.get(variable, 0), fetches.first)
    return found
