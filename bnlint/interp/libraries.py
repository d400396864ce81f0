"""Functions of other libraries, as far as building a graph needs them."""

from __future__ import annotations

import os
import posixpath
from typing import TYPE_CHECKING, Any

from bnlint.interp import api, executing, folders, operators, records, tensorflow, truth
from bnlint.interp.args import Args
from bnlint.interp.builtins import identity, leave_program
from bnlint.interp.choices import Choice
from bnlint.interp.containers import map_method
from bnlint.interp.effects import networks
from bnlint.interp.iterables import apply_map, make_dict, make_list, make_range, make_zip
from bnlint.interp.lifting import lifted
from bnlint.interp.live_objects import ArgumentParser, ExitStack
from bnlint.interp.loading import import_module, load_source, module_from_spec, spec_from_file
from bnlint.interp.values import NONE, Builtin, External, Known, Map, Partial, Seq, Value

if TYPE_CHECKING:
    from collections.abc import Callable

    from bnlint.interp.interpreter import Interpreter
    from bnlint.interp.scope import Frame


def call_external(machine: Interpreter, name: str, args: Args, frame: Frame | None) -> Value:
    """A function outside the project that bnlint knows, else an unknown call."""
    handler = _EXTERNAL.get(name)
    if handler is not None:
        if name in _WHOLE:
            found: Value = handler(machine, args, frame)
            return found
        return lifted(machine, args, lambda given: handler(machine, given, frame))
    known = api.canonical(name)
    if known in machine.modules.apis:
        return tensorflow.call_api(machine, known, args, frame)
    network = networks.outside(name)
    if network is not None:
        return tensorflow.call_api(machine, network, args, frame)
    receiver, _, last = name.rpartition(".")
    if receiver:
        handled = tensorflow.call_by_name(machine, last, args, ())
        if handled is not None:
            return handled
    return machine.unknown_call(External(name), args)


def _partial(machine: Interpreter, args: Args, frame: Frame | None) -> Value:
    if not args.positional:
        return machine.state.unknown("partial")
    return Partial(args.positional[0], args.positional[1:], dict(args.kwargs))


def _wraps(machine: Interpreter, args: Args, frame: Frame | None) -> Value:
    return Builtin("wraps", identity)


def _defaultdict(machine: Interpreter, args: Args, frame: Frame | None) -> Value:

    given = Args(args.positional[1:], args.kwargs, args.place, args.more)
    out = make_dict(machine, given, frame)
    if isinstance(out, Map) and args.positional and not isinstance(args.positional[0], Known):
        out.factory = args.positional[0]
    return out


def _path_join(machine: Interpreter, args: Args, frame: Frame | None) -> Value:
    parts = [a.value for a in args.positional if isinstance(a, Known) and isinstance(a.value, str)]
    whole = sum(map(len, parts)) <= operators.LONGEST
    if len(parts) == len(args.positional) and parts and whole:
        return Known(posixpath.join(*parts))
    return machine.state.unknown(
        "a path", "path", *(truth.key_of(machine, a) for a in args.positional)
    )


def _of_path(use: Callable[[str], Value]) -> Any:
    """What computes something of one path, where that is known."""

    def handler(machine: Interpreter, args: Args, frame: Frame | None) -> Value:
        value = args.positional[0] if args.positional else NONE
        if isinstance(value, Known) and isinstance(value.value, str):
            return use(value.value)
        return machine.state.unknown("a path")

    return handler


_abspath = _of_path(lambda path: Known(os.path.abspath(path)))


def _sys_path(machine: Interpreter, args: Args, frame: Frame | None) -> Value:
    """``sys.path`` edits with literal paths; a relative one counts from the editing file too."""
    value = args.positional[-1] if args.positional else NONE
    for item in value.items if isinstance(value, Seq) else [value]:
        if isinstance(item, Known) and isinstance(item.value, str):
            beside = os.path.normpath(os.path.join(os.path.dirname(args.place[0]), item.value))
            for path in (item.value, beside):
                if path not in machine.state.sys_path:
                    machine.state.sys_path.append(path)
    return NONE


def _copy(machine: Interpreter, args: Args, frame: Frame | None) -> Value:
    value = args.positional[0] if args.positional else NONE
    if isinstance(value, Choice):
        return machine.state.paths.split(value, lambda one: _copied(machine, one, args))
    return _copied(machine, value, args)


def _copied(machine: Interpreter, value: Value, args: Args) -> Value:
    if isinstance(value, Seq):
        out = Seq(value.kind, machine.state.paths.elements(value), value.exact)
        out.born = machine.state.paths.now
        return out
    if isinstance(value, Map):
        return map_method(machine, value, "copy", args)
    return value


def _argument_parser(machine: Interpreter, args: Args, frame: Frame | None) -> Value:
    return ArgumentParser(args.place)


