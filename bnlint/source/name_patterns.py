"""The modules that a name or a path may mean of which only some parts are there to read."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bnlint.source.resolve import Resolver

# So many folders are looked through below one.
_FOLDERS = 400
# Folders that hold what others wrote.
_NOT_OURS = frozenset(("site-packages/", "node_modules/"))


@dataclass(frozen=True, slots=True)
class NamePattern:
    """``regex`` fits dotted names below one of the ``folders``, or with ``paths`` paths of files.

    A folder counts only where those before it have nothing that fits.
    """

    regex: str
    folders: tuple[str, ...]
    paths: bool = False

    def files(self, resolver: Resolver) -> Iterator[list[str]]:
        """For each folder the files that fit, in order."""
        regex = re.compile(self.regex, re.DOTALL)
        for folder in dict.fromkeys(self.folders):
            found = []
            for path in _below(resolver, folder):
                relative = os.path.relpath(path, folder).replace(os.sep, "/")
                if regex.fullmatch(f"/{relative}" if self.paths else _dotted(relative)):
                    found.append(path)
            yield found


def of_name(pieces: Sequence[str], folders: Sequence[str]) -> NamePattern:
    """Of a module's name, from its parts: between two of them anything may be."""
    return NamePattern(_between(pieces), tuple(folders))


def of_path(pieces: Sequence[str], folders: Sequence[str]) -> NamePattern:
    """Of a file's path, from its parts; a whole one may begin anywhere above the folders."""
    first, *rest = pieces
    begun = re.sub(r"^(?:\.{0,2}/)+", "", first)
    above = ".*/" if first.startswith("/") else "/" if first else ""
    return NamePattern(above + _between([begun, *rest]), tuple(folders), paths=True)


def _between(pieces: Sequence[str]) -> str:
    return ".*".join(re.escape(piece) for piece in pieces)


def _dotted(relative: str) -> str:
    module = relative.removesuffix(".py")
    return module.removesuffix("/__init__").replace("/", ".")


def _below(resolver: Resolver, folder: str) -> Iterator[str]:
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
