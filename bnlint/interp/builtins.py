"""Python's own functions, as far as building a graph needs them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bnlint.interp import attributes, dicts, operators, subscripts
from bnlint.interp.args import Args, lifted
from bnlint.interp.guards import FALSE as FALSE_GUARD
from bnlint.interp.guards import TRUE as TRUE_GUARD
from bnlint.interp.nodes import Node, nodes_in
from bnlint.interp.overwriting import overwrite_attributes, overwrite_entries
from bnlint.interp.paths import ABSENT, Choice
from bnlint.interp.values import (
    FALSE,
    NONE,
    TRUE,
    Api,
    Bound,
    Builtin,
    Class,
    External,
    Func,
    Instance,
    Known,
    Map,
    ModuleEnv,
    Object,
    Partial,
    Seq,
    Super,
    Unknown,
    Value,
)
from bnlint.source import ir

if TYPE_CHECKING:
    from bnlint.interp.machine import Machine
    from bnlint.interp.scope import Frame

_MOST = 4096


def lookup(name: str) -> Value | None:
    """The builtin of that name, if bnlint gives it a meaning."""
    return _TABLE.get(name)


def make_range(machine: Machine, args: Args, frame: Frame | None) -> Value:
    bounds = [a.value for a in args.positional if isinstance(a, Known) and isinstance(a.value, int)]
    if bounds and len(bounds) == len(args.positional):
        try:
            numbers = range(*bounds)
            whole = len(numbers) <= _MOST
        except (TypeError, ValueError):
            return machine.state.unknown("a range")
        except OverflowError:  # more numbers than a machine counts
            whole = False
        return Seq("list", [Known(i) for i in numbers[:_MOST]], whole)
    keys = [operators.key_of(machine, a) for a in args.positional]
    if len(args.positional) == 1:
        item = Unknown("an unknown count", machine.state.keys.of("counter", *keys))
        return Seq("list", [Known(0), item], False)
    return machine.state.unknown("a range", "range", *keys)


def _len(machine: Machine, args: Args, frame: Frame | None) -> Value:
    return subscripts.length(machine, args.positional[0]) if args.positional else NONE


def make_list(kind: str) -> Any:
    def make(machine: Machine, args: Args, frame: Frame | None) -> Value:
        if not args.positional:
            return Seq(kind, [], not args.more)
        value = args.positional[0]
        items, exact = machine.iterate(value)
        if isinstance(value, Unknown) and not (isinstance(value, Choice) and items):
            return Unknown(value.reason, value.key, value.deps)
        out = Seq(kind, items, exact)
        out.born = machine.state.paths.now
        if isinstance(value, Seq):
            out.read = value.read
        return out

    return make


def make_dict(machine: Machine, args: Args, frame: Frame | None) -> Value:
    paths = machine.state.paths
    out = Map(not args.more)
    out.born = paths.now
    for value in args.positional:
        mapping = dicts.merged_map(machine, value)
        if mapping is not None:
            for key in mapping.items:
                out.put(mapping.keys[key], mapping.items[key])
            out.exact = out.exact and mapping.exact
        elif isinstance(value, Seq) and value.exact:
            for pair in paths.elements(value):
                items, exact = machine.iterate(paths.present(pair))
                if exact and len(items) == 2:
                    there = paths.presence(pair)
                    out.put(items[0], paths.optional(items[1], there))
        else:
            out.exact = False
    for name, value in args.kwargs.items():
        out.put(Known(name), value)
    if args.more:
        overwrite_entries(out)
    return out


def make_zip(machine: Machine, args: Args, frame: Frame | None) -> Value:
    columns = [machine.iterate(a) for a in args.positional]
    if not columns:
        return Seq("list", [])
    exact = all(e for _, e in columns)
    if exact:
        rows = min(len(items) for items, _ in columns)
    else:
        rows = max(len(items) for items, _ in columns) or 2
    out: list[Value] = []
    for i in range(rows):
        row: list[Value] = []
        for source, (items, _) in zip(args.positional, columns, strict=True):
            if i < len(items):
                row.append(items[i])
            else:
                key = machine.state.keys.of("item", operators.key_of(machine, source), i)
                row.append(Unknown("an element", key, tuple(nodes_in(source))))
        out.append(_together(machine, row))
    return Seq("list", out, exact)


def _together(machine: Machine, row: list[Value]) -> Value:
    """A tuple of elements; it is there where all of them are."""
    paths = machine.state.paths
    there = TRUE_GUARD
    for item in row:
        there = paths.guards.conj(there, paths.presence(item))
    return paths.optional(Seq("tuple", [paths.present(item) for item in row]), there)


def _enumerate(machine: Machine, args: Args, frame: Frame | None) -> Value:
    if not args.positional:
        return machine.state.unknown("enumerate")
    items, exact = machine.iterate(args.positional[0])
    if not items and not exact:
        key = operators.key_of(machine, args.positional[0])
        deps = tuple(nodes_in(args.positional[0]))
        items = [
            Unknown("an element", machine.state.keys.of("item", key, i), deps) for i in range(2)
        ]
    start = args.get("start", 1)
    first = start.value if isinstance(start, Known) and isinstance(start.value, int) else 0
    pairs = [_together(machine, [Known(first + i), item]) for i, item in enumerate(items)]
    return Seq("list", pairs, exact)


def apply_map(machine: Machine, args: Args, frame: Frame | None) -> Value:
    from bnlint.interp import calls

    if len(args.positional) < 2:
        return machine.state.unknown("map")
    func, source = args.positional[0], args.positional[1]
    out = Seq("list", [], True)
    rows = make_zip(machine, Args(args.positional[1:], {}, args.place), frame)
    assert isinstance(rows, Seq)
    paths = machine.state.paths
    before = paths.now
    try:
        for row in machine.loop_items(rows):
            there = paths.presence(row)
            paths.now = paths.guards.conj(before, there)
            if paths.now == FALSE_GUARD:
                continue
            items, _ = machine.iterate(paths.present(row))
            result = calls.call(machine, func, Args(items, {}, args.place), frame)
            out.items.append(paths.optional(result, there))
            before = paths.guards.disj(paths.now, paths.guards.minus(before, there))
    finally:
        machine.leave_loop()
    paths.now = before
    out.exact = rows.exact and len(out.items) == len(rows.items)
    if not out.items:
        return machine.unknown_from("map of an unknown iterable", source)
    return out


def _filter(machine: Machine, args: Args, frame: Frame | None) -> Value:
    from bnlint.interp import calls

    if len(args.positional) < 2:
        return machine.state.unknown("filter")
    func, source = args.positional[:2]
    items, exact = machine.iterate(source)
    out = Seq("list", [], exact)
    for item in items[:_MOST]:
        test = item
        if not isinstance(func, Known):
            test = calls.call(machine, func, Args([item], {}, args.place), frame)
        keep, sure = machine.assumed(test)
        out.exact = out.exact and sure
        if keep != FALSE_GUARD:
            out.items.append(machine.state.paths.optional(item, keep))
    return out


def _sorted(machine: Machine, args: Args, frame: Frame | None) -> Value:
    items, exact = machine.iterate(args.positional[0]) if args.positional else ([], False)
    known = [i for i in items if isinstance(i, Known)]
    if len(known) == len(items):
        try:
            known.sort(key=lambda k: k.value)
            return Seq("list", list(known), exact)
        except TypeError:
            pass
    return Seq("list", items, exact)


def _reversed(machine: Machine, args: Args, frame: Frame | None) -> Value:
    items, exact = machine.iterate(args.positional[0]) if args.positional else ([], False)
    return Seq("list", items[::-1], exact)


def _sum(machine: Machine, args: Args, frame: Frame | None) -> Value:
    items, exact = machine.iterate(args.positional[0]) if args.positional else ([], False)
    total: Value = args.get("start", 1) or Known(0)
    if len(items) > 64 or not exact:
        return machine.unknown_from("a sum", *items)
    for item in items:
        total = operators.binary(machine, "+", total, item, args.place)
    return total


def _extreme(pick: Any) -> Any:
    def make(machine: Machine, args: Args, frame: Frame | None) -> Value:
        items = args.positional
        if len(items) == 1:
            items, exact = machine.iterate(items[0])
            if not exact:
                return machine.unknown_from("an extreme value", *items)
        values = [i.value for i in items if isinstance(i, Known)]
        if values and len(values) == len(items) and not args.kwargs:
            try:
                return Known(pick(values))
            except TypeError:
                pass
        return machine.unknown_from("an extreme value", *items)

    return make


def _isinstance(machine: Machine, args: Args, frame: Frame | None) -> Value:
    if len(args.positional) != 2:
        return machine.state.unknown("isinstance")
    value, kinds = args.positional
    wanted = machine.iterate(kinds)[0] if isinstance(kinds, Seq) else [kinds]
    answers = [_is_instance(machine, value, k) for k in wanted]
    if any(a is True for a in answers):
        return TRUE
    if all(a is False for a in answers):
        return FALSE
    keys = [operators.key_of(machine, value), *(operators.key_of(machine, k) for k in wanted)]
    return machine.state.unknown("a type test", "isinstance", *keys)


def _is_instance(machine: Machine, value: Value, kind: Value) -> bool | None:
    if isinstance(kind, Class):
        if isinstance(value, Instance):
            return kind in value.cls.mro() or (None if value.cls.foreign_bases() else False)
        return None if isinstance(value, Unknown) else False
    if isinstance(kind, Builtin):
        if isinstance(value, Seq):
            return kind.name == value.kind
        if isinstance(value, Map):
            return kind.name == "dict"
        if isinstance(value, Known):
            return type(value.value).__name__ == kind.name or (
                kind.name == "int" and isinstance(value.value, bool)
            )
        return None if isinstance(value, Unknown) else False
    if isinstance(kind, Api) and isinstance(value, Object):
        return _is_layer(value, kind.name)
    if isinstance(kind, Api) and isinstance(value, (Known, Seq, Map, Func, Instance)):
        return False if kind.name in ("tf.Tensor", "tf.Variable", "tf.Operation") else None
    if isinstance(kind, Api) and isinstance(value, Node):
        return True if kind.name == "tf.Tensor" else None
    return None


_LAYERS = ("tf.layers.", "tf.keras.layers.")


def _is_layer(value: Object, kind: str) -> bool | None:
    """Whether a layer object is of a TensorFlow class; those of tf.layers derive from Keras'."""
    row = value.data.get("row")
    name = value.data.get("name") if row is None else row.name
    if not isinstance(name, str) or not name.startswith(_LAYERS) or not kind.startswith(_LAYERS):
        return None
    own, other = name.rpartition(".")[2], kind.rpartition(".")[2]
    return other in (own, "Layer")


