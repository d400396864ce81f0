"""Operators, subscripts and truth over abstract values."""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any

from bnlint.interp.effects import handwritten
from bnlint.interp.nodes import Node, nodes_in
from bnlint.interp.overwriting import overwrite_attributes, overwrite_entries
from bnlint.interp.values import (
    FALSE,
    TRUE,
    Api,
    Bound,
    Class,
    External,
    Func,
    Instance,
    Known,
    Map,
    ModuleEnv,
    Partial,
    Place,
    Seq,
    Text,
    Unknown,
    Value,
)

if TYPE_CHECKING:
    from bnlint.interp.machine import Machine

_BINARY: dict[str, Any] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "//": operator.floordiv,
    "%": operator.mod,
    "|": operator.or_,
    "&": operator.and_,
    "^": operator.xor,
    "<<": operator.lshift,
    ">>": operator.rshift,
}
_COMPARE: dict[str, Any] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_LONGEST = 10_000


def key_of(machine: Machine, value: Value) -> int:
    """The symbolic key of a value, for the keys of what is computed from it."""
    keys = machine.state.keys
    if isinstance(value, (Unknown, Text)):
        return value.key
    if isinstance(value, Known):
        return keys.of("const", type(value.value).__name__, repr(value.value))
    if isinstance(value, Node):
        return keys.of("node", value.id)
    if isinstance(value, Instance):
        return value.key
    if isinstance(value, (Api, External)):
        return keys.of("external", value.name)
    if isinstance(value, ModuleEnv):
        return keys.of("external", value.path)
    if isinstance(value, Class):
        return keys.of("external", value.name)
    if isinstance(value, Seq) and value.exact and len(value.items) <= 4:
        flat = [i for i in value.items if not isinstance(i, Seq)]  # a list may hold itself
        if len(flat) == len(value.items):
            return keys.of("sequence", *(key_of(machine, i) for i in flat))
    return keys.of("fresh", machine.state.fresh())


def truth_of(machine: Machine, value: Value) -> bool | None:
    """The truth of a value, None where it is not known."""
    if isinstance(value, Known):
        return bool(value.value)
    if isinstance(value, (Seq, Map)):
        if value.items:
            return True
        return False if value.exact else None
    if isinstance(value, Unknown):
        return None
    return True


def both(machine: Machine, op: str, left: Value, right: Value) -> Value:
    """``left and right`` / ``left or right`` where ``left`` is undecided."""
    if isinstance(left, Known):
        return right if bool(left.value) == (op == "and") else left
    deps = dict.fromkeys([*nodes_in(left), *nodes_in(right)])
    if isinstance(left, Unknown) and isinstance(right, (Unknown, Known)):
        if isinstance(right, Known) and isinstance(right.value, bool):
            if right.value == (op == "and"):
                return left
            return right
        if isinstance(right, Unknown):
            return Unknown(left.reason, machine.state.keys.of(op, left.key, right.key), tuple(deps))
    reason = left.reason if isinstance(left, Unknown) else "an undecided value"
    key = machine.state.keys.of("either", op, key_of(machine, left), key_of(machine, right))
    return Unknown(reason, key, tuple(deps))


def unary(machine: Machine, op: str, value: Value, place: Place) -> Value:
    if op == "not":
        known = truth_of(machine, value)
        if known is not None:
            origin = value.origin if isinstance(value, Known) else None
            assumed = isinstance(value, Known) and value.assumed
            return Known(not known, origin, isinstance(value, Known) and value.default, assumed)
        if not isinstance(value, Unknown):  # a container whose elements are not all known
            value = machine.state.unknown("an incomplete container")
        parts = machine.state.keys.parts(value.key)
        if parts[0] == "not":
            return Unknown(value.reason, parts[1], value.deps)
        hint = None
        if isinstance(value.hint, Known):
            hint = Known(not value.hint.value)
        return Unknown(value.reason, machine.state.keys.of("not", value.key), value.deps, hint)
    if isinstance(value, Known) and isinstance(value.value, (int, float)):
        if op == "-":
            return Known(-value.value, value.origin, value.default)
        if op == "+":
            return value
        if op == "~" and isinstance(value.value, int):
            return Known(~value.value)
    if isinstance(value, Node):
        return machine.state.node("op", "tf.negative", [value], place)
    return machine.unknown_from("arithmetic on an unknown value", value)


