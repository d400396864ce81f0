"""Arithmetic over abstract values."""

from __future__ import annotations

import operator
import re
from typing import TYPE_CHECKING, Any

from bnlint.interp.choices import Choice
from bnlint.interp.effects import handwritten
from bnlint.interp.nodes import Constant, Node, nodes_in
from bnlint.interp.truth import both, is_same, is_test, is_text, key_of, negated, options
from bnlint.interp.values import (
    Known,
    Map,
    Place,
    Seq,
    Unknown,
    Value,
)

if TYPE_CHECKING:
    from bnlint.interp.interpreter import Interpreter

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
LONGEST = 10_000
"""Characters of a string that are followed."""

MOST_ITEMS = 8192
MOST_COMPARED = 1_000_000  # pairs of elements of two sets
"""Elements of a list that are followed."""

_WIDE = re.compile(r"\d{5,}")


def unary(machine: Interpreter, op: str, value: Value, place: Place) -> Value:
    if op == "not":
        return negated(machine, value)
    if isinstance(value, Choice):
        return machine.state.paths.split(value, lambda one: unary(machine, op, one, place))
    if isinstance(value, Known) and isinstance(value.value, (int, float)):
        if op == "-":
            return Known(-value.value, value.origin, value.default)
        if op == "+":
            return value
        if op == "~" and isinstance(value.value, int):
            return Known(~value.value)
    if isinstance(value, Node):
        node = machine.state.node("linear", "tf.negative", [value], place)
        node.scalar = value.scalar
        return node
    return machine.unknown_from("arithmetic on an unknown value", value)


def perhaps(machine: Interpreter, items: list[Value]) -> list[Value]:
    """Elements that may be gone: of no constant is it known that it is still there."""
    gone = "an element that may be gone"
    return [machine.state.unknown(gone) if isinstance(i, Known) else i for i in items]


def binary(machine: Interpreter, op: str, left: Value, right: Value, place: Place) -> Value:
    """``left op right``; an op node as soon as a graph node takes part."""
    if isinstance(left, Choice) or isinstance(right, Choice):
        paths = machine.state.paths
        return paths.split(
            left,
            lambda one: paths.split(right, lambda two: binary(machine, op, one, two, place)),
        )
    if isinstance(left, Known) and isinstance(right, Known):
        return _fold(machine, op, left.value, right.value)
    if op == "+" and (is_text(left) or is_text(right)):
        one, two = options(machine, left), options(machine, right)
        if one is not None or two is not None:
            return binary(machine, op, one or left, two or right, place)
    if isinstance(left, Known) and isinstance(left.value, str) and op == "%":
        return _format(machine, left.value, right)
    if isinstance(left, Seq) and isinstance(right, Seq):
        if op == "+":
            return made_now(machine, _together(left, right))
        if op == "|":
            whole = _together(left, right)
            return Seq("set", whole.items, whole.exact)
        if op in ("-", "&"):
            if len(left.items) * len(right.items) > MOST_COMPARED:
                return Seq(left.kind, perhaps(machine, left.items), False)
            inside = [
                i for i in left.items if any(is_same(i, o) for o in right.items) == (op == "&")
            ]
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
                constant = machine.state.add(Constant, "tf.constant", nodes_in(side), place)
                inputs.append(constant)
            else:
                inputs.extend(nodes_in(side))
        kind = "linear" if op in ("+", "-") else "op"
        node = machine.state.node(kind, f"operator {op}", inputs, place)
        node.scalar = all(n.scalar for n in inputs if n.kind != "const")
        if op in ("/", "*"):
            handwritten.averaged(left, right, node)
            if isinstance(left, Node) and isinstance(right, Node):
                handwritten.arithmetic(machine, left, right, node)
        if op == "+" and isinstance(left, Node) and isinstance(right, Node):
            handwritten.folded(machine, left, right, node)
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


def _together(left: Seq, right: Seq) -> Seq:
    """Two lists as one, cut off where it gets too long to be followed."""
    items = [*left.items[:MOST_ITEMS], *right.items[:MOST_ITEMS]]
    whole = len(items) == len(left.items) + len(right.items) and len(items) <= MOST_ITEMS
    return Seq(left.kind, items[:MOST_ITEMS], left.exact and right.exact and whole)


def made_now(machine: Interpreter, seq: Seq) -> Seq:
    """A list that is made now."""
    seq.born = machine.state.paths.now
    return seq


def _fold(machine: Interpreter, op: str, left: Any, right: Any) -> Value:
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
            if size > LONGEST:
                raise OverflowError
        if op == "%" and isinstance(left, str) and is_wide(left, [right]):
            raise OverflowError
        if op == "<<" and right > 64:
            raise OverflowError
        result = _BINARY[op](left, right)
        if isinstance(result, str) and len(result) > LONGEST:
            raise OverflowError
        if isinstance(result, int) and not -(2**128) < result < 2**128:
            raise OverflowError
        return Known(result)
    except (TypeError, ValueError, ArithmeticError, KeyError):
        return machine.state.unknown("arithmetic", "fold", op, repr(left)[:40], repr(right)[:40])


def is_wide(text: str, values: list[Any]) -> bool:
    """Whether a format may ask for more characters than are followed: by itself, or by a number."""
    return bool(_WIDE.search(text)) or any(
        isinstance(v, int) and abs(v) > LONGEST and ("*" in text or "{" in text) for v in values
    )


def _format(machine: Interpreter, text: str, right: Value) -> Value:
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
            if len(result) <= LONGEST:
                return Known(result)
        except (TypeError, ValueError, OverflowError, MemoryError):
            pass
    keys = [key_of(machine, i) for i in items]
    return machine.state.unknown("a formatted string", "format", text, *keys)
