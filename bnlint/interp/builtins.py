"""Python's own functions and methods, as far as building a graph needs them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bnlint.interp import attributes, operators
from bnlint.interp.nodes import Node, nodes_in
from bnlint.interp.state import Stop
from bnlint.interp.values import (
    FALSE,
    NONE,
    TRUE,
    Api,
    Builtin,
    Class,
    External,
    Func,
    Instance,
    Known,
    Map,
    Object,
    Partial,
    Seq,
    Super,
    Text,
    Unknown,
    Value,
)

if TYPE_CHECKING:
    from bnlint.interp.calls import Args
    from bnlint.interp.machine import Machine
    from bnlint.interp.scope import Frame

_MOST = 4096


def lookup(name: str) -> Value | None:
    """The builtin of that name, if bnlint gives it a meaning."""
    return _TABLE.get(name)


def _range(machine: Machine, args: Args, frame: Frame | None) -> Value:
    bounds = [a.value for a in args.positional if isinstance(a, Known) and isinstance(a.value, int)]
    if bounds and len(bounds) == len(args.positional):
        try:
            numbers = range(*bounds)
        except (TypeError, ValueError):
            return machine.state.unknown("a range")
        some = numbers[:_MOST]
        return Seq("list", [Known(i) for i in some], len(some) == len(numbers))
    keys = [operators.key_of(machine, a) for a in args.positional]
    if len(args.positional) == 1:
        item = Unknown("an unknown count", machine.state.keys.of("counter", *keys))
        return Seq("list", [Known(0), item], False)
    return machine.state.unknown("a range", "range", *keys)


def _len(machine: Machine, args: Args, frame: Frame | None) -> Value:
    return operators.length(machine, args.positional[0]) if args.positional else NONE


def _list(kind: str) -> Any:
    def make(machine: Machine, args: Args, frame: Frame | None) -> Value:
        if not args.positional:
            return Seq(kind, [], not args.more)
        value = args.positional[0]
        items, exact = machine.iterate(value)
        if isinstance(value, Unknown):
            return Unknown(value.reason, value.key, value.deps)
        out = Seq(kind, items, exact)
        if isinstance(value, Seq):
            out.read = value.read
        return out

    return make


def _dict(machine: Machine, args: Args, frame: Frame | None) -> Value:
    out = Map(not args.more)
    for value in args.positional:
        if isinstance(value, Map):
            for key in value.items:
                out.put(value.keys[key], value.items[key])
            out.exact = out.exact and value.exact
        elif isinstance(value, Seq) and value.exact:
            for pair in value.items:
                items, exact = machine.iterate(pair)
                if exact and len(items) == 2:
                    out.put(items[0], items[1])
        else:
            out.exact = False
    for name, value in args.kwargs.items():
        out.put(Known(name), value)
    return out


def _zip(machine: Machine, args: Args, frame: Frame | None) -> Value:
    columns = [machine.iterate(a) for a in args.positional]
    if not columns:
        return Seq("list", [])
    exact = all(e for _, e in columns)
    if exact:
        rows = min(len(items) for items, _ in columns)
    else:
        rows = max(len(items) for items, _ in columns) or 2
    out = []
    for i in range(rows):
        row: list[Value] = []
        for source, (items, _) in zip(args.positional, columns, strict=True):
            if i < len(items):
                row.append(items[i])
            else:
                key = machine.state.keys.of("item", operators.key_of(machine, source), i)
                row.append(Unknown("an element", key, tuple(nodes_in(source))))
        out.append(Seq("tuple", row))
    return Seq("list", list(out), exact)


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
    pairs = [Seq("tuple", [Known(first + i), item]) for i, item in enumerate(items)]
    return Seq("list", list(pairs), exact)


def _map(machine: Machine, args: Args, frame: Frame | None) -> Value:
    from bnlint.interp import calls

    if len(args.positional) < 2:
        return machine.state.unknown("map")
    func, source = args.positional[0], args.positional[1]
    out = Seq("list", [], True)
    rows = _zip(machine, calls.Args(args.positional[1:], {}, args.place), frame)
    assert isinstance(rows, Seq)
    for row in machine.loop_items(rows):
        items, _ = machine.iterate(row)
        out.items.append(calls.call(machine, func, calls.Args(items, {}, args.place), frame))
    machine.leave_loop()
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
            test = calls.call(machine, func, calls.Args([item], {}, args.place), frame)
        known = operators.truth_of(machine, test)
        if known is not False:
            out.items.append(item)
            out.exact = out.exact and known is True
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


_TYPES = {"list": Seq, "tuple": Seq, "set": Seq, "dict": Map}


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
    if isinstance(kind, Api) and isinstance(value, (Known, Seq, Map, Func, Instance)):
        return False if kind.name in ("tf.Tensor", "tf.Variable", "tf.Operation") else None
    if isinstance(kind, Api) and isinstance(value, Node):
        return True if kind.name == "tf.Tensor" else None
    return None


def _getattr(machine: Machine, args: Args, frame: Frame | None) -> Value:
    if len(args.positional) < 2:
        return machine.state.unknown("getattr")
    value, name = args.positional[:2]
    if isinstance(name, Known) and isinstance(name.value, str):
        if (
            len(args.positional) > 2
            and isinstance(value, Instance)
            and name.value not in value.attrs
            and attributes.find(machine, value, name.value) is None
        ):
            return args.positional[2]
        return attributes.get_attr(machine, value, name.value, args.place)
    hint = name.hint if isinstance(name, Unknown) else None
    if isinstance(hint, Known) and isinstance(hint.value, str) and not isinstance(value, Unknown):
        return attributes.get_attr(machine, value, hint.value, args.place)
    return machine.unknown_from("getattr with an unknown name", value)


def _setattr(machine: Machine, args: Args, frame: Frame | None) -> Value:
    if len(args.positional) == 3:
        value, name, new = args.positional
        if isinstance(name, Known) and isinstance(name.value, str):
            attributes.set_attr(machine, value, name.value, new)
    return NONE


def _hasattr(machine: Machine, args: Args, frame: Frame | None) -> Value:
    if len(args.positional) == 2:
        value, name = args.positional
        if isinstance(name, Known) and isinstance(value, Instance):
            if name.value in value.attrs or attributes.find(machine, value, name.value):
                return TRUE
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


def _type(machine: Machine, args: Args, frame: Frame | None) -> Value:
    if len(args.positional) == 1:
        value = args.positional[0]
        if isinstance(value, Instance):
            return value.cls
        if isinstance(value, Seq):
            return _TABLE[value.kind]
        if isinstance(value, Known):
            return _TABLE.get(type(value.value).__name__) or machine.state.unknown("a type")
        return machine.state.unknown("a type", "type", operators.key_of(machine, value))
    return machine.state.unknown("a type made at run time")


def _exit(machine: Machine, args: Args, frame: Frame | None) -> Value:
    raise Stop


def _identity(machine: Machine, args: Args, frame: Frame | None) -> Value:
    return args.positional[0] if args.positional else NONE


def _locals(machine: Machine, args: Args, frame: Frame | None) -> Value:
    out = Map()
    current = machine.state.frames[-1] if machine.state.frames else None
    if current is not None:
        for name, value in current.locals.items():
            out.put(Known(name), value)
    return out


def _globals(machine: Machine, args: Args, frame: Frame | None) -> Value:
    out = Map()
    current = machine.state.frames[-1] if machine.state.frames else frame
    if current is not None:
        for name, value in current.module.globals.items():
            out.put(Known(name), value)
    return out


def _any(want: bool) -> Any:
    def make(machine: Machine, args: Args, frame: Frame | None) -> Value:
        items, exact = machine.iterate(args.positional[0]) if args.positional else ([], False)
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
        return items[0]
    return machine.unknown_from("the next element", *args.positional)


def _import(machine: Machine, args: Args, frame: Frame | None) -> Value:
    name = args.positional[0] if args.positional else NONE
    hint = name.hint if isinstance(name, Unknown) else name
    if isinstance(hint, Known) and isinstance(hint.value, str):
        where = machine.state.frames[-1].module.path if machine.state.frames else args.place[0]
        text = hint.value
        return machine.modules.load(
            machine, text.lstrip("."), len(text) - len(text.lstrip(".")), where
        )
    key = operators.key_of(machine, name)
    return Object("dynamic module", args.place, key=key)


_TABLE: dict[str, Value] = {
    name: Builtin(name, func)
    for name, func in {
        "range": _range,
        "xrange": _range,
        "len": _len,
        "list": _list("list"),
        "tuple": _list("tuple"),
        "set": _list("set"),
        "frozenset": _list("set"),
        "dict": _dict,
        "zip": _zip,
        "enumerate": _enumerate,
        "map": _map,
        "filter": _filter,
        "sorted": _sorted,
        "reversed": _reversed,
        "sum": _sum,
        "min": _extreme(min),
        "max": _extreme(max),
        "isinstance": _isinstance,
        "getattr": _getattr,
        "setattr": _setattr,
        "hasattr": _hasattr,
        "super": _super,
        "print": _print,
        "int": _scalar(int),
        "float": _scalar(float),
        "str": _scalar(str),
        "bool": _scalar(bool),
        "type": _type,
        "exit": _exit,
        "quit": _exit,
        "iter": _identity,
        "locals": _locals,
        "vars": _locals,
        "globals": _globals,
        "any": _any(True),
        "all": _any(False),
        "next": _next,
        "__import__": _import,
        "property": _identity,
        "staticmethod": _identity,
        "classmethod": _identity,
    }.items()
}
_TABLE["object"] = External("object")
_TABLE["Exception"] = External("Exception")
_TABLE["NotImplemented"] = NONE


# --- container and string methods -----------------------------------------------------------


def call_method(
    machine: Machine, receiver: Seq | Map | Known | Text, name: str, args: Args, frame: Frame | None
) -> Value:
    """A method of a list, dict, set or string."""
    if isinstance(receiver, Text):
        return _text_method(machine, receiver, name, args)
    if isinstance(receiver, Seq):
        return _seq_method(machine, receiver, name, args)
    if isinstance(receiver, Map):
        return _map_method(machine, receiver, name, args)
    return _scalar_method(machine, receiver, name, args)


def _seq_method(machine: Machine, seq: Seq, name: str, args: Args) -> Value:
    first = args.positional[0] if args.positional else NONE
    if name in ("append", "add", "appendleft"):
        seq.items.append(first)
        return NONE
    if name in ("extend", "update", "__iadd__"):
        items, exact = machine.iterate(first)
        seq.items.extend(items)
        if not items and not exact:
            seq.items.extend(nodes_in(first))
        seq.exact = seq.exact and exact
        return NONE
    if name == "insert" and len(args.positional) == 2:
        at = first.value if isinstance(first, Known) and isinstance(first.value, int) else 0
        seq.items.insert(at, args.positional[1])
        return NONE
    if name in ("pop", "popleft"):
        at = first.value if isinstance(first, Known) and isinstance(first.value, int) else -1
        if name == "popleft":
            at = 0
        if -len(seq.items) <= at < len(seq.items):
            return seq.items.pop(at)
        return machine.unknown_from("an element", seq)
    if name in ("remove", "discard"):
        for i, item in enumerate(seq.items):
            if item is first or (
                isinstance(item, Known) and isinstance(first, Known) and item.value == first.value
            ):
                del seq.items[i]
                return NONE
        seq.exact = seq.exact and not isinstance(first, Unknown)
        return NONE
    if name == "reverse":
        seq.items.reverse()
        return NONE
    if name in ("sort", "shuffle"):
        return NONE
    if name == "clear":
        seq.items.clear()
        return NONE
    if name == "copy":
        return Seq(seq.kind, list(seq.items), seq.exact)
    if name == "index":
        for i, item in enumerate(seq.items):
            if item is first or (
                isinstance(item, Known) and isinstance(first, Known) and item.value == first.value
            ):
                return Known(i)
        return machine.state.unknown("an index")
    if name == "count":
        return machine.state.unknown("a count")
    if name in ("union", "difference", "intersection"):
        op = {"union": "|", "difference": "-", "intersection": "&"}[name]
        items, exact = machine.iterate(first)
        return operators.binary(machine, op, seq, Seq("set", items, exact), args.place)
    return machine.unknown_from(f"the list method {name}", seq, *args.values())


def _map_method(machine: Machine, mapping: Map, name: str, args: Args) -> Value:
    first = args.positional[0] if args.positional else NONE
    if name in ("get", "pop", "setdefault"):
        found = mapping.get(first)
        if found is not None:
            if name == "pop" and isinstance(first, Known):
                mapping.items.pop(first.value, None)
                mapping.keys.pop(first.value, None)
            return found
        default = args.positional[1] if len(args.positional) > 1 else NONE
        if name == "setdefault":
            mapping.put(first, default)
            return default
        if mapping.exact and isinstance(first, Known):
            return default
        return machine.unknown_from("an element of a dict", mapping, default)
    if name in ("keys", "iterkeys"):
        return Seq("list", list(mapping.keys.values()), mapping.exact)
    if name in ("values", "itervalues"):
        return Seq("list", list(mapping.items.values()), mapping.exact)
    if name in ("items", "iteritems"):
        pairs: list[Value] = [
            Seq("tuple", [mapping.keys[k], mapping.items[k]]) for k in mapping.items
        ]
        return Seq("list", pairs, mapping.exact)
    if name == "update":
        other = _dict(machine, args, None)
        assert isinstance(other, Map)
        for key in other.items:
            mapping.put(other.keys[key], other.items[key])
        mapping.exact = mapping.exact and other.exact
        return NONE
    if name == "copy":
        out = Map(mapping.exact)
        out.items, out.keys = dict(mapping.items), dict(mapping.keys)
        return out
    if name == "has_key":
        return operators.compare(machine, "in", first, mapping, args.place)
    if name == "clear":
        mapping.items.clear()
        mapping.keys.clear()
        return NONE
    return machine.unknown_from(f"the dict method {name}", mapping, *args.values())


def _text_method(machine: Machine, text: Text, name: str, args: Args) -> Value:
    first = args.positional[0] if args.positional else NONE
    if name == "startswith":
        heads = first.items if isinstance(first, Seq) else [first]
        answers = [
            text.starts_with(h.value) if isinstance(h, Known) and isinstance(h.value, str) else None
            for h in heads
        ]
        if True in answers:
            return TRUE
        if None not in answers:
            return FALSE
    if (
        name == "split"
        and isinstance(first, Known)
        and isinstance(first.value, str)
        and first.value
    ):
        known = text.prefix.split(first.value)[:-1]
        return Seq("list", [Known(part) for part in known], False)
    keys = [operators.key_of(machine, a) for a in args.values()]
    return machine.state.unknown("a string", "text", name, text.key, *keys)


_STRING_METHODS = frozenset(
    [
        "format",
        "lower",
        "upper",
        "strip",
        "lstrip",
        "rstrip",
        "split",
        "rsplit",
        "join",
        "replace",
        "startswith",
        "endswith",
        "title",
        "capitalize",
        "find",
        "rfind",
        "count",
        "isdigit",
        "zfill",
        "index",
        "partition",
        "rpartition",
        "splitlines",
    ]
)


def _scalar_method(machine: Machine, value: Known, name: str, args: Args) -> Value:
    if isinstance(value.value, str) and name in _STRING_METHODS and not args.more:
        plain: list[Any] = []
        for arg in args.positional:
            if isinstance(arg, Known):
                plain.append(arg.value)
            elif (
                isinstance(arg, Seq) and arg.exact and all(isinstance(i, Known) for i in arg.items)
            ):
                items = [i.value for i in arg.items if isinstance(i, Known)]
                plain.append(tuple(items) if name in ("startswith", "endswith") else items)
            else:
                keys = [operators.key_of(machine, a) for a in args.values()]
                return machine.state.unknown("a string", "text", name, value.value[:200], *keys)
        named = {k: v.value for k, v in args.kwargs.items() if isinstance(v, Known)}
        if len(named) == len(args.kwargs):
            try:
                result = getattr(value.value, name)(*plain, **named)
            except (TypeError, ValueError, IndexError, KeyError, AttributeError):
                return machine.state.unknown("a string")
            if isinstance(result, (list, tuple)):
                return Seq("list", [Known(r) for r in result])
            if not isinstance(result, str) or len(result) <= 10_000:
                return Known(result)
    return machine.unknown_from(f"the method {name}", *args.values())


# --- functions of other libraries -------------------------------------------------------------


def call_external(machine: Machine, name: str, args: Args, frame: Frame | None) -> Value:
    """A function outside the project that bnlint knows, else an unknown call."""
    from bnlint.interp import calls, tensorflow

    handler = _EXTERNAL.get(name)
    if handler is not None:
        found: Value = handler(machine, args, frame)
        return found
    receiver, _, last = name.rpartition(".")
    if receiver:
        key = machine.state.keys.of("external", receiver)
        handled = tensorflow.call_by_name(
            machine, Unknown(f"{receiver} is outside the project", key), last, args, frame
        )
        if handled is not None:
            return handled
    return calls.unknown_call(machine, External(name), args)


def _partial(machine: Machine, args: Args, frame: Frame | None) -> Value:
    if not args.positional:
        return machine.state.unknown("partial")
    return Partial(args.positional[0], args.positional[1:], dict(args.kwargs))


def _wraps(machine: Machine, args: Args, frame: Frame | None) -> Value:
    return Builtin("wraps", _identity)


def _namedtuple(machine: Machine, args: Args, frame: Frame | None) -> Value:
    names = args.get("field_names", 1)
    fields: list[Value] = []
    if isinstance(names, Known) and isinstance(names.value, str):
        fields = [Known(n) for n in names.value.replace(",", " ").split()]
    elif isinstance(names, Seq):
        fields = list(names.items)
    return Class(None, "namedtuple", None, [], {"<fields>": Seq("tuple", fields)})


def _path_join(machine: Machine, args: Args, frame: Frame | None) -> Value:
    import posixpath

    parts = [a.value for a in args.positional if isinstance(a, Known) and isinstance(a.value, str)]
    if len(parts) == len(args.positional) and parts:
        return Known(posixpath.join(*parts))
    return machine.state.unknown(
        "a path", "call", *(operators.key_of(machine, a) for a in args.positional)
    )


def _dirname(machine: Machine, args: Args, frame: Frame | None) -> Value:
    import posixpath

    value = args.positional[0] if args.positional else NONE
    if isinstance(value, Known) and isinstance(value.value, str):
        return Known(posixpath.dirname(value.value) or ".")
    return machine.state.unknown("a path")


def _abspath(machine: Machine, args: Args, frame: Frame | None) -> Value:
    value = args.positional[0] if args.positional else NONE
    if isinstance(value, Known) and isinstance(value.value, str):
        import os

        return Known(os.path.abspath(value.value))
    return machine.state.unknown("a path")


def _sys_path(machine: Machine, args: Args, frame: Frame | None) -> Value:
    """``sys.path`` edits with literal paths; a relative one counts from the editing file too."""
    import os

    value = args.positional[-1] if args.positional else NONE
    for item in value.items if isinstance(value, Seq) else [value]:
        if isinstance(item, Known) and isinstance(item.value, str):
            beside = os.path.normpath(os.path.join(os.path.dirname(args.place[0]), item.value))
            for path in (item.value, beside):
                if path not in machine.state.sys_path:
                    machine.state.sys_path.append(path)
    return NONE


def _copy(machine: Machine, args: Args, frame: Frame | None) -> Value:
    value = args.positional[0] if args.positional else NONE
    if isinstance(value, Seq):
        return Seq(value.kind, list(value.items), value.exact)
    if isinstance(value, Map):
        return _map_method(machine, value, "copy", args)
    return value


def _argument_parser(machine: Machine, args: Args, frame: Frame | None) -> Value:
    return Object("argument parser", args.place, defaults={})


def _reduce(machine: Machine, args: Args, frame: Frame | None) -> Value:
    from bnlint.interp import calls

    if len(args.positional) < 2:
        return machine.state.unknown("reduce")
    items, exact = machine.iterate(args.positional[1])
    if not exact or not items:
        return machine.unknown_from("a reduction", *args.positional)
    if len(args.positional) > 2:
        items = [args.positional[2], *items]
    total = items[0]
    for item in items[1 : machine.state.budget.loop]:
        total = calls.call(
            machine, args.positional[0], calls.Args([total, item], {}, args.place), frame
        )
    return total


def _chain(machine: Machine, args: Args, frame: Frame | None) -> Value:
    out = Seq("list", [], not args.more)
    for value in args.positional:
        items, exact = machine.iterate(value)
        out.items.extend(items)
        out.exact = out.exact and exact
    return out


def _chain_from(machine: Machine, args: Args, frame: Frame | None) -> Value:
    from bnlint.interp import calls

    items, exact = machine.iterate(args.positional[0]) if args.positional else ([], False)
    return _chain(machine, calls.Args(items, {}, args.place, not exact), frame)


_EXTERNAL: dict[str, Any] = {
    "functools.partial": _partial,
    "functools.wraps": _wraps,
    "six.wraps": _wraps,
    "functools.reduce": _reduce,
    "functools.lru_cache": _wraps,
    "collections.namedtuple": _namedtuple,
    "typing.NamedTuple": _namedtuple,
    "collections.OrderedDict": _dict,
    "collections.defaultdict": lambda m, a, f: Map(False),
    "collections.deque": _list("list"),
    "copy.copy": _copy,
    "copy.deepcopy": _copy,
    "os.path.join": _path_join,
    "os.path.dirname": _dirname,
    "os.path.abspath": _abspath,
    "os.path.realpath": _abspath,
    "os.path.exists": lambda m, a, f: m.state.unknown(
        "a file's existence", "exists", *(operators.key_of(m, v) for v in a.positional)
    ),
    "sys.path.append": _sys_path,
    "sys.path.insert": _sys_path,
    "sys.path.extend": _sys_path,
    "site.addsitedir": _sys_path,
    "sys.exit": _exit,
    "os._exit": _exit,
    "importlib.import_module": _import,
    "argparse.ArgumentParser": _argument_parser,
    "contextlib.ExitStack": lambda m, a, f: Object("exit stack", a.place, leaves=[]),
    "itertools.chain": _chain,
    "itertools.chain.from_iterable": _chain_from,
    "six.moves.range": _range,
    "six.moves.xrange": _range,
    "six.moves.zip": _zip,
    "six.moves.map": _map,
    "six.iteritems": lambda m, a, f: (
        _map_method(m, a.positional[0], "items", a)
        if a.positional and isinstance(a.positional[0], Map)
        else m.unknown_from("items", *a.positional)
    ),
    "six.itervalues": lambda m, a, f: (
        _map_method(m, a.positional[0], "values", a)
        if a.positional and isinstance(a.positional[0], Map)
        else m.unknown_from("values", *a.positional)
    ),
    "tqdm.tqdm": _identity,
    "tqdm.trange": _range,
    "tqdm.tqdm_notebook": _identity,
    "builtins.range": _range,
    "random.shuffle": lambda m, a, f: NONE,
    "numpy.arange": _range,
    "numpy.random.shuffle": lambda m, a, f: NONE,
}
