"""Which paths to look at: one for each combination of facts that a rule may tell apart.

A finished run holds all paths at once. The rules read plain graphs, so the run is *projected* onto
single paths, and the guards say onto which: for each train op and each layer, every combination of
what rules ask (is it built, trained, updated, run, evaluated …) that some path satisfies is seen
by at least one projection.
"""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING

from bnlint.interp.guards import FALSE, TRUE, Guard, TooLarge
from bnlint.interp.nodes import Gradient, Phi
from bnlint.interp.why import MOST_CELLS, MOST_JUDGING, Why

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from bnlint.interp.nodes import Node, Train
    from bnlint.interp.recorded import Layer
    from bnlint.interp.state import State
    from bnlint.interp.values import Place
    from bnlint.interp.why import Assignment

MOST_PROJECTIONS = 96
"""Paths of one program that are looked at; beyond it the program counts as not read to its end."""

_MOST_OF_SMALL = 1_024
_MOST_LOOKED_AT = 4_000_000
"""Small programs have more paths: so many nodes of graphs all projections may have together."""

_MOST_PACKING = 20_000

Labels = dict["Node", Guard]


class Cases:
    """The projections of one finished run. ``assignments`` are their conditions."""

    def __init__(self, state: State) -> None:
        self._conditions = state.conditions
        self._guards = state.paths.guards
        alive = state.paths.gone ^ 1
        self._alive = alive if alive != FALSE else TRUE
        self._cells: dict[Place, list[list[Guard]]] = {}
        self.assignments: list[Assignment] = []
        self._guards.allow(MOST_JUDGING)
        try:
            self._choose(state)
        except TooLarge:
            state.complete = False
            state.widen("its conditions are too many to tell its paths apart")
        if not self.assignments:
            self.assignments.append(self._guards.witness(self._alive))

    @property
    def partial(self) -> bool:
        """Whether something that rules look at is there on some paths of the program only."""
        groups = (cells for places in self._cells.values() for cells in places)
        return any(cell != self._alive for cells in groups for cell in cells)

    def why(self) -> Why:
        """What explains findings, once the paths are looked at."""
        groups = [cells for places in self._cells.values() for cells in places]
        wanted = dict.fromkeys([self._alive, *(cell for cells in groups for cell in cells)])
        table, names = self._guards.extract(wanted)
        told = {number for assignment in self.assignments for number in assignment}
        told |= table.tested()
        return Why(
            table.rows(),
            {number: self._conditions.word(number) for number in sorted(told)},
            self._conditions.numbered(told),
            names[self._alive],
            [
                (place, [[names[cell] for cell in cells] for cells in places])
                for place, places in self._cells.items()
            ],
            self.assignments,
        )

    # --- facts -------------------------------------------------------------------------------

    def _choose(self, state: State) -> None:
        if not _differs(state):
            return
        wanted: dict[Guard, None] = {}
        for cells in self._facts(state):
            wanted.update(dict.fromkeys(cells))
        chosen = self.assignments
        most = _most_projections(state)
        chosen.extend(map(self._guards.witness, self._packed(list(wanted), most)))
        paths = [self._guards.path(assignment) for assignment in chosen]
        for cell in wanted:
            if any(self._guards.holds(cell, path) for path in paths):
                continue
            if len(chosen) >= most:
                state.complete = False
                state.widen(f"it has more than {most} paths to tell apart")
                break
            chosen.append(self._guards.witness(cell))
            paths.append(self._guards.path(chosen[-1]))

    def _packed(self, cells: Sequence[Guard], most: int) -> list[Guard]:
        """Guards of paths that show several cells each, as far as finding them is cheap."""
        packed: list[Guard] = []
        with self._guards.within(_MOST_PACKING):
            for cell in cells:
                for index, other in enumerate(packed):
                    both = self._guards.conj(other, cell)
                    if both != FALSE:
                        packed[index] = both
                        break
                else:
                    if len(packed) < most:
                        packed.append(cell)
        return packed

    def _facts(self, state: State) -> Iterable[list[Guard]]:
        guards = self._guards
        runs = [
            self.reach([(r.guard, n) for n in r.fetches], fed=frozenset(r.feeds))
            for r in state.runs
        ]
        updated: Labels = {}
        evaluated: Labels = {}
        fetched: Labels = {}
        for fetches in runs:
            for node, guard in fetches.items():
                if node.kind == "update":
                    updated[node] = guards.disj(updated.get(node, FALSE), guard)
                elif node.kind == "train":
                    fetched[node] = guards.disj(fetched.get(node, FALSE), guard)
                elif node.kind == "norm":
                    evaluated[node] = guards.disj(evaluated.get(node, FALSE), guard)
        trained: Labels = {}
        seen: set[tuple[Guard, ...]] = set()
        for op in state.train_ops:
            before = self.reach([(op.guard, op)])
            losses = self._losses(op)
            below = self.reach(losses, controls=False, through_stop=False)
            waited = self.reach(losses)
            run = fetched.get(op, FALSE)
            blocks = [
                guards.conj(b.guard, op.guard)
                for b in state.all_blocks
                if op in b.train_ops or op in b.existing
            ]
            for node, guard in below.items():
                layer = node.layer
                if node.kind != "norm" or layer is None:
                    continue
                trained[node] = guards.disj(trained.get(node, FALSE), guard)
                facts: tuple[Guard, ...] = (
                    guards.conj(guard, layer.guard),
                    self._updating(layer, before),
                    self._updating(layer, updated),
                    self._updating(layer, waited),
                    run,
                    *dict.fromkeys(blocks),
                )
                cells = self._split(guards.conj(facts[0], op.guard), facts[1:])
                self._cells.setdefault(op.place, []).append(cells)
                if facts not in seen:
                    seen.add(facts)
                    yield cells
            yield self._split(op.guard, (run,))
        outputs = {layer.output: layer for layer in state.layers if layer.output is not None}
        opaque = guards.any_of(run.opaque for run in state.runs)
        for output, layer in outputs.items():
            cells = self._split(
                layer.guard,
                (
                    trained.get(output, FALSE),
                    evaluated.get(output, FALSE),
                    self._updating(layer, updated),
                    state.restores,
                    opaque,
                ),
            )
            self._cells.setdefault(layer.place, []).append(cells)
            yield cells
        for group in (state.runs, state.reads, state.all_blocks, state.selections, state.moments):
            for item in group:
                yield self._split(item.guard, ())
        by_mode = {d.place for d in state.decided if d.layers and d.training is not None}
        for decided in state.decided:
            if decided.place in by_mode:
                yield self._split(decided.guard, ())
        for estimator in state.estimators:
            used = estimator.used
            yield self._split(used.get("train", FALSE), used.values())
        yield self._split(TRUE, (state.eager,))

    def _split(self, base: Guard, facts: Iterable[Guard]) -> list[Guard]:
        """The combinations of some facts that there are where ``base`` holds and paths go on."""
        guards = self._guards
        cells = [c for c in (guards.conj(base, self._alive),) if c != FALSE]
        for fact in facts:
            if fact <= FALSE:
                continue
            parted: list[Guard] = []
            for cell in cells:
                parted.extend(c for c in guards.split(cell, fact) if c != FALSE)
            cells = parted[:MOST_CELLS]
        return cells

    def _updating(self, layer: Layer, reached: Labels) -> Guard:
        """The paths on which an update op of a layer is among what is reached."""
        return self._guards.any_of(reached.get(update, FALSE) for update in layer.updates)

    def _losses(self, op: Train) -> list[tuple[Guard, Node]]:
        given = op.gradients if op.given is None else op.given
        labels = self.reach(
            [(op.guard, n) for n in given], controls=False, ends=frozenset({"grad", "variable"})
        )
        return [
            (guard, loss)
            for node, guard in labels.items()
            if isinstance(node, Gradient)
            for loss in node.losses
        ]

    def reach(
        self,
        start: Iterable[tuple[Guard, Node]],
        *,
        controls: bool = True,
        through_stop: bool = True,
        ends: frozenset[str] = frozenset(),
        fed: frozenset[Node] = frozenset(),
    ) -> Labels:
        """What is reached backwards from ``start``, each node with the paths on which it is.

        An op is made after what it reads, so nodes are visited in falling order of their ids.
        """
        conj, disj = self._guards.conj, self._guards.disj
        labels: Labels = {}
        todo: list[tuple[int, Node]] = []

        def add(guard: Guard, node: Node) -> None:
            known = labels.get(node)
            if known is None:
                labels[node] = guard
                heapq.heappush(todo, (-node.id, node))
            elif known != guard:
                labels[node] = disj(known, guard)

        for guard, node in start:
            if guard != FALSE:
                add(guard, node)
        done: set[Node] = set()
        while todo:
            _, node = heapq.heappop(todo)
            if node in done:
                continue
            done.add(node)
            guard = labels[node]
            if node in fed or node.kind in ends or (not through_stop and node.kind == "stop"):
                continue
            if isinstance(node, Phi):
                for own, item in node.alternatives:
                    both = conj(guard, own)
                    if both != FALSE:
                        add(both, item)
                continue
            for item in node.inputs:
                add(guard, item)
            if controls:
                for item in node.controls:
                    add(guard, item)
        return labels


def _most_projections(state: State) -> int:
    """How many paths of a program are looked at, by what looking costs."""
    nodes = 1 + sum(len(graph.nodes) for graph in state.graphs)
    return max(MOST_PROJECTIONS, min(_MOST_OF_SMALL, _MOST_LOOKED_AT // nodes))


def _differs(state: State) -> bool:
    """Whether anything that rules ask about differs by path."""
    records = (
        state.layers,
        state.train_ops,
        state.runs,
        state.reads,
        state.all_blocks,
        state.selections,
        state.moments,
    )
    if any(item.guard != TRUE for group in records for item in group):
        return True
    return bool(state.paths.phis) or state.restores > FALSE or state.eager > FALSE
