"""The modules that a name or a path may mean of which only some parts are there to read."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from bnlint.source.resolve import Resolver

# So many folders are looked through below one.
_FOLDERS = 400
# What leads from a folder to one above it, or nowhere.
_UP = re.compile(r"^(?:\.{0,2}/)+")
# Folders that hold what others wrote.
_NOT_OURS = frozenset(("site-packages/", "node_modules/"))


class NamePattern(NamedTuple):
    """Dotted names below one of the ``folders``, or with ``paths`` paths of files, that are made of
    the ``pieces`` in order with anything between two of them.

    A folder counts only where those before it have nothing that fits.
    """

    pieces: tuple[str, ...]
    folders: tuple[str, ...]
    paths: bool = False

    def files_below(self, resolver: Resolver, folder: str) -> list[str]:
        """The files below one of the folders that fit, in order."""
        start = len(os.path.join(folder, ""))
        found = []
        for path in modules_below(resolver, folder):
            relative = path[start:].replace(os.sep, "/")
            if self.fits(f"/{relative}" if self.paths else _dotted(relative)):
                found.append(path)
        return found

    def fits(self, text: str) -> bool:
        """Whether a name or a path may be meant."""
        first, *between = self.pieces
        if not between:
            return text == first
        last = between.pop()
        if not text.startswith(first) or not text.endswith(last):
            return False
        at, end = len(first), len(text) - len(last)
        for piece in between:
            found = text.find(piece, at, end)
            if found < 0:
                return False
            at = found + len(piece)
        return at <= end


def of_name(pieces: Sequence[str], folders: Sequence[str]) -> NamePattern:
    """Of a module's name, from its parts."""
    return NamePattern(tuple(pieces), tuple(folders))


def of_path(pieces: Sequence[str], folders: Sequence[str]) -> NamePattern:
    """Of a file's path, from its parts; a whole one may begin anywhere above the folders."""
    first, *rest = pieces
    begun = _UP.sub("", first)
    whole = ["", f"/{begun}"] if first.startswith("/") else [f"/{begun}" if first else ""]
    return NamePattern((*whole, *rest), tuple(folders), paths=True)


def _dotted(relative: str) -> str:
    module = relative.removesuffix(".py")
    return module.removesuffix("/__init__").replace("/", ".")


def modules_below(resolver: Resolver, folder: str) -> Iterator[str]:
    """The files with modules below a folder, as far as folders are looked through."""
    todo, looked = [folder], 0
    while todo and looked < _FOLDERS:
        one = todo.pop()
        looked += 1
        names = resolver.names(one)
        yield from (os.path.join(one, name) for name in names if name.endswith(".py"))
        todo.extend(
            os.path.join(one, name.rstrip("/"))
            for name in reversed(names)
            if name.endswith("/") and name not in _NOT_OURS and not name.startswith(".")
        )
