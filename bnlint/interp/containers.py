"""Methods of lists, dicts, sets and strings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bnlint.interp import comparisons, dicts, operators, subscripts, truth
from bnlint.interp.args import Args
from bnlint.interp.guards import FALSE as FALSE_GUARD
from bnlint.interp.iterables import make_dict
from bnlint.interp.lifting import lifted
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
    from bnlint.interp.interpreter import Interpreter
    from bnlint.interp.scope import Frame


def call_method(
    machine: Interpreter,
    receiver: Seq | Map | Known | Text,
    name: str,
    args: Args,
    frame: Frame | None,
) -> Value:
    """A method of a list, dict, set or string."""
    if isinstance(receiver, Seq):
        return _seq_method(machine, receiver, name, args)
    if isinstance(receiver, Map):
        return map_method(machine, receiver, name, args)

    if isinstance(receiver, Text):
        return lifted(machine, args, lambda given: _text_method(machine, receiver, name, given))
    return lifted(machine, args, lambda given: _scalar_method(machine, receiver, name, given))


def _seq_method(machine: Interpreter, seq: Seq, name: str, args: Args) -> Value:
    paths = machine.state.paths
    first = args.positional[0] if args.positional else NONE
    if name in ("append", "add", "appendleft"):
        paths.append(seq, [first])
        return NONE
    if name in ("extend", "update", "__iadd__"):
        items, exact = machine.iterate(first)
        paths.append(seq, items if items or exact else nodes_in(first))
        seq.exact = seq.exact and exact
        return NONE
    if name in ("sort", "shuffle"):
        return NONE

    return lifted(machine, args, lambda given: _rearrange(machine, seq, name, given))


def _rearrange(machine: Interpreter, seq: Seq, name: str, args: Args) -> Value:
    """Methods that need the elements that are there on the paths that run now."""
    paths = machine.state.paths
    first = args.positional[0] if args.positional else NONE
    items = paths.elements(seq)
    if name == "insert" and len(args.positional) == 2:
        at = first.value if isinstance(first, Known) and isinstance(first.value, int) else 0
        items.insert(max(-len(items), min(at, len(items))), args.positional[1])
        paths.replace(seq, items)
        return NONE
    if name in ("pop", "popleft"):
        at = first.value if isinstance(first, Known) and isinstance(first.value, int) else -1
        if name == "popleft":
            at = 0
        if -len(items) <= at < len(items) and not isinstance(first, Unknown):
            found = subscripts.get_item(machine, seq, Known(at), args.place)
            items.pop(at)
            paths.replace(seq, items)
            return found
        found = machine.unknown_from("an element", seq)
        _lose_one(machine, seq, items)
        return found
    if name in ("remove", "discard"):
        position = _position(first, items)
        if position is not None:
            del items[position]
            paths.replace(seq, items)
        elif isinstance(first, Unknown):
            _lose_one(machine, seq, items)
        return NONE
    if name == "reverse":
        paths.replace(seq, items[::-1])
        return NONE
    if name == "clear":
        paths.replace(seq, [])
        return NONE
    if name == "copy":
        return Seq(seq.kind, items, seq.exact)
    if name == "index":
        position = _position(first, items)
        return machine.state.unknown("an index") if position is None else Known(position)
    if name == "count":
        return machine.state.unknown("a count")
    if name in ("union", "difference", "intersection"):
        op = {"union": "|", "difference": "-", "intersection": "&"}[name]
        others, exact = machine.iterate(first)
        return operators.binary(machine, op, seq, Seq("set", others, exact), args.place)
    return machine.unknown_from(f"the list method {name}", seq, *args.values())


def _position(wanted: Value, items: list[Value]) -> int | None:
    for i, item in enumerate(items):
        if item is wanted or (
            isinstance(item, Known) and isinstance(wanted, Known) and item.value == wanted.value
        ):
            return i
    return None


def delete_at(machine: Interpreter, seq: Seq, index: Value) -> None:
    """``del seq[index]``; a slice counts as an index that is not known."""
    items = machine.state.paths.elements(seq)
    at = index.value if isinstance(index, Known) else None
    if isinstance(at, int) and -len(items) <= at < len(items):
        del items[at]
        machine.state.paths.replace(seq, items)
    else:
        _lose_one(machine, seq, items)


def _lose_one(machine: Interpreter, seq: Seq, items: list[Value]) -> None:
    """Something is taken out of a list, nobody knows what: of no constant is it known to stay."""
    machine.state.paths.replace(seq, operators.perhaps(machine, items))
    seq.exact = False


def map_method(machine: Interpreter, mapping: Map, name: str, args: Args) -> Value:
    """A method of a dict."""

    if name in ("get", "pop", "has_key"):
        return lifted(machine, args, lambda given: _look_up(machine, mapping, name, given))
    paths = machine.state.paths
    first = args.positional[0] if args.positional else NONE
    if name == "setdefault":
        default = args.positional[1] if len(args.positional) > 1 else NONE
        found = dicts.entry(machine, mapping, first)
        if found is None:
            dicts.put(machine, mapping, first, default)
            return default
        value = paths.filled(found, default)
        if value is not found:
            dicts.put(machine, mapping, first, value)
        return value
    if name in ("keys", "iterkeys"):
        return Seq("list", dicts.keys_in(machine, mapping), mapping.exact)
    if name in ("values", "itervalues", "items", "iteritems"):
        rows: list[Value] = []
        for hashed, value in mapping.items.items():
            there = paths.presence(value)
            if paths.guards.conj(there, paths.now) == FALSE_GUARD:
                continue
            row = paths.present(value)
            if name in ("items", "iteritems"):
                row = Seq("tuple", [mapping.keys[hashed], row])
            rows.append(paths.optional(row, there))
        return Seq("list", rows, mapping.exact)
    if name == "update":
        for other in args.positional:
            dicts.put_all(machine, mapping, _as_map(machine, other, args))
        for key, item in args.kwargs.items():
            dicts.put(machine, mapping, Known(key), item)
        if args.more:
            overwrite_entries(mapping)
        return NONE
    if name == "copy":
        out = Map(mapping.exact)
        out.factory = mapping.factory
        out.items, out.keys = dict(mapping.items), dict(mapping.keys)
        out.born = paths.now
        return out
    if name == "clear":
        for stored in list(mapping.keys.values()):
            dicts.remove(machine, mapping, stored)
        return NONE
    return machine.unknown_from(f"the dict method {name}", mapping, *args.values())


def _as_map(machine: Interpreter, value: Value, args: Args) -> Value:
    """What ``update`` is given: a dict, or pairs of which one is made."""
    if isinstance(value, Seq):
        return make_dict(machine, Args([value], {}, args.place), None)
    return value


def _look_up(machine: Interpreter, mapping: Map, name: str, args: Args) -> Value:
    first = args.positional[0] if args.positional else NONE
    if name == "has_key":
        return comparisons.compare(machine, "in", first, mapping, args.place)
    paths = machine.state.paths
    default = args.positional[1] if len(args.positional) > 1 else NONE
    found = dicts.entry(machine, mapping, first)
    if found is not None:
        if name == "pop":
            dicts.remove(machine, mapping, first)
        return paths.filled(found, default)
    if mapping.exact and isinstance(first, Known):
        return default
    if mapping.exact and isinstance(first, Unknown) and mapping.items and name == "get":
        return subscripts.choose(machine, mapping, first, default)
    return machine.unknown_from("an element of a dict", mapping, default)


def _text_method(machine: Interpreter, text: Text, name: str, args: Args) -> Value:
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
        and len(text.heads) == 1
    ):
        known = text.heads[0].split(first.value)[:-1]
        return Seq("list", [Known(part) for part in known], False)
    keys = [truth.key_of(machine, a) for a in args.values()]
    return machine.state.unknown("a string", "text", name, text.key, *keys)


def _grows(text: str, name: str, plain: list[Any], named: dict[str, Any]) -> bool:
    """Whether a method may make a string longer than is followed."""
    given = [*plain, *named.values()]
    if name == "format":
        return operators.is_wide(text, given)
    if name in ("zfill", "ljust", "rjust", "center"):
        return any(isinstance(v, int) and v > operators.LONGEST for v in given)
    if name in ("replace", "join"):
        parts = [p for v in given for p in (v if isinstance(v, (list, tuple)) else [v])]
        longest = max((len(p) for p in parts if isinstance(p, str)), default=0)
        return (len(text) + 1) * (longest + 1) * max(1, len(parts)) > 1_000_000
    return False


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


def _scalar_method(machine: Interpreter, value: Known, name: str, args: Args) -> Value:
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
                keys = [truth.key_of(machine, a) for a in args.values()]
                return machine.state.unknown("a string", "text", name, value.value[:200], *keys)
        named = {k: v.value for k, v in args.kwargs.items() if isinstance(v, Known)}
        if len(named) == len(args.kwargs) and not _grows(value.value, name, plain, named):
            try:
                result = getattr(value.value, name)(*plain, **named)
            except (TypeError, ValueError, LookupError, AttributeError, OverflowError):
                return machine.state.unknown("a string")
            if isinstance(result, (list, tuple)):
                return Seq("list", [Known(r) for r in result])
            if not isinstance(result, str) or len(result) <= operators.LONGEST:
                return Known(result)
    return machine.unknown_from(f"the method {name}", *args.values())
