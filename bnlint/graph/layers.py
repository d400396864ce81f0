"""Which batch-norm layers a graph holds, told by their moving statistics.

A moving statistic is a variable that is written with a batch's mean or variance, whatever it is
called (``moving_mean``, ``pop_var``, ``x/ExponentialMovingAverage``), or one that bears the name
that every library gives it. Its updates are the writes of what comes from a batch: a broadcast, a
restored value or a copy of another variable is none. A moving average of weights or of a loss is
neither: no batch statistics are behind it.
"""

from __future__ import annotations

import os.path
import re
from dataclasses import dataclass, field
from itertools import accumulate

from bnlint.graph.flags import GraphFlag, find_flag
from bnlint.graph.index import MERGE, Graph
from bnlint.graph.live import Live
from bnlint.graph.moments import Moments
from bnlint.graph.ops import ADDS, FUSED, SAVES, SETS, VARIABLES, WRITES
from bnlint.graph.proto import Node, base
from bnlint.graph.variables import Variables, Write, written

# A strategy that mirrors variables keeps statistics of their own for each device.
_NAMED = re.compile(r"(?:^|/)moving_(?:mean|variance)(?:_\d+)?(?:/(?:part|replica)_\d+)?$")
# Helpers of a layer, written beside its statistics: not statistics that inference uses.
_HELPER = re.compile(r"(?:^|/)(?:biased|local_step|renorm_\w+|moving_stddev)(?:_\d+)?$")
_PART = re.compile(r"/(?:part|replica)_\d+$")
_NUMBER = re.compile(r"([0-9]+)")


@dataclass(slots=True, eq=False)
class Layer:
    """One batch-norm layer: its moving statistics and all that touches them.

    ``updates`` maps each statistic to the ops that write it, ``forward`` are nodes of the forward
    pass, ``own`` its trainable variables, ``momentum`` the distinct momenta of its updates.
    ``reads`` says whether anything but the updates reads the statistics.
    """

    name: str
    statistics: list[str]
    updates: dict[str, list[Node]]
    flavour: str = "unfused"
    resource: bool = False
    flag: GraphFlag = field(default_factory=lambda: GraphFlag("unknown"))
    momentum: float | None = None
    forward: set[str] = field(default_factory=set)
    own: frozenset[str] = frozenset()
    collection: str | None = None

    @property
    def writers(self) -> list[Node]:
        return [node for nodes in self.updates.values() for node in nodes]


def find_layers(graph: Graph, variables: Variables, moments: Moments, live: Live) -> list[Layer]:
    """All layers, in the order of their names."""
    return _Finder(graph, variables, moments, live).layers()


