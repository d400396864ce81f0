"""Layers grouped by the scope that they are in, as their names tell it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

# More pictures than this are no overview of anything.
MOST = 20


@dataclass(frozen=True, slots=True)
class Scope:
    """A scope and its layers: their full names, by whatever the caller knows them by."""

    name: str
    layers: Mapping[int, str]

    @property
    def members(self) -> Sequence[int]:
        return list(self.layers)

    def short(self, member: int) -> str:
        """The layer's name below the scope."""
        name = self.layers[member]
        return name[len(self.name) + 1 :] if self.name else name


def scopes(layers: Mapping[int, str]) -> list[Scope]:
    """The scopes that tell the layers apart, below the one that all are in.

    A scope of one layer would be a heading for a single name: such layers stay in the outer one,
    and so do all where there are too many scopes.
    """
    shared = _shared([name.split("/") for name in layers.values()])
    groups: dict[tuple[str, ...], dict[int, str]] = {}
    for member, name in layers.items():
        parts = name.split("/")
        inner = tuple(parts[: len(shared) + 1]) if len(parts) > len(shared) + 1 else shared
        groups.setdefault(inner, {})[member] = name
    alone = {inner for inner, members in groups.items() if len(members) == 1}
    if len(alone) == len(groups) or len(groups) - len(alone) > MOST:
        return [Scope("/".join(shared), layers)] if layers else []
    found: dict[tuple[str, ...], dict[int, str]] = {}
    for inner, members in groups.items():
        found.setdefault(shared if inner in alone else inner, {}).update(members)
    return [Scope("/".join(inner), members) for inner, members in found.items()]


def _shared(names: Sequence[Sequence[str]]) -> tuple[str, ...]:
    """The scope that all layers are in; the last part of a name is the layer's own."""
    shared = []
    for parts in zip(*(name[:-1] for name in names), strict=False):
        if len(set(parts)) > 1:
            break
        shared.append(parts[0])
    return tuple(shared)
