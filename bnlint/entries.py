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
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from bnlint.disjoint import Disjoint
from bnlint.importing import importers
from bnlint.project import ROOT_MARKS
from bnlint.reach import Test, levels, names_framework, reaching
from bnlint.source.errors import SourceError
from bnlint.source.name_patterns import modules_below
from bnlint.source.prefilter import imported_by, imports_by_value, may_make_layers
from bnlint.source.resolve import up, upwards
from bnlint.workspace import Workspace


class Entries(NamedTuple):
    """Files in groups, of which none imports anything that another one does; and files that are
    left out, as they hold unit tests only."""

    groups: list[list[str]]
    unit_tests: list[str]


def find_entries(
    paths: Sequence[str], workspace: Workspace, named: Iterable[str] | None = None
) -> Entries:
    """Those of the files that have what makes a layer, or import it and TensorFlow (or a library
    like it), however far away. If some are ``named``, what holds unit tests only is left out of the
    others, unless one imports it."""
    needles = workspace.apis.needles
    files = _Files(
        paths,
        workspace,
        makes=lambda data, _: may_make_layers(data, needles),
        speaks=names_framework(workspace.apis),
    )
    found = files.coming_to(files.makes) & files.coming_to(files.speaks)
    found.update(files.having(files.makes))  # whatever is wrong with one has to be told
    unit_tests: list[str] = []
    if named is not None:
        alone = found - files.imported()
        given = set(map(os.path.realpath, named))  # a link to a file may have been found before it
        tests = filter(files.holds_only_tests, alone)
        unit_tests = [path for path in tests if os.path.realpath(path) not in given]
    found.difference_update(unit_tests)
    return Entries(files.groups([path for path in paths if path in found]), sorted(unit_tests))


class _Files:
    """The files that are asked about and all that they may import.

    What a file imports by a name that it computes is looked for in folders above its own
    (``levels``) and all that is below.
    """

    def __init__(
        self, paths: Sequence[str], workspace: Workspace, makes: Test, speaks: Test
    ) -> None:
        self.makes = makes
        self.speaks = speaks
        self._workspace = workspace
        self._having: dict[Test, list[str]] = {makes: [], speaks: []}
        self._imports: dict[str, set[str]] = {}
        self._importers: dict[str, list[str]] = {}
        self._surely_imported: set[str] = set()
        self._near: dict[str, list[Test]] = {}
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
            self._surely_imported |= file.meant.near
            for imported in self._imports[path]:
                self._importers.setdefault(imported, []).append(path)
        self._computing: dict[tuple[str, int], list[str]] = {}
        speaking = reaching(self._having[speaks], self._importers)
        for path in reaching(computing, self._importers):
            key = os.path.dirname(path), levels(path in speaking)
            self._computing.setdefault(key, []).append(path)

    def imported(self) -> set[str]:
        """The files that others import, from folders that are searched: what is guessed from a name
        alone may be in another share of the work, and is followed by no program."""
        return self._surely_imported

    def holds_only_tests(self, path: str) -> bool:
        """Whether a file can be read and holds unit tests only."""
        from bnlint.unit_tests import holds_only_tests

        try:
            return holds_only_tests(self._workspace.data(path), self._workspace.apis.needles)
        except SourceError:
            return False

    def having(self, test: Test) -> list[str]:
        """The files for which a test holds."""
        return self._having[test]

    def coming_to(self, test: Test) -> set[str]:
        """The files that come to one for which a test holds, and these."""
        having = self._having[test]
        above = {folder for path in having for folder in upwards(os.path.dirname(path))}
        near = [
            path
            for (folder, number), paths in self._computing.items()
            if up(folder, number) in above or test in self._near_by(folder, number)
            for path in paths
        ]
        return reaching([*having, *near], self._importers)

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
        for folder, number in self._computing:
            around = os.path.join(up(folder, number), "")
            near = [path for path in paths if path.startswith(around)]
            for path in near[1:]:
                together.join(near[0], path)
        return together.sets(paths)

    def _near_by(self, folder: str, number: int) -> list[Test]:
        """The tests that hold for a file near a folder that was not looked at yet: in its project,
        or if nothing tells which that is, below the folder."""
        roots = self._workspace.resolver.roots(folder)
        top = roots[: number + 1][-1] if self._is_root(roots[-1]) else folder
        if top not in self._near:
            self._near[top] = self._holding_below(top)
        return self._near[top]

    def _holding_below(self, folder: str) -> list[Test]:
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
