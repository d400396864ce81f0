"""Files that belong together, found out pair by pair."""

from __future__ import annotations

from collections.abc import Iterable


class Disjoint:
    """Disjoint sets of files, joined one pair after the other."""

    def __init__(self) -> None:
        self._over: dict[str, str] = {}
        self.joins = 0

    def head(self, path: str) -> str:
        """The file that stands for the whole set."""
        while (above := self._over.get(path, path)) != path:
            self._over[path] = self._over.get(above, above)
            path = above
        return path

    def join(self, one: str, other: str) -> None:
        """Make one set of those that two files are in."""
        heads = self.head(one), self.head(other)
        if heads[0] != heads[1]:
            self._over[heads[1]] = heads[0]
            self.joins += 1

    def sets(self, paths: Iterable[str]) -> list[list[str]]:
        """Some files by the sets that they are in, in the order in which they are given."""
        found: dict[str, list[str]] = {}
        for path in paths:
            found.setdefault(self.head(path), []).append(path)
        return list(found.values())
