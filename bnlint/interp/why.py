"""Why something holds on some paths of a program, in words.

The guards of a finished run can be large, and what they are made of holds the whole graph. What
explains findings is a small part, and plain data: the guards of what rules look at, by place, and
what to call the conditions that these depend on.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from bnlint.interp.blocks import Numbered
from bnlint.interp.guards import FALSE, TRUE, Guard, Guards, TooLarge

MOST_CELLS = 64
"""So many combinations of facts are told apart for one thing."""

MOST_JUDGING = 800_000
"""Nodes of guards that may be visited to find one condition."""

_Span = tuple[int, int, int, int]
Place = tuple[str, _Span]
Assignment = dict[int, bool]


class Word(NamedTuple):
    """What a condition asks of which unknown, and how its outcomes are told.

    ``equals`` is whether it asks if the unknown is one certain constant, ``among`` the block that
    it belongs to if it says something only with others, ``said`` whether there is anything to say
    of it.
    """

    unknown: int
    equals: bool
    among: int | None
    said: bool
    holds: str
    fails: str


class Why(NamedTuple):
    """What is known of a program: ``alive`` is where its paths go on, ``cells`` are the guards of
    combinations of facts at each place, ``assignments`` the paths that were looked at. All guards
    are those of ``table`` (``Guards.rows``), over the conditions of ``words``, some of which say
    something only together (``blocks``).
    """

    table: list[tuple[int, Guard, Guard]]
    words: dict[int, Word]
    blocks: dict[int, Numbered]
    alive: Guard
    cells: list[tuple[Place, list[list[Guard]]]]
    assignments: list[Assignment]


class Reasons:
    """Answers from what is known; raises ``ValueError`` if that does not fit together."""

    def __init__(self, why: Why) -> None:
        self._guards = Guards.of(why.table)
        self._words = why.words
        self._blocks = why.blocks
        self._alive = why.alive
        self._cells = dict(why.cells)
        self._assignments = why.assignments
        conditions = {number for assignment in why.assignments for number in assignment}
        if not conditions | self._guards.tested() <= why.words.keys():
            raise ValueError("a condition without words")

    def explain(self, place: Place, bad: Sequence[int], good: Sequence[int]) -> str | None:
        """The smallest condition that holds on a bad path and on no good one."""
        self._guards.allow(MOST_JUDGING)
        try:
            return self._explain(place, bad, good)
        except TooLarge:
            return None

    def _explain(self, place: Place, bad: Sequence[int], good: Sequence[int]) -> str | None:
        guards = self._guards
        fine = guards.any_of(self._cell(place, index) for index in good)
        own = self._cell(place, bad[0])
        support = sorted(guards.support(guards.disj(own, fine)) | guards.support(self._alive))
        assignment = self._assignments[bad[0]]
        literals = {number: assignment.get(number, True) for number in support}
        fine = guards.conj(fine, self._alive)
        for group in self._together(support):
            rest = {n: v for n, v in literals.items() if n not in group}
            if guards.conj(self._cube(rest), fine) == FALSE:
                literals = rest
        return self._text(literals) or None

    def needs(self, place: Place) -> str | None:
        """What holds on each path on which there is something at a place, and not on all paths of
        the program."""
        guards = self._guards
        guards.allow(MOST_JUDGING)
        try:
            groups = self._cells.get(place, ())
            if any(len(cells) >= MOST_CELLS for cells in groups):
                return None  # there may be more of them
            cells = [cell for cells in groups for cell in cells]
            there = guards.conj(guards.any_of(cells), self._alive)
            literals: Assignment = {}
            for number in sorted(guards.support(there)):
                for value in (True, False) if self._words[number].said else ():
                    other = guards.literal(number, not value)
                    if guards.conj(there, other) == FALSE != guards.conj(self._alive, other):
                        literals[number] = value
            return self._text(literals) or None
        except TooLarge:
            return None

    def _together(self, numbers: Sequence[int]) -> list[list[int]]:
        """Conditions, with those in one group that say something only together."""
        groups: dict[tuple[str, int], list[int]] = {}
        for number in numbers:
            among = self._words[number].among
            group = ("alone", number) if among is None else ("among", among)
            groups.setdefault(group, []).append(number)
        return list(groups.values())

    def _cell(self, place: Place, index: int) -> Guard:
        """All paths that rules cannot tell from one projection, as far as one place goes."""
        guards = self._guards
        assignment = self._assignments[index]
        path = guards.path(assignment)
        out = TRUE
        for cells in self._cells.get(place, ()):
            for cell in cells:
                if guards.holds(cell, path):
                    out = guards.conj(out, cell)
                    break
        return out if out != TRUE else self._cube(assignment)

    def _cube(self, literals: Assignment) -> Guard:
        out = TRUE
        for number, value in literals.items():
            out = self._guards.conj(out, self._guards.literal(number, value))
        return out

    def _text(self, assignment: Assignment) -> str:
        """An assignment in the words of the source."""
        parts = [
            self._literal(number, value, assignment)
            for number, value in sorted(assignment.items())
            if self._needed(number, value, assignment)
        ]
        return " and ".join(dict.fromkeys(parts))

    def _literal(self, number: int, value: bool, assignment: Assignment) -> str:
        word = self._words[number]
        block = self._blocks.get(word.among) if word.among is not None else None
        if block is not None:
            return block.text(assignment)
        return word.holds if value else word.fails

    def _needed(self, number: int, value: bool, assignment: Assignment) -> bool:
        """Not what follows from another literal: a mode that equals 'a' does not equal 'b'.

        Of two constants the one that is asked for first is it: the other one is not asked for.
        """
        constant = self._is_constant(number, value, assignment)
        unknown = self._words[number].unknown
        return not any(
            (other < number or (other > number and not constant))
            and self._words[other].unknown == unknown
            and self._is_constant(other, taken, assignment)
            for other, taken in assignment.items()
        )

    def _is_constant(self, number: int, value: bool, assignment: Assignment) -> bool:
        """Whether a literal says, with others of its block, what an unknown equals."""
        word = self._words[number]
        block = self._blocks.get(word.among) if word.among is not None else None
        if block is not None:
            return len(block.left(assignment)) == 1
        return value and word.equals
