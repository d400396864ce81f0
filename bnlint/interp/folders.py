"""What a program finds in the folders of its own source: it looks there for modules to import.

Only of folders with Python modules is the content known: what lies in a folder of data is another
matter where the program runs.
"""

from __future__ import annotations

import fnmatch
import os
import posixpath
from typing import TYPE_CHECKING

from bnlint.interp.args import Args
from bnlint.interp.live_objects import ModuleFinder
from bnlint.interp.values import NONE, Known, Seq, Value

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bnlint.interp.interpreter import Interpreter
    from bnlint.interp.scope import Frame


def listdir(machine: Interpreter, args: Args, frame: Frame | None) -> Value:
    """``os.listdir(folder)``."""
    folder = _folder(machine, args.get("path", 0) or Known("."), args)
    if folder is None:
        return machine.unknown_from("the content of a folder", *args.positional)
    names = machine.modules.resolver.names(folder)
    return Seq("list", [Known(name.rstrip("/")) for name in names])


def glob(machine: Interpreter, args: Args, frame: Frame | None) -> Value:
    """``glob.glob(pattern)`` with wildcards in the last part only."""
    pattern = args.get("pathname", 0) or NONE
    if not isinstance(pattern, Known) or not isinstance(pattern.value, str):
        return machine.unknown_from("the files that fit", *args.positional)
    above, last = posixpath.split(pattern.value)
    folder = _folder(machine, Known(above or "."), args)
    if folder is None or not last.endswith(".py"):
        return machine.unknown_from("the files that fit", pattern)
    names = machine.modules.resolver.names(folder)
    found = [posixpath.join(above, name) for name in names if fnmatch.fnmatch(name, last)]
    return Seq("list", [Known(path) for path in found])


def iter_modules(machine: Interpreter, args: Args, frame: Frame | None) -> Value:
    """``pkgutil.iter_modules(path, prefix)``: a finder, a name, whether it is a package."""
    return _modules(machine, args, deep=False)


def walk_packages(machine: Interpreter, args: Args, frame: Frame | None) -> Value:
    """``pkgutil.walk_packages(path, prefix)``: those of the packages, too."""
    return _modules(machine, args, deep=True)


def _modules(machine: Interpreter, args: Args, *, deep: bool) -> Value:
    path, prefix = args.get("path", 0) or NONE, args.get("prefix", 1) or Known("")
    folders = path.items if isinstance(path, Seq) else [path]
    known = [_folder(machine, one, args) for one in folders]
    if not isinstance(prefix, Known) or not known:
        return machine.unknown_from("modules that are looked for", *args.positional)
    items: list[Value] = []
    for folder in known:
        if folder is None:
            return machine.unknown_from("modules that are looked for", *args.positional)
        for where, name, is_package in _below(machine, folder, str(prefix.value), deep):
            finder = ModuleFinder(args.place, where)
            items.append(Seq("tuple", [finder, Known(name), Known(is_package)]))
    return Seq("list", items)


def _below(
    machine: Interpreter, folder: str, prefix: str, deep: bool
) -> Iterator[tuple[str, str, bool]]:
    names = machine.modules.resolver.names
    for name in names(folder):
        inner = os.path.join(folder, name.rstrip("/"))
        if name.endswith(".py") and name != "__init__.py":
            yield folder, prefix + name.removesuffix(".py"), False
        elif name.endswith("/") and "__init__.py" in names(inner):
            package = prefix + name.rstrip("/")
            yield folder, package, True
            if deep:
                yield from _below(machine, inner, f"{package}.", deep)


def _folder(machine: Interpreter, path: Value, args: Args) -> str | None:
    """A folder of the project with Python modules, seen from where it is asked for or above."""
    if not isinstance(path, Known) or not isinstance(path.value, str):
        return None
    resolver = machine.modules.resolver
    for root in resolver.roots(os.path.dirname(args.place[0])):
        folder = os.path.normpath(os.path.join(root, path.value))
        if any(name.endswith(".py") for name in resolver.names(folder)):
            return folder
    return None
