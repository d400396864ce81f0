"""What the body of a module leaves besides its namespace."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from bnlint.interp.guards import FALSE, TRUE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bnlint.interp.guards import Guard
    from bnlint.interp.nodes import Node, Phi
    from bnlint.interp.state import State
    from bnlint.interp.values import Value


@dataclass(slots=True, eq=False)
class Declared:
    """Options, names of libraries and attributes of unknowns that it sets, ops without inputs and
    those of them that it hands over, what it entered, and what there is to say about it."""

    flags: dict[str, Value] = field(default_factory=dict)
    choices: dict[str, list[Any]] = field(default_factory=dict)
    patched: dict[str, Value] = field(default_factory=dict)
    attrs: dict[int, dict[str, Value]] = field(default_factory=dict)
    nodes: list[Node] = field(default_factory=list)
    phis: list[Phi] = field(default_factory=list)
    escaped: dict[Node, Guard] = field(default_factory=dict)
    entered: set[tuple[str, Any]] = field(default_factory=set)
    not_found: dict[tuple[str, int], str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    @classmethod
    def by(cls, state: State, others: Sequence[Declared]) -> Declared:
        """All that is in a state and was declared by none of the others."""
        attrs = {
            key: _new(table, [other.attrs.get(key, {}) for other in others])
            for key, table in state.unknown_attrs.items()
        }
        known = {id(node) for other in others for node in (*other.nodes, *other.phis)}
        return cls(
            _new(state.flag_defaults, [other.flags for other in others]),
            _new(state.flag_choices, [other.choices for other in others]),
            _new(state.patched, [other.patched for other in others]),
            {key: table for key, table in attrs.items() if table},
            [node for node in state.graph.nodes if id(node) not in known],
            [node for node in state.paths.phis if id(node) not in known],
            _new(state.escaped, [other.escaped for other in others]),
            state.entered.difference(*(other.entered for other in others)),
            _new(state.not_found, [other.not_found for other in others]),
            [note for note in state.notes if not any(note in other.notes for other in others)],
        )

    def add_to(self, state: State) -> None:
        """Leave the same in another state, on the paths that run now."""
        paths = state.paths
        state.flag_defaults.update(self.flags)
        state.flag_choices.update(self.choices)
        for name, value in self.patched.items():
            paths.write(state.patched, name, value, TRUE)
            state.patched_by_images[name] = state.patched[name]
        for key, table in self.attrs.items():
            stored = state.unknown_attrs.setdefault(key, {})
            for name, value in table.items():
                paths.write(stored, name, value, TRUE)
        state.graph.nodes.extend(self.nodes)
        paths.phis.extend(self.phis)
        for node, guard in self.escaped.items():
            state.escaped[node] = paths.guards.disj(state.escaped.get(node, FALSE), guard)
        state.entered |= self.entered
        if not state.instead:
            state.not_found.update(self.not_found)
        state.notes += self.notes


def _new(table: Mapping[Any, Any], others: Sequence[Mapping[Any, Any]]) -> dict[Any, Any]:
    return {k: v for k, v in table.items() if not any(o.get(k) == v for o in others if k in o)}
