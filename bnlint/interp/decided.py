"""What the tests of one path did to tensors, where batch norm is applied on one side."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bnlint.interp.feeding import value_in
from bnlint.interp.nodes import Node, ancestors, through
from bnlint.interp.values import location
from bnlint.model import Decision

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from bnlint.interp.guards import Guard
    from bnlint.interp.recorded import RunRecord
    from bnlint.interp.state import State

    Runs = Sequence[tuple[RunRecord, set[Node]]]


def decisions(
    state: State, holds: Callable[[Guard], bool], losses: Iterable[Node], runs: Runs
) -> list[Decision]:
    """Each test, with what it did; ``runs`` are the path's, each with what it computes."""
    decided = [d for d in state.decided if d.place not in state.undecided]
    places = {(d.place, d.target) for d in decided if d.layers}
    found = [d for d in decided if (d.place, d.target) in places and holds(d.guard)]
    if not found:
        return []
    trained = ancestors(losses, controls=False)
    evaluated: set[Node] = set()
    for record, _ in runs:
        fed = frozenset(record.feeds)
        evaluated |= ancestors(through(record.fetches), controls=False, fed=fed)
    normalised = _normalised(state, holds)
    out = []
    for one in found:
        own = {layer.output for layer in one.layers}
        applied = [d for d in found if d.layers and d.place == one.place]
        if (
            not own
            and one.tensor in normalised
            and all(d.tensor is not one.tensor for d in applied)
        ):
            continue  # it goes through another layer
        out.append(
            Decision(
                location(one.place),
                one.target,
                one.taken,
                tuple(layer.id for layer in one.layers),
                one.roles,
                one.training if one.flag is None else _fed_in_training(one.flag, runs),
                not own
                and one.tensor in evaluated - trained
                and any(
                    d.tensor is not one.tensor
                    and d.tensor in trained
                    and _weights(d.tensor) == _weights(one.tensor) != set()
                    for d in applied
                ),
            )
        )
    return out


def _fed_in_training(flag: Node, runs: Runs) -> bool | None:
    """What a tensor is fed where something trains, if it is fed the other value elsewhere."""
    fed: dict[bool, set[bool | None]] = {True: set(), False: set()}
    for run, computed in runs:
        if flag in computed:
            fed[any(n.kind == "train" for n in computed)].add(value_in(run, flag))
    for value in (True, False):
        if fed[True] == {value} and fed[False] == {not value}:
            return value
    return None


def _normalised(state: State, holds: Callable[[Guard], bool]) -> set[Node]:
    """What some batch norm of this path reads."""
    found: set[Node] = set()
    for graph in state.graphs:
        for node in graph.nodes:
            reads = node.kind in ("norm", "moments") or "batch_norm" in node.api
            if reads and holds(node.guard):
                found.update(node.inputs)
    return found


def _weights(tensor: Node) -> set[Node]:
    """The weights of the layer that a tensor is the output of."""
    here = tensor
    while len(here.inputs) == 1:
        here = here.inputs[0]
    return {n for n in here.inputs if n.kind == "variable"}
