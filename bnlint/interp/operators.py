"""Operators, subscripts and truth over abstract values."""

from __future__ import annotations

import operator
import re
from typing import TYPE_CHECKING, Any

from bnlint.interp import dicts
from bnlint.interp.effects import handwritten
from bnlint.interp.guards import FALSE as FALSE_GUARD
from bnlint.interp.guards import TRUE as TRUE_GUARD
from bnlint.interp.guards import Guard
from bnlint.interp.nodes import Node, nodes_in
from bnlint.interp.paths import ABSENT, Choice
from bnlint.interp.values import (
    FALSE,
    TRUE,
    Api,
    Class,
    External,
    Instance,
    Known,
    Map,
    ModuleEnv,
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
MOST_ITEMS = 8192
"""Elements of a list that are followed."""

_WIDE = re.compile(r"\d{5,}")


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
    return keys.of("turn", machine.state.fresh())  # of no option: two of them are never the same


def guard_of(machine: Machine, value: Value) -> Guard:
    """The guard under which a value is true."""
    if isinstance(value, Known):
        return TRUE_GUARD if value.value else FALSE_GUARD
    state = machine.state
    if isinstance(value, Choice):
        conj = state.paths.guards.conj
        return state.paths.guards.any_of(
            conj(g, guard_of(machine, v)) for g, v in value.alternatives if v is not ABSENT
        )
    if isinstance(value, Unknown):
        return state.conditions.truth(value.key)
    if isinstance(value, (Seq, Map)):
        items = value.items if isinstance(value, Seq) else value.items.values()
        there = state.paths.guards.any_of(state.paths.presence(i) for i in items)
        if value.exact or there == TRUE_GUARD:
            return there
        return state.paths.guards.disj(
            there, state.conditions.opaque("filled", state.paths.keep(value))
        )
    return TRUE_GUARD


def truth_of(machine: Machine, value: Value) -> bool | None:
    """The truth of a value on the paths that run now, None where it is not known."""
    if isinstance(value, Known):
        return bool(value.value)
    if isinstance(value, (Seq, Map)) and not value.items:
        return False if value.exact else None
    if isinstance(value, (Unknown, Seq, Map)):
        paths = machine.state.paths
        if isinstance(value, Unknown) and paths.now == TRUE_GUARD and not isinstance(value, Choice):
            return None
        guard = guard_of(machine, value)
        if paths.guards.implies(paths.now, guard):
            return True
        return False if paths.guards.conj(paths.now, guard) == FALSE_GUARD else None
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
    if isinstance(value, Choice):
        if op == "not":
            return machine.state.paths.boolean(guard_of(machine, value) ^ 1)
        return machine.state.paths.split(value, lambda one: unary(machine, op, one, place))
    if op == "not":
        if isinstance(value, (Seq, Map)):
            return machine.state.paths.boolean(guard_of(machine, value) ^ 1)
        known = truth_of(machine, value)
        if known is not None:
            origin = value.origin if isinstance(value, Known) else None
            assumed = value.assumed if isinstance(value, Known) else isinstance(value, Unknown)
            return Known(not known, origin, isinstance(value, Known) and value.default, assumed)
        assert isinstance(value, Unknown)
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


def perhaps(machine: Machine, items: list[Value]) -> list[Value]:
    """Elements that may be gone: of no constant is it known that it is still there."""
    gone = "an element that may be gone"
    return [machine.state.unknown(gone) if isinstance(i, Known) else i for i in items]


def binary(machine: Machine, op: str, left: Value, right: Value, place: Place) -> Value:
    """``left op right``; an op node as soon as a graph node takes part."""
    if isinstance(left, Choice) or isinstance(right, Choice):
        paths = machine.state.paths
        return paths.split(
            left,
            lambda one: paths.split(right, lambda two: binary(machine, op, one, two, place)),
        )
    if isinstance(left, Known) and isinstance(right, Known):
        return _fold(machine, op, left.value, right.value)
    if op == "+" and (_is_text(left) or _is_text(right)):
        one, two = options(machine, left), options(machine, right)
        if one is not None or two is not None:
            return binary(machine, op, one or left, two or right, place)
    if isinstance(left, Known) and isinstance(left.value, str) and op == "%":
        return _format(machine, left.value, right)
    if isinstance(left, Seq) and isinstance(right, Seq):
        if op == "+":
            return made_now(machine, _together(left, right))
        if op == "|":
            return Seq("set", [*left.items, *right.items], left.exact and right.exact)
        if op in ("-", "&"):
            inside = [i for i in left.items if any(_same(i, o) for o in right.items) == (op == "&")]
            if op == "-" and not right.exact:
                inside = perhaps(machine, inside)
            return Seq(left.kind, inside, left.exact and right.exact)
    if (
        isinstance(left, Seq)
        and op == "*"
        and isinstance(right, Known)
        and type(right.value) is int
    ):
        count = max(0, min(right.value, 64, MOST_ITEMS // max(1, len(left.items))))
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
    if op in ("|", "&") and (is_test(machine, left) or is_test(machine, right)):
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


def is_test(machine: Machine, value: Value) -> bool:
    """Whether an unknown is the outcome of a test, so that ``|`` and ``&`` mean or and and."""
    return (
        isinstance(value, Unknown)
        and not isinstance(value, Choice)
        and machine.state.keys.parts(value.key)[0] in _TESTS
    )


def options(machine: Machine, value: Value) -> Value | None:
    """An option with a closed set of values as a choice among them; None for other values."""
    if not isinstance(value, Unknown) or isinstance(value, Choice):
        return None
    conditions, paths = machine.state.conditions, machine.state.paths
    domain = conditions.domain(value.key)
    if domain is None:
        return None
    return paths.read(
        paths.join([(conditions.equals(value.key, v), Known(v, assumed=True)) for v in domain])
    )


def _together(left: Seq, right: Seq) -> Seq:
    """Two lists as one, cut off where it gets too long to be followed."""
    items = [*left.items[:MOST_ITEMS], *right.items[:MOST_ITEMS]]
    whole = len(items) == len(left.items) + len(right.items) and len(items) <= MOST_ITEMS
    return Seq(left.kind, items[:MOST_ITEMS], left.exact and right.exact and whole)


def made_now(machine: Machine, seq: Seq) -> Seq:
    """A list that is made now."""
    seq.born = machine.state.paths.now
    return seq


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
        if op == "%" and isinstance(left, str) and is_wide(left, [right]):
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


def is_wide(text: str, values: list[Any]) -> bool:
    """Whether a format may ask for more characters than are followed: by itself, or by a number."""
    return bool(_WIDE.search(text)) or any(
        isinstance(v, int) and abs(v) > _LONGEST and ("*" in text or "{" in text) for v in values
    )


def _format(machine: Machine, text: str, right: Value) -> Value:
    items = right.items if isinstance(right, Seq) else [right]
    for at, item in enumerate(items):
        several = item if isinstance(item, Choice) else options(machine, item)
        if several is not None:
            return machine.state.paths.split(
                several,
                lambda one, at=at: _format(  # type: ignore[misc]
                    machine, text, Seq("tuple", [*items[:at], one, *items[at + 1 :]])
                ),
            )
    if (
        all(isinstance(i, Known) for i in items)
        and not isinstance(right, Map)
        and not is_wide(text, [i.value for i in items if isinstance(i, Known)])
    ):
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
    if isinstance(left, Choice) or (isinstance(right, Choice) and op not in ("in", "not in")):
        return _compare_choices(machine, op, left, right, place)
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


def _compare_choices(machine: Machine, op: str, left: Value, right: Value, place: Place) -> Value:
    """A comparison of values that differ by path: a test, unless tensors are compared."""
    paths = machine.state.paths
    guards = paths.guards
    true = false = FALSE_GUARD
    for first, one in paths.alternatives(left):
        for second, two in paths.alternatives(right):
            both_hold = guards.conj(first, second)
            if both_hold == FALSE_GUARD:
                continue
            if one is ABSENT or two is ABSENT:
                continue
            truth = guard_of(machine, compare(machine, op, one, two, place))
            true = guards.disj(true, guards.conj(both_hold, truth))
            false = guards.disj(false, guards.minus(both_hold, truth))
    return paths.boolean(true if true != FALSE_GUARD or false != FALSE_GUARD else TRUE_GUARD)


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
    if isinstance(left, Api) and isinstance(right, Known):
        # tf.float32 == 'float32', for one: what a symbol equals is not told by its name.
        left = Unknown(f"what {left.name} equals", key_of(machine, left))
        return _equals(machine, left, right)
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
    if isinstance(container, Choice):
        paths = machine.state.paths
        conj = paths.guards.conj
        return paths.boolean(
            paths.guards.any_of(
                conj(g, guard_of(machine, _contains(machine, item, one)))
                for g, one in paths.alternatives(container)
            )
        )
    if _is_text(item) and _is_text(container):
        assert isinstance(item, Known)
        assert isinstance(container, Known)
        return Known(item.value in container.value)
    if isinstance(container, Text):
        held = container.holds(item.value) if isinstance(item, Known) and _is_text(item) else None
        if held is not None:
            return Known(held)
        key = machine.state.keys.of("in", key_of(machine, item), container.key)
        return machine.state.unknown("membership of an unknown value", "in", key)
    if isinstance(container, Map):
        stored = container.get(item)
        if stored is not None:
            return machine.state.paths.boolean(machine.state.paths.presence(stored))
        if container.exact and isinstance(item, Known):
            return FALSE
        names = dicts.keys_in(machine, container)
        if container.exact and isinstance(item, Unknown) and names:
            return _contains(machine, item, Seq("list", names))
    if (
        isinstance(container, Seq)
        and any(isinstance(i, Choice) for i in container.items)
        and (container.exact or not isinstance(item, Unknown))
    ):
        return _among_optional(machine, item, container)
    if isinstance(container, Seq) and not isinstance(item, Unknown):
        if any(_same(item, i) for i in container.items):
            return TRUE
        if container.exact and not any(isinstance(i, Unknown) for i in container.items):
            return FALSE
    if isinstance(container, Seq) and container.exact and isinstance(item, Unknown):
        if 0 < len(container.items) <= 64:
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


def _among_optional(machine: Machine, item: Value, container: Seq) -> Value:
    """Membership in a list whose elements differ by path."""
    paths = machine.state.paths
    conj = paths.guards.conj
    found = paths.guards.any_of(
        conj(paths.presence(one), guard_of(machine, _equals(machine, item, paths.present(one))))
        if not isinstance(paths.present(one), Choice)
        else guard_of(machine, _compare_choices(machine, "==", item, one, ("", (0, 0, 0, 0))))
        for one in container.items
    )
    return paths.boolean(found)
