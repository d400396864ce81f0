"""Conditions in words: of the constants that one value is compared with, it equals one."""

from __future__ import annotations

from functools import reduce

import pytest

from bnlint.interp.guards import FALSE, TRUE, Guards
from bnlint.interp.why import Place, Reasons, Why, Word

PLACE: Place = ("program.py", (1, 1, 1, 9))
SIZES = (50, 100, 152)


def _words() -> dict[int, Word]:
    """A ladder of tests of one value, and an option of its own."""
    sizes = [Word(0, True, None, True, f"size == {size}", f"size != {size}") for size in SIZES]
    return dict(enumerate([*sizes, Word(1, False, None, True, "option", "not option")]))


@pytest.mark.parametrize(
    ("bad", "text"),
    [
        ({}, "size == 50 and option"),
        ({0: False}, "size == 100 and option"),
        ({0: False, 1: False}, "size == 152 and option"),
        ({0: False, 1: False, 2: False}, "size != 50 and size != 100 and size != 152 and option"),
    ],
)
def test_a_value_equals_the_first_constant_that_it_is_found_to_be(
    bad: dict[int, bool], text: str
) -> None:
    """Conditions that a path leaves open are taken for true: so none of them says more."""
    guards = Guards()
    ladder = [guards.variable() for _ in _words()]
    path = guards.path(bad)
    taken = [one if guards.holds(one, path) else guards.minus(TRUE, one) for one in ladder]
    wrong, good = reduce(guards.conj, taken), FALSE
    for one in taken:  # what differs in one of them is right
        others = reduce(guards.conj, [other for other in taken if other != one])
        good = guards.disj(good, guards.minus(others, one))
    paths = [bad, guards.witness(good)]
    why = Why(guards.rows(), _words(), {}, TRUE, [(PLACE, [[wrong, good]])], paths)
    assert Reasons(why).explain(PLACE, [0], [1]) == text
