"""What a result depends on besides the files that were checked: this program and its parsers."""

from __future__ import annotations

import os
import sys
from functools import cache
from importlib.util import find_spec
from typing import TYPE_CHECKING

from bnlint.trail import digest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bnlint.cache.store import Store

_PARSERS = ("libcst", "fissix")


_KIND = "tool"


@cache
def tool(store: Store) -> str:
    """A digest of bnlint's own code, its tables included, of the releases of the parsers, and of
    Python's, whose tokens, standard modules and Unicode tables are used.

    The digest of the code is kept under the status of its files: to read all of them takes longer
    than a run that knows its outcome.
    """
    top = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    paths = _sources(top)
    key = digest(repr([(path, *_status(path)) for path in paths]).encode())
    code = store.get(_KIND, key)
    if not isinstance(code, str):
        code = _digest_of_code(top, paths)
        store.put(_KIND, key, code)
    releases = [release for name in _PARSERS for release in _releases(name)]
    return digest(repr((sys.version_info[:3], sys.platform, code, releases)).encode())


def _status(path: str) -> tuple[int, int, int, int]:
    found = os.stat(path)
    return found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns


def _digest_of_code(top: str, paths: Sequence[str]) -> str:
    parts = []
    for path in paths:
        with open(path, "rb") as file:
            parts += [path[len(top) :].encode(), file.read()]
    return digest(*parts)


def _sources(folder: str) -> list[str]:
    found = []
    for above, folders, names in os.walk(folder):
        folders.sort()
        found += [os.path.join(above, name) for name in sorted(names) if name.endswith(".py")]
    return found


def _releases(package: str) -> list[str]:
    """The names of a package's metadata folders, which hold the version: ``importlib.metadata``
    takes as long to import as a small run."""
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        return []
    beside = os.path.dirname(os.path.dirname(spec.origin))
    return sorted(name for name in os.listdir(beside) if name.startswith(f"{package}-"))
