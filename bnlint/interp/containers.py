"""Methods of lists, dicts, sets and strings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bnlint.interp import operators
from bnlint.interp.builtins import make_dict
from bnlint.interp.nodes import nodes_in
from bnlint.interp.overwriting import overwrite_entries
from bnlint.interp.values import (
    FALSE,
    NONE,
    TRUE,
    Known,
    Map,
    Seq,
    Text,
    Unknown,
    Value,
)

if TYPE_CHECKING:
    from bnlint.interp.calls import Args
    from bnlint.interp.machine import Machine
    from bnlint.interp.scope import Frame


def call_method(
    machine: Machine, receiver: Seq | Map | Known | Text, name: str, args: Args, frame: Frame | None
) -> Value:
    """A method of a list, dict, set or string."""
    if isinstance(receiver, Text):
        return _text_method(machine, receiver, name, args)
    if isinstance(receiver, Seq):
        return _seq_method(machine, receiver, name, args)
    if isinstance(receiver, Map):
        return map_method(machine, receiver, name, args)
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


def map_method(machine: Machine, mapping: Map, name: str, args: Args) -> Value:
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
        other = make_dict(machine, args, None)
        assert isinstance(other, Map)
        for key in other.items:
            mapping.put(other.keys[key], other.items[key])
        if not other.exact:
            overwrite_entries(mapping)
        return NONE
    if name == "copy":
        out = Map(mapping.exact)
        out.factory = mapping.factory
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
