"""Which files are worth analysing: those that come to TensorFlow and to batch norm by imports.

A training script often says nothing of batch norm itself; the network it imports does. In a
repository for several frameworks, or of many networks, most programs come to none, though what they
call bears the names of what others call. What an import means is guessed here from names and
folders alone, and too much rather than too little: a wrong guess costs the time of an analysis,
never a finding.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterable, Sequence

from bnlint.apis import Apis
from bnlint.disjoint import Disjoint
from bnlint.importing import importers
from bnlint.project import ROOT_MARKS
from bnlint.source.errors import SourceError
from bnlint.source.name_patterns import modules_below
from bnlint.source.prefilter import imported_by, imports_by_value, may_make_layers
from bnlint.source.resolve import up, upwards
from bnlint.workspace import Workspace

# TensorFlow and what comes with it, beside the rows of apis.py; nets are slim's networks, which
# programs take along.
_FRAMEWORK = frozenset(
    ["tensorflow", "tf", "keras", "tf_keras", "slim", "tf_slim", "nets", "sonnet", "tensorflow_hub"]
)

_UP = 2
"""So many folders above a file may be where a module lies whose name it computes; of one that says
nothing of the framework itself, one."""

_Test = Callable[[bytes, Sequence[str]], bool]
"""Tells something of a file by its bytes and by the names that it imports."""


def find_entries(paths: Sequence[str], workspace: Workspace) -> list[list[str]]:
    """Those of the files that have what makes a layer, or import it and TensorFlow (or a library
    like it), however far away: in groups, of which none imports anything that another one does."""
    needles = workspace.apis.needles
    files = _Files(
        paths,
        workspace,
        makes=lambda data, _: may_make_layers(data, needles),
        speaks=_names_framework(workspace.apis),
    )
    found = files.coming_to(files.makes) & files.coming_to(files.speaks)
    found.update(files.having(files.makes))  # whatever is wrong with one has to be told
    return files.groups([path for path in paths if path in found])


def _names_framework(apis: Apis) -> _Test:
    if apis.own:  # a row of the user's may mean a function of the project
        return lambda _, __: True
    rows = (*apis.functions, *apis.layers, *apis.makers)
    libraries = _FRAMEWORK.union(name.partition(".")[0] for name in rows)

    return lambda _, names: any(not libraries.isdisjoint(name.split(".")) for name in names)


class _Files:
    """The files that are asked about and all that they may import.

    What a file imports by a name that it computes is looked for in two folders above its own and
    all that is below: in a larger tree, what lies further away belongs to something else.
    """

    def __init__(
        self, paths: Sequence[str], workspace: Workspace, makes: _Test, speaks: _Test
    ) -> None:
        self.makes = makes
        self.speaks = speaks
        self._workspace = workspace
        self._having: dict[_Test, list[str]] = {makes: [], speaks: []}
        self._imports: dict[str, set[str]] = {}
        self._importers: dict[str, list[str]] = {}
        self._near: dict[str, list[_Test]] = {}
        wanted = set(paths)
        self._seen: set[str] = set()
        computing: list[str] = []
        for path, file in importers(paths, workspace):
            self._seen.add(path)
            if isinstance(file, SourceError):
                if path in wanted:
                    workspace.fail(file)
                continue
            for test, having in self._having.items():
                if test(file.data, file.names):
                    having.append(path)
            if imports_by_value(file.data) or b"sys.modules" in file.data:
                computing.append(path)
            self._imports[path] = file.meant.near | file.meant.by_name
            for imported in self._imports[path]:
                self._importers.setdefault(imported, []).append(path)
        self._computing: dict[tuple[str, int], list[str]] = {}
        speaking = self._with_importers(self._having[speaks])
        for path in self._with_importers(computing):
            levels = _UP if path in speaking else 1
            self._computing.setdefault((os.path.dirname(path), levels), []).append(path)

    def having(self, test: _Test) -> list[str]:
        """The files for which a test holds."""
        return self._having[test]

    def coming_to(self, test: _Test) -> set[str]:
        """The files that come to one for which a test holds, and these."""
        having = self._having[test]
        above = {folder for path in having for folder in upwards(os.path.dirname(path))}
        near = [
            path
            for (folder, levels), paths in self._computing.items()
            if up(folder, levels) in above or test in self._near_by(folder, levels)
            for path in paths
        ]
        return self._with_importers([*having, *near])

    def groups(self, paths: Sequence[str]) -> list[list[str]]:
        """Some of the files: those together that import each other, or the same file."""
        together = Disjoint()
        todo = list(paths)
        seen = set(todo)
        for path in todo:  # grows by what is imported
            for imported in self._imports.get(path, ()):
                together.join(path, imported)
                if imported not in seen:
                    seen.add(imported)
                    todo.append(imported)
        for folder, levels in self._computing:
            around = os.path.join(up(folder, levels), "")
            near = [path for path in paths if path.startswith(around)]
            for path in near[1:]:
                together.join(near[0], path)
        return together.sets(paths)

    def _near_by(self, folder: str, levels: int) -> list[_Test]:
        """The tests that hold for a file near a folder that was not looked at yet: in its project,
        or if nothing tells which that is, below the folder."""
        roots = self._workspace.resolver.roots(folder)
        top = roots[: levels + 1][-1] if self._is_root(roots[-1]) else folder
        if top not in self._near:
            self._near[top] = self._holding_below(top)
        return self._near[top]

    def _holding_below(self, folder: str) -> list[_Test]:
        open_ones = list(self._having)
        for path in modules_below(self._workspace.resolver, folder):
            if not open_ones:
                break
            if path not in self._seen:
                with contextlib.suppress(SourceError):
                    data = self._workspace.data(path)
                    names = imported_by(path, data)
                    open_ones = [test for test in open_ones if not test(data, names)]
        return [test for test in self._having if test not in open_ones]

    def _is_root(self, folder: str) -> bool:
        marks = (os.path.join(folder, mark) for mark in ROOT_MARKS)
        return folder == os.getcwd() or any(map(self._workspace.exists, marks))

    def _with_importers(self, paths: Iterable[str]) -> set[str]:
        """Files, and those that import one of them, however far away."""
        todo = list(paths)
        seen = set(todo)
        for path in todo:  # grows by what imports it
            new = [one for one in self._importers.get(path, ()) if one not in seen]
            seen.update(new)
            todo += new
        return seen