class _Finder:
    def __init__(self, graph: Graph, variables: Variables, moments: Moments, live: Live) -> None:
        self._graph = graph
        self._variables = variables
        self._moments = moments
        self._live = live
        self._writes: dict[str, list[Write]] = {}
        # Of each written statistic: the batch statistics behind it, and the nodes on the way.
        self._source: dict[str, set[str]] = {}
        self._way: dict[str, set[str]] = {}
        self._fused: set[str] = set()
        # The trainable variables below each scope: there may be thousands of both.
        self._below: dict[str, list[str]] = {}
        for variable in variables.trainable:
            for scope in accumulate(variable.split("/")[:-1], "{}/{}".format):
                self._below.setdefault(scope, []).append(variable)

    def layers(self) -> list[Layer]:
        statistics = self._statistics()
        layers = [self._layer(name, members) for name, members in self._grouped(statistics)]
        self._look_around(layers)
        return sorted(layers, key=lambda layer: _natural(layer.name))

    def _statistics(self) -> list[str]:
        by_variable: dict[str, list[Write]] = {}
        for write in self._variables.writes:
            by_variable.setdefault(write.variable, []).append(write)
        found = []
        frozen = (n.name for n in self._graph.having(("Const",)) if _NAMED.search(n.name))
        for name in sorted(self._variables.names or frozen):
            if name in self._variables.trainable or _HELPER.search(name):
                continue
            writes = by_variable.get(name, [])
            if not writes and self._left_over(name):
                continue
            sourced = [write for write in writes if self._from_a_batch(write)]
            if _NAMED.search(name):
                sourced = [write for write in writes if self._updates(write)]
            elif not sourced:
                continue
            self._writes[name] = sourced
            found.append(name)
        return found

    def _left_over(self, name: str) -> bool:
        """Whether a variable is none of the program's, and nothing is computed with it.

        A graph that was imported with other variables in place of its own still has its own.
        """
        declared = self._graph.meta.variables
        if not declared or any(base(variable.name) == name for variable in declared):
            return False
        frontier, seen = {name}, {name}
        while frontier:
            onward: set[str] = set()
            for nodes in self._graph.consumers(frontier).values():
                for node in nodes:
                    if node.op in _PLUMBING:
                        onward.add(node.name)
                    elif node.op not in WRITES:
                        return False
            frontier = onward - seen
            seen |= onward
        return True

    def _updates(self, write: Write) -> bool:
        """Whether a write to a moving statistic moves it: setting it to what it is given does not.

        Who adds or subtracts moves it; a broadcast, a restore or a copy of another variable sets.
        """
        value = written(write.node)
        if value is None or write.node.op not in SETS:
            return True
        return self._moments.updates(value, write.variable)

    def _from_a_batch(self, write: Write) -> bool:
        way: set[str] = set()
        fused: list[str] = []

        def visit(node: Node) -> None:
            way.add(node.name)
            if node.op in FUSED:
                fused.append(node.name)

        value = written(write.node)
        if value is None:
            return False
        sets = write.node.op in SETS or write.node.op.endswith("Update")
        if not sets and not self._moments.reads(value, write.variable):
            return False  # an accumulator of gradients or of sums, not an average
        behind = self._moments.behind(value, visit)
        self._way.setdefault(write.variable, set()).update(way, {write.node.name})
        if behind is None:
            return False
        self._source.setdefault(write.variable, set()).add(behind[0])
        self._fused.update(fused)
        return True

    def _grouped(self, statistics: list[str]) -> list[tuple[str, list[str]]]:
        """Mean and variance of one layer together: by scope, or by the batch they come from."""
        groups: dict[str, list[str]] = {}
        by_source: dict[str, str] = {}
        for name in statistics:
            if _NAMED.search(name):
                groups.setdefault(os.path.dirname(_PART.sub("", name)), []).append(name)
                continue
            sources = self._source[name]
            key = next((by_source[s] for s in sorted(sources) if s in by_source), None)
            if key is None:
                key = f"\0{min(sources)}"
            by_source.update(dict.fromkeys(sources, key))
            groups.setdefault(key, []).append(name)
        return [(self._name(key, members), members) for key, members in groups.items()]

    def _name(self, key: str, members: list[str]) -> str:
        if key and key[0] != "\0":
            return key
        common = os.path.commonpath(members) if len(members) > 1 else os.path.dirname(members[0])
        if common:
            return common
        # Variables at top level: their names together tell the layer.
        scope = os.path.dirname(key[1:])
        return ", ".join(members) if not scope or key == "" else f"{scope} ({', '.join(members)})"

    def _layer(self, name: str, members: list[str]) -> Layer:
        updates = {m: [write.node for write in self._writes[m]] for m in members}
        layer = Layer(name, members, updates)
        layer.resource = any(self._graph.nodes[m].op == "VarHandleOp" for m in members)
        layer.own = frozenset(self._below.get(name, ()))
        layer.momentum = self._momentum(layer)
        if any(m.endswith("/ExponentialMovingAverage") for m in members):
            layer.flavour = "moving average"
        elif not all(_NAMED.search(m) for m in members):
            layer.flavour = "hand-written"
        return layer

    def _momentum(self, layer: Layer) -> float | None:
        found: set[float] = set()
        # All towers have the momentum of the first.
        first = [node for nodes in layer.updates.values() for node in nodes[:2]]
        for node in first:
            for decay in _decays(self._graph, self._live, node):
                if 0 <= decay <= 1:
                    found.add(round(1 - decay, 6))
        if len(found) > 1:
            found.discard(1.0)  # how a fused layer with a flag switches its updates off
        return found.pop() if len(found) == 1 else None

    def _look_around(self, layers: list[Layer]) -> None:
        """What reads each layer's statistics, and the flag that its branches hang on."""
        graph = self._graph
        owner = {member: layer for layer in layers for member in layer.statistics}
        takers = _Takers(graph, owner)
        in_collections: dict[str, str] = {}
        for key, names in sorted(graph.meta.collections.items()):
            for name in names if key != "train_op" else ():
                in_collections[base(name)] = key
        gated = _gate_index(graph, in_collections)
        for layer in layers:
            for member in layer.statistics:
                for write in self._writes[member]:
                    if member not in self._source:
                        self._from_a_batch(write)
            way = {name for m in layer.statistics for name in self._way.get(m, ())}
            readers = takers.of(layer)
            fused = [n for n in readers if n.op in FUSED]
            fused += [graph.nodes[n] for n in way if n in self._fused]
            if fused and layer.flavour == "unfused":
                layer.flavour = "fused"
            layer.forward = {
                node.name
                for node in readers
                if node.name not in way
                and node.op not in _ASIDE
                and not _after_write(graph, node)
                and not _shown(graph, node)
            } | {node.name for node in fused}
            for member in layer.statistics:
                layer.forward.update(self._source.get(member, ()))
            layer.forward = {name for name in layer.forward if name in graph.nodes}
            written = sorted(node.name for node in layer.writers)
            keys = [in_collections.get(name) or gated.get(name) for name in written]
            layer.collection = next((key for key in keys if key is not None), None)
            layer.flag = find_flag(graph, layer.writers, readers, layer.forward, fused)


