"""The files of a project as they are at one point of a repair."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from bnlint.fix.edits import CannotFix, Change, apply, moved
from bnlint.fix.source import Source
from bnlint.fix.tree import Tree


class Sources:
    """Reads a file at most once; ``changed`` gives the files after a change, this stays."""

    def __init__(self, read: Callable[[str], bytes], overlay: Mapping[str, bytes]) -> None:
        self._read = read
        self.overlay = dict(overlay)
        self._sources: dict[str, Source] = {}
        self._trees: dict[str, Tree] = {}
        self._data: dict[str, bytes] = {}

    def data(self, path: str) -> bytes:
        if path in self.overlay:
            return self.overlay[path]
        if path not in self._data:
            self._data[path] = self._read(path)
        return self._data[path]

    def source(self, path: str) -> Source:
        if path not in self._sources:
            self._sources[path] = Source(path, self.data(path))
        return self._sources[path]

    def tree(self, path: str) -> Tree:
        """The program of a file; raises CannotFix."""
        if path not in self._trees:
            self._trees[path] = Tree(self.source(path).program, path)
        return self._trees[path]

    def changed(self, changes: Sequence[Change]) -> Sources:
        """The files with changes made, which still parse; raises CannotFix."""
        after = Sources(self._read, self.overlay)
        for path in dict.fromkeys(change.path for change in changes):
            here = [change for change in changes if change.path == path]
            after.overlay[path] = self.source(path).changed(here)
            if after.tree(path).text != apply(self.tree(path).text, here):
                raise CannotFix("its changes are not read back as they were written")
        return after

    def moved(self, place: tuple[str, int, int], changes: Sequence[Change]) -> tuple[int, int]:
        """The line and column that a place has after the changes."""
        path, line, column = place
        here = [change for change in changes if change.path == path]
        if not here:
            return line, column
        before = self.tree(path)
        offset = moved(before.offset(line, column), here)
        return Tree(apply(before.text, here), path).place(offset)
