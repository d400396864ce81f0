"""Values that differ by path, and what of a value has to be kept apart."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bnlint.interp.guards import Guard
from bnlint.interp.nodes import Node, nodes_in
from bnlint.interp.values import Known, Seq, Unknown, Value

if TYPE_CHECKING:
    from bnlint.interp.keys import Keys
    from bnlint.interp.paths import Paths

_SHORT = 12  # elements of a list that are looked through


class _Absent(Value):
    """In the place of a name, an entry or an element that is not there on some paths."""

    __slots__ = ()


ABSENT = _Absent()


class Choice(Unknown):
    """A value that differs by path: ``alternatives`` are disjoint guards with their values.

    What does not look into it sees an unknown that may be computed from any of them.
    """

    __slots__ = ("_deps", "_paths", "alternatives")

    def __init__(self, paths: Paths, key: int, alternatives: tuple[Alternative, ...]) -> None:
        self.reason = "it differs by path"
        self.key = key
        self.hint = None
        self.alternatives = alternatives
        self._paths = paths
        self._deps: tuple[Node, ...] | None = None

    @property
    def deps(self) -> tuple[Node, ...]:  # type: ignore[override]
        if self._deps is None:
            self._deps = ()  # a list may hold itself
            inputs = [(g, n) for g, v in self.alternatives for n in nodes_in(v)]
            self._deps = (self._paths.phi(inputs),) if inputs else ()
        return self._deps

    def __repr__(self) -> str:
        return f"Choice({', '.join(f'{g}: {v!r}' for g, v in self.alternatives)})"


Alternative = tuple[Guard, Value]


def is_passing(keys: Keys, value: Value) -> bool:
    """Whether a value is data of which nothing is asked but what all such data are asked.

    That are numbers and strings, what comes out of an iterable that nobody knows, and lists of
    these; no truth value and no None, which tell what was chosen.
    """
    if value.__class__ is Known:
        return value.value.__class__ in (int, float, str)
    if value.__class__ is Unknown:
        return not value.deps and keys.is_fleeting(value.key)
    if isinstance(value, Choice):
        return all(is_passing(keys, one) for _, one in value.alternatives)
    if isinstance(value, Seq):
        return len(value.items) <= _SHORT and all(
            one is not value and not isinstance(one, Seq) and is_passing(keys, one)
            for one in value.items
        )
    return False


def is_datum(value: Value) -> bool:
    """A number, a string or an unknown: one more unknown loses nothing that a graph is made of."""
    if isinstance(value, Known):
        return True
    return value.__class__ is Unknown and isinstance(value, Unknown) and not value.deps


def identity(value: Value) -> Any:
    """Equal for values that need not be kept apart."""
    if value.__class__ is Known:
        const = value.value
        # Where a flag was written is part of its story.
        origin = value.origin if const is None or isinstance(const, bool) else None
        return (const.__class__, const, origin, value.assumed)
    if value.__class__ is Unknown:
        return ("unknown", value.key)
    return id(value)
