"""Which file of a project an import means, by names and folders alone. Paths are absolute."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

# Imports are not looked for above a folder that holds one of these, nor further up than _CLIMB.
ROOT_MARKS = frozenset((".git", ".hg", "pyproject.toml", "setup.py", "setup.cfg"))
_CLIMB = 8
# A folder of that name is a copy or a stub of the library.
_NEVER_OURS = frozenset(("tensorflow", "numpy"))
# Modules that are compiled, and sources from which they are.
_COMPILED = (".so", ".pyd", ".pyx", ".pxd", ".c", ".cc", ".cpp", ".cu", ".pyc")
# What protoc makes of a description of messages.
_GENERATED = ("_pb2", "_pb2_grpc")


class _Listing(NamedTuple):
    files: frozenset[str] = frozenset()
    folders: frozenset[str] = frozenset()


class Candidates(NamedTuple):
    """The files that imports may mean: in the folders that are searched, and by their names alone
    where those have no such module."""

    near: set[str]
    by_name: set[str]


class Resolver:
    """Resolves imports; each folder is listed once.

    ``extra`` are files that may not be on disk yet: the unsaved ones of an editor. ``asked`` is
    given the folders whose content an answer depends on.
    """

    def __init__(self, extra: Iterable[str] = ()) -> None:
        self._listings: dict[str, _Listing] = {}
        self._roots: dict[str, list[str]] = {}
        self._extra: dict[str, set[str]] = {}
        self.asked: set[str] = set()
        for path in extra:
            self._extra.setdefault(os.path.dirname(path), set()).add(os.path.basename(path))

    def exists(self, path: str) -> bool:
        """Whether a file is there."""
        folder, name = os.path.split(path)
        return name in self._list(folder).files

    def listed(self) -> list[str]:
        """The folders that were listed so far."""
        return list(self._listings)

    def names(self, folder: str) -> list[str]:
        """What of a folder's content imports may depend on, in order, folders with a slash."""
        listing = self._list(folder)
        files = [n for n in listing.files if n.endswith(".py") or n in ROOT_MARKS]
        return sorted((*files, *(f"{name}/" for name in listing.folders)))

    def find(self, folder: str, parts: Sequence[str]) -> str | None:
        """The module of that name below a folder: its file, or the folder of a namespace."""
        base = os.path.normpath(os.path.join(folder, *parts))
        if parts:
            above, name = os.path.split(base)
            listing = self._list(above)
            if f"{name}.py" in listing.files:
                return f"{base}.py"
            if name not in listing.folders:
                return None
        listing = self._list(base)
        if "__init__.py" in listing.files:
            return os.path.join(base, "__init__.py")
        if listing.folders or any(name.endswith(".py") for name in listing.files):
            return base
        return None

    def resolve(
        self, dotted: str, level: int, importer: str, sys_path: Sequence[str] = ()
    ) -> str | None:
        """The file or folder that an import names; None if the project has none.

        ``level`` counts the leading dots; ``sys_path`` is what the program added to it.
        """
        folder = os.path.dirname(importer)
        parts = dotted.split(".") if dotted else []
        if level:
            return self.find(up(folder, level - 1), parts)
        return next(self._absolute(folder, parts, sys_path), None)

    def lacks(self, dotted: str, level: int, importer: str, sys_path: Sequence[str] = ()) -> bool:
        """Whether an import that names no file here should name one: it begins in the project.

        That it does shows a leading dot, or a first part that is a module or a package with an
        ``__init__.py``: a folder without one may bear the name of a library. What is there in
        another form (compiled, or made by ``protoc``) is no Python to be read.
        """
        folder = os.path.dirname(importer)
        parts = dotted.split(".") if dotted else []
        if level:
            return not self._is_built(up(folder, level - 1), parts)
        if len(parts) < 2 or parts[0] in _NEVER_OURS or parts[0] in sys.stdlib_module_names:
            return False
        begun = [
            root
            for root in dict.fromkeys([folder, *sys_path, *self.roots(folder)])
            if (self.find(root, parts[:1]) or "").endswith(".py")
        ]
        return bool(begun) and not any(self._is_built(root, parts) for root in begun)

    def _is_built(self, folder: str, parts: Sequence[str]) -> bool:
        """Whether what a name means is there, but not as Python source."""
        if not parts or parts[-1].endswith(_GENERATED):
            return True
        names = self._list(os.path.join(folder, *parts[:-1])).files
        return any(n.split(".", 1)[0] == parts[-1] and n.endswith(_COMPILED) for n in names)

    def candidates(self, importer: str, names: Iterable[str], known: ByName) -> Candidates:
        """The files that the imports of a file may run; ``names`` as in ``..a.b`` or ``a.b``.

        Rather too many than too few: what the program does to ``sys.path`` is not known here, so
        every folder that may be searched counts, and where none of them has such a module, each
        of the ``known`` files that is called so.
        """
        folder = os.path.dirname(importer)
        near: set[str] = set()
        by_name: set[str] = set()
        for name in names:
            parts = [part for part in name.lstrip(".").split(".") if part]
            level = len(name) - len(name.lstrip("."))
            # The last part may be a name that the module defines.
            for length in range(len(parts), max(len(parts) - 2, -1), -1):
                modules = self._all(folder, parts[:length], level)
                files = {path for path in modules if path.endswith(".py")}
                called = set() if modules or level else known.files(parts[:length])
                near |= files
                by_name |= called
                if files or called:
                    break
        return Candidates(near - {importer}, by_name - {importer})

    def _all(self, folder: str, parts: list[str], level: int) -> list[str]:
        if not level:
            return list(self._absolute(folder, parts, ()))
        found = self.find(up(folder, level - 1), parts)
        return [] if found is None else [found]

    def file(self, path: str, importer: str) -> str | None:
        """A source file of the project by its path, seen from the importer or from above."""
        for root in self.roots(os.path.dirname(importer)):
            found = os.path.normpath(os.path.join(root, path))
            if found.endswith(".py") and self.exists(found):
                return found
        return None

    def _absolute(self, folder: str, parts: list[str], sys_path: Sequence[str]) -> Iterator[str]:
        """Modules in the order in which they would be found."""
        if not parts or parts[0] in _NEVER_OURS:
            return
        standard = parts[0] in sys.stdlib_module_names
        for root in [folder, *sys_path, *([] if standard else self.roots(folder))]:
            found = self.find(root, parts)
            if found is not None and "site-packages" not in found:
                yield found

    def roots(self, folder: str) -> list[str]:
        """The folder and its ancestors, nearest first, up to the root of its project.

        Where nothing marks the root, the working directory does.
        """
        found = self._roots.get(folder)
        if found is None:
            found = self._roots[folder] = self._climb(folder)
        self.asked.update(found)
        return found

    def _climb(self, folder: str) -> list[str]:
        here = os.getcwd()
        found = [folder]
        while len(found) < _CLIMB and found[-1] != here:
            listing = self._list(found[-1])
            if ROOT_MARKS & (listing.files | listing.folders):
                break
            above = os.path.dirname(found[-1])
            if above == found[-1]:
                break
            found.append(above)
        return found

    def _list(self, folder: str) -> _Listing:
        self.asked.add(folder)
        found = self._listings.get(folder)
        if found is None:
            found = self._listings[folder] = self._scan(folder)
        return found

    def _scan(self, folder: str) -> _Listing:
        files, folders = set(self._extra.get(folder, ())), set()
        try:
            with os.scandir(folder) as entries:
                for entry in entries:
                    with contextlib.suppress(OSError):  # a link that leads in a circle
                        if entry.is_dir():
                            if not (entry.is_symlink() and _leads_back(entry.path)):
                                folders.add(entry.name)
                        elif entry.is_file():
                            files.add(entry.name)
        except (OSError, ValueError):  # it is not there, or the program made a name that none has
            pass
        return _Listing(frozenset(files), frozenset(folders))


