"""Python's functions that make sequences and dicts or walk over them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bnlint.interp import dicts, operators, subscripts, truth
from bnlint.interp.args import Args
from bnlint.interp.choices import Choice
from bnlint.interp.guards import FALSE as FALSE_GUARD
from bnlint.interp.guards import TRUE as TRUE_GUARD
from bnlint.interp.nodes import nodes_in
from bnlint.interp.overwriting import overwrite_entries
from bnlint.interp.values import (
    NONE,
    Known,
    Map,
    Seq,
    Unknown,
    Value,
)

if TYPE_CHECKING:
    from bnlint.interp.interpreter import Interpreter
    from bnlint.interp.scope import Frame

_MOST = 4096


def make_range(machine: Interpreter, args: Args, frame: Frame | None) -> Value:
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
    keys = [truth.key_of(machine, a) for a in args.positional]
    if len(args.positional) == 1:
        item = Unknown("an unknown count", machine.state.keys.of("counter", *keys))
        return Seq("list", [Known(0), item], False)
    return machine.state.unknown("a range", "range", *keys)


def _len(machine: Interpreter, args: Args, frame: Frame | None) -> Value:
    return subscripts.length(machine, args.positional[0]) if args.positional else NONE


def make_list(kind: str) -> Any:
    def make(machine: Interpreter, args: Args, frame: Frame | None) -> Value:
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


def make_dict(machine: Interpreter, args: Args, frame: Frame | None) -> Value:
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


def make_zip(machine: Interpreter, args: Args, frame: Frame | None) -> Value:
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
                key = machine.state.keys.of("item", truth.key_of(machine, source), i)
                row.append(Unknown("an element", key, tuple(nodes_in(source))))
        out.append(_together(machine, row))
    return Seq("list", out, exact)


def _together(machine: Interpreter, row: list[Value]) -> Value:
    """A tuple of elements; it is there where all of them are."""
    paths = machine.state.paths
    there = TRUE_GUARD
    for item in row:
        there = paths.guards.conj(there, paths.presence(item))
    return paths.optional(Seq("tuple", [paths.present(item) for item in row]), there)


def _enumerate(machine: Interpreter, args: Args, frame: Frame | None) -> Value:
    if not args.positional:
        return machine.state.unknown("enumerate")
    items, exact = machine.iterate(args.positional[0])
    if not items and not exact:
        key = truth.key_of(machine, args.positional[0])
        deps = tuple(nodes_in(args.positional[0]))
        items = [
            Unknown("an element", machine.state.keys.of("item", key, i), deps) for i in range(2)
        ]
    start = args.get("start", 1)
    first = start.value if isinstance(start, Known) and isinstance(start.value, int) else 0
    pairs = [_together(machine, [Known(first + i), item]) for i, item in enumerate(items)]
    return Seq("list", pairs, exact)


def apply_map(machine: Interpreter, args: Args, frame: Frame | None) -> Value:
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
            result = machine.call(func, Args(items, {}, args.place), frame)
            out.items.append(paths.optional(result, there))
            before = paths.guards.disj(paths.now, paths.guards.minus(before, there))
    finally:
        machine.leave_loop()
    paths.now = before
    out.exact = rows.exact and len(out.items) == len(rows.items)
    if not out.items:
        return machine.unknown_from("map of an unknown iterable", source)
    return out


def _filter(machine: Interpreter, args: Args, frame: Frame | None) -> Value:
    if len(args.positional) < 2:
        return machine.state.unknown("filter")
    func, source = args.positional[:2]
    items, exact = machine.iterate(source)
    out = Seq("list", [], exact)
    for item in items[:_MOST]:
        test = item
        if not isinstance(func, Known):
            test = machine.call(func, Args([item], {}, args.place), frame)
        keep, sure = machine.assumed(test)
        out.exact = out.exact and sure
        if keep != FALSE_GUARD:
            out.items.append(machine.state.paths.optional(item, keep))
    return out


def _sorted(machine: Interpreter, args: Args, frame: Frame | None) -> Value:
    items, exact = machine.iterate(args.positional[0]) if args.positional else ([], False)
    known = [i for i in items if isinstance(i, Known)]
    if len(known) == len(items):
        try:
            known.sort(key=lambda k: k.value)
            return Seq("list", list(known), exact)
        except TypeError:
            pass
    return Seq("list", items, exact)


def _reversed(machine: Interpreter, args: Args, frame: Frame | None) -> Value:
    items, exact = machine.iterate(args.positional[0]) if args.positional else ([], False)
    return Seq("list", items[::-1], exact)


def _sum(machine: Interpreter, args: Args, frame: Frame | None) -> Value:
    items, exact = machine.iterate(args.positional[0]) if args.positional else ([], False)
    total: Value = args.get("start", 1) or Known(0)
    if len(items) > 64 or not exact:
        return machine.unknown_from("a sum", *items)
    for item in items:
        total = operators.binary(machine, "+", total, item, args.place)
    return total


def _extreme(pick: Any) -> Any:
    def make(machine: Interpreter, args: Args, frame: Frame | None) -> Value:
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


def _any(want: bool) -> Any:
    def make(machine: Interpreter, args: Args, frame: Frame | None) -> Value:
        items, exact = machine.iterate(args.positional[0]) if args.positional else ([], False)
        if exact and any(isinstance(i, Choice) for i in items):
            paths = machine.state.paths
            decided = [i for i in items if not isinstance(i, Unknown) or isinstance(i, Choice)]
            if len(decided) == len(items):
                found = [truth.guard_of(machine, i) ^ (0 if want else 1) for i in items]
                there = [
                    paths.guards.conj(g, paths.presence(i))
                    for g, i in zip(found, items, strict=True)
                ]
                return paths.boolean(paths.guards.any_of(there) ^ (0 if want else 1))
        truths = [truth.truth_of(machine, i) for i in items]
        if want in truths:
            return Known(want)
        if exact and all(t is (not want) for t in truths):
            return Known(not want)
        return machine.state.unknown("a test over an unknown iterable")

    return make


def _next(machine: Interpreter, args: Args, frame: Frame | None) -> Value:
    items, _ = machine.iterate(args.positional[0]) if args.positional else ([], False)
    if items:
        return subscripts.get_item(machine, Seq("list", items, False), Known(0), args.place)
    return machine.unknown_from("the next element", *args.positional)


FUNCTIONS: dict[str, Any] = {
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
    "any": _any(True),
    "all": _any(False),
    "next": _next,
}
