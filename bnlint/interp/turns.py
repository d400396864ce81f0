"""The turns of a loop: those that are followed one by one, and one that stands for all others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bnlint.interp.guards import FALSE, TRUE
from bnlint.interp.nodes import Node
from bnlint.interp.values import Seq, Value

if TYPE_CHECKING:
    from bnlint.interp.guards import Guard
    from bnlint.interp.paths import Paths


_DEEPEST = 2
"""So deeply tuples are looked into: those of towers hold pairs of a gradient and a variable. What
holds itself many times over would have no end."""


def followed(paths: Paths, items: list[Value], limit: int) -> list[Value]:
    """Not more than ``limit`` elements; the last one stands for all that are left out, too.

    What a program makes of these is made of tensors, which one that may be any of them stands for.
    """
    if len(items) <= limit:
        return items
    return [*items[: limit - 1], _together(paths, items[limit - 1 :])]


def _together(paths: Paths, items: list[Value]) -> Value:
    """The last of some elements, with any of their tensors in the place of its own."""
    found = [paths.present(item) for item in items]
    there = [paths.presence(item) for item in items]
    merged = _merged(paths, found, there, 0)
    if merged is None:
        return items[-1]
    guard = TRUE if TRUE in there else paths.guards.any_of(g for g in there if g != FALSE)
    return paths.optional(merged, guard)


def _merged(paths: Paths, found: list[Value], there: list[Guard], depth: int) -> Value | None:
    last = found[-1]
    if isinstance(last, Node):
        tensors = [(g, v) for g, v in zip(there, found, strict=True) if isinstance(v, Node)]
        return paths.phi(tensors)
    if not isinstance(last, Seq) or last.kind != "tuple" or not last.exact or depth == _DEEPEST:
        return None
    alike = [
        (g, v.items)
        for g, v in zip(there, found, strict=True)
        if isinstance(v, Seq) and v.exact and len(v.items) == len(last.items)
    ]
    guards = [g for g, _ in alike]
    columns = zip(*(items for _, items in alike), strict=True)
    parts = [_merged(paths, list(column), guards, depth + 1) or column[-1] for column in columns]
    return Seq("tuple", parts)
