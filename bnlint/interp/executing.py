"""Files of the project that a program runs by their path: ``exec``, ``execfile``, ``runpy``."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from bnlint.interp import truth
from bnlint.interp.loading import pieces_of
from bnlint.interp.paths import Stop
from bnlint.interp.scope import Frame
from bnlint.interp.values import NONE, External, Known, Map, ModuleEnv, Unknown, Value

if TYPE_CHECKING:
    from bnlint.interp.args import Args
    from bnlint.interp.interpreter import Interpreter
    from bnlint.interp.keys import Keys

_READS = frozenset(["read", "read_text", "read_bytes"])
_SAME_TEXT = frozenset(["decode", "encode", "strip", "rstrip", "replace"])
_OPENS = frozenset(
    [
        "open",
        "io.open",
        "codecs.open",
        "pathlib.Path",
        "tf.gfile.GFile",
        "tf.gfile.FastGFile",
        "tf.gfile.Open",
        "tf.io.gfile.GFile",
    ]
)


def execute(machine: Interpreter, args: Args, frame: Frame | None) -> Value:
    """``exec(code, globals)``, where the code is what a file of the project holds."""
    code = args.positional[0] if args.positional else NONE
    name = _read_from(machine.state.keys, truth.key_of(machine, code))
    path = None if name is None else _file(machine, name, args)
    if path is None:
        return machine.unknown_call(External("exec"), args)
    return _in_namespace(machine, path, args.get("globals", 1), frame, args)


def execute_file(machine: Interpreter, args: Args, frame: Frame | None) -> Value:
    """``execfile(path, globals)`` of Python 2."""
    path = _file(machine, _key(machine, args.get("filename", 0)), args)
    if path is None:
        return machine.unknown_call(External("execfile"), args)
    return _in_namespace(machine, path, args.get("globals", 1), frame, args)


def run_path(machine: Interpreter, args: Args, frame: Frame | None) -> Value:
    """``runpy.run_path(path)``: a namespace of its own, which comes back as a dict."""
    path = _file(machine, _key(machine, args.get("path_name", 0)), args)
    if path is None:
        return machine.unknown_call(External("runpy.run_path"), args)
    return _as_program(machine, path, "<run_path>", args)


def run_module(machine: Interpreter, args: Args, frame: Frame | None) -> Value:
    """``runpy.run_module(name)``."""
    name = args.get("mod_name", 0)
    path = None
    if isinstance(name, Known) and isinstance(name.value, str):
        resolver = machine.modules.resolver
        path = resolver.resolve(name.value, 0, args.place[0], machine.state.sys_path)
        if path is not None and os.path.basename(path) == "__init__.py":
            path = resolver.find(os.path.dirname(path), ["__main__"])
    if path is None:
        return machine.unknown_call(External("runpy.run_module"), args)
    return _as_program(machine, path, str(name.value) if isinstance(name, Known) else "", args)


def _key(machine: Interpreter, value: Value | None) -> int:
    hint = value.hint if isinstance(value, Unknown) else None
    return truth.key_of(machine, hint or value or NONE)


def _read_from(keys: Keys, key: int) -> int | None:
    """The path of the file whose text, or what ``compile`` made of it, has this key."""
    head, *rest = keys.parts(key)
    if head != "call" or not rest or not isinstance(rest[0], int):
        return None
    called, *what = keys.parts(rest[0])
    if called == "name" and what[0] == "compile" and len(rest) > 1:
        return _read_from(keys, rest[1])
    if called == "attr" and what[1] in _SAME_TEXT:
        return _read_from(keys, what[0])
    if called != "attr" or what[1] not in _READS or not isinstance(what[0], int):
        return None
    head, *rest = keys.parts(what[0])
    if head != "call" or len(rest) < 2:
        return None
    name = rest[0] if isinstance(rest[0], str) else str(keys.parts(rest[0])[-1])
    return rest[1] if name in _OPENS else None


def _file(machine: Interpreter, name: int, args: Args) -> str | None:
    """The file of the project at a path that is all there to read; None while it runs."""
    pieces = pieces_of(machine.state.keys, name)
    if len(pieces) != 1:
        return None
    path = machine.modules.resolver.file(pieces[0], args.place[0])
    return None if path in machine.state.executing else path


def _in_namespace(
    machine: Interpreter, path: str, given: Value | None, frame: Frame | None, args: Args
) -> Value:
    """The file's statements, among the names of the caller or in a dict."""
    state = machine.state
    caller = state.frame_of(frame)
    if caller is None or (isinstance(given, Map) and not given.namespace):
        env = ModuleEnv(path, "builtins", state.paths.now)
        env.globals.update(_names(given))
        _run(machine, path, Frame(env, env.globals), args)
        if isinstance(given, Map):
            for name, value in env.globals.items():
                given.put(Known(name), value)
        return NONE
    if given is not None and not isinstance(given, Map):
        return machine.unknown_call(External("exec"), args)
    env = ModuleEnv(path, caller.module.name, caller.module.born)
    env.globals, env.stars = caller.module.globals, caller.module.stars
    local = caller.locals if given is None else env.globals
    inner = Frame(env, local, caller.parent, caller.func)
    inner.cls, inner.self_value = caller.cls, caller.self_value
    _run(machine, path, inner, args)
    return NONE


def _as_program(machine: Interpreter, path: str, name: str, args: Args) -> Value:
    """A file in a namespace of its own."""
    env = ModuleEnv(path, name, machine.state.paths.now)
    env.globals.update(_names(args.get("init_globals", 1)))
    env.globals["__name__"] = args.get("run_name", 2) or Known(name)
    env.globals["__file__"] = Known(path)
    _run(machine, path, Frame(env, env.globals), args)
    out = Map()
    for key, value in env.globals.items():
        out.put(Known(key), value)
    return out


def _names(value: Value | None) -> dict[str, Value]:
    """What a dict says that names stand for."""
    items = value.items.items() if isinstance(value, Map) else ()
    return {key: item for key, item in items if isinstance(key, str)}


def _run(machine: Interpreter, path: str, frame: Frame, args: Args) -> None:
    state = machine.state
    module = machine.modules.ir_of(path)
    if module is None:
        return
    state.imported.setdefault(args.place[0], set()).add(path)
    frame.guard = state.paths.now
    state.executing.append(path)
    try:
        if machine.block(module.body, frame):
            raise Stop
    finally:
        state.executing.pop()


FUNCTIONS = {"exec": execute, "execfile": execute_file}
LIBRARY = {"runpy.run_path": run_path, "runpy.run_module": run_module}
