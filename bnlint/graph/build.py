"""From an analysed graph to the model that the rules judge."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from bnlint.finding import Location
from bnlint.graph.handwritten import batch_only
from bnlint.graph.judge import Analysis, Feeds, Verdict
from bnlint.graph.layers import Layer
from bnlint.graph.ops import RESTORES, WRITES
from bnlint.graph.proto import Node, base
from bnlint.graph.savers import find_savers
from bnlint.graph.set_later import set_later
from bnlint.graph.watched import believe
from bnlint.model import (
    Destination,
    Flag,
    Gate,
    GraphModel,
    HandWritten,
    NormLayer,
    Program,
    Project,
    Run,
    Saver,
    TrainOp,
)


@dataclass(frozen=True, slots=True)
class FetchSet:
    """Something that is fetched, or may be. ``feeds`` is None where nothing is known of them.

    ``run`` is whether somebody said that it is run: the user, or a recording. ``changed`` are the
    variables that it was seen to change, None if nobody watched, ``first`` its place in the order
    in which a recording has them.
    """

    name: str
    fetches: tuple[str, ...]
    feeds: Feeds | None = None
    run: bool = False
    changed: frozenset[str] | None = None
    first: int = 0


Places = Mapping[str, tuple[str, int]]
"""Of nodes: the file and the line of the program on which they were made."""


@dataclass(slots=True)
class Judged:
    """One graph: its analysis, each fetch set with what it does, and the model.

    ``places`` are the lines on which its nodes were made, where that was recorded.
    """

    path: str
    analysis: Analysis
    sets: list[tuple[FetchSet, Verdict]]
    model: GraphModel
    places: Places = field(default_factory=dict)

    @property
    def training(self) -> list[tuple[FetchSet, Verdict]]:
        """The fetch sets that train."""
        return [(fetches, v) for fetches, v in self.sets if v.trains or v.idle]

    def made(self, node: str) -> list[Location]:
        """Where a node was made; empty if that was not recorded."""
        if node not in self.places:
            return []
        path, line = self.places[node]
        return [Location(path, line, 0, line, 0, node=node)]


def project(judged: Sequence[Judged]) -> Project:
    """All graphs of one file or recording, as the rules want them.

    Of a graph that was not followed to its end nothing is judged: what is missing may be there.
    """
    states = [
        Program(graph.path, graph.path, False, [graph.model])
        for graph in judged
        if not graph.analysis.graph.left_out
    ]
    return Project(states)


def build(
    path: str,
    analysis: Analysis,
    sets: Sequence[FetchSet],
    *,
    exported: bool = False,
    places: Places | None = None,
    watched: Mapping[str, bool] | None = None,
) -> Judged:
    """Judge each fetch set and put the verdicts into a model.

    ``watched`` are variables whose values were watched, by whether they changed.
    """
    return _Builder(path, analysis, places or {}).build(sets, exported, watched)


def place(path: str, node: str | None) -> Location:
    """A node of a graph; there are no lines, so they are 0."""
    return Location(path, 0, 0, 0, 0, node=node)


class _Builder:
    def __init__(self, path: str, analysis: Analysis, places: Places) -> None:
        self._path = path
        self._places = places
        self._analysis = analysis
        self._ids = {layer.name: number for number, layer in enumerate(analysis.layers)}
        # All update ops of a layer are one here, numbered on from the layers.
        self._updates = {name: number + len(self._ids) for name, number in self._ids.items()}
        self._awake: set[str] = set()
        self._together: set[str] = set()
        self._set_later: Mapping[str, int] = {}

    def build(
        self, sets: Sequence[FetchSet], exported: bool, watched: Mapping[str, bool] | None
    ) -> Judged:
        analysis = self._analysis
        verdicts = [(fetches, analysis.judge(fetches.fetches, fetches.feeds)) for fetches in sets]
        if watched:
            seen = [(f.changed, verdict) for f, verdict in verdicts if f.changed is not None]
            believe(analysis, seen, watched)
        self._together = {name for fetches, v in verdicts if fetches.run for name in v.reached}
        self._set_later = set_later(analysis, verdicts)
        # A flag may be false in some runs (layers frozen for a while) if it is true in others.
        moved = {name for fetches, v in verdicts if fetches.run for name in v.moved}
        self._awake = {
            layer.name for layer in analysis.layers if moved.issuperset(layer.statistics)
        }
        model = GraphModel(
            layers=[self._layer(layer) for layer in analysis.layers],
            exported=self._at(None) if exported else None,
        )
        trained: list[Mapping[str, Node]] = []
        for number, (fetches, verdict) in enumerate(verdicts):
            trains = bool(verdict.trains or verdict.idle)
            if trains:
                model.train_ops.append(self._train_op(number, fetches, verdict))
                trained.append(verdict.ancestors)
            if fetches.feeds is not None and any(
                node.name in verdict.ancestors for node in analysis.graph.having(RESTORES)
            ):
                model.restores = True
            if fetches.run:
                model.runs.append(self._run(number, fetches, verdict, trains))
        model.predicts = model.restores and bool(model.runs) and not trained
        model.hand_written = [
            HandWritten(
                self._at(node), self._at(moments), True, any(node in ops for ops in trained)
            )
            for node, moments in batch_only(analysis.graph, analysis.moments, analysis.layers)
        ]
        # What is never updated is reported at the step, and has nothing that could be lost.
        still = {
            i
            for op in model.train_ops
            for i in op.trains
            if op.run and op.reaches.isdisjoint(model.layers[i].updates) and model.layers[i].updates
        }
        model.savers = [
            Saver(
                self._at(saver),
                tuple(i for i in map(self._ids.__getitem__, leaves_out) if i not in still),
            )
            for saver, leaves_out in find_savers(analysis.graph, analysis.layers, _ran(verdicts))
        ]
        return Judged(self._path, analysis, verdicts, model, self._places)

    def _at(self, node: str | None, made: Iterable[str] = ()) -> Location:
        """A node, on the line where it or the first known of ``made`` was made, if that is told."""
        for name in (*((node,) if node is not None else ()), *made):
            if name in self._places:
                path, line = self._places[name]
                return Location(path, line, 0, line, 0, node=node)
        return place(self._path, node)

    def _layer(self, layer: Layer) -> NormLayer:
        number = self._ids[layer.name]
        flag = layer.flag
        origin = self._at(flag.node) if flag.node is not None else None
        if flag.kind == "constant":
            told = Flag("constant", flag.value, origin)
        elif flag.kind == "unknown":
            told = Flag("unknown", reason="nothing in the graph reads the statistics")
        else:
            told = Flag("dynamic", flag.value, origin)
        destination = self._destination(layer)
        return NormLayer(
            id=number,
            api="batch normalisation",
            flavour=_FLAVOURS.get(layer.flavour, "keras" if destination == "layer" else "layers"),
            flag_name="the training flag",
            location=self._at(layer.name, layer.statistics),
            flag=told,
            destination=destination,
            updates=(self._updates[layer.name],) if layer.writers else (),
            collection=layer.collection,
            momentum=layer.momentum,
            name=layer.name,
            path=layer.name,
        )

    def _destination(self, layer: Layer) -> Destination:
        """Where its updates went. Keras (resource variables) keeps them in the layer object."""
        if not layer.writers:
            return "none"
        if layer.collection is not None or self._analysis.graph.meta.bare:
            return "collection"
        return "layer" if layer.resource and layer.flavour in ("fused", "unfused") else "in_place"

    def _reaches(self, verdict: Verdict) -> frozenset[int]:
        """The updates of layers of which every statistic gets its own, here or in other runs."""
        found = set()
        for layer in self._analysis.layers:
            updated = {name for name, nodes in layer.updates.items() if nodes}
            here = updated & verdict.reached
            if here and updated <= verdict.reached | self._together:
                found.add(self._updates[layer.name])
        return frozenset(found)

    def _train_op(self, number: int, fetches: FetchSet, verdict: Verdict) -> TrainOp:
        trains = self._analysis.trained_layers(verdict)
        reaches = self._reaches(verdict)
        missing = [layer for layer in trains if self._updates[layer.name] not in reaches]
        feeding = set(self._analysis.only_feeds(verdict))
        left = [layer for layer in missing if layer.writers]
        return TrainOp(
            id=number,
            api=fetches.name,
            location=self._at(fetches.name, self._kernels(verdict)),
            trains=tuple(self._ids[layer.name] for layer in trains),
            reaches=reaches,
            loss_reaches=frozenset(
                self._updates[layer.name] for layer in missing if self._holds_loss(layer, verdict)
            ),
            reads=frozenset(),
            guards=frozenset(),
            run=fetches.run,
            undecided=self._undecided(left, feeding, fetches, verdict),
            name=fetches.name,
            gates=tuple(
                Gate(self._ids[h.layer], h.kind, self._at(h.node), h.detail, h.certain)
                for h in verdict.hindrances
                if h.kind not in ("flag", "dead") or h.layer not in self._awake
            ),
        )

    def _undecided(
        self,
        left: Sequence[Layer],
        feeding: Collection[Layer],
        fetches: FetchSet,
        verdict: Verdict,
    ) -> str | None:
        """Why layers that nothing updates may be meant to be so."""
        if left and all(layer in feeding for layer in left):
            return "all weights before these layers are frozen: their statistics may be, too"
        if left and all(layer in feeding or self._frozen(layer, verdict) for layer in left):
            return "gamma and beta of these layers are frozen: their statistics may be, too"
        later = [self._set_later.get(s, -1) for layer in left for s in layer.statistics]
        if later and min(later) > fetches.first:
            return "a later run sets the moving statistics: perhaps to what was computed from data"
        return None

    def _frozen(self, layer: Layer, verdict: Verdict) -> bool:
        """Whether a layer has weights of its own, and all were made not to be trained.

        Keras notes that a layer is frozen nowhere in the graph, and then hides its updates.
        """
        if layer.own and self._destination(layer) == "layer":
            return layer.own.isdisjoint(verdict.trains)
        if layer.own or self._analysis.graph.meta.trainable is None:
            return False
        own = (f"{layer.name}/gamma", f"{layer.name}/beta")
        return any(name in self._analysis.variables.names for name in own)

    def _kernels(self, verdict: Verdict) -> Iterator[str]:
        """The ops that change weights when this is run."""
        for write in self._analysis.variables.trains:
            if write.variable in verdict.trains and write.node.name in verdict.ancestors:
                yield write.node.name

    @cached_property
    def _for_training(self) -> Mapping[str, Node]:
        """All that some step needs, whether it is run or not."""
        kernels = [write.node.name for write in self._analysis.variables.trains]
        return self._analysis.graph.ancestors(kernels)

    def _holds_loss(self, layer: Layer, verdict: Verdict) -> bool:
        """Whether a value that is computed from the trained network waits for the updates."""
        graph = self._analysis.graph
        gates = {node.name for node in layer.writers}
        for _ in range(3):
            found = graph.consumers(gates)
            onward = set()
            for name, nodes in found.items():
                for node in nodes:
                    if node.op in _GATES:
                        onward.add(node.name)
                    elif (
                        f"^{name}" in node.inputs
                        and node.op not in WRITES
                        and node.name not in verdict.ancestors
                        and not node.name.startswith(f"{layer.name}/")
                        and not self._is_of_another_step(node, verdict)
                        and self._from_network(node.name, verdict)
                    ):
                        return True
            if onward <= gates:
                break
            gates |= onward
        return False

    def _is_of_another_step(self, node: Node, verdict: Verdict) -> bool:
        """Whether it is among the gradients of another step, of which not all are needed."""
        names = (node.name, *(base(tensor) for tensor in node.inputs if tensor[:1] != "^"))
        return any(n in self._for_training and n not in verdict.ancestors for n in names)

    def _from_network(self, name: str, verdict: Verdict) -> bool:
        graph = self._analysis.graph
        pending, seen = [name], {name}
        while pending and len(seen) < 40:
            for tensor in graph.nodes[pending.pop(0)].inputs:
                source = graph.node(tensor) if tensor[:1] != "^" else None
                if source is None or source.name in seen:
                    continue
                if source.name in verdict.ancestors and source.op not in ("Const", "Placeholder"):
                    return True
                seen.add(source.name)
                pending.append(source.name)
        return False

    def _run(self, number: int, fetches: FetchSet, verdict: Verdict, trains: bool) -> Run:
        return Run(
            self._at(fetches.name),
            self._reaches(verdict),
            frozenset({number} if trains else ()),
            frozenset() if trains else self._evaluates(fetches),
            fed=bool(fetches.feeds),
        )

    def _evaluates(self, fetches: FetchSet) -> frozenset[int]:
        """The layers whose output somebody looks at: not by way of a loss, a measure, a summary."""
        graph = self._analysis.graph
        outputs = []
        for name in fetches.fetches:
            node = graph.node(name)
            if node is not None and node.op not in _MEASURES and "Summary" not in node.op:
                outputs.append(name)
        reached = graph.ancestors(outputs)
        return frozenset(
            self._ids[layer.name]
            for layer in self._analysis.layers
            if any(name in reached for name in layer.forward)
        )


def _ran(verdicts: Sequence[tuple[FetchSet, Verdict]]) -> set[str] | None:
    """All nodes of which a recording knows that they ran; None without a recording."""
    known = [verdict for fetches, verdict in verdicts if fetches.feeds is not None]
    return {name for verdict in known for name in verdict.ancestors} if known else None


_MEASURES = frozenset({"Mean", "Sum", "Add", "AddV2", "AddN", "Mul", "RealDiv", "NoOp", "Assign"})
_FLAVOURS = {"hand-written": "nn", "moving average": "nn"}
_GATES = frozenset({"Merge", "RefMerge", "NoOp", "ReadVariableOp", "If", "StatelessIf"}) | {
    "RefIdentity"
}
