"""Which files are worth analysing: those that batch norm can reach through their imports.

A training script often says nothing of batch norm itself; the network it imports does. What an
import means is guessed here from names and folders alone, and too much rather than too little: a
wrong guess costs the time of an analysis, never a finding.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence

from bnlint.project import files_of
from bnlint.source.errors import SourceError
from bnlint.source.prefilter import imported_names, imports_by_value, may_use_batch_norm
from bnlint.source.resolve import ByName
from bnlint.workspace import Workspace

# In a notebook each source line is a JSON string on a line of its own.
_QUOTE = re.compile(rb'^[ \t]*"', re.MULTILINE)


def find_entries(paths: Sequence[str], workspace: Workspace) -> list[str]:
    """Those of the files that may use batch norm, or import, however far away, one that may."""
    wanted = set(paths)
    known = ByName(paths)
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
        if may_use_batch_norm(data, workspace.apis.needles):
            reached.append(path)
            continue
        if imports_by_value(data):
            dynamic.append(path)
        names = imported_names(as_script(path, data))
        found = workspace.resolver.candidates(path, names, known)
        for imported in found.near | found.by_name:
            if imported not in importers and imported not in wanted:
                queue.append(imported)
            importers.setdefault(imported, []).append(path)
    if reached or _project_has_batch_norm(dynamic, workspace):
        reached += dynamic  # they may import anything
    entries = set(reached)
    for path in reached:
        new = [importer for importer in importers.get(path, ()) if importer not in entries]
        entries.update(new)
        reached += new
    return [path for path in paths if path in entries]


def _project_has_batch_norm(paths: Sequence[str], workspace: Workspace) -> bool:
    """Whether a file that none of these names, but that one of them may import, has batch norm."""
    below = [name for path in paths for name in _in_packages_beside(path, workspace)]
    for path in dict.fromkeys([*files_of(paths, (), workspace), *below]):
        try:
            if may_use_batch_norm(workspace.data(path), workspace.apis.needles):
                return True
        except SourceError:
            continue
    return False


def _in_packages_beside(path: str, workspace: Workspace) -> list[str]:
    """The files of the packages beside a file, which no project need hold together."""
    folder, names = os.path.dirname(path), workspace.resolver.names
    packages = [os.path.join(folder, name) for name in names(folder) if name.endswith("/")]
    return [
        os.path.join(package, name)
        for package in packages
        for name in names(package.rstrip("/"))
        if name.endswith(".py")
    ]


def as_script(path: str, data: bytes) -> bytes:
    """The bytes of a file with import statements at the starts of lines, in a notebook too."""
    return _QUOTE.sub(b"", data) if path.endswith(".ipynb") else data