def _getattr(machine: Machine, args: Args, frame: Frame | None) -> Value:

    if len(args.positional) < 2:
        return machine.state.unknown("getattr")
    value, name = args.positional[:2]
    options = operators.options(machine, name)
    if options is not None:
        rest = args.positional[2:]
        return lifted(
            machine,
            Args([value, options, *rest], {}, args.place),
            lambda given: _getattr(machine, given, frame),
        )
    if isinstance(name, Known) and isinstance(name.value, str):
        if (
            len(args.positional) > 2
            and isinstance(value, Instance)
            and machine.state.paths.presence(value.attrs.get(name.value, ABSENT)) == FALSE_GUARD
            and attributes.find(machine, value, name.value) is None
        ):
            return args.positional[2]
        return attributes.get_attr(machine, value, name.value, args.place)
    hint = name.hint if isinstance(name, Unknown) else None
    if isinstance(hint, Known) and isinstance(hint.value, str) and not isinstance(value, Unknown):
        return attributes.get_attr(machine, value, hint.value, args.place)
    if isinstance(value, ModuleEnv):
        return subscripts.get_item(machine, _public(value), name, args.place)
    return machine.unknown_from("getattr with an unknown name", value)


def _public(module: ModuleEnv) -> Map:
    """What a module offers by name."""
    out = Map()
    out.namespace = True
    for name, value in module.globals.items():
        if not name.startswith("_"):
            out.put(Known(name), value)
    return out


