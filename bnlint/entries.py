"""Which files are worth analysing: those that batch norm can reach through their imports.

A training script often says nothing of batch norm itself; the network it imports does. What an
import means is guessed here from names and folders alone, and too much rather than too little: a
wrong guess costs the time of an analysis, never a finding.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Sequence

from bnlint.source.errors import SourceError
from bnlint.source.prefilter import imported_names, may_use_batch_norm
from bnlint.workspace import Workspace

# Imports are not looked for above a folder that holds one of these, nor further up than _CLIMB.
_ROOT_MARKS = frozenset((".git", ".hg", "pyproject.toml", "setup.py", "setup.cfg"))
_CLIMB = 6
# Ways to import a module whose name need not be there to read.
_DYNAMIC = (b"import_module", b"__import__", b"load_source", b"SourceFileLoader", b"spec_from_file")
# In a notebook each source line is a JSON string on a line of its own.
_QUOTE = re.compile(rb'^[ \t]*"', re.MULTILINE)


def find_entries(paths: Sequence[str], workspace: Workspace) -> list[str]:
    """Those of the files that may use batch norm, or import, however far away, one that may."""
    wanted = set(paths)
    resolver = Resolver(paths)
    importers: dict[str, list[str]] = {}
    reached: list[str] = []
    dynamic: list[str] = []
    queue = list(paths)
    for path in queue:  # grows by imported files that were not asked for
        try:
            data = workspace.data(path)
        except SourceError as error:
            if path in wanted:
                workspace.fail(error)
            continue
        if may_use_batch_norm(data):
            reached.append(path)
            continue
        if any(way in data for way in _DYNAMIC):
            dynamic.append(path)
        for imported in resolver.files(path, imported_names(as_script(path, data))):
            if imported not in importers and imported not in wanted:
                queue.append(imported)
            importers.setdefault(imported, []).append(path)
    if reached:
        reached += dynamic  # they may import anything
    entries = set(reached)
    for path in reached:
        new = [importer for importer in importers.get(path, ()) if importer not in entries]
        entries.update(new)
        reached += new
    return [path for path in paths if path in entries]


class Resolver:
    """Tells which files the imports of a file may mean, by names and folders alone."""

    def __init__(self, paths: Iterable[str]) -> None:
        self._listings: dict[str, frozenset[str]] = {}
        self._bases: dict[str, list[str]] = {}
        self._by_name: dict[str, list[tuple[str, str]]] = {}
        for path in paths:
            module = os.path.splitext(path)[0]
            if os.path.basename(module) == "__init__":
                module = os.path.dirname(module)
            self._by_name.setdefault(os.path.basename(module), []).append((module, path))

    def files(self, importer: str, names: Iterable[str]) -> set[str]:
        """The files that the imports of a file may mean; ``names`` as in ``..a.b`` or ``a.b``."""
        folder = os.path.dirname(importer)
        found: set[str] = set()
        for name in names:
            parts = name.lstrip(".").split(".")
            if level := len(name) - len(name.lstrip(".")):
                base = folder
                for _ in range(level - 1):
                    base = os.path.dirname(base)
                found.update(self._below(base, [part for part in parts if part]))
            else:
                found.update(self._absolute(folder, parts))
        found.discard(importer)
        return found

    def _absolute(self, folder: str, parts: list[str]) -> Iterator[str]:
        near = [path for base in self._search(folder) for path in self._below(base, parts)]
        if near:
            yield from near
            return
        # Some `sys.path` may make it importable: any file of that name is a candidate.
        for length in (len(parts), len(parts) - 1):
            suffix = os.sep + os.sep.join(parts[:length])
            for module, path in self._by_name.get(parts[length - 1], ()) if length else ():
                if module.endswith(suffix):
                    yield path

    def _below(self, base: str, parts: list[str]) -> Iterator[str]:
        """The module of that name, or else the one that holds a name of the last part."""
        if parts and parts[0] not in (names := self._list(base)) and f"{parts[0]}.py" not in names:
            return
        for length in range(len(parts), max(len(parts) - 2, -1), -1):
            module = os.path.join(base, *parts[:length])
            package, name = os.path.split(module)
            if length and f"{name}.py" in self._list(package):
                yield f"{module}.py"
                return
            if "__init__.py" in self._list(module):
                yield os.path.join(module, "__init__.py")
                return

    def _search(self, folder: str) -> list[str]:
        """The folder and those above it, up to the root of its project."""
        if folder not in self._bases:
            bases = [folder]
            while len(bases) <= _CLIMB and not _ROOT_MARKS & self._list(bases[-1]):
                parent = os.path.dirname(bases[-1])
                if parent == bases[-1]:
                    break
                bases.append(parent)
            self._bases[folder] = bases
        return self._bases[folder]

    def _list(self, folder: str) -> frozenset[str]:
        if folder not in self._listings:
            try:
                self._listings[folder] = frozenset(os.listdir(folder))
            except OSError:
                self._listings[folder] = frozenset()
        return self._listings[folder]


def as_script(path: str, data: bytes) -> bytes:
    """The bytes of a file with import statements at the starts of lines, in a notebook too."""
    return _QUOTE.sub(b"", data) if path.endswith(".ipynb") else data