class _Takers:
    """Who reads statistics: directly, through a read, and through the switches of a branch."""

    def __init__(self, graph: Graph, owner: dict[str, Layer]) -> None:
        self._by_layer: dict[int, list[Node]] = {id(layer): [] for layer in owner.values()}
        frontier: dict[str, Layer] = dict(owner)
        for _ in range(5):
            found = graph.consumers(frontier)
            onward: dict[str, Layer] = {}
            for name, nodes in found.items():
                layer = frontier[name]
                for node in nodes:
                    if node.op in WRITES or node.op in SAVES:
                        continue
                    if f"^{name}" in node.inputs and name not in map(_bare, node.inputs):
                        continue
                    if node.op in _READ and node.name not in owner:
                        onward[node.name] = layer
                    self._by_layer[id(layer)].append(node)
            if not onward:
                break
            frontier = onward

    def of(self, layer: Layer) -> list[Node]:
        return self._by_layer[id(layer)]


_PLUMBING = frozenset({"Identity", "ReadVariableOp", "VarIsInitializedOp", "NoOp"}) | SAVES
_READ = frozenset({"Identity", "RefIdentity", "ReadVariableOp", "Cast"}) | frozenset(
    {"Switch", "RefSwitch", "Enter", "RefEnter"}
)


# What reads a statistic and is no part of the normalisation.
_ASIDE = (
    SAVES | VARIABLES | _READ | {"VarIsInitializedOp", "IsVariableInitialized", "OptionalFromValue"}
)


def _after_write(graph: Graph, node: Node) -> bool:
    """Whether a Merge joins an update with its absence."""
    if node.op not in MERGE:
        return False
    for source in graph.inputs(node):
        if source.op in WRITES or any(behind.op in WRITES for behind in graph.inputs(source)):
            return True
    return False


def _shown(graph: Graph, node: Node) -> bool:
    """Whether all that comes of a node is shown: a summary of a statistic does not normalise."""
    pending, seen = [node], {node.name}
    while pending and len(seen) < MOST_SHOWN:
        here = pending.pop()
        if "Summary" in here.op or here.op in _PRINTS:
            continue
        takers = graph.consumers([here.name]).get(here.name, ())
        if not takers:
            return False
        for taker in takers:
            if taker.name not in seen:
                seen.add(taker.name)
                pending.append(taker)
    return not pending


MOST_SHOWN = 40
_PRINTS = frozenset({"PrintV2", "Assert", "WriteFile"}) | SAVES


def _bare(tensor: str) -> str:
    return "" if tensor[:1] == "^" else tensor.partition(":")[0]


_LEADS = frozenset({"Merge", "RefMerge", "NoOp", "Identity", "RefIdentity", "ReadVariableOp"}) | (
    frozenset({"Switch", "RefSwitch", "If", "StatelessIf"})
)


def _gate_index(graph: Graph, in_collections: dict[str, str]) -> dict[str, str]:
    """Updates that a collection holds by way of a Merge, an If or a group (1.12 and later)."""
    found: dict[str, str] = {}
    for name, key in in_collections.items():
        node = graph.nodes.get(name)
        if node is None or node.op not in _LEADS:
            continue
        pending, seen = [node], {name}
        while pending and len(seen) < 60:
            here = pending.pop()
            inside = (graph.nodes[inner] for inner in graph.inside.get(here.name, ()))
            for source in (*graph.inputs(here), *inside):
                if source.name in seen:
                    continue
                seen.add(source.name)
                if source.op in WRITES:
                    found.setdefault(source.name, key)
                elif source.op in _LEADS:
                    pending.append(source)
    return found


def _decays(graph: Graph, live: Live, write: Node) -> list[float]:
    """What an update multiplies the difference with: ``variable -= (variable - batch) * decay``.

    Keras 2 in TensorFlow 2 lets the fused kernel average, and its factor is an attribute.
    """
    data = [name for name in write.inputs if name[:1] != "^"]
    if write.op in SETS and len(data) > 1:
        kernel = graph.node(data[1])
        factor = kernel.attr("exponential_avg_factor") if kernel and kernel.op in FUSED else None
        return [factor] if isinstance(factor, float) and factor < 1 else []
    if write.op not in ADDS or len(data) < 2:
        return []
    node = graph.node(data[1])
    for _ in range(4):
        if node is None or node.op == "Mul" or not node.inputs:
            break
        node = graph.node(node.inputs[0])
    if node is None or node.op != "Mul":
        return []
    return [float(value) for side in node.inputs[:2] for value in live.values(side)]


def _natural(name: str) -> list[tuple[int, str]]:
    """A key that puts layer_9 before layer_10."""
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in _NUMBER.split(name)]