def _eval(machine: Machine, args: Args, frame: Frame | None) -> Value:
    """``eval`` of a name that is known, or the default of an option."""
    text = args.positional[0] if args.positional else NONE
    options = operators.options(machine, text)
    if options is not None:
        paths = machine.state.paths
        return paths.split(options, lambda one: _eval(machine, _just(one, args), frame))
    if isinstance(text, Unknown) and text.hint is not None:
        text = text.hint
    current = machine.state.frames[-1] if machine.state.frames else frame
    if not (isinstance(text, Known) and isinstance(text.value, str)) or current is None:
        return machine.unknown_from("eval", *args.positional)
    parts = text.value.strip().split(".")
    if not all(part.isidentifier() for part in parts):
        return machine.unknown_from("eval", *args.positional)
    found = machine.eval(ir.Name((0, 0, 0, 0), parts[0]), current)
    for part in parts[1:]:
        found = attributes.get_attr(machine, found, part, args.place)
    return found


def _just(value: Value, args: Args) -> Args:

    return Args([value], {}, args.place)


def _setattr(machine: Machine, args: Args, frame: Frame | None) -> Value:
    if len(args.positional) == 3:
        value, name, new = args.positional
        if isinstance(name, Known) and isinstance(name.value, str):
            attributes.set_attr(machine, value, name.value, new)
        else:
            overwrite_attributes(machine.state, value)
    return NONE


