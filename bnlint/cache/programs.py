"""Programs by themselves: what came of each, if it would see the same again."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bnlint.cache.identity import tool
from bnlint.cache.plain import decode, encode
from bnlint.interp.explored import Explored, Root, Seen
from bnlint.interp.why import Reasons
from bnlint.trail import digest

if TYPE_CHECKING:
    from bnlint.cache.store import Store
    from bnlint.workspace import Workspace

_KIND = "program"


@dataclass(frozen=True, slots=True)
class _Entry:
    """Files and folders that were looked at, with digests, the files that were lowered, and what
    came of the program."""

    files: list[tuple[str, str]]
    modules: list[str]
    folders: list[tuple[str, str]]
    explored: Explored


class Programs:
    """What came of programs, if their files are as a workspace shows them now."""

    def __init__(self, store: Store, workspace: Workspace) -> None:
        self._store = store
        self._workspace = workspace
        self._files: dict[str, str] = {}
        self._folders: dict[str, str] = {}
        parts = (tool(store), os.getcwd(), repr(encode(workspace.apis.own)))
        self._question = digest(*(part.encode("utf-8", "surrogatepass") for part in parts))

    def recall(self, root: Root) -> tuple[Seen, Explored] | None:
        value = self._store.get(_KIND, self._key(root))
        try:
            entry = decode(_Entry, value)
            if entry.explored.why is not None:
                Reasons(entry.explored.why)
        except ValueError:
            return None
        if any(self._content(path) != known for path, known in entry.files) or any(
            self._listed(path) != known for path, known in entry.folders
        ):
            return None
        files, modules = set(dict(entry.files)), set(entry.modules)
        if not modules <= files:
            return None
        seen = Seen(files, modules, set(dict(entry.folders)))
        return seen, entry.explored

    def keep(self, root: Root, seen: Seen, explored: Explored) -> None:
        if not self._workspace.steady:
            return
        files = [(path, self._content(path)) for path in sorted(seen.files)]
        folders = [(path, self._listed(path)) for path in sorted(seen.folders)]
        entry = _Entry(files, sorted(seen.modules), folders, explored)
        try:
            self._store.put(_KIND, self._key(root), encode(entry))
        except TypeError:  # a flag that is no plain constant
            return

    def _key(self, root: Root) -> str:
        parts = (self._question, repr(encode(root)))
        return digest(*(part.encode("utf-8", "surrogatepass") for part in parts))

    def _content(self, path: str) -> str:
        found = self._files.get(path)
        if found is None:
            found = self._files[path] = self._workspace.digest(path)
        return found

    def _listed(self, path: str) -> str:
        found = self._folders.get(path)
        if found is None:
            found = self._folders[path] = self._workspace.listed(path)
        return found