class ByName:
    """The files of a project by the dotted names that some ``sys.path`` may give them."""

    def __init__(self, paths: Iterable[str]) -> None:
        self._by_name: dict[str, list[tuple[str, str]]] = {}
        for path in paths:
            module = os.path.splitext(path)[0]
            if os.path.basename(module) == "__init__":
                module = os.path.dirname(module)
            self._by_name.setdefault(os.path.basename(module), []).append((module, path))

    def files(self, parts: Sequence[str]) -> set[str]:
        """The files that may be called so; none for what is never a project's own."""
        if not parts or parts[0] in _NEVER_OURS or parts[0] in sys.stdlib_module_names:
            return set()
        suffix = os.sep + os.sep.join(parts)
        found = self._by_name.get(parts[-1], ())
        return {path for module, path in found if module.endswith(suffix)}


def _leads_back(link: str) -> bool:
    """Whether a link leads to a folder that it is in: modules there have names without end."""
    target = os.path.realpath(link)
    folder = os.path.dirname(link)
    while os.path.realpath(folder) != target:
        if folder == os.path.dirname(folder):
            return False
        folder = os.path.dirname(folder)
    return True


def upwards(folder: str) -> Iterator[str]:
    """A folder, and all that it lies in, nearest first."""
    yield folder
    while folder != (folder := os.path.dirname(folder)):
        yield folder


def up(folder: str, levels: int) -> str:
    """The folder so many levels above one."""
    for _ in range(levels):
        folder = os.path.dirname(folder)
    return folder