def _hasattr(machine: Machine, args: Args, frame: Frame | None) -> Value:
    if len(args.positional) == 2:
        value, name = args.positional
        if isinstance(name, Known) and isinstance(value, Instance):
            if attributes.find(machine, value, name.value):
                return TRUE
            stored = value.attrs.get(name.value)
            if stored is not None:
                return machine.state.paths.boolean(machine.state.paths.presence(stored))
            if not value.cls.foreign_bases() or not value.open:
                return FALSE
        if isinstance(name, Known) and isinstance(value, (Seq, Map)):
            return FALSE if name.value not in ("__iter__", "__len__", "keys", "items") else TRUE
        keys = [operators.key_of(machine, v) for v in args.positional]
        return machine.state.unknown("hasattr", "hasattr", *keys)
    return machine.state.unknown("hasattr")


def _super(machine: Machine, args: Args, frame: Frame | None) -> Value:
    if len(args.positional) >= 2 and isinstance(args.positional[0], Class):
        return Super(args.positional[0], args.positional[1])
    if frame is not None and frame.cls is not None and frame.self_value is not None:
        return Super(frame.cls, frame.self_value)
    return machine.state.unknown("super")


def _print(machine: Machine, args: Args, frame: Frame | None) -> Value:
    return NONE


def _scalar(kind: Any) -> Any:
    def make(machine: Machine, args: Args, frame: Frame | None) -> Value:
        if not args.positional:
            return Known(kind())
        value = args.positional[0]
        if isinstance(value, Known):
            try:
                return Known(kind(value.value), value.origin, value.default, value.assumed)
            except (TypeError, ValueError, OverflowError):
                return machine.state.unknown("a conversion")
        if kind is bool:
            known = operators.truth_of(machine, value)
            if known is not None and not isinstance(value, Node):
                return Known(known)
            if isinstance(value, Unknown):
                return value
        key = operators.key_of(machine, value)
        hint = value.hint if isinstance(value, Unknown) else None
        return Unknown(
            value.reason if isinstance(value, Unknown) else "a conversion",
            machine.state.keys.of("convert", kind.__name__, key),
            tuple(nodes_in(value)),
            hint,
        )

    return make


def _callable(machine: Machine, args: Args, frame: Frame | None) -> Value:
    value = args.positional[0] if args.positional else NONE
    if isinstance(value, (Known, Seq, Map)):
        return FALSE
    if isinstance(value, (Func, Bound, Partial, Class, Builtin, Api)):
        return TRUE
    if isinstance(value, Instance):
        return TRUE if attributes.find(machine, value, "__call__") is not None else FALSE
    return machine.state.unknown("callable", "callable", operators.key_of(machine, value))


def _type(machine: Machine, args: Args, frame: Frame | None) -> Value:
    if len(args.positional) == 1:
        value = args.positional[0]
        if isinstance(value, Instance):
            return value.cls
        if isinstance(value, Seq):
            return _TABLE[value.kind]
        if isinstance(value, Known):
            return _TABLE.get(type(value.value).__name__) or machine.state.unknown("a type")
        return _class_of_result(machine, value) or machine.state.unknown(
            "a type", "type", operators.key_of(machine, value)
        )
    return machine.state.unknown("a type made at run time")


def _class_of_result(machine: Machine, value: Value) -> Value | None:
    """The class outside the project whose call gave an unknown value."""
    if isinstance(value, Unknown):
        head, *rest = machine.state.keys.parts(value.key)
        if head == "call" and rest and isinstance(rest[0], int):
            kind, *name = machine.state.keys.parts(rest[0])
            if kind == "external" and name[0].rpartition(".")[2][:1].isupper():
                return External(name[0])
    return None


def leave_program(machine: Machine, args: Args, frame: Frame | None) -> Value:
    machine.state.paths.leave("SystemExit", args.place)
    return NONE


def identity(machine: Machine, args: Args, frame: Frame | None) -> Value:
    return args.positional[0] if args.positional else NONE


def _locals(machine: Machine, args: Args, frame: Frame | None) -> Value:
    out = Map()
    current = machine.state.frames[-1] if machine.state.frames else None
    if current is not None:
        for name, value in current.locals.items():
            out.put(Known(name), value)
    return out


def _vars(machine: Machine, args: Args, frame: Frame | None) -> Value:
    if not args.positional:
        return _locals(machine, args, frame)
    value = args.positional[0]
    if isinstance(value, Instance):
        return attributes.get_attr(machine, value, "__dict__", args.place)
    if isinstance(value, Unknown):  # a namespace: its entries are its attributes
        return value
    return machine.unknown_from("the attributes of a value", value)


