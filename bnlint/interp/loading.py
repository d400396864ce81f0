"""Modules that are loaded by a name or a path that the program computes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bnlint.interp import truth
from bnlint.interp.args import Args
from bnlint.interp.live_objects import DynamicModule
from bnlint.interp.values import NONE, Known, Unknown, Value

if TYPE_CHECKING:
    from bnlint.interp.interpreter import Interpreter
    from bnlint.interp.scope import Frame


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
    key = truth.key_of(machine, name)
    return DynamicModule(args.place, key)


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
    key = truth.key_of(machine, path)
    return DynamicModule(args.place, key)
