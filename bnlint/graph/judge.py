"""What one set of fetches does to the moving statistics."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice

from bnlint.graph.attrs import Number
from bnlint.graph.frames import mixed_frames
from bnlint.graph.index import Graph
from bnlint.graph.layers import Layer, find_layers
from bnlint.graph.live import Live, canonical
from bnlint.graph.moments import Moments
from bnlint.graph.ops import PASSES, READS
from bnlint.graph.proto import MetaGraph, Node, base
from bnlint.graph.reach import Reached
from bnlint.graph.replicas import Replicas
from bnlint.graph.train_ops import GRADIENT, find_train_ops
from bnlint.graph.variables import Variables
from bnlint.model import GateKind

Feeds = Mapping[str, Number | None]

PLACEHOLDERS = frozenset({"Placeholder", "PlaceholderV2"})


@dataclass(frozen=True, slots=True)
class Hindrance:
    """Why updates that are reached change nothing, with the node that is the cause."""

    kind: GateKind
    layer: str
    node: str
    detail: str
    certain: bool


@dataclass(slots=True)
class Verdict:
    """What fetching ``fetches`` does: statistics by name, reached and (as far as known) moved.

    ``moved`` leaves out what is certain not to change. ``trains`` are the weights that change, and
    ``idle`` is whether there are such but none does. ``fails`` says why the run must fail.
    """

    fetches: list[str]
    reached: set[str] = field(default_factory=set)
    moved: set[str] = field(default_factory=set)
    nodes: set[str] = field(default_factory=set)
    trains: set[str] = field(default_factory=set)
    idle: bool = False
    fails: str | None = None
    ancestors: Mapping[str, Node] = field(default_factory=dict)
    hindrances: list[Hindrance] = field(default_factory=list)


class Analysis:
    """One graph with its layers and train ops."""

    def __init__(self, meta: MetaGraph) -> None:
        self.graph = Graph(meta)
        self.variables = Variables(self.graph)
        self.replicas = Replicas(self.graph, self.variables)
        self.moments = Moments(self.graph)
        # What is certain whatever is fed, as long as nothing is dead.
        self._plain = Live(self.graph, defaults=False)
        self.layers: list[Layer] = find_layers(
            self.graph, self.variables, self.moments, self._plain
        )
        self._train_ops: list[str] | None = None
        self._computed: dict[frozenset[str], set[Node]] = {}
        self._before: dict[frozenset[str], Reached] = {}
        self._updates = {node for layer in self.layers for node in layer.writers}

    @property
    def train_ops(self) -> list[str]:
        if self._train_ops is None:
            self._train_ops = find_train_ops(self.graph, self.variables, self.replicas)
        return self._train_ops

    @property
    def statistics(self) -> list[str]:
        """The statistics of all layers, updated or not."""
        return [name for layer in self.layers for name in layer.statistics]

    def judge(self, fetches: Sequence[str], feeds: Feeds | None = None) -> Verdict:
        """Judge a set of fetches. Without ``feeds`` nothing is known about what is fed.

        With them, a placeholder that is not among them has its default value.
        """
        verdict = Verdict(list(fetches))
        cut = _fed(feeds or ())
        reached, late = self.graph.ancestors_in_two(fetches, cut, self._updates)
        chief = self.replicas.chief(reached)
        if chief:
            fetches = [*fetches, *chief]
            reached, late = self.graph.ancestors_in_two(fetches, cut, self._updates)
        verdict.ancestors = reached
        sure = self._live(reached, feeds, defaults=feeds is not None)
        trains = [write for write in self.variables.trains if write.node.name in reached]
        if self.replicas.only_applies(reached):
            trains = [write for write in trains if write.node.name not in self.replicas.applied]
        verdict.trains = {w.variable for w in trains if w.node.name not in sure.dead}
        verdict.idle = bool(trains) and not verdict.trains
        likely, rests = sure, verdict.idle
        defaults = self.graph.having(("PlaceholderWithDefault",))
        if feeds is None and any(node.name in reached for node in defaults):
            likely = self._live(reached, None, defaults=True)
            rests = bool(trains) and all(write.node.name in likely.dead for write in trains)
        for layer in self.layers:
            self._layer(layer, verdict, sure, likely, rests)
        if verdict.reached:
            self._feeds(verdict, cut, late, known=feeds is not None)
        for name, where in mixed_frames(self.graph, reached, self.layers):
            verdict.hindrances.append(
                Hindrance("frame", name, where, "it waits outside the loop for ops inside it", True)
            )
            verdict.fails = f"{where} has inputs from different frames"
        return verdict

    def _live(self, reached: Reached, feeds: Feeds | None, *, defaults: bool) -> Live:
        live = Live(self.graph, feeds, defaults=defaults)
        live.spread(reached)
        return self._plain if feeds is None and not defaults and not live.dead else live

    def _layer(self, layer: Layer, verdict: Verdict, sure: Live, likely: Live, rests: bool) -> None:
        still: list[Node] = []
        asleep: list[Node] = []
        for statistic, writers in layer.updates.items():
            here = [node for node in writers if node.name in verdict.ancestors]
            if not here:
                continue
            verdict.reached.add(statistic)
            verdict.nodes.update(node.name for node in here)
            if all(_rests(sure, node) for node in here):
                still += here
            else:
                verdict.moved.add(statistic)
                if all(_rests(likely, node) for node in here):
                    asleep += here
        if still:
            verdict.hindrances.append(self._why(layer, still[0], sure, True, verdict.idle))
        if asleep:
            verdict.hindrances.append(self._why(layer, asleep[0], likely, False, rests))

    def _why(self, layer: Layer, node: Node, live: Live, certain: bool, idle: bool) -> Hindrance:
        flag = layer.flag
        if layer.momentum == 1.0 and live.adds_nothing(node):
            return Hindrance("momentum", layer.name, node.name, "its momentum is 1", True)
        kind: GateKind = "dead" if node.name in live.dead and idle else "flag"
        if flag.node is not None and canonical(flag.node) in live.feeds:
            detail = f"{flag.node} is fed False"
        elif flag.kind == "default":
            detail = f"{flag.node} is {flag.value} unless it is fed"
        elif kind == "dead":
            detail = f"{flag.node} is not true"
        elif flag.kind == "constant":
            detail = f"the flag is the constant {flag.value}"
        else:
            detail = "the branch that holds them is not taken"
        return Hindrance(kind, layer.name, flag.node or node.name, detail, certain)

    def _feeds(self, verdict: Verdict, cut: set[str], late: set[str], *, known: bool) -> None:
        """Placeholders that only the updates need, and those that a known run does not feed."""
        placeholders = (node.name for node in self.graph.having(PLACEHOLDERS))
        unfed = {name for name in placeholders if name in verdict.ancestors}
        if known:
            unfed.difference_update(cut)
            if unfed:
                first = next(name for name in verdict.ancestors if name in unfed)
                verdict.fails = f"nothing is fed for {first}"
        if not unfed or not (verdict.trains or verdict.idle):
            return
        for name in sorted(unfed):
            if name not in late:
                continue
            for layer in self._updated_with(name, verdict):
                detail = f"they need {name}, which the rest of the step does not"
                verdict.hindrances.append(Hindrance("feed", layer, name, detail, known))

    def _updated_with(self, placeholder: str, verdict: Verdict) -> list[str]:
        fed = self.graph.descendants([placeholder])
        names = {node.name for node in self._updates if node in fed} & verdict.nodes
        updated = (
            layer.name
            for layer in self.layers
            if not names.isdisjoint(node.name for node in layer.writers)
        )
        return list(islice(updated, 3))

    def trained_layers(self, verdict: Verdict) -> list[Layer]:
        """The layers that a train op trains: it changes their weights, or some before or behind.

        In a GAN the other network's layers are computed too, but another op changes their weights,
        or those before them. What no op changes is frozen: such a layer is trained by what changes
        weights before it, and if it has updates, by what trains the layers that it feeds.
        """
        return [*self._trained(verdict)]

    def only_feeds(self, verdict: Verdict) -> list[Layer]:
        """Those of the trained layers that feed what is trained, all before them being frozen."""
        return [layer for layer, feeds in self._trained(verdict).items() if feeds]

    def _trained(self, verdict: Verdict) -> dict[Layer, bool]:
        """The trained layers, by whether they only feed what is."""
        changed = verdict.trains or {
            w.variable for w in self.variables.trains if w.node.name in verdict.ancestors
        }
        if not changed:
            return {}
        found: dict[Layer, bool] = {}
        others = frozenset(write.variable for write in self.variables.trains) - changed
        for layer in self.layers:
            if not layer.own.isdisjoint(changed):
                found[layer] = False
            elif layer.own.isdisjoint(others) and any(
                n in verdict.ancestors for n in layer.forward
            ):
                forward = {self.graph.nodes[name] for name in layer.forward}
                if not forward.isdisjoint(self._behind(frozenset(changed))):
                    found[layer] = False
                elif forward.isdisjoint(self._behind(others)):
                    weights = self.variables.trainable
                    feeds = bool(layer.own) or not forward.isdisjoint(self._behind(weights))
                    if not feeds or (layer.writers and self._meets(layer, frozenset(changed))):
                        found[layer] = feeds
        return found

    def _meets(self, layer: Layer, weights: frozenset[str]) -> bool:
        """Whether something is computed from a layer with these weights.

        What only goes into a loss, as the goals that a copy of a network sets, meets none.
        """
        known = self._before.get(weights)
        if known is None:
            known = self._before[weights] = self.graph.ancestors(self._readers(weights))
        return any(name in known for name in layer.forward)

    def _readers(self, weights: frozenset[str]) -> set[str]:
        """What computes with weights in the forward pass."""
        found: set[str] = set()
        frontier, seen = set(weights), set(weights)
        while frontier:
            onward: set[str] = set()
            for nodes in self.graph.consumers(frontier).values():
                for node in nodes:
                    if GRADIENT.search(node.name):
                        continue
                    (onward if node.op in PASSES | READS else found).add(node.name)
            found |= onward
            frontier = onward - seen
            seen |= onward
        return found - {
            write.node.name for write in (*self.variables.trains, *self.variables.writes)
        }

    def _behind(self, weights: frozenset[str]) -> set[Node]:
        """What is computed with some of these weights; asked again and again for the same."""
        known = self._computed.get(weights)
        if known is None:
            known = self._computed[weights] = self.graph.descendants(weights)
        return known


def _rests(live: Live, node: Node) -> bool:
    return node.name in live.dead or live.adds_nothing(node)


def _fed(tensors: Iterable[str]) -> set[str]:
    """Every way in which an input may name a tensor that is fed."""
    cut = set()
    for tensor in tensors:
        name = canonical(tensor)
        cut.add(name)
        if ":" not in name:
            cut.add(f"{name}:0")
    return cut


def resolve(graph: Graph, name: str) -> str | None:
    """The node that a user means by the name of an op or tensor."""
    wanted = base(name.strip())
    return wanted if wanted in graph.nodes else None