def _globals(machine: Machine, args: Args, frame: Frame | None) -> Value:
    out = Map()
    out.namespace = True
    current = machine.state.frames[-1] if machine.state.frames else frame
    if current is not None:
        for name, value in current.module.globals.items():
            out.put(Known(name), value)
    return out


def _any(want: bool) -> Any:
    def make(machine: Machine, args: Args, frame: Frame | None) -> Value:
        items, exact = machine.iterate(args.positional[0]) if args.positional else ([], False)
        if exact and any(isinstance(i, Choice) for i in items):
            paths = machine.state.paths
            decided = [i for i in items if not isinstance(i, Unknown) or isinstance(i, Choice)]
            if len(decided) == len(items):
                found = [operators.guard_of(machine, i) ^ (0 if want else 1) for i in items]
                there = [
                    paths.guards.conj(g, paths.presence(i))
                    for g, i in zip(found, items, strict=True)
                ]
                return paths.boolean(paths.guards.any_of(there) ^ (0 if want else 1))
        truths = [operators.truth_of(machine, i) for i in items]
        if want in truths:
            return Known(want)
        if exact and all(t is (not want) for t in truths):
            return Known(not want)
        return machine.state.unknown("a test over an unknown iterable")

    return make


def _next(machine: Machine, args: Args, frame: Frame | None) -> Value:
    items, _ = machine.iterate(args.positional[0]) if args.positional else ([], False)
    if items:
        return subscripts.get_item(machine, Seq("list", items, False), Known(0), args.place)
    return machine.unknown_from("the next element", *args.positional)


def import_module(machine: Machine, args: Args, frame: Frame | None) -> Value:
    name = args.positional[0] if args.positional else NONE
    options = operators.options(machine, name)
    if options is not None:
        paths = machine.state.paths
        return paths.split(options, lambda one: import_module(machine, _just(one, args), frame))
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
    key = operators.key_of(machine, name)
    return Object("dynamic module", args.place, key=key)


def load_source(machine: Machine, args: Args, frame: Frame | None) -> Value:
    """``imp.load_source(name, path)``: a file of the project, or one of those that fit."""
    path = args.get("pathname", 1) or args.get("path", 1) or NONE
    options = operators.options(machine, path)
    if options is not None:
        return machine.state.paths.split(
            options, lambda one: load_source(machine, Args([NONE, one], {}, args.place), frame)
        )
    hint = path.hint if isinstance(path, Unknown) else path
    if isinstance(hint, Known) and isinstance(hint.value, str):
        found = machine.modules.resolver.file(hint.value, args.place[0])
        if found is not None:
            return machine.modules.run(machine, found)
    key = operators.key_of(machine, path)
    return Object("dynamic module", args.place, key=key)


_WHOLE = frozenset(
    [
        "list",
        "tuple",
        "set",
        "frozenset",
        "dict",
        "zip",
        "enumerate",
        "map",
        "filter",
        "sorted",
        "reversed",
        "sum",
        "any",
        "all",
        "next",
        "print",
        "iter",
        "locals",
        "globals",
        "super",
    ]
)
"""Functions that take an argument that differs by path as it is."""

_TABLE: dict[str, Value] = {
    name: Builtin(name, func, name in _WHOLE)
    for name, func in {
        "range": make_range,
        "xrange": make_range,
        "len": _len,
        "list": make_list("list"),
        "tuple": make_list("tuple"),
        "set": make_list("set"),
        "frozenset": make_list("set"),
        "dict": make_dict,
        "zip": make_zip,
        "enumerate": _enumerate,
        "map": apply_map,
        "filter": _filter,
        "sorted": _sorted,
        "reversed": _reversed,
        "sum": _sum,
        "min": _extreme(min),
        "max": _extreme(max),
        "isinstance": _isinstance,
        "getattr": _getattr,
        "eval": _eval,
        "setattr": _setattr,
        "hasattr": _hasattr,
        "callable": _callable,
        "super": _super,
        "print": _print,
        "int": _scalar(int),
        "float": _scalar(float),
        "str": _scalar(str),
        "bool": _scalar(bool),
        "type": _type,
        "exit": leave_program,
        "quit": leave_program,
        "iter": identity,
        "locals": _locals,
        "vars": _vars,
        "globals": _globals,
        "any": _any(True),
        "all": _any(False),
        "next": _next,
        "__import__": import_module,
        "property": identity,
        "staticmethod": identity,
        "classmethod": identity,
    }.items()
}
for _old, _new in (("basestring", "str"), ("unicode", "str"), ("long", "int")):
    _TABLE[_old] = _TABLE[_new]  # names of Python 2
_TABLE["object"] = External("object")
_TABLE["Exception"] = External("Exception")
_TABLE["NotImplemented"] = NONE
