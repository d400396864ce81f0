"""What the oracle saw of a program, without a word of bnlint: which statistics a program updated.

A statistic was *updated* if some set of fetches changed it in two executions or more. What is set
once (a restore, a broadcast, an initial value) was not; what is set again and again (a broadcast
each epoch, a copy of a network that nothing updates) keeps its value, and was not either. The same
goes for weights, which tell what was trained.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from .recording import Recording

STATISTIC = re.compile(r"(?:moving_mean|moving_variance)(?:/replica_\d+)?$")
"""How the moving statistics of the programs are called. The graph has to find them by itself."""


@dataclass(frozen=True, slots=True)
class Seen:
    """One graph that was run. ``ran`` are the sets of fetches, most often run first."""

    statistics: frozenset[str]
    updated: frozenset[str]
    trained: frozenset[str]
    ran: tuple[tuple[str, ...], ...]

    def of(self, layer: str) -> frozenset[str]:
        """The statistics of a layer, by the name that it has in reports."""
        return frozenset(s for s in self.statistics if s.rpartition("/moving_")[0] == layer)


def seen(recording: Recording) -> list[Seen]:
    """Each graph, in the order of their first runs."""
    document = recording.document
    return [
        _graph(
            [run for run in document["runs"] if run["graph"] == number and run["count"]],
            document["variables"][number],
            document["weights"][number],
        )
        for number in range(len(document["variables"]))
    ]


def _graph(runs: list[Any], variables: list[str], weights: list[str]) -> Seen:
    def changed(names: list[str]) -> frozenset[str]:
        return frozenset(n for n in names if any(run["changed"].get(n, 0) > 1 for run in runs))

    statistics = [name for name in variables if STATISTIC.search(name)]
    often = sorted(runs, key=lambda run: -run["count"])
    return Seen(
        frozenset(statistics),
        changed(statistics),
        changed(weights),
        tuple(tuple(run["fetches"]) for run in often),
    )
