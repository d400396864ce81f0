"""Comparison and membership of abstract values."""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any

from bnlint.interp import dicts, own_dicts
from bnlint.interp.choices import ABSENT, Choice
from bnlint.interp.guards import FALSE as FALSE_GUARD
from bnlint.interp.guards import TRUE as TRUE_GUARD
from bnlint.interp.nodes import nodes_in
from bnlint.interp.truth import both, guard_of, is_same, is_text, key_of, negated
from bnlint.interp.values import (
    FALSE,
    TRUE,
    Api,
    External,
    Known,
    Map,
    Place,
    Seq,
    Text,
    Unknown,
    Value,
)

if TYPE_CHECKING:
    from bnlint.interp.interpreter import Interpreter

_COMPARE: dict[str, Any] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def compare(machine: Interpreter, op: str, left: Value, right: Value, place: Place) -> Value:
    """``left op right`` for one comparison operator."""
    if isinstance(left, Choice) or (isinstance(right, Choice) and op not in ("in", "not in")):
        return _compare_choices(machine, op, left, right, place)
    if op == "not in":
        return negated(machine, compare(machine, "in", left, right, place))
    if op in ("!=", "is not", "<>"):
        positive = "is" if op == "is not" else "=="
        return negated(machine, compare(machine, positive, left, right, place))
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


def _compare_choices(
    machine: Interpreter, op: str, left: Value, right: Value, place: Place
) -> Value:
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


def _seen_from_outside(machine: Interpreter, value: Value) -> Value:
    """What a name of another library stands for is not known when it is compared."""
    if isinstance(value, External) and "." in value.name:
        return Unknown(f"{value.name} is outside the project", key_of(machine, value))
    return value


def _is_none(machine: Interpreter, value: Value) -> Value:
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


def _equals(machine: Interpreter, left: Value, right: Value) -> Value:
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


def _contains(machine: Interpreter, item: Value, container: Value) -> Value:
    if isinstance(container, Choice):
        paths = machine.state.paths
        conj = paths.guards.conj
        return paths.boolean(
            paths.guards.any_of(
                conj(g, guard_of(machine, _contains(machine, item, one)))
                for g, one in paths.alternatives(container)
            )
        )
    entries = own_dicts.held_by(container)
    if entries is not None and own_dicts.tells(machine, entries, item):
        container = entries
    if is_text(item) and is_text(container):
        assert isinstance(item, Known)
        assert isinstance(container, Known)
        return Known(item.value in container.value)
    if isinstance(container, Text):
        held = container.holds(item.value) if isinstance(item, Known) and is_text(item) else None
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
        if any(is_same(item, i) for i in container.items):
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


def _among_optional(machine: Interpreter, item: Value, container: Seq) -> Value:
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
