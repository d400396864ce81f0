"""Functions and classes of a project, and in which order and batches they are looked at."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bnlint.interp.relevance import names_in

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from bnlint.source import ir

Definition = tuple[str, "ir.FunctionDef | ir.ClassDef"]
"""A function or class, and the file that it is in."""

_TOGETHER = 32
"""So many may be begun before what one of them enters is known."""


class Mentions:
    """Which definitions mention the names of which others."""

    def __init__(self, found: Sequence[Definition]) -> None:
        self._found = found
        named: dict[str, list[int]] = {}
        for index, (_, stmt) in enumerate(found):
            named.setdefault(stmt.name, []).append(index)
        self._names = {id(stmt): names_in(stmt.body) & named.keys() for _, stmt in found}
        self._others = [
            sorted((n for name in self._names[id(stmt)] for n in named[name]), reverse=True)
            for _, stmt in found
        ]

    def callers_first(self) -> list[Definition]:
        """Definitions in an order in which what mentions a name comes before what bears it."""
        seen: set[int] = set()
        finished: list[int] = []
        for start in reversed(range(len(self._found))):
            todo = [(start, False)]
            while todo:
                index, done = todo.pop()
                if done:
                    finished.append(index)
                elif index not in seen:
                    seen.add(index)
                    todo.append((index, True))
                    todo.extend((n, False) for n in self._others[index] if n not in seen)
        return [self._found[index] for index in reversed(finished)]

    def apart(self, order: Iterable[Definition]) -> Iterator[list[Definition]]:
        """Batches of definitions that follow each other, of which none mentions a later one."""
        batch: list[Definition] = []
        names: set[str] = set()
        for one in order:
            if one[1].name in names or len(batch) == _TOGETHER:
                yield batch
                batch, names = [], set()
            batch.append(one)
            names |= self._names[id(one[1])]
        if batch:
            yield batch
