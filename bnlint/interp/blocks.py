"""Blocks: the further constants of a long ladder, numbered in binary.

One condition for each of 500 constants would make chains of 500 nodes, and whoever compares two
branches of an ``elif`` ladder would walk along them. So after the first sixteen constants the next
sixteen share five conditions, the next 32 six, and so on: one that says that the value is among
them, and one for each bit of its number.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bnlint.interp.guards import Guard, Guards

SINGLE = 16
"""So many constants of a ladder have a condition of their own."""


class Numbered(NamedTuple):
    """A block as it is told: what bears the ``name`` is one of the ``values``, as these are
    written, or none of them."""

    name: str
    inside: int
    bits: list[int]
    values: list[str]

    def left(self, assignment: Mapping[int, bool]) -> list[str]:
        """The values that an assignment leaves open."""
        if not assignment.get(self.inside, True):
            return []
        return [
            value
            for number, value in enumerate(self.values)
            if all(
                assignment.get(bit, bool(number >> place & 1)) == bool(number >> place & 1)
                for place, bit in enumerate(self.bits)
            )
        ]

    def text(self, assignment: Mapping[int, bool]) -> str:
        """What an assignment says of the value, in the words of the source."""
        left = self.left(assignment)
        if len(left) == 1:
            return f"{self.name} == {left[0]}"
        if left:
            return f"{self.name} in ({left[0]}, …, {left[-1]})"
        return f"{self.name} not in ({self.values[0]}, …, {self.values[-1]})"


@dataclass(slots=True, eq=False)
class Block:
    """``inside`` is the variable of being among the ``values``, ``bits`` those of their number,
    the lowest first."""

    inside: int
    bits: list[int]
    values: list[Any] = field(default_factory=list)

    @property
    def full(self) -> bool:
        return len(self.values) == 1 << len(self.bits)

    def add(self, guards: Guards, value: Any) -> Guard:
        """Give a value the next number; the guard of having it, among values that have none yet."""
        number = len(self.values)
        self.values.append(value)
        out = guards.literal(self.inside, True)
        for place, bit in enumerate(self.bits):
            out = guards.conj(out, guards.literal(bit, bool(number >> place & 1)))
        return out

    def told(self, name: str) -> Numbered:
        """The block in the words of the source."""
        return Numbered(name, self.inside, self.bits, [repr(value) for value in self.values])


def bits_of_next(steps: int) -> int:
    """How many bits the block has that follows so many constants: it doubles them."""
    return steps.bit_length() - 1
