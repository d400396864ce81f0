"""Symbolic identity of unknowns: structural keys, interned to small integers.

Two unknowns with the same key are the same unknown within one state: the same attribute of the
same object, the same comparison of the same thing. Interning keeps deep keys flat.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

_VARYING = (
    "turn",
    "counter",
    "node",
    "node name",
    "node attr",
    "name scope",
    "scope name",
    "shape",
)
_OF_OTHERS = ("not", "and", "or", "equals", "is none", "convert", "compare")
_OF_ELEMENTS = ("item", "in a loop", "one of many")
_PLAIN = ("fresh", "instance", "const", "choice", "in a loop", "one of many")


class Keys:
    """An interning table of keys; ``parts`` gives a key's structure back."""

    def __init__(self) -> None:
        self._ids: dict[tuple[Any, ...], int] = {}
        self._parts: list[tuple[Any, ...]] = []
        self._varies: list[bool] = []
        self._fleeting: list[bool] = []
        self._last = 0

    def of(self, *parts: Any) -> int:
        found = self._ids.get(parts)
        if found is None:
            found = len(self._parts)
            self._ids[parts] = found
            self._parts.append(parts)
            self._varies.append(parts[0] in _VARYING or _is_made_of(self._varies, parts))
            self._fleeting.append(
                self._varies[found]
                or parts[0] in _OF_ELEMENTS
                or _is_made_of(self._fleeting, parts)
            )
        return found

    def fresh(self) -> int:
        """A number of its own in all programs of a project: images outlive the first of them."""
        self._last += 1
        return self._last

    def varies(self, key: int) -> bool:
        """Whether an unknown changes from one turn of a loop to the next."""
        return self._varies[key]

    def is_fleeting(self, key: int) -> bool:
        """Whether an unknown varies, or is made of an element of an unknown iterable: such data
        are no option either, but what is asked of one element is kept apart from the others."""
        return self._fleeting[key]

    def set_elsewhere(self, key: int) -> bool:
        """Whether an unknown comes out of code that is not there, and may be another each time."""
        head, *rest = self._parts[key]
        if head in ("call", "external"):
            return True
        if head == "attr":
            return rest[0].__class__ is int and self._parts[rest[0]][0] == "external"
        if head not in _OF_OTHERS:
            return False
        inner = rest[:1] if head == "equals" else rest
        return any(part.__class__ is int and self.set_elsewhere(part) for part in inner)

    def parts(self, key: int) -> tuple[Any, ...]:
        return self._parts[key]

    def text(self, key: int | str, depth: int = 4) -> str:
        """The key as a reader of the checked code would write it."""
        if not isinstance(key, int):
            return str(key)
        parts = self._parts[key]
        head, rest = parts[0], parts[1:]
        if depth == 0:
            return "…"
        if head in ("name", "parameter", "external"):
            return str(rest[-1])
        if head == "attr":
            return f"{self.text(rest[0], depth - 1)}.{rest[1]}"
        if head == "not":
            return f"not {self.text(rest[0], depth - 1)}"
        if head in ("and", "or"):
            return f"{self.text(rest[0], depth - 1)} {head} {self.text(rest[1], depth - 1)}"
        if head == "equals":
            return f"{self.text(rest[0], depth - 1)} == {rest[2]!r}"
        if head == "is none":
            return f"{self.text(rest[0], depth - 1)} is None"
        if head == "call" and isinstance(rest[0], int):
            return f"{self.text(rest[0], depth - 1)}(…)"
        return f"an unknown {head}"


def _is_made_of(known: Sequence[bool], parts: tuple[Any, ...]) -> bool:
    """Whether something is known of one of the unknowns that a key is made of."""
    kind = parts[0]
    if kind in _PLAIN:
        return False
    return any(
        part.__class__ is int and part < len(known) and known[part]
        for part in (parts[1:2] if kind in ("equals", "attr", "item") else parts[1:])
    )
