"""Which files can come to TensorFlow at all, by what they import, however far away.

A layer is made by a symbol of TensorFlow, or of a library that has a row in ``bnlint/apis.py``; a
program gets hold of one by an import. In a repository for several frameworks most programs have
none, though what they call bears the names of what others call.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from bnlint.interp import api
from bnlint.interp.relevance import imports_of
from bnlint.source.name_patterns import modules_below
from bnlint.source.prefilter import IMPORTS_BY_VALUE
from bnlint.source.resolve import upwards

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from bnlint.apis import Apis
    from bnlint.interp.imports import Modules

_NETS = "nets"  # slim's package of networks, which programs take along (``effects/networks.py``)


def users_of_framework(modules: Modules) -> frozenset[str]:
    """The loaded files that come to TensorFlow, or to a library like it.

    What a file imports by a name that it computes is looked for in the folder above its own and
    all below that: whoever goes further away in that way has named TensorFlow before.
    """
    if modules.apis.own:
        return frozenset(modules.loaded)  # a row of the user's may mean a function of the project
    libraries = _libraries(modules.apis)
    naming: list[str] = []
    computing: list[str] = []
    importers: dict[str, list[str]] = {}
    for path, module in modules.loaded.items():
        names = imports_of(module)
        named = modules.named(path)
        if _names_one(names, libraries) or _NETS in named:
            naming.append(path)
            continue
        if not named.isdisjoint(IMPORTS_BY_VALUE) or {"sys", "modules"} <= named:
            computing.append(path)
        for imported in modules.meant(path, names):
            importers.setdefault(imported, []).append(path)
    naming += [path for path in importers if path not in modules.loaded]  # nobody has looked there
    above = {folder for path in naming for folder in upwards(os.path.dirname(path))}
    able: dict[str, list[str]] = {}
    for path in _with_importers(computing, importers):
        able.setdefault(os.path.dirname(path), []).append(path)
    near = [
        path
        for folder, paths in able.items()
        if os.path.dirname(folder) in above or _is_named_below(modules, folder, libraries)
        for path in paths
    ]
    return _with_importers([*naming, *near], importers)


def _is_named_below(modules: Modules, folder: str, libraries: frozenset[str]) -> bool:
    """Whether a file names a framework that nobody has lowered yet."""
    words = ("tensorflow", *(libraries - {"tf"}))
    return any(
        modules.source.mentions(path, words)
        for path in modules_below(modules.resolver, folder)
        if path not in modules.loaded
    )


def _with_importers(paths: Sequence[str], importers: Mapping[str, Sequence[str]]) -> frozenset[str]:
    """Files, and those that import one of them, however far away."""
    seen = set(paths)
    todo = list(paths)
    for path in todo:  # grows by what imports it
        new = [importer for importer in importers.get(path, ()) if importer not in seen]
        seen.update(new)
        todo += new
    return frozenset(seen)


def _libraries(apis: Apis) -> frozenset[str]:
    """The packages whose symbols may make a layer, or something that is done to one."""
    rows = (*apis.functions, *apis.layers, *apis.makers)
    return frozenset(["tensorflow_hub", *(name.partition(".")[0] for name in rows)])


def _names_one(names: Iterable[str], libraries: frozenset[str]) -> bool:
    for name in names:
        package = name.partition(".")[0]
        if package in libraries or api.module_name(package) is not None:
            return True
        if _NETS in name.split("."):
            return True
    return False
