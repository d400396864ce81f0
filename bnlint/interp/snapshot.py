"""From the state of a finished abstract run to the graph models that rules read, one a path."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from bnlint.interp.decided import decisions
from bnlint.interp.drawn import only_draws
from bnlint.interp.feeding import flag_in, never_true
from bnlint.interp.guards import FALSE, TooLarge
from bnlint.interp.hand_written import hand_written
from bnlint.interp.layer_model import norm_layer, unmapped, unused_flags
from bnlint.interp.nodes import (
    Assign,
    Gradient,
    Group,
    Node,
    Train,
    ancestors,
    fed_by,
    gradient_sources,
    layers_in,
    nodes_in,
    through,
)
from bnlint.interp.projections import Projections
from bnlint.interp.values import location
from bnlint.interp.why import MOST_JUDGING
from bnlint.model import (
    CollectionRead,
    Gate,
    GraphModel,
    NormLayer,
    Run,
    Saver,
    Selection,
    TrainOp,
)
from bnlint.model import Guard as GuardModel

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from bnlint.interp.guards import Guard
    from bnlint.interp.recorded import Block, Layer, Read, RunRecord
    from bnlint.interp.state import State
    from bnlint.interp.why import Assignment


def snapshots(state: State, assignments: Iterable[Assignment]) -> list[GraphModel]:
    """The graph model of each path that is looked at, by the conditions that hold on it."""
    shared = _Shared(state)
    models: list[GraphModel] = []
    state.paths.guards.allow(MOST_JUDGING)
    paths = Projections(state.paths)
    try:
        for assignment in assignments:
            with paths.on(assignment) as holds:
                models.append(_Snapshot(state, holds, shared).model())
    except TooLarge:
        state.complete = False
        state.widen("its conditions are too many to look at all its paths")
        for model in models:
            model.complete = False
    return models


class _Shared:
    """What is the same on all paths: ``layers`` that look alike on them, made once."""

    def __init__(self, state: State) -> None:
        self.state = state
        self.layers: dict[tuple[int, bool], NormLayer] = {}

    @cached_property
    def readers(self) -> dict[Node, list[Node]]:
        """What reads each tensor."""
        out: dict[Node, list[Node]] = {}
        for graph in self.state.graphs:
            for node in graph.nodes:
                for item in node.inputs:
                    out.setdefault(item, []).append(node)
        return out


class _Snapshot:
    """One path."""

    def __init__(
        self,
        state: State,
        holds: Callable[[Guard], bool],
        shared: _Shared,
    ) -> None:
        self.state = state
        self.shared = shared
        self.holds = holds
        self.layers = [layer for layer in state.layers if holds(layer.guard)]
        self.ids = {layer.id for layer in self.layers}
        # An update that several layers share, each on paths of its own, names the first of them.
        self.updates = {update for layer in self.layers for update in layer.updates}
        self.train_ops = [op for op in state.train_ops if holds(op.guard)]
        self.gradients: dict[Node, list[Gradient]] = {op: _gradients(op) for op in self.train_ops}
        self.losses: set[Node] = set()
        for op in self.train_ops:
            self.losses.update(self._losses(op))
        self.below_losses = ancestors(self.losses, controls=False)
        waiting = [
            n
            for n in through(n for n, guard in state.escaped.items() if holds(guard))
            if n.kind in ("update", "group", "train", "assign")
        ]
        handed_over = ancestors(waiting)
        self.escaped = self._updates(handed_over)
        self.handed_over = {n for n in handed_over if n.kind == "train"}

        self.generators = self._generators()
        self.runs = [
            (record, ancestors(record.fetches, fed=frozenset(record.feeds)))
            for record in state.runs
            if holds(record.guard)
        ]
        training = [run for run, before in self.runs if any(n.kind == "train" for n in before)]
        self.batches = [data for record in training for data in record.data]
        self.all_batches = all(record.data for record in training)
        self.step_loops = {record.loops for record in training}
        limits = [self._limit(op) for op in self.train_ops]
        self.limits = None if None in limits else [v for v in limits if v is not None]

    def _losses(self, op: Train) -> set[Node]:
        return {loss for g in self.gradients[op] for loss in through(g.losses)}

    def _updates(self, nodes: Iterable[Node]) -> set[int]:
        """The update ops among some nodes, of layers of this path."""
        return {
            n.id
            for n in nodes
            if n.kind == "update"
            and n.layer is not None
            and (n.layer.id in self.ids or n in self.updates)
        }

    def model(self) -> GraphModel:
        state = self.state
        holds = self.holds
        runs = [self._run(record, before) for record, before in self.runs]
        run_train_ops = {t for r in runs for t in r.trains}
        exports = [e for e in state.exports if holds(e.guard)]
        return GraphModel(
            layers=[self._shared(layer) for layer in self.layers],
            train_ops=[self._train_op(op, run_train_ops) for op in self.train_ops],
            runs=runs,
            reads=[self._read(read) for read in state.reads if holds(read.guard)],
            guards=[self._guard(block) for block in state.all_blocks if holds(block.guard)],
            selections=[
                Selection(location(s.place), s.training.id, s.inference.id)
                for s in state.selections
                if holds(s.guard)
            ],
            hand_written=hand_written(state, holds, self.losses, self.shared.readers, self.runs)
            if state.moments
            else [],
            unused_flags=unused_flags(self.layers),
            decisions=decisions(state, holds, self.losses, self.runs),
            unmapped=dict(unmapped(self.layers, state.keys, holds)),
            escaped=frozenset(self.escaped),
            scoped_flags=frozenset(state.scoped_flags),
            restores=holds(state.restores),
            eager=holds(state.eager),
            complete=state.complete,
            savers=self._savers(),
            exported=next((location(e.place) for e in exports), None),
            outputs=frozenset(
                layer.id
                for layer in layers_in(
                    ancestors([o for e in exports for o in e.outputs], controls=False)
                )
            )
            & self.ids,
        )

    def _shared(self, layer: Layer) -> NormLayer:
        key = (layer.id, layer.id in self.generators)
        found = self.shared.layers.get(key)
        if found is None:
            found = self.shared.layers[key] = norm_layer(
                layer, self.shared.readers, adversarial=layer.id in self.generators
            )
        return found

    def _train_op(self, op: Train, run: set[int]) -> TrainOp:
        state = self.state
        losses = self._losses(op)
        before = ancestors([op])
        undecided: str | None = None
        if op.opaque:
            undecided = "it waits for ops that the source does not show"
        reads = {r for n in before if isinstance(n, Group) for r in n.reads}
        guards = set()
        for block in state.all_blocks:
            if op in block.train_ops and self.holds(block.guard):
                guards.add(block.id)
                reads |= block.reads
        trains = self._trained(op, losses)
        return TrainOp(
            id=op.id,
            api=op.api,
            location=location(op.place),
            trains=tuple(trains),
            reaches=frozenset(self._updates(before)),
            loss_reaches=frozenset(self._updates(ancestors(losses))),
            reads=frozenset(reads),
            guards=frozenset(guards),
            run=op.id in run,
            undecided=undecided,
            trace=tuple(location(p) for p in op.trace),
            update_ops_off=op.updates_off,
            graph=op.graph,
            gates=tuple(self._gates(op, before, trains)),
            unit_test=op.unit_test,
            handed_over=op in self.handed_over,
        )

    def _gates(self, op: Train, before: set[Node], trains: list[int]) -> list[Gate]:
        """Why updates that an op waits for, or that are run beside it, do nothing.

        They are in a loop of the graph, and it is not; the momentum is 1; or the flag of their
        layer is false in every run of them that there is.
        """
        state = self.state
        out = []
        updated = [layer for layer in self.layers if not before.isdisjoint(layer.updates)]
        for layer in updated if not state.control_flow_v2 else ():
            if layer.loops and not op.loops and layer.destination == "collection":
                detail = "its update ops are in the body of a loop"
                out.append(Gate(layer.id, "frame", location(layer.place), detail))
        if out:
            return out  # it does not run at all
        if self.holds(state.restores) or op.unit_test:
            return []  # frozen on purpose, or nobody uses it
        for layer in updated:
            if layer.momentum is not None and layer.momentum >= 1:
                detail = "the momentum is 1"
                out.append(Gate(layer.id, "momentum", location(layer.place), detail))
        if out or any(self.holds(run.opaque) for run, _ in self.runs):
            return out  # some run may be another one
        if self.runs and not any(op in computed for _, computed in self.runs):
            return []  # this program only asks the network
        beside = {n for _, computed in self.runs if op in computed for n in computed}
        updated += [
            layer
            for layer in self.layers
            if layer.id in trains and layer not in updated and not beside.isdisjoint(layer.updates)
        ]
        for layer in updated:
            if _ids(layer.updates) & self.escaped:
                continue
            if any(isinstance(u, Assign) and not u.in_a_branch for u in layer.updates):
                continue  # written by hand, and run whatever the flag is
            own = [run for run, computed in self.runs if not computed.isdisjoint(layer.updates)]
            told = [never_true(layer, run, state) for run in own]
            if told and None not in told:
                place, detail = told[0] or (layer.place, "")
                out.append(Gate(layer.id, "flag", location(place), detail))
        return out

    def _trained(self, op: Train, losses: Iterable[Node]) -> list[int]:
        """The layers of the network that an op trains."""
        limit = self._limit(op)
        below = ancestors(losses, controls=False, through_stop=False)
        fed = below if limit is None else fed_by(limit, below)
        out = set()
        for node in below:
            layer = node.layer
            if node.kind != "norm" or layer is None:
                continue
            own = set(layer.variables)
            if limit is not None and not limit & own:
                if self.limits is None or any(own & other for other in self.limits):
                    continue  # another op trains this layer
                if node not in fed:
                    continue  # nothing below the layer is trained either
            out.add(layer.id)
        return sorted(out & self.ids)

    def _limit(self, op: Train) -> frozenset[Node] | None:
        """The variables that a train op is limited to, None for all of them or not known."""
        if op.limit is not None:
            return op.limit
        limits = [g.variables for g in self.gradients[op]]
        known = [v for v in limits if v is not None]
        return frozenset().union(*known) if known and len(known) == len(limits) else None

    def _generators(self) -> set[int]:
        """Layers that one op trains through a network that another trains (a GAN's generator)."""
        limits = [(op, self._limit(op)) for op in self.train_ops]
        limited = [(op, limit) for op, limit in limits if limit is not None]
        found: set[int] = set()
        for op, own in limited:
            against = frozenset().union(*(v for other, v in limited if other is not op)) - own
            if not against:
                continue
            below = ancestors(self._losses(op), controls=False)
            beyond = [n for n in below if against & set(n.inputs)]
            for layer in layers_in(ancestors(beyond, controls=False)):
                if own & set(layer.variables):
                    found.add(layer.id)
        return found

    def _run(self, record: RunRecord, before: set[Node]) -> Run:
        fed = frozenset(record.feeds)
        trains = frozenset(n.id for n in before if n.kind == "train" and self.holds(n.guard))
        evaluated: set[int] = set()
        measured = not trains and self._is_fed_batches_of_training(record)
        shown = measured and self._is_beside_a_step(record)
        other = not trains and (self._is_fed_other_data(record) or self._draws_samples(record))
        unseen = other and not self.generators  # else a loss is watched, wherever it comes from
        if not trains:
            for node in through(record.fetches):
                if node.kind in ("summary", "update", "assign", "group", "variable"):
                    continue
                watched = measured or (node in self.below_losses and not unseen)
                told = node.scalar or shown
                if told and watched and not self._is_evaluation(record):
                    continue
                below = ancestors([node], controls=False, fed=fed) - fed
                evaluated.update(layer.id for layer in layers_in(below))
        moved = (n.layer for n in before if n.kind == "update" and n.layer is not None)
        flags = {layer.id: flag_in(record, layer) for layer in (*layers_in(before), *moved)}
        return Run(
            location(record.place),
            frozenset(self._updates(before)),
            trains,
            frozenset(evaluated & self.ids),
            record.fed,
            self.holds(record.opaque),
            frozenset(i for i in self.ids if flags.get(i) is True),
            frozenset(i for i in self.ids if flags.get(i) is False),
            record.loops,
            other,
            record.turns,
            record.stages,
        )

    def _is_evaluation(self, record: RunRecord) -> bool:
        """Whether an Estimator is evaluated or asked by it: never on the batches of training."""
        if record.built_for is None:
            return False
        estimator, mode = record.built_for
        return mode != "train" and self.holds(estimator.used.get(mode, FALSE))

    def _is_fed_batches_of_training(self, record: RunRecord) -> bool:
        """Whether a run gets nothing but the very values that training steps get."""
        return (
            all(record.data)
            and any(record.data)
            and all(any(data <= trained for trained in self.batches) for data in record.data)
        )

    def _is_beside_a_step(self, record: RunRecord) -> bool:
        """Whether a run is in the very loop of a step, where outputs are shown as losses are.

        Not of generators, whose samples are drawn, and not after the loop, where training is over.
        """
        return bool(record.loops) and record.loops in self.step_loops and not self.generators

    def _is_fed_other_data(self, record: RunRecord) -> bool:
        """Whether a run is sure to get values of which no training step gets any."""
        known = self.all_batches and bool(record.data) and all(record.data)
        return known and all(
            data.isdisjoint(trained) for data in record.data for trained in self.batches
        )

    def _draws_samples(self, record: RunRecord) -> bool:
        """Whether a run draws samples of an adversarial network, from noise of its own."""
        only_options = not record.fed or (bool(record.data) and not any(record.data))
        if not self.generators or not only_options:
            return False
        return only_draws(through(record.fetches), record.feeds)

    def _read(self, read: Read) -> CollectionRead:
        nodes = read.nodes
        if read.source is not None:
            nodes = [n for item in read.source for n in nodes_in(item)]
        return CollectionRead(
            read.id,
            read.key,
            read.scope,
            location(read.place),
            frozenset(self._updates(ancestors(nodes))),
            read.layers_built,
            read.graph,
        )

    def _guard(self, block: Block) -> GuardModel:
        return GuardModel(
            block.id,
            location(block.place),
            frozenset(self._updates(ancestors(block.nodes))),
            frozenset(n.id for n in block.train_ops if self.holds(n.guard)),
            frozenset(n.id for n in block.existing if self.holds(n.guard)),
            block.optimizers,
            block.ops,
        )

    def _savers(self) -> list[Saver]:
        """The savers that save, with the layers whose moved statistics they leave out."""
        saved = [s for s in self.state.savers if s.saved and self.holds(s.guard)]
        if not saved:
            return []
        moved: set[int] = set()
        for op in self.train_ops:
            moved |= self._updates(ancestors([op]))
        for run in self.state.runs:
            if self.holds(run.guard):
                moved |= self._updates(ancestors(run.fetches))
        # With the constant True nothing ever reads the statistics.
        layers = [
            layer
            for layer in self.layers
            if _ids(layer.updates) & moved and not (layer.flag.passed and layer.flag.value)
        ]
        out = []
        for saver in saved:
            own = [layer for layer in layers if layer.graph == saver.graph]
            if saver.variables is None:
                early = tuple(layer.id for layer in own if layer.id >= saver.made)
                out.append(Saver(location(saver.place), (), early))
                continue
            left = tuple(
                layer.id
                for layer in own
                if not saver.variables.isdisjoint(layer.variables)
                and layer.statistics
                and saver.variables.isdisjoint(layer.statistics)
            )
            out.append(Saver(location(saver.place), left))
        if any(not saver.leaves_out and not saver.too_early for saver in out):
            return []  # another one saves all that there is
        return out


def _ids(nodes: Iterable[Node]) -> set[int]:
    return {node.id for node in nodes}


def _gradients(op: Train) -> list[Gradient]:
    """The gradients that a train op applies."""
    found = op.gradients if op.given is None else gradient_sources(op.given, accumulated=True)
    return list(dict.fromkeys(found))
