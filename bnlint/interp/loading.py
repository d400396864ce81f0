"""Modules that are loaded by a name or a path that the program computes."""

from __future__ import annotations

import ast
import os
import re
from typing import TYPE_CHECKING

from bnlint.interp import truth
from bnlint.interp.args import Args
from bnlint.interp.live_objects import DynamicModule, SourceLoader
from bnlint.interp.values import NONE, Known, Unknown, Value
from bnlint.source.name_patterns import NamePattern, of_name, of_path

if TYPE_CHECKING:
    from bnlint.interp.interpreter import Interpreter
    from bnlint.interp.keys import Keys
    from bnlint.interp.scope import Frame

# Where something is put into a text: ``%s`` and ``%(name)03d``, ``{}`` and ``{name:03d}``.
_PERCENT = re.compile(r"%(?:\(\w*\))?[-#0-9 +.]*[a-zA-Z%]")
_BRACES = re.compile(r"\{[^{}]*\}")


def import_module(machine: Interpreter, args: Args, frame: Frame | None) -> Value:
    name = args.positional[0] if args.positional else NONE
    options = truth.options(machine, name)
    if options is not None:
        paths = machine.state.paths
        return paths.split(
            options, lambda one: import_module(machine, Args([one], {}, args.place), frame)
        )
    hint = name.hint if isinstance(name, Unknown) else name
    if isinstance(hint, Known) and isinstance(hint.value, str):
        where = machine.state.frames[-1].module.path if machine.state.frames else args.place[0]
        text = hint.value
        level = len(text) - len(text.lstrip("."))
        package = args.get("package", 1)
        if level and isinstance(package, Known) and isinstance(package.value, str):
            above = package.value.split(".")[: 1 - level or None]
            return machine.modules.load(machine, ".".join([*above, text[level:]]), 0, where)
        return machine.modules.load(machine, text.lstrip("."), level, where)
    return _chosen(machine, name, _pattern(machine, name, args), args)


def _chosen(machine: Interpreter, name: Value, pattern: NamePattern, args: Args) -> DynamicModule:
    """The module of a computed name: which file that is, is another question than what the name
    is, with one answer for one name."""
    key = machine.state.keys.of("module", truth.key_of(machine, name))
    return DynamicModule(args.place, key, pattern)


def _pattern(machine: Interpreter, name: Value, args: Args) -> NamePattern:
    """What is known of a module's name, and where it is looked for."""
    importer = args.place[0]
    pieces = pieces_of(machine.state.keys, truth.key_of(machine, name))
    level = len(pieces[0]) - len(pieces[0].lstrip("."))
    if not level:
        resolver = machine.modules.resolver
        here = os.path.dirname(importer)
        return of_name(pieces, [here, *machine.state.sys_path, *resolver.roots(here)])
    pieces[0] = pieces[0][level:]
    folder = importer
    for _ in range(level):
        folder = os.path.dirname(folder)
    package = args.get("package", 1)
    if isinstance(package, Known) and isinstance(package.value, str):
        above = package.value.split(".")[: 1 - level or None]
        pieces[0] = ".".join([*above, pieces[0]])
        return of_name(pieces, machine.modules.resolver.roots(os.path.dirname(importer)))
    return of_name(pieces, [folder])


def load_source(machine: Interpreter, args: Args, frame: Frame | None) -> Value:
    """``imp.load_source(name, path)``: a file of the project, or one of those that fit."""
    path = args.get("pathname", 1) or args.get("path", 1) or NONE
    options = truth.options(machine, path)
    if options is not None:
        return machine.state.paths.split(
            options, lambda one: load_source(machine, Args([NONE, one], {}, args.place), frame)
        )
    hint = path.hint if isinstance(path, Unknown) else path
    if isinstance(hint, Known) and isinstance(hint.value, str):
        found = machine.modules.resolver.file(hint.value, args.place[0])
        if found is not None:
            return machine.modules.run(machine, found)
    pieces = pieces_of(machine.state.keys, truth.key_of(machine, path))
    roots = machine.modules.resolver.roots(os.path.dirname(args.place[0]))
    return _chosen(machine, path, of_path(pieces, roots), args)


def spec_from_file(machine: Interpreter, args: Args, frame: Frame | None) -> Value:
    """``spec_from_file_location(name, path)`` and ``SourceFileLoader(name, path)``."""
    return SourceLoader(args.place, load_source(machine, args, frame))


def module_from_spec(machine: Interpreter, args: Args, frame: Frame | None) -> Value:
    spec = args.positional[0] if args.positional else NONE
    return spec.module if isinstance(spec, SourceLoader) else spec


def from_sys_modules(machine: Interpreter, name: Value, args: Args) -> Value:
    """``sys.modules[name]``: the module that asks, or another one."""
    here = machine.state.frames[-1].module if machine.state.frames else None
    if here is not None and isinstance(name, Known) and name.value == here.name:
        return here
    return import_module(machine, Args([name], {}, args.place), None)


def pieces_of(keys: Keys, key: int) -> list[str]:
    """The parts of a computed text that are there to read; something else is between two."""
    head, *rest = keys.parts(key)
    if head == "const" and rest[0] == "str":
        return [str(ast.literal_eval(rest[1]))]
    if head == "binary" and rest[0] == "+":
        return _joined([pieces_of(keys, part) for part in rest[1:]])
    if head == "format":
        return _PERCENT.split(rest[0])
    if head == "text" and rest[0] == "format":
        return _BRACES.split(rest[1])
    if head == "text" and rest[0] == "join" and keys.parts(rest[2])[0] == "sequence":
        return _joined([pieces_of(keys, part) for part in keys.parts(rest[2])[1:]], rest[1])
    if head == "joined":
        return _joined([pieces_of(keys, part) for part in rest])
    if head == "path":
        return _joined([pieces_of(keys, part) for part in rest], "/")
    return ["", ""]


def _joined(texts: list[list[str]], between: str = "") -> list[str]:
    """The parts of several texts in a row."""
    found = [""]
    for number, (first, *rest) in enumerate(texts):
        found[-1] += (between if number else "") + first
        found += rest
    return found
