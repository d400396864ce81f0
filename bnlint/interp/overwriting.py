"""Entries written under names that nobody here knows: any value beside them may be replaced.

The value that the source gives stays the likely one, so branches still follow it; it only is no
longer a constant of the program.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bnlint.interp.values import Class, Instance, Known, Map, Unknown, Value

if TYPE_CHECKING:
    from bnlint.interp.state import State


def replaceable(value: Value) -> Value:
    """A scalar that something unknown may replace."""
    if isinstance(value, Known) and not value.assumed:
        return Known(value.value, value.origin, value.default, assumed=True)
    return value


def overwrite_entries(mapping: Map) -> None:
    """Unknown entries were written into a dict."""
    mapping.exact = False
    for hashed, value in list(mapping.items.items()):
        mapping.put(mapping.keys[hashed], replaceable(value))


def overwrite_attributes(state: State, value: Value) -> None:
    """An attribute or an entry with an unknown name was set."""
    if isinstance(value, Instance):
        for cls in reversed(value.cls.mro()):
            for name, member in cls.attrs.items():
                if isinstance(member, Known):
                    value.attrs.setdefault(name, member)
    if isinstance(value, (Instance, Class)):
        for name, member in list(value.attrs.items()):
            value.attrs[name] = replaceable(member)
    elif isinstance(value, Map):
        overwrite_entries(value)
    elif isinstance(value, Unknown):
        _overwrite_unknown(state, value.key, set())


def _overwrite_unknown(state: State, key: int, seen: set[int]) -> None:
    """What was stored in an unknown object, and in the unknown objects stored there.

    An object that was looked up under an unknown name may be any of its owner's.
    """
    seen.add(key)
    head, *rest = state.keys.parts(key)
    if head == "subscript" and rest[0] not in seen:
        _overwrite_unknown(state, rest[0], seen)
    table = state.unknown_attrs.get(key, {})
    for name, stored in table.items():
        table[name] = replaceable(stored)
        if isinstance(stored, Unknown) and stored.key not in seen:
            _overwrite_unknown(state, stored.key, seen)
