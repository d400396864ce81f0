"""What a result depends on besides the files that were checked: this program and its parsers."""

from __future__ import annotations

import os
import sys
from functools import cache
from importlib.util import find_spec

from bnlint.trail import digest

_PARSERS = ("libcst", "fissix")


@cache
def tool() -> str:
    """A digest of bnlint's own code, its tables included, of the releases of the parsers, and of
    Python's, whose tokens, standard modules and Unicode tables are used."""
    parts = [repr((sys.version_info[:3], sys.platform)).encode()]
    top = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    for path in _sources(top):
        with open(path, "rb") as file:
            parts += [path[len(top) :].encode(), file.read()]
    parts += [release.encode() for name in _PARSERS for release in _releases(name)]
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