def binary(machine: Machine, op: str, left: Value, right: Value, place: Place) -> Value:
    """``left op right``; an op node as soon as a graph node takes part."""
    if isinstance(left, Known) and isinstance(right, Known):
        return _fold(machine, op, left.value, right.value)
    if isinstance(left, Known) and isinstance(left.value, str) and op == "%":
        return _format(machine, left.value, right)
    if isinstance(left, Seq) and isinstance(right, Seq):
        if op == "+":
            return Seq(left.kind, [*left.items, *right.items], left.exact and right.exact)
        if op == "|":
            return Seq("set", [*left.items, *right.items], left.exact and right.exact)
        if op in ("-", "&"):
            inside = [i for i in left.items if any(_same(i, o) for o in right.items) == (op == "&")]
            return Seq(left.kind, inside, left.exact and right.exact)
    if (
        isinstance(left, Seq)
        and op == "*"
        and isinstance(right, Known)
        and type(right.value) is int
    ):
        count = max(0, min(right.value, 64))
        return Seq(left.kind, left.items * count, left.exact and count == right.value)
    if isinstance(left, Seq) and op == "+":
        return Seq(left.kind, [*left.items, *nodes_in(right)], False)
    if isinstance(right, Seq) and op == "+" and not isinstance(left, Node):
        return Seq(right.kind, [*nodes_in(left), *right.items], False)
    if isinstance(left, Node) or isinstance(right, Node):
        inputs: list[Node] = []
        for side in (left, right):
            if isinstance(side, Node):
                inputs.append(side)
            elif isinstance(side, (Known, Unknown)) and op not in ("+", "-"):
                # A Python number becomes a Const made here, under the dependencies in force.
                constant = machine.state.node("const", "tf.constant", nodes_in(side), place)
                inputs.append(constant)
            else:
                inputs.extend(nodes_in(side))
        kind = "linear" if op in ("+", "-") else "op"
        node = machine.state.node(kind, f"operator {op}", inputs, place)
        node.data["scalar"] = all(n.data.get("scalar") for n in inputs if n.kind != "const")
        if op in ("/", "*") and isinstance(left, Node) and isinstance(right, Node):
            handwritten.arithmetic(machine, left, right, node)
        return node
    if op in ("|", "&") and (_is_test(machine, left) or _is_test(machine, right)):
        return both(machine, "or" if op == "|" else "and", left, right)
    deps = dict.fromkeys([*nodes_in(left), *nodes_in(right)])
    key = machine.state.keys.of("binary", op, key_of(machine, left), key_of(machine, right))
    hint: Value | None = None
    guesses = [v.hint if isinstance(v, Unknown) else v for v in (left, right)]
    if all(isinstance(g, Known) for g in guesses):
        folded = _fold(machine, op, *(g.value for g in guesses if isinstance(g, Known)))
        hint = folded if isinstance(folded, Known) else None
    return Unknown("arithmetic on an unknown value", key, tuple(deps), hint)


_TESTS = frozenset({"not", "and", "or", "equals", "is none", "compare", "in", "same", "isinstance"})


def _is_test(machine: Machine, value: Value) -> bool:
    """Whether an unknown is the outcome of a test, so that ``|`` and ``&`` mean or and and."""
    return isinstance(value, Unknown) and machine.state.keys.parts(value.key)[0] in _TESTS


def _is_text(value: Value) -> bool:
    return isinstance(value, Known) and isinstance(value.value, str)


def _same(left: Value, right: Value) -> bool:
    if isinstance(left, Known) and isinstance(right, Known):
        return bool(left.value == right.value)
    return left is right


