"""What one path shows of normalising ops that the project writes by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bnlint.interp.nodes import Assign, Node, Variable, ancestors, through
from bnlint.interp.values import location
from bnlint.model import HandWritten

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from bnlint.interp.guards import Guard
    from bnlint.interp.recorded import RunRecord
    from bnlint.interp.state import State

    Runs = Sequence[tuple[RunRecord, set[Node]]]

_DIRECTLY = 8
"""How many steps lie between a moment and what is written, at most, if it is kept."""


def hand_written(
    state: State,
    holds: Callable[[Guard], bool],
    losses: Iterable[Node],
    readers: Mapping[Node, list[Node]],
    runs: Runs,
) -> list[HandWritten]:
    """Each use of moments; ``runs`` are the path's, each with what it computes."""
    written = [
        value
        for graph in state.graphs
        for node in graph.nodes
        if node.kind in ("assign", "update", "train") and holds(node.guard)
        for value in (node.value if isinstance(node, Assign) else node.inputs)
    ]
    kept = ancestors(written, controls=False) & _directly_kept(state)
    trained = ancestors(losses, controls=False)
    evaluated = _evaluated(runs, trained)
    looked_at = _looked_at(runs, trained, holds)
    # Moments of the same tensor are the same numbers, whichever call computes them.
    alike = {n.inputs for n in kept if n.kind == "moments"}
    out = []
    for record in state.moments:
        if not holds(record.guard):
            continue
        output = record.output
        if record.scaled and not _is_scaled(output, readers):
            follows_a_layer = _is_weighted(output) and output in evaluated
            if not follows_a_layer:
                continue  # numbers are standardised: advantages, similarities
        population = any(s.inputs in alike or s in kept for s in record.sources)
        out.append(
            HandWritten(
                location(record.place),
                location(record.moments),
                record.batch_only and not population,
                output in trained,
                tuple(location(p) for p in record.trace),
                location(record.always.place) if record.always is not None else None,
                record.name_scope,
                looked_at is not None and output not in looked_at,
            )
        )
    return out


def _directly_kept(state: State) -> set[Node]:
    """What is written to variables or averaged, and not merely used by a later loss."""
    found: set[Node] = set()
    reached = {
        value
        for graph in state.graphs
        for node in graph.nodes
        for value in (node.value if isinstance(node, Assign) else ())
    }
    normalised = {record.output for record in state.moments}
    for _ in range(_DIRECTLY):
        found |= reached
        below = (item.inputs for item in reached if item not in normalised)
        reached = {n for inputs in below for n in inputs if n not in found}
    return found


def _evaluated(runs: Runs, trained: set[Node]) -> set[Node]:
    """What the runs that train nothing compute beyond a loss: outputs, and other measures."""
    found: set[Node] = set()
    for record, computed in runs:
        if not any(n.kind == "train" for n in computed):
            wanted = [n for n in through(record.fetches) if not n.scalar or n not in trained]
            found |= ancestors(wanted, controls=False, fed=frozenset(record.feeds))
    return found


def _looked_at(runs: Runs, trained: set[Node], holds: Callable[[Guard], bool]) -> set[Node] | None:
    """All that runs compute that train nothing; None if they may compute nothing of the network."""
    found: set[Node] = set()
    for record, computed in runs:
        if not any(n.kind == "train" for n in computed):
            if holds(record.opaque):
                return None
            found |= computed
    network = any(n in trained and n.kind in ("op", "linear", "norm") for n in found)
    return found if network else None


def _is_scaled(output: Node, readers: Mapping[Node, list[Node]]) -> bool:
    """Whether a variable scales or shifts a result, at once or one step later."""
    first = readers.get(output, [])
    second = [n for reader in first for n in readers.get(reader, ())]
    return any(i.kind == "variable" for n in (*first, *second) for i in n.inputs)


def _is_weighted(output: Node) -> bool:
    """Whether what is normalised is the output of a layer with weights, maybe with its bias."""
    here = output.inputs[0].inputs[0]
    for _ in range(3):
        if here.api.startswith(("tf.layers.", "tf.contrib.layers.")):
            return True
        if any(isinstance(n, Variable) and n.trainable for n in here.inputs):
            return True
        if here.kind != "linear" or len(here.inputs) != 1:
            return False
        here = here.inputs[0]
    return False
