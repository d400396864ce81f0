"""What was seen in the variables themselves, which is the last word on what runs did to them.

A recording with ``--watch-statistics`` knows which variables each distinct run changed, the first
times it was run, and which had another value at the end. What the graph and the feeds let expect
gives way to that.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set

from bnlint.graph.judge import PLACEHOLDERS, Analysis, Hindrance, Verdict
from bnlint.graph.layers import Layer
from bnlint.graph.live import canonical
from bnlint.graph.ops import ADDS, VARIABLES, WRITES
from bnlint.graph.proto import Node

Seen = tuple[frozenset[str], Verdict]
"""The variables that a run was seen to change, and what was expected of it."""


def believe(analysis: Analysis, runs: Sequence[Seen], changed: Mapping[str, bool]) -> None:
    """Correct the verdicts. ``changed`` are the watched variables, by whether they ever changed."""
    writes: dict[str, set[str]] = {}
    for node in analysis.graph.having(WRITES):
        variable = analysis.variables.behind(node)
        if variable is not None and variable in changed:
            writes.setdefault(variable, set()).add(node.name)
    for layer in analysis.layers:
        watched = [name for name in layer.statistics if name in changed]
        moved = {name for name in watched if _moved(layer, name, runs, changed, writes)}
        if moved.issuperset(layer.statistics):
            for _, verdict in runs:
                if not verdict.moved.isdisjoint(moved):
                    verdict.hindrances = [h for h in verdict.hindrances if h.layer != layer.name]
        if watched == layer.statistics and not moved:
            _still(layer, runs)
        for _, verdict in runs:
            verdict.moved.difference_update(name for name in watched if name not in moved)


def _moved(
    layer: Layer,
    name: str,
    runs: Sequence[Seen],
    changed: Mapping[str, bool],
    writes: Mapping[str, set[str]],
) -> bool:
    """Whether a run moved a statistic, and did not merely set it to what it was given."""
    updates = {node.name for node in layer.updates.get(name, ())}
    sets = writes.get(name, set()) - updates
    moving = [
        verdict
        for seen, verdict in runs
        if name in seen
        and (any(n in verdict.ancestors for n in updates) or not _any(sets, verdict))
    ]
    if not moving and changed[name] and not any(name in seen for seen, _ in runs):
        # It changed when nobody looked: by a run that may, or by one that nobody can explain.
        moving = [verdict for _, verdict in runs if name in verdict.moved]
        if not moving and not any(_any(sets, verdict) for _, verdict in runs):
            moving = [verdict for _, verdict in runs if verdict.trains]
    for verdict in moving:
        verdict.reached.add(name)
        verdict.moved.add(name)
        verdict.nodes.update(updates)
    return bool(moving)


def untold(
    analysis: Analysis, moved: Set[str], feeds: Sequence[Mapping[str, object]]
) -> str | None:
    """What decides whether statistics moved that are thought to, where only values tell.

    A flag that is computed, a variable, or fed as something else than a Boolean value; or a rate
    that is fed or a variable. ``feeds`` are those of all runs.
    """
    given = {canonical(name) for run in feeds for name in run}
    fed = {canonical(name) for run in feeds for name, value in run.items() if value is not None}
    for layer in analysis.layers:
        if moved.isdisjoint(layer.statistics):
            continue
        node = layer.flag.node
        if layer.flag.kind in ("computed", "variable") or (node in given and node not in fed):
            return node
        for update in layer.writers:
            rate = _rate(analysis, update)
            if rate is not None:
                return rate
    return None


_NUMBERS = frozenset({"Identity", "ReadVariableOp", "Sub", "Switch", "Merge", "Cast", "Reshape"})


def _rate(analysis: Analysis, update: Node) -> str | None:
    """What an update multiplies the difference with, if that is held by something else."""
    graph = analysis.graph
    product = graph.node(update.inputs[1]) if update.op in ADDS and len(update.inputs) > 1 else None
    if product is None or product.op != "Mul":
        return None
    variable = analysis.variables.behind(update)
    for side in product.inputs[:2]:
        pending, seen, held = [side], set[str](), None
        while pending and len(seen) < 20:
            node = graph.node(pending.pop())
            if node is None or node.name in seen:
                continue
            seen.add(node.name)
            if node.op in PLACEHOLDERS or node.op in VARIABLES:
                held = node.name
            elif node.op in _NUMBERS:
                pending += [tensor for tensor in node.inputs if tensor[:1] != "^"]
            elif node.op != "Const":
                break
        else:
            if held is not None and variable not in seen and not pending:
                return held
    return None


def _any(nodes: set[str], verdict: Verdict) -> bool:
    return any(name in verdict.ancestors for name in nodes)


def _still(layer: Layer, runs: Sequence[Seen]) -> None:
    """A layer whose updates ought to have moved its statistics, and did not."""
    for _, verdict in runs:
        if (verdict.trains or verdict.idle) and verdict.moved.issuperset(layer.statistics):
            node = layer.writers[0].name
            detail = "the values were watched, and did not change"
            verdict.hindrances.append(Hindrance("still", layer.name, node, detail, True))