def _fold(machine: Machine, op: str, left: Any, right: Any) -> Value:
    try:
        if op == "**":
            if not (isinstance(left, (int, float)) and isinstance(right, (int, float))):
                raise TypeError
            if abs(right) > 64 or abs(left) > 1_000_000:
                raise OverflowError
            return Known(left**right)
        if op == "*" and (isinstance(left, str) or isinstance(right, str)):
            if not isinstance(left, int) and not isinstance(right, int):
                raise TypeError
            size = len(left) * right if isinstance(left, str) else len(right) * left
            if size > _LONGEST:
                raise OverflowError
        if op == "<<" and right > 64:
            raise OverflowError
        result = _BINARY[op](left, right)
        if isinstance(result, str) and len(result) > _LONGEST:
            raise OverflowError
        if isinstance(result, int) and not -(2**128) < result < 2**128:
            raise OverflowError
        return Known(result)
    except (TypeError, ValueError, ArithmeticError, KeyError):
        return machine.state.unknown("arithmetic", "fold", op, repr(left)[:40], repr(right)[:40])


def _format(machine: Machine, text: str, right: Value) -> Value:
    items = right.items if isinstance(right, Seq) else [right]
    if all(isinstance(i, Known) for i in items) and not isinstance(right, Map):
        values = tuple(i.value for i in items if isinstance(i, Known))
        try:
            result = text % values
            if len(result) <= _LONGEST:
                return Known(result)
        except (TypeError, ValueError, OverflowError, MemoryError):
            pass
    keys = [key_of(machine, i) for i in items]
    return machine.state.unknown("a formatted string", "format", text, *keys)


def compare(machine: Machine, op: str, left: Value, right: Value, place: Place) -> Value:
    """``left op right`` for one comparison operator."""
    if op == "not in":
        return unary(machine, "not", compare(machine, "in", left, right, place), place)
    if op in ("!=", "is not", "<>"):
        positive = "is" if op == "is not" else "=="
        return unary(machine, "not", compare(machine, positive, left, right, place), place)
    left, right = _seen_from_outside(machine, left), _seen_from_outside(machine, right)
    if op in ("is", "==") and isinstance(right, Known) and right.value is None:
        return _is_none(machine, left)
    if op in ("is", "==") and isinstance(left, Known) and left.value is None:
        return _is_none(machine, right)
    if op == "in":
        return _contains(machine, left, right)
    if isinstance(left, Known) and isinstance(right, Known):
        origin = left.origin or right.origin
        default = left.default and right.default
        try:
            if op == "is":
                truth = left.value is right.value or left.value == right.value
            else:
                truth = bool(_COMPARE[op](left.value, right.value))
            return Known(truth, origin, default, left.assumed or right.assumed)
        except TypeError:
            return FALSE
    if op in ("is", "=="):
        return _equals(machine, left, right)
    deps = dict.fromkeys([*nodes_in(left), *nodes_in(right)])
    key = machine.state.keys.of("compare", op, key_of(machine, left), key_of(machine, right))
    return Unknown("a comparison of unknown values", key, tuple(deps), None)


def _seen_from_outside(machine: Machine, value: Value) -> Value:
    """What a name of another library stands for is not known when it is compared."""
    if isinstance(value, External) and "." in value.name:
        return Unknown(f"{value.name} is outside the project", key_of(machine, value))
    return value


def _is_none(machine: Machine, value: Value) -> Value:
    if isinstance(value, Known):
        return TRUE if value.value is None else FALSE
    if not isinstance(value, Unknown):
        return FALSE
    hint: Value | None = None
    if isinstance(value.hint, Known):
        hint = Known(value.hint.value is None)
    elif value.deps:
        hint = FALSE
    return Unknown(value.reason, machine.state.keys.of("is none", value.key), (), hint)


