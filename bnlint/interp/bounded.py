"""Calls that have nothing to do with the graph, and more conditions than are worth following.

What prepares data may branch on every property of every file. Such a call is given up after a
while, and the program goes on as if the function were outside of the project: what it gives is
unknown, and so is whether it changed what it was given.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bnlint.interp.guards import TooLarge
from bnlint.interp.nodes import nodes_of
from bnlint.interp.overwriting import overwrite_attributes
from bnlint.interp.values import Map, Seq

if TYPE_CHECKING:
    from collections.abc import Callable, Sized

    from bnlint.interp.args import Args
    from bnlint.interp.interpreter import Interpreter
    from bnlint.interp.state import State
    from bnlint.interp.values import Func, Value

_SHARE = 12
"""Of the nodes of guards that a program may still visit, such a call may visit this part."""
_SHARE_AGAIN = 120
"""The same of a function that was given up before."""


def entered(machine: Interpreter, func: Func, args: Args, enter: Callable[[], Value]) -> Value:
    """What a call gives, by ``enter``; unknown where that takes too many conditions.

    Calls within such a call share its bound. Raises ``TooLarge`` where the call built more than
    tensors after all, or the program has spent all that it may.
    """
    state = machine.state
    if state.in_bounds or machine.modules.touches_graph(func.node.body):
        return enter()
    guards, paths = state.conditions.guards, state.paths
    share = _SHARE_AGAIN if func.key in state.given_up else _SHARE
    before, asking, raised = paths.now, state.conditions.asking, len(paths.raised)
    graph, tensors, done = state.graph, len(state.graph.nodes), _done(state)
    state.in_bounds = True
    try:
        with guards.within((guards.most - guards.spent) // share):
            return enter()
    finally:
        state.in_bounds = False
    if done != _done(state):
        raise TooLarge
    paths.now, state.conditions.asking = before, asking
    del paths.raised[raised:]
    state.given_up.add(func.key)
    state.widen(f"{func.name} asks for more combinations of conditions than are followed")
    for value in args.values():
        if isinstance(value, (Seq, Map)):
            value.exact = False
        overwrite_attributes(state, value)
    deps = [*nodes_of(args.values()), *graph.nodes[tensors:]]
    reason = "what takes too many combinations of conditions"
    return state.unknown(reason, deps=dict.fromkeys(deps))


def _done(state: State) -> tuple[int, ...]:
    """What a call that only handles data leaves as it was: what rules speak of, the runs of the
    graph, and what is left again in order."""
    left: tuple[Sized, ...] = (
        state.frames,
        state.importing,
        state.executing,
        state.making,
        state.blocks,
        state.loops,
        state.turns,
        state.entered_by_hand,
    )
    told: tuple[Sized, ...] = (
        state.graphs,
        state.layers,
        state.train_ops,
        state.runs,
        state.reads,
        state.savers,
    )
    return state.paths.tries, *map(len, left), *map(len, told)
