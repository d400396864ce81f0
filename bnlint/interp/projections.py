"""A run that holds all paths at once, as it is on one of them."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from bnlint.interp.guards import FALSE, TRUE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from bnlint.interp.guards import Guard
    from bnlint.interp.nodes import Phi
    from bnlint.interp.paths import Paths


class Projections:
    """The merged tensors of a run as they are on one path at a time.

    Most of them were merged under the same guards, as what a branch sets: these are asked once.
    """

    def __init__(self, paths: Paths) -> None:
        self._guards = paths.guards
        self._whole = [(phi, phi.inputs) for phi in paths.phis]
        self._alike: dict[tuple[Guard, ...], list[Phi]] = {}
        for phi in paths.phis:
            asked = tuple(guard for guard, _ in phi.alternatives)
            self._alike.setdefault(asked, []).append(phi)

    @contextmanager
    def on(self, assignment: dict[int, bool]) -> Iterator[Callable[[Guard], bool]]:
        """One path: merged tensors have its inputs only, and what it gives says what holds on it.

        A condition that the assignment leaves open holds.
        """
        known: dict[Guard, bool] = {TRUE: True, FALSE: False}
        guards, path = self._guards, self._guards.path(assignment)

        def holds(guard: Guard) -> bool:
            found = known.get(guard)
            if found is None:
                found = known[guard] = guards.holds(guard, path)
            return found

        for asked, phis in self._alike.items():
            left = [index for index, guard in enumerate(asked) if holds(guard)]
            for phi in phis:
                phi.inputs = tuple([phi.alternatives[index][1] for index in left])
        try:
            yield holds
        finally:
            for phi, inputs in self._whole:
                phi.inputs = inputs
