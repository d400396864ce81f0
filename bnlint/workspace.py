"""The files of one run: each is read and lowered at most once.

Paths are absolute here, so that one file has one name however an argument or an import spells it.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from bnlint.apis import BUILT_IN, Apis
from bnlint.outcome import Problem
from bnlint.source import read
from bnlint.source.discover import Walk, walk
from bnlint.source.errors import SourceError
from bnlint.source.resolve import Resolver
from bnlint.trail import Trail, digest, digest_of_names

if TYPE_CHECKING:
    from bnlint.cache.files import Files
    from bnlint.finding import Location
    from bnlint.source.ir import Module
    from bnlint.source.load import Loaded


class Observed(NamedTuple):
    """Paths that were lowered, read, listed, or asked for."""

    modules: frozenset[str]
    files: frozenset[str]
    folders: frozenset[str]
    marks: frozenset[str]

    def beyond(self, other: Observed) -> Observed:
        return Observed(
            self.modules - other.modules,
            self.files - other.files,
            self.folders - other.folders,
            self.marks - other.marks,
        )


class Workspace:
    """Reads through ``overlay`` first: the unsaved text of an editor, under its file's name.

    ``problems`` are the files that could not be read or parsed, ``crashes`` those that broke
    bnlint itself; neither stops the others. ``apis`` are the APIs that mean something in it,
    ``kept`` the files that earlier runs lowered, ``jobs`` how many processes may be used.
    ``steady`` is whether no file had two contents so far.
    """

    def __init__(
        self,
        overlay: Mapping[str, bytes] | None = None,
        apis: Apis = BUILT_IN,
        jobs: int = 1,
    ) -> None:
        self.apis = apis
        self._jobs = jobs
        self._ahead: dict[str, Loaded | SourceError] = {}
        self.kept: Files | None = None
        self._files: dict[str, str] = {}
        self._marks: dict[str, bool] = {}
        self._searches: list[tuple[tuple[str, ...], tuple[str, ...], bool, str]] = []
        self.steady = True
        self._looked: list[str] = []
        self._asked: list[str] = []
        self._overlay = {os.path.abspath(path): data for path, data in (overlay or {}).items()}
        self.resolver = Resolver(self._overlay)
        self._modules: dict[str, Module | None] = {}
        self._sources: dict[str, str] = {}
        self._loaded: dict[str, Loaded] = {}
        self._failed: set[str] = set()
        self.problems: list[Problem] = []
        self.crashes: list[tuple[str, Exception]] = []

    def data(self, path: str) -> bytes:
        """The bytes of a file; raises SourceError."""
        path = os.path.abspath(path)
        try:
            found = self._data(path)
        except SourceError as error:
            self._note(path, error.message)
            raise
        self._note(path, digest(found))
        return found

    def _note(self, path: str, content: str) -> None:
        """Note the digest of a file, or why there is none."""
        if self._files.setdefault(path, content) != content:
            self.steady = False

    def _data(self, path: str) -> bytes:
        if path in self._overlay:
            return read.within_limit(self._overlay[path], path)
        return read.read_bytes(path)

    def discover(self, paths: Sequence[str], exclude: Sequence[str], *, markdown: bool) -> Walk:
        """The files that are given or below what is given, as ``walk`` finds them."""
        walked = walk(paths, exclude, markdown=markdown)
        self._searches.append((tuple(paths), tuple(exclude), markdown, _digest_of_search(walked)))
        self._looked += walked.looked
        self._asked += walked.asked
        return walked

    def exists(self, path: str) -> bool:
        """Whether there is something of that name."""
        return self._marks.setdefault(path, os.path.exists(path))

    def look_at(self, paths: Sequence[str]) -> None:
        """Note that the status of files matters: what is in them was looked at, and nothing came of
        it."""
        self._looked += paths

    def looked(self) -> tuple[list[str], list[str], list[str]]:
        """The paths that a run depends on by their status, by whether something is there, and by
        the names in them: whatever else is done to a folder above the project is no matter."""
        status = dict.fromkeys([*self._files, *self._looked])
        folders = [folder for folder in self.resolver.listed() if folder not in status]
        return list(status), list(dict.fromkeys([*self._marks, *self._asked])), folders

    def trail(self) -> Trail:
        """What was looked at so far."""
        folders = {folder: self.listed(folder) for folder in self.resolver.listed()}
        return Trail(self._files, folders, self._marks, self._searches, self.steady)

    def digest(self, path: str) -> str:
        """The digest of a file as this run sees it, or why there is none."""
        if path not in self._files:
            path = os.path.abspath(path)  # what is asked for may come from a cache
            with contextlib.suppress(SourceError):
                self.data(path)
        return self._files[path]

    # --- the same questions, asked again of a later state of the disk ------------------------

    def is_there(self, path: str) -> bool:
        return os.path.exists(path)

    def searched(self, paths: Sequence[str], exclude: Sequence[str], markdown: bool) -> str:
        return _digest_of_search(walk(paths, exclude, markdown=markdown))

    def listed(self, folder: str) -> str:
        return digest_of_names(self.resolver.names(folder))

    def content(self, path: str) -> str:
        try:
            return digest(self._data(path))
        except SourceError as error:
            return error.message

    def source(self, path: str, cell: int | None = None) -> str | None:
        """The text of a file or of a notebook cell, for code frames; None if there is none."""
        path = os.path.abspath(path)
        if cell is not None:
            self.module(path)
            found = self._loaded[path].cells if path in self._loaded else []
            return next(("\n".join(c.lines) for _, c in found if c.number == cell), None)
        if path not in self._sources:
            try:
                self._sources[path] = read.decode(self.data(path), path)
            except SourceError:
                return None
        return self._sources[path]

    def module(self, path: str) -> Module | None:
        """The lowered file; None, and an entry in ``problems``, where it cannot be had."""
        path = os.path.abspath(path)
        if path not in self._modules:
            self._modules[path] = self._lower(path)
        return self._modules[path]

    def mentions(self, path: str, word: str) -> bool:
        """Whether a file can be read and has a word in it."""
        try:
            return word.encode("utf-8", "surrogatepass") in self.data(path)
        except SourceError:
            return False

    def read_ahead(self, paths: Sequence[str]) -> None:
        """Lower files that will be asked for, several at once where that saves time."""
        if self._jobs < 2:
            return
        files = []
        for path in paths:
            try:
                data = self.data(path)
            except SourceError:
                continue
            loaded = self.kept.get(data, path) if self.kept is not None else None
            if loaded is not None:
                self._ahead[path] = loaded
            else:
                files.append((path, data))
        from bnlint.source import parallel

        processes = min(self._jobs, sum(len(data) for _, data in files) // parallel.SHARE)
        if processes < 2:
            return
        found = parallel.load_all(files, processes)
        self._ahead.update(found)
        if self.kept is not None:
            for path, data in files:
                read_now = found.get(path)
                if read_now is not None and not isinstance(read_now, SourceError):
                    self.kept.put(data, path, read_now)

    def size(self, path: str) -> int:
        """How many bytes a file has; 0 where there is none."""
        if path in self._overlay:
            return len(self._overlay[path])
        try:
            return os.path.getsize(path)
        except OSError:
            return 0

    def observed(self) -> Observed:
        """What was looked at so far, and what was lowered."""
        return Observed(
            frozenset(self._modules),
            frozenset(self._files),
            frozenset(self.resolver.listed()),
            frozenset(self._marks),
        )

    def observe(self, observed: Observed) -> None:
        """Look at what a copy of this workspace looked at."""
        for path in sorted(observed.modules):
            self.module(path)
        for path in sorted(observed.files):
            self.digest(path)
        for path in sorted(observed.folders):
            self.resolver.names(path)
        for path in sorted(observed.marks):
            self.exists(path)

    def lowered(self) -> dict[str, Module]:
        """The files that were lowered so far, by path."""
        return {path: module for path, module in self._modules.items() if module is not None}

    def failed(self, path: str) -> bool:
        return os.path.abspath(path) in self._failed

    def fail(self, error: SourceError) -> None:
        """Record that a file is unreadable, once a file."""
        path = os.path.abspath(error.path)
        if path not in self._failed:
            self._failed.add(path)
            self.problems.append(Problem(path, error.line, error.message))

    def python2(self) -> list[str]:
        """The files that were read as Python 2."""
        return sorted(path for path, loaded in self._loaded.items() if loaded.python2)

    def located(self, location: Location) -> Location:
        """In a notebook: by cell and line in the cell, with the line of the JSON file."""
        loaded = self._loaded.get(os.path.abspath(location.path))
        found = loaded.cell_at(location.line) if loaded is not None else None
        if found is None:
            return location
        offset, cell = found
        line = location.line - offset
        return location._replace(
            line=line,
            end_line=min(location.end_line - offset, len(cell.lines)),
            cell=cell.number,
            raw_line=cell.raw_lines[min(line, len(cell.raw_lines)) - 1],
        )

    def _lower(self, path: str) -> Module | None:
        try:
            loaded = self._ahead.pop(path, None) or self._load(path)
            if isinstance(loaded, SourceError):
                raise loaded
            self._loaded[path] = loaded
            self._sources[path] = loaded.text
            for error in loaded.errors:
                self.problems.append(Problem(path, error.line, error.message))
            return loaded.module
        except SourceError as error:
            self.fail(error)
        except RecursionError:
            self.fail(SourceError(path, 1, "nested too deeply to be parsed"))
        except Exception as error:
            # A bug of ours in one file must not cost the user the findings in the others.
            self._failed.add(path)
            self.crashes.append((path, error))
        return None

    def _load(self, path: str) -> Loaded:
        data = self.data(path)
        loaded = self.kept.get(data, path) if self.kept is not None else None
        if loaded is None:
            from bnlint.source.load import load  # imports libcst

            loaded = load(data, path)
            if self.kept is not None:
                self.kept.put(data, path, loaded)
        return loaded


def _digest_of_search(walked: Walk) -> str:
    return digest_of_names([*walked.found, *map(str, walked.errors)])


def shown(path: str) -> str:
    """The path as it is shown: relative if it lies below the working directory."""
    here = os.path.join(os.getcwd(), "")
    path = os.path.abspath(path)
    return path[len(here) :] if path.startswith(here) else path
