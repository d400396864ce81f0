"""What belongs to the same project as a file.

The project is what lies below the nearest folder with a ``.git`` or a ``pyproject.toml``, or else
beside the file.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence

from bnlint.source.resolve import upwards
from bnlint.workspace import Workspace

ROOT_MARKS = (".git", "pyproject.toml")


def files_of(paths: Iterable[str], exclude: Sequence[str], workspace: Workspace) -> list[str]:
    """The files of the projects that some files belong to."""
    folders = dict.fromkeys(os.path.dirname(path) for path in paths)
    roots = {folder: _root(folder, workspace) for folder in folders}
    found: dict[str, None] = {}
    for top in dict.fromkeys(root for root in roots.values() if root is not None):
        files = workspace.discover([top], exclude, markdown=False).found
        found.update(dict.fromkeys(os.path.abspath(path) for path in files))
    for folder, root in roots.items():
        if root is None:
            found.update(dict.fromkeys(_beside(folder, workspace)))
    return list(found)


def _root(folder: str, workspace: Workspace) -> str | None:
    for above in upwards(folder):
        if any(workspace.exists(os.path.join(above, mark)) for mark in ROOT_MARKS):
            return above
    return None


def _beside(folder: str, workspace: Workspace) -> list[str]:
    names = workspace.resolver.names(folder)
    return [os.path.join(folder, name) for name in names if name.endswith(".py")]