def _equals(machine: Machine, left: Value, right: Value) -> Value:
    if isinstance(left, Known):
        left, right = right, left
    if isinstance(left, Unknown) and isinstance(right, Known):
        hint = None
        if isinstance(left.hint, Known):
            hint = Known(left.hint.value == right.value)
        key = machine.state.keys.of("equals", left.key, type(right.value).__name__, right.value)
        return Unknown(left.reason, key, left.deps, hint)
    if isinstance(left, (Api, External)) and isinstance(right, (Api, External)):
        return TRUE if left.name == right.name else FALSE
    if isinstance(left, Unknown) or isinstance(right, Unknown):
        pair = sorted((key_of(machine, left), key_of(machine, right)))
        if pair[0] == pair[1]:
            return TRUE
        deps = dict.fromkeys([*nodes_in(left), *nodes_in(right)])
        key = machine.state.keys.of("same", *pair)
        return Unknown("a comparison of unknown values", key, tuple(deps))
    if isinstance(left, Seq) and isinstance(right, Seq) and left.exact and right.exact:
        if len(left.items) != len(right.items):
            return FALSE
        pairs = zip(left.items, right.items, strict=True)
        if all(
            isinstance(a, Known) and isinstance(b, Known) and a.value == b.value for a, b in pairs
        ):
            return TRUE
    return TRUE if left is right else FALSE


def _contains(machine: Machine, item: Value, container: Value) -> Value:
    if _is_text(item) and _is_text(container):
        assert isinstance(item, Known)
        assert isinstance(container, Known)
        return Known(item.value in container.value)
    if isinstance(container, Text):
        if _is_text(item) and isinstance(item, Known) and item.value in container.prefix:
            return TRUE
        key = machine.state.keys.of("in", key_of(machine, item), container.key)
        return machine.state.unknown("membership of an unknown value", "in", key)
    if isinstance(container, Map):
        if container.get(item) is not None:
            return TRUE
        if container.exact and isinstance(item, Known):
            return FALSE
    if isinstance(container, Seq) and not isinstance(item, Unknown):
        if any(_same(item, i) for i in container.items):
            return TRUE
        if container.exact and not any(isinstance(i, Unknown) for i in container.items):
            return FALSE
    if isinstance(container, Seq) and container.exact and isinstance(item, Unknown):
        if 0 < len(container.items) <= 8:
            result: Value | None = None
            for member in container.items:
                one = _equals(machine, item, member)
                result = one if result is None else both(machine, "or", result, one)
            assert result is not None
            return result
        if not container.items:
            return FALSE
    key = machine.state.keys.of("in", key_of(machine, item), key_of(machine, container))
    return Unknown("membership of an unknown value", key)


def _within(index: Value, items: list[Value]) -> bool:
    return (
        isinstance(index, Known)
        and isinstance(index.value, int)
        and -len(items) <= index.value < len(items)
    )


def get_item(machine: Machine, value: Value, index: Value, place: Place) -> Value:
    if isinstance(value, Seq) and isinstance(index, Known) and isinstance(index.value, int):
        try:
            if value.exact or 0 <= index.value < len(value.items):
                return value.items[index.value]
        except IndexError:
            return machine.state.unknown("an index out of range")
    if isinstance(value, Map):
        found = value.get(index)
        if found is not None:
            return found
        if value.factory is not None:
            from bnlint.interp import calls

            made = calls.call(machine, value.factory, calls.Args([], {}, place), None)
            value.put(index, made)
            return made
        if not isinstance(index, Known) and value.items:
            return _choose(machine, value, index)
    if isinstance(value, Known) and isinstance(value.value, str) and isinstance(index, Known):
        try:
            return Known(value.value[index.value])
        except (IndexError, TypeError):
            return machine.state.unknown("an index out of range")
    if isinstance(value, Node):
        if value.kind == "variable":
            return value
        return machine.state.node("op", "tf.strided_slice", [value, *nodes_in(index)], place)
    if isinstance(value, Instance):
        from bnlint.interp import attributes, calls

        method = attributes.find(machine, value, "__getitem__")
        if method is not None:
            return calls.call(machine, method, calls.Args([index], {}, place), None)
        items, exact = machine.iterate(value)
        if exact and isinstance(index, Known) and _within(index, items):
            field: Value = items[index.value]
            return field
    deps = dict.fromkeys(nodes_in(value))
    key = machine.state.keys.of("subscript", key_of(machine, value), key_of(machine, index))
    stored = machine.state.unknown_attrs.get(
        (key_of(machine, value), f"[{key_of(machine, index)}]")
    )
    if stored is not None:
        return stored
    return Unknown("an element of an unknown value", key, tuple(deps))


