"""Truth and identity of abstract values: keys, guards, ``and``, ``or`` and ``not``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bnlint.interp.choices import ABSENT, Choice
from bnlint.interp.guards import FALSE as FALSE_GUARD
from bnlint.interp.guards import TRUE as TRUE_GUARD
from bnlint.interp.guards import Guard
from bnlint.interp.nodes import Node, nodes_in
from bnlint.interp.values import (
    Api,
    Class,
    External,
    Instance,
    Known,
    Map,
    ModuleEnv,
    Seq,
    Text,
    Unknown,
    Value,
)

if TYPE_CHECKING:
    from bnlint.interp.interpreter import Interpreter


def key_of(machine: Interpreter, value: Value) -> int:
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


def guard_of(machine: Interpreter, value: Value) -> Guard:
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


def truth_of(machine: Interpreter, value: Value) -> bool | None:
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


def both(machine: Interpreter, op: str, left: Value, right: Value) -> Value:
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


def negated(machine: Interpreter, value: Value) -> Value:
    """``not value``."""
    if isinstance(value, (Choice, Seq, Map)):
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


_TESTS = frozenset({"not", "and", "or", "equals", "is none", "compare", "in", "same", "isinstance"})


def is_test(machine: Interpreter, value: Value) -> bool:
    """Whether an unknown is the outcome of a test, so that ``|`` and ``&`` mean or and and."""
    return (
        isinstance(value, Unknown)
        and not isinstance(value, Choice)
        and machine.state.keys.parts(value.key)[0] in _TESTS
    )


def options(machine: Interpreter, value: Value) -> Value | None:
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


def is_text(value: Value) -> bool:
    """Whether a value is a known string."""
    return isinstance(value, Known) and isinstance(value.value, str)


def is_same(left: Value, right: Value) -> bool:
    """Whether two values are equal constants or one and the same."""
    if isinstance(left, Known) and isinstance(right, Known):
        return bool(left.value == right.value)
    return left is right
