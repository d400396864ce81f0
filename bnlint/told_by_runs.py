"""What the runs of a recording tell of a layer: in which mode, in which graph, with which updates.

Each question is answered with a ruling, or with the reason for which nothing is decided. Which runs
are an evaluation no recording says; here it is a run that trains nothing, computes the layer and
does not run its updates by themselves.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bnlint.graph.index import SWITCH
from bnlint.graph.live import Live
from bnlint.graph.ops import RESTORES, SAVES, VARIABLES, WRITES
from bnlint.graph.train_ops import GRADIENT
from bnlint.subjects import on_line

if TYPE_CHECKING:
    from bnlint.finding import Location
    from bnlint.graph.build import FetchSet, Judged
    from bnlint.graph.judge import Verdict
    from bnlint.graph.layers import Layer
    from bnlint.reports import Status
    from bnlint.subjects import Found


@dataclass(frozen=True, slots=True)
class Told:
    """A ruling, with the layer that shows it and the run that does, if it is one."""

    status: Status
    reason: str
    item: Found
    node: str | None = None


def evaluated(found: Sequence[Found]) -> Told | str:
    """BN105: whether all that evaluates the layers has their flag True."""
    on: list[tuple[Found, FetchSet]] = []
    for item in found:
        for fetches, _ in _evaluations(item):
            value = _flag_in(item, fetches)
            name = item.layer.name
            if value is None:
                return f"the recording does not tell the flag of {name} where it is evaluated"
            if value is False:
                what = f"{fetches.name} trains nothing, and computes {name} with its flag False"
                return Told("refuted", what, item, fetches.name)
            on.append((item, fetches))
    if not on:
        return "nothing that was recorded evaluates it"
    item, fetches = on[0]
    what = f"{fetches.name} trains nothing, and computes {item.layer.name} with its flag True"
    return Told("confirmed", f"{what}, as every such run does", item, fetches.name)


def mapped(found: Sequence[Found]) -> Told | str:
    """BN108: whether the flag is right in the graphs of an Estimator's modes, one graph a mode."""
    trained = [item for item in found if item.training()]
    others = [item for item in found if not item.judged.training and any(_evaluations(item))]
    if not trained or not others:
        return "the recording has one of the modes only"
    if any(item.layer.flag.kind != "constant" for item in (*trained, *others)):
        return "its flag is no constant in the graph"
    training = {bool(item.layer.flag.value) for item in trained}
    evaluating = {bool(item.layer.flag.value) for item in others}
    if len(training) > 1 or len(evaluating) > 1:
        return "its flag is not the same in all graphs of one mode"
    item, value, other = trained[0], training.pop(), evaluating.pop()
    what = f"the flag of {item.layer.name} is {value} where it is trained and {other} where not"
    right = value and not other
    return Told("refuted" if right else "confirmed", what, item, item.layer.name)


def left_out(found: Sequence[Found], graphs: Sequence[Judged]) -> Told | str:
    """BN107: whether something computes with the weights around a layer, and without it."""
    with_it: list[str] = []
    without: list[tuple[Found, str]] = []
    for item in found:
        if not item.training():
            continue
        below, above = _weights_around(item)
        for other in graphs:
            here = _named(other, item.layer.name)
            for fetches, verdict in _without_training(other):
                used = _used(other, below | above, verdict)
                if used.isdisjoint(above) or (below and used.isdisjoint(below)):
                    continue  # it is another network, or a part of this one without the place
                has = {_has(other, layer, fetches, verdict) for layer in here}
                if None in has:
                    return f"whether {fetches.name} leaves it out is not recorded"
                if True in has:
                    with_it.append(fetches.name)
                else:
                    without.append((item, fetches.name))
    name = found[0].layer.name
    if with_it and without:
        return f"{with_it[0]} computes {name}, and {without[0][1]} leaves it out"
    if without:
        item, run = without[0]
        what = f"{run} computes with the weights around {item.layer.name}, and leaves it out"
        return Told("confirmed", what, item, item.layer.name)
    if with_it:
        return Told("refuted", f"{with_it[0]} trains nothing, and has {name}", found[0], name)
    return "nothing that was recorded has the network without training it"


def in_every_phase(found: Sequence[Found]) -> Told | str:
    """BN207: refuted if whatever trains the layers updates them; else it depends on the order."""
    for item in found:
        wanted = {name for name, nodes in item.layer.updates.items() if nodes}
        for fetches, verdict in item.training():
            if not wanted <= verdict.reached:
                name = f"{fetches.name} trains {item.layer.name} without its updates"
                return f"{name}; whether that is a later phase, or takes turns, is not recorded"
    trained = [item for item in found if item.layer.writers and item.training()]
    if not trained:
        return "in this graph its layers have no updates, or are not trained"
    item = trained[0]
    return Told(
        "refuted", f"every run that trains {item.layer.name} updates it", item, item.layer.name
    )


