"""Hand-written batch norm, found in the graph of a finished run and made a layer of it.

A normalising op that uses the statistics of a batch is a layer like any other if the same
statistics are written to variables: those assignments are its update ops. From then on every rule
about layers and their updates speaks of it, too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bnlint.interp.effects import flags
from bnlint.interp.effects.handwritten import (
    behind,
    is_product,
    is_rescaled,
    is_selecting,
    selected,
    taken,
)
from bnlint.interp.guards import TooLarge
from bnlint.interp.nodes import Assign, Node, Placeholder, Variable, ancestors, nodes_in
from bnlint.interp.recorded import Layer, TrainingFlag
from bnlint.interp.values import Known
from bnlint.interp.why import MOST_JUDGING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bnlint.interp.recorded import Moments
    from bnlint.interp.state import State

    Users = dict[Node, list[Node]]

_NEAR = 8
"""How many steps from a statistic to its average: decay, differences, casts, copies."""


def layers(state: State) -> None:
    """Make layers of the normalising ops whose statistics are kept."""
    if not state.moments:
        return
    # A run that ended as it had too many conditions has left nothing to ask of them.
    state.paths.guards.allow(MOST_JUDGING)
    try:
        _make_layers(state)
    except TooLarge:
        state.complete = False
        state.widen("its conditions are too many to find all hand-written layers")


def _make_layers(state: State) -> None:
    keepers = _keepers(state)
    users: dict[Node, list[Node]] = {}
    choosing: list[Node] = []
    for node in (node for graph in state.graphs for node in graph.nodes):
        for item in node.inputs:
            users.setdefault(item, []).append(node)
        if is_selecting(node):
            choosing.append(node)
    collected = _collected(state)
    for record in state.moments:
        statistics = [n for s in record.statistics for n in selected(s)]
        batch = [n for n in statistics if _may_be_over_batch(n)]
        own = list(dict.fromkeys(k for n in batch for k in keepers.get(_tensor(n), ())))
        kept = any(n.kind == "variable" for n in statistics)
        if record.output.kind not in ("op", "linear") or not (own or kept):
            continue
        layer = _layer(record, own, users, collected)
        record.output.kind = "norm"
        record.output.layer = layer
        for keeper in own:
            if keeper.kind == "assign":
                keeper.kind = "update"
                keeper.layer = layer
        record.always = _always(record, own, choosing, users)
        state.layers.append(layer)


def _keepers(state: State) -> dict[object, list[Assign]]:
    """The assignments that keep the statistics of a tensor, by that tensor."""
    found: dict[object, list[Assign]] = {}
    # An average of what was normalised, as of a loss, keeps none of what it was normalised with.
    normalised = {record.output for record in state.moments}
    for graph in state.graphs:
        for node in graph.nodes:
            if not isinstance(node, Assign) or any(
                isinstance(t, Variable) and t.trainable for t in node.targets
            ):
                continue
            for item in behind(node.value, _NEAR, normalised):
                if _may_be_over_batch(item):
                    own = found.setdefault(_tensor(item), [])
                    if node not in own:
                        own.append(node)
    return found


def _may_be_over_batch(node: Node) -> bool:
    return node.statistic is not None and node.statistic.over_batch is not False


def _tensor(statistic: Node) -> object:
    """What a statistic is of: the moments of one tensor are the same numbers in every call."""
    return statistic.inputs if statistic.kind == "moments" else statistic


def _is_kept(variable: Variable, kept_in: set[int]) -> bool:
    return id(variable) in kept_in or id(variable.shadow_of) in kept_in


def _collected(state: State) -> dict[Node, tuple[int, str]]:
    """The first collection that holds a node, and the how-manieth of all it is."""
    keys = [(key, values) for graph in state.graphs for key, values in graph.collections.items()]
    found: dict[Node, tuple[int, str]] = {}
    for number, (key, values) in enumerate(keys):
        for value in values:
            for node in nodes_in(value):
                found.setdefault(node, (number, key))
    return found


def _layer(
    record: Moments, own: Sequence[Node], users: Users, collected: dict[Node, tuple[int, str]]
) -> Layer:
    collections = [collected[node] for node in own if node in collected]
    collection = min(collections)[1] if collections else None
    results = _results(record.output, users)
    awaited = not own or any(not _before(out, own).isdisjoint(own) for out in results)
    destination = "in_place" if awaited else "none" if collection is None else "collection"
    return Layer(
        id=record.number,
        api=record.output.api,
        flavour="nn",
        place=record.site or record.place,
        flag=_flag(record, bool(own)),
        graph=record.output.graph,
        updates=tuple(own),
        destination=destination,
        collection=collection,
        trace=record.trace,
        by_normalizer=False,
        misplaced=None,
        name=f"{record.scope}?",
        variables=tuple(weights(record.output, users)),
        open_root=record.open_root,
        output=record.output,
        unit_test=record.unit_test,
        guard=record.guard,
    )


def _before(node: Node, looked_for: Sequence[Node]) -> set[Node]:
    """What a node waits for, as far as some others may be among it."""
    return ancestors([node], since=min(other.id for other in looked_for))


def _flag(record: Moments, updated: bool) -> TrainingFlag:
    """A constant that the function was given as its training flag, or that selects the statistics.

    Where a ``tf.cond`` selects by what is fed, that is the flag. Else nothing is known: a use of
    the averages alone only tells that there are two modes.
    """
    name, value = record.flag or ("", None)
    asked = next((p for s in record.statistics if (p := _asked(s)) is not None), None)
    if updated and asked is not None:
        return flags.decided(name or "its flag", asked)
    chosen = next((found for s in record.statistics if (found := taken(s)) is not None), None)
    if chosen is not None:
        name, value = "pred", chosen
    if updated and isinstance(value, Known) and isinstance(value.value, bool):
        return flags.decided(name, value)
    return TrainingFlag(name, "unknown", reason="it is written by hand")


def _asked(statistic: Node) -> Placeholder | None:
    """What is fed to say whether a statistic is that of the batch, which it is if that is True."""
    node = statistic
    while not is_selecting(node):
        if len(node.inputs) != 1 or node.statistic is not None:
            return None
        node = node.inputs[0]
    if len(node.inputs) != 3:
        return None
    flag, on_true, on_false = node.inputs
    while not isinstance(flag, Placeholder) and flag.api in _SPREADING and flag.inputs:
        flag = flag.inputs[-1]
    if not isinstance(flag, Placeholder):
        return None
    batch = [any(n.statistic is not None for n in behind((s,), 4)) for s in (on_true, on_false)]
    return flag if batch == [True, False] else None


_SPREADING = frozenset({"tf.fill", "tf.identity", "tf.cast", "tf.reshape", "tf.expand_dims"})
"""What makes a flag as large as what it selects."""


def weights(output: Node, users: Users) -> list[Node]:
    """The variables that scale and shift a result, at once or in the next two steps.

    What is scaled before it is divided is so in the step before.
    """
    reached = [output, *(n for n in output.inputs if is_product(n))]
    found: dict[Node, None] = {}
    for _ in range(3):
        for item in reached:
            found.update((i, None) for i in item.inputs if isinstance(i, Variable) and i.trainable)
        reached = [n for item in reached for n in users.get(item, ())]
    return list(found)


def _always(
    record: Moments, own: Sequence[Assign], choosing: list[Node], users: Users
) -> Node | None:
    """An update that runs in evaluation, too.

    It is made outside of the branches of the ``tf.cond`` that selects between the statistics of
    the batch and the averages, and what comes out waits for it, or what is made of that: an op of
    the outside runs whichever branch is taken.
    """
    loose = [k for k in own if not k.in_a_branch and not _gated(k)]
    if not loose:
        return None
    targets = {id(t) for k in own for t in k.targets}
    batch = set(record.sources) | {n for s in record.statistics for n in selected(s)}
    for node in choosing:
        near = set(behind(node.inputs, 4))
        if near.isdisjoint(n for n in batch if n.statistic is not None):
            continue
        if any(isinstance(n, Variable) and _is_kept(n, targets) for n in near):
            for out in (node, *_results(record.output, users)):
                before = _before(out, loose)
                found = next((k for k in loose if k in before), None)
                if found is not None:
                    return found
    return None


def _results(output: Node, users: Users) -> list[Node]:
    """What is normalised, and the same scaled, shifted or copied."""
    found = [output]
    for here in found:
        if len(found) < _NEAR:
            found += [n for n in users.get(here, ()) if is_rescaled(n) and not n.scalar]
    return found


def _gated(keeper: Assign) -> bool:
    """Whether what is written depends on a mode: then it may well write what was there."""
    for node in behind((*keeper.value, *keeper.rate), _NEAR):
        if node.kind == "placeholder" or is_selecting(node):
            return True
    return False