def _reduce(machine: Interpreter, args: Args, frame: Frame | None) -> Value:
    if len(args.positional) < 2:
        return machine.state.unknown("reduce")
    items, exact = machine.iterate(args.positional[1])
    if not exact or not items:
        return machine.unknown_from("a reduction", *args.positional)
    if len(args.positional) > 2:
        items = [args.positional[2], *items]
    total = items[0]
    for item in items[1 : machine.state.budget.loop]:
        total = machine.call(args.positional[0], Args([total, item], {}, args.place), frame)
    return total


def _chain(machine: Interpreter, args: Args, frame: Frame | None) -> Value:
    out = Seq("list", [], not args.more)
    for value in args.positional:
        items, exact = machine.iterate(value)
        out.items.extend(items)
        out.exact = out.exact and exact
    return out


def _chain_from(machine: Interpreter, args: Args, frame: Frame | None) -> Value:

    items, exact = machine.iterate(args.positional[0]) if args.positional else ([], False)
    return _chain(machine, Args(items, {}, args.place, not exact), frame)


_WHOLE = frozenset(
    [
        "functools.partial",
        "functools.wraps",
        "collections.OrderedDict",
        "collections.defaultdict",
        "collections.deque",
        "copy.copy",
        "copy.deepcopy",
        "itertools.chain",
        "six.moves.zip",
        "six.moves.map",
        "tqdm.tqdm",
        "tqdm.tqdm_notebook",
        "argparse.ArgumentParser",
    ]
)
"""Functions that take an argument that differs by path as it is."""

_EXTERNAL: dict[str, Any] = {
    "tensorflow_hub.create_module_spec": networks.hub_spec,
    "tensorflow_hub.add_signature": networks.hub_signature,
    "tensorflow_hub.Module": networks.hub_module,
    "functools.partial": _partial,
    "functools.wraps": _wraps,
    "six.wraps": _wraps,
    "functools.reduce": _reduce,
    "functools.lru_cache": _wraps,
    "collections.namedtuple": records.namedtuple,
    "typing.NamedTuple": records.namedtuple,
    "dataclasses.field": records.field,
    "attr.ib": records.field,
    "attr.attrib": records.field,
    "attrs.field": records.field,
    "dataclasses.replace": records.replace,
    "attr.evolve": records.replace,
    "attrs.evolve": records.replace,
    "dataclasses.asdict": records.as_dict,
    "attr.asdict": records.as_dict,
    "attrs.asdict": records.as_dict,
    "collections.OrderedDict": make_dict,
    "collections.defaultdict": _defaultdict,
    "collections.deque": make_list("list"),
    "copy.copy": _copy,
    "copy.deepcopy": _copy,
    "os.path.join": _path_join,
    "os.path.basename": _of_path(lambda path: Known(posixpath.basename(path))),
    "os.path.dirname": _of_path(lambda path: Known(posixpath.dirname(path) or ".")),
    "os.path.splitext": _of_path(
        lambda path: Seq("tuple", [Known(part) for part in posixpath.splitext(path)])
    ),
    "os.listdir": folders.listdir,
    "glob.glob": folders.glob,
    "glob.iglob": folders.glob,
    "pkgutil.iter_modules": folders.iter_modules,
    "pkgutil.walk_packages": folders.walk_packages,
    "os.path.abspath": _abspath,
    "os.path.realpath": _abspath,
    "os.path.exists": lambda m, a, f: m.state.unknown(
        "a file's existence", "exists", *(truth.key_of(m, v) for v in a.positional)
    ),
    "sys.path.append": _sys_path,
    "sys.path.insert": _sys_path,
    "sys.path.extend": _sys_path,
    "site.addsitedir": _sys_path,
    "sys.exit": leave_program,
    "os._exit": leave_program,
    **executing.LIBRARY,
    "importlib.import_module": import_module,
    "imp.load_source": load_source,
    "importlib.machinery.SourceFileLoader": spec_from_file,
    "importlib.util.spec_from_file_location": spec_from_file,
    "importlib.util.module_from_spec": module_from_spec,
    "argparse.ArgumentParser": _argument_parser,
    "contextlib.ExitStack": lambda m, a, f: ExitStack(a.place),
    "itertools.chain": _chain,
    "itertools.chain.from_iterable": _chain_from,
    "six.moves.range": make_range,
    "six.moves.xrange": make_range,
    "six.moves.zip": make_zip,
    "six.moves.map": apply_map,
    "six.iteritems": lambda m, a, f: (
        map_method(m, a.positional[0], "items", a)
        if a.positional and isinstance(a.positional[0], Map)
        else m.unknown_from("items", *a.positional)
    ),
    "six.itervalues": lambda m, a, f: (
        map_method(m, a.positional[0], "values", a)
        if a.positional and isinstance(a.positional[0], Map)
        else m.unknown_from("values", *a.positional)
    ),
    "tqdm.tqdm": identity,
    "tqdm.trange": make_range,
    "tqdm.tqdm_notebook": identity,
    "builtins.range": make_range,
    "random.shuffle": lambda m, a, f: NONE,
    "numpy.arange": make_range,
    "numpy.random.shuffle": lambda m, a, f: NONE,
}