def moved_in_evaluation(layers: Sequence[Found]) -> Told | str:
    """BN302: whether a run that trains nothing, and computes a layer, moves its averages."""
    calm: list[tuple[Found, FetchSet]] = []
    for item in layers:
        wanted = {name for name, nodes in item.layer.updates.items() if nodes}
        for fetches, verdict in item.judged.sets:
            if not _computes(item, fetches, verdict):
                continue
            if wanted <= verdict.moved:
                what = f"{fetches.name} trains nothing, and moves the averages of {item.layer.name}"
                return Told("confirmed", what, item, fetches.name)
            calm.append((item, fetches))
    if not calm:
        return "nothing that was recorded evaluates it"
    item, fetches = calm[0]
    what = f"{fetches.name} computes {item.layer.name}, and leaves its averages alone"
    return Told("refuted", what, item, fetches.name)


def written_at(places: Sequence[Location], layers: Sequence[Found]) -> list[Found]:
    """Those layers that have an update which was made at one of these places."""
    return [
        item
        for item in layers
        if any(
            on_line(made, place)
            for node in item.layer.writers
            for made in item.judged.made(node.name)
            for place in places
        )
    ]


def _computes(item: Found, fetches: FetchSet, verdict: Verdict) -> bool:
    """Whether a run computes a layer, and trains nothing."""
    if verdict.trains or verdict.idle or not fetches.run:
        return False
    return any(name in verdict.ancestors for name in item.layer.forward)


def _evaluations(item: Found) -> Iterator[tuple[FetchSet, Verdict]]:
    """What computes it and neither trains nor is there to update it."""
    in_place = item.destination == "in_place"
    updates = {node.name for node in item.layer.writers}
    for fetches, verdict in item.judged.sets:
        if _computes(item, fetches, verdict) and (in_place or updates.isdisjoint(verdict.nodes)):
            yield fetches, verdict


def _flag_in(item: Found, fetches: FetchSet) -> bool | None:
    """What a layer's flag is in a run, by what its updates would do in it."""
    flag = item.layer.flag
    if flag.kind == "constant":
        return flag.value
    feeds = {name.removesuffix(":0"): value for name, value in (fetches.feeds or {}).items()}
    known = feeds.get(flag.node or "") is not None
    if not known and not (flag.kind == "default" and flag.node not in feeds):
        return None
    writers = [node.name for node in item.layer.writers]
    verdict = item.judged.analysis.judge([*fetches.fetches, *writers], fetches.feeds)
    updated = {name for name, nodes in item.layer.updates.items() if nodes}
    if updated and updated <= verdict.moved:
        return True
    off = any(h.layer == item.layer.name and h.kind in ("flag", "dead") for h in verdict.hindrances)
    return False if off and updated.isdisjoint(verdict.moved) else None


_ASIDE = SAVES | RESTORES | VARIABLES | WRITES | {"Identity", "ReadVariableOp", "Cast"}
_ASIDE |= {"VarIsInitializedOp", "IsVariableInitialized", "NoOp", "Pack"}


def _readers(judged: Judged, weight: str) -> set[str]:
    """What computes with a weight in the forward pass."""
    graph = judged.analysis.graph
    seen, frontier = set[str](), {weight}
    found: set[str] = set()
    for _ in range(4):
        onward: set[str] = set()
        for nodes in graph.consumers(frontier).values():
            for node in nodes:
                if node.op in ("Identity", "ReadVariableOp", "Cast"):
                    onward.add(node.name)
                elif node.op not in _ASIDE and not GRADIENT.search(node.name):
                    found.add(node.name)
        frontier = onward - seen
        seen |= onward
    return found


def _weights_around(item: Found) -> tuple[set[str], set[str]]:
    """The weights that a layer's input is computed with, and those that its output meets."""
    analysis = item.judged.analysis
    before = analysis.graph.ancestors(item.layer.forward)
    behind = {node.name for node in analysis.graph.descendants(item.layer.forward)}
    below: set[str] = set()
    above: set[str] = set()
    for weight in analysis.variables.trainable - item.layer.own:
        readers = _readers(item.judged, weight)
        if any(name in before for name in readers):
            below.add(weight)
        elif readers & behind:
            above.add(weight)
    return below, above


def _without_training(judged: Judged) -> Iterator[tuple[FetchSet, Verdict]]:
    for fetches, verdict in judged.sets:
        if fetches.run and not verdict.trains and not verdict.idle:
            yield fetches, verdict


def _has(judged: Judged, layer: Layer, fetches: FetchSet, verdict: Verdict) -> bool | None:
    """Whether a run computes a layer; None if that depends on a branch nobody knows."""
    graph = judged.analysis.graph
    live = Live(graph, fetches.feeds, defaults=True)
    live.spread(graph.ancestors(fetches.fetches))
    here = [name for name in layer.forward if name in verdict.ancestors]
    if all(name in live.dead for name in here):
        return False
    before = graph.ancestors(here)
    tests = [n.inputs[1] for n in graph.having(SWITCH) if n.name in before and len(n.inputs) > 1]
    return True if all(len(live.values(test)) == 1 for test in tests) else None


def _named(judged: Judged, name: str) -> list[Layer]:
    return [layer for layer in judged.analysis.layers if layer.name == name]


def _used(judged: Judged, weights: set[str], verdict: Verdict) -> set[str]:
    """Those of some weights with which a run computes."""
    here = weights & judged.analysis.variables.names & verdict.ancestors.keys()
    return {
        name
        for name in here
        if any(reader in verdict.ancestors for reader in _readers(judged, name))
    }