def _choose(machine: Machine, mapping: Map, index: Value) -> Value:
    """An entry of a dict of functions or classes under an unknown key: one of them is meant.

    Which one is a decision like any other, so every entry gets its turn.
    """
    from bnlint.interp.state import ALWAYS

    if mapping.namespace:
        hint = index.hint if isinstance(index, Unknown) else None
        guess = mapping.get(hint) if isinstance(hint, Known) else None
        if guess is not None:
            return guess
        mapping = _definitions(machine, mapping)
    keys = [k for k in mapping.keys.values() if isinstance(k, Known)]
    values = list(mapping.items.values())
    factory = all(isinstance(v, (Func, Class, Api, Bound, Partial)) for v in values)
    if not values or not factory or not mapping.exact or len(keys) != len(values) or len(keys) > 16:
        return machine.unknown_from("an unknown key of a dict", mapping)
    if not isinstance(index, Unknown):
        index = Unknown("an unknown key", key_of(machine, index))
    for key, value in zip(keys[:-1], values[:-1], strict=True):
        machine.state.deciding = ALWAYS
        if machine.truth(_equals(machine, index, key)):
            return value
    return values[-1]


def _definitions(machine: Machine, namespace: Map) -> Map:
    """The functions and classes in ``globals()`` that a look-up may mean: none that is running."""
    running = [frame.func for frame in machine.state.frames]
    out = Map()
    for key, value in namespace.items.items():
        if isinstance(value, (Func, Class)) and value not in running:
            out.put(namespace.keys[key], value)
    return out


def slice_item(machine: Machine, value: Value, bounds: list[Value], place: Place) -> Value:
    raw = [b.value for b in bounds if isinstance(b, Known)]
    known = len(raw) == len(bounds) and all(b is None or isinstance(b, int) for b in raw)
    if known and raw[2] != 0:
        cut: Any = slice(*raw)
        if isinstance(value, Seq):
            return Seq(value.kind, value.items[cut], value.exact)
        if isinstance(value, Known) and isinstance(value.value, str):
            return Known(value.value[cut])
    if isinstance(value, Seq):
        return Seq(value.kind, list(value.items), False)
    if isinstance(value, Node):
        return machine.state.node("op", "tf.strided_slice", [value], place)
    key = machine.state.keys.of("slice", *(key_of(machine, v) for v in (value, *bounds)))
    return Unknown("a part of an unknown value", key, tuple(nodes_in(value)))


def set_item(machine: Machine, value: Value, index: Value, new: Value) -> None:
    if isinstance(value, Map):
        if not isinstance(index, (Known, Node)):
            overwrite_entries(value)
        value.put(index, new)
    elif isinstance(value, Seq):
        if _within(index, value.items):
            assert isinstance(index, Known)
            value.items[index.value] = new
            return
        value.items.append(new)
        value.exact = False
    elif isinstance(value, Instance):
        from bnlint.interp import attributes, calls

        method = attributes.find(machine, value, "__setitem__")
        if method is not None and value.cls.node is not None:
            place = (value.cls.module.path if value.cls.module else "", value.cls.node.span)
            calls.call(machine, method, calls.Args([index, new], {}, place), None)
    elif isinstance(value, Unknown):
        if not isinstance(index, (Known, Node)):
            overwrite_attributes(machine.state, value)
        machine.state.unknown_attrs[(value.key, f"[{key_of(machine, index)}]")] = new


def length(machine: Machine, value: Value) -> Value:
    if isinstance(value, (Seq, Map)) and value.exact:
        return Known(len(value.items))
    if isinstance(value, Known) and isinstance(value.value, str):
        return Known(len(value.value))
    return machine.state.unknown("a length", "length", key_of(machine, value))
