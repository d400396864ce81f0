"""BN301: hand-written batch norm that only ever uses the statistics of the batch."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bnlint.checks.base import Check, about, related, states
from bnlint.checks.reasoning import by_hand
from bnlint.finding import Finding, Location, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bnlint.model import HandWritten, Project

RULE = Rule("BN301", "batch-statistics-only", "warning")


def check(project: Project) -> Iterator[Finding]:
    """Judged over all programs: one path with population statistics clears the place."""
    seen: dict[Location, list[HandWritten]] = {}
    population: set[Location] = set()
    for program in project.programs:
        for state in states(program):
            for use in state.hand_written:
                seen.setdefault(use.location, []).append(use)
                if not use.batch_only:
                    population |= {use.location, use.moments}
    for location, uses in seen.items():
        if any(not use.batch_only for use in uses):
            continue  # fine: population statistics, or other axes, on some path
        if uses[0].moments in population:
            continue  # fine: the same moments also feed a population estimate elsewhere
        if not any(use.trained for use in uses):
            continue  # fine: nothing trains it here, the moments may be the data's
        if all(use.for_training for use in uses if use.trained):
            continue  # fine: what is evaluated leaves it out, like the decoder of a ladder network
        use = uses[0]
        yield Finding(
            RULE,
            location,
            "hand-written batch norm keeps no population statistics: evaluation can only normalise "
            "with the batch it is given, or not at all, and never as training did",
            related((use.moments, "the statistics of the batch, the only ones there are")),
            reasoning=tuple(by_hand(use, set())),
            subject=about(location),
        )


CHECK = Check(RULE, check)
