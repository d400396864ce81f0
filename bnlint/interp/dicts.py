"""Dicts whose entries may be there on some paths only."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bnlint.interp.choices import ABSENT, Choice
from bnlint.interp.guards import FALSE as FALSE_GUARD
from bnlint.interp.overwriting import overwrite_entries
from bnlint.interp.values import NONE, Instance, Known, Map, Value

if TYPE_CHECKING:
    from bnlint.interp.interpreter import Interpreter


HELD = "<dict>"
"""Where an object of a class that derives from ``dict`` has its entries."""


def put(machine: Interpreter, mapping: Map, key: Value, value: Value) -> None:
    """``mapping[key] = value`` on the paths that run now."""
    paths = machine.state.paths
    if isinstance(key, Choice):
        paths.split(key, lambda one: _put(machine, mapping, one, value))
    else:
        _put(machine, mapping, key, value)


def _put(machine: Interpreter, mapping: Map, key: Value, value: Value) -> Value:
    paths = machine.state.paths
    if not paths.lasting(mapping.born):
        value = paths.over(mapping.get(key) or ABSENT, value)
    mapping.put(key, value)
    return NONE


def put_all(machine: Interpreter, mapping: Map, other: Value) -> None:
    """Every entry of another dict."""
    merged = merged_map(machine, other)
    if merged is None:
        overwrite_entries(mapping)
        return
    paths = machine.state.paths
    before = paths.now
    for hashed, value in merged.items.items():
        paths.now = paths.guards.conj(before, paths.presence(value))
        if paths.now != FALSE_GUARD:
            put(machine, mapping, merged.keys[hashed], paths.present(value))
    paths.now = before
    if not merged.exact:
        overwrite_entries(mapping)


def remove(machine: Interpreter, mapping: Map, key: Value) -> None:
    """``del mapping[key]`` on the paths that run now."""
    if not isinstance(key, Known) or key.value not in mapping.items:
        return
    if machine.state.paths.lasting(mapping.born):
        mapping.items.pop(key.value, None)
        mapping.keys.pop(key.value, None)
    else:
        _put(machine, mapping, key, ABSENT)


def entry(machine: Interpreter, mapping: Map, key: Value) -> Value | None:
    """What is stored under a key, None if nothing is on any path that runs now."""
    found = mapping.get(key)
    if found is None:
        return None
    paths = machine.state.paths
    return found if paths.guards.conj(paths.presence(found), paths.now) != FALSE_GUARD else None


def keys_in(machine: Interpreter, mapping: Map) -> list[Value]:
    """The keys, some of them on some paths only."""
    paths = machine.state.paths
    return [
        paths.optional(mapping.keys[hashed], there)
        for hashed, value in mapping.items.items()
        if paths.guards.conj(there := paths.presence(value), paths.now) != FALSE_GUARD
    ]


def merged_map(machine: Interpreter, value: Value) -> Map | None:
    """A dict, or several by path, as one; None for what is no dict on some path."""
    if isinstance(value, Map):
        return value
    if isinstance(value, Instance):
        held = value.attrs.get(HELD)
        return held if isinstance(held, Map) else None
    if not isinstance(value, Choice):
        return None
    paths = machine.state.paths
    found = [(g, v) for g, v in paths.alternatives(value) if not _nothing(v)]
    maps = [v for _, v in found if isinstance(v, Map)]
    if len(maps) != len(found) or not maps:
        return None
    out = Map(all(m.exact for m in maps))
    for hashed in dict.fromkeys(h for m in maps for h in m.items):
        key = next(m.keys[hashed] for m in maps if hashed in m.keys)
        covered = paths.guards.any_of(g for g, _ in found)
        parts = [(g, v.items.get(hashed, ABSENT)) for g, v in found if isinstance(v, Map)]
        out.put(key, paths.join([*parts, (covered ^ 1, ABSENT)]))
    return out


def _nothing(value: Value) -> bool:
    return isinstance(value, Known) and value.value is None
