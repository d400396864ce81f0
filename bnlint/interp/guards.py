"""Guards: Boolean functions over the undecided conditions of a program.

Reduced ordered binary decision diagrams (Bryant 1986) with complement edges (Brace, Rudell and
Bryant 1990), hash-consed: equal functions are equal integers, so a path condition is compared and
negated in no time. A guard is twice the number of a node, plus one if it is negated.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

Guard = int

Path = int
"""The variables that are false on a path, as bits; all others are true."""

TRUE: Guard = 0
FALSE: Guard = 1

MOST_SPENT = 1_200_000
"""Nodes of guards that one program may visit: 6 to 10 seconds, and up to 500 MB."""

_LEAF = 1 << 60
_BITS = 30
"""Of a guard. A pair of guards is one number: unlike a tuple it takes little room, and the
collector never looks at it."""
_TO_MAKE = -1  # no variable
_LOOKED_AT = -1  # no guard


class TooLarge(Exception):
    """Guards grew beyond what may be spent on them."""


def _pair(one: Guard, other: Guard) -> int:
    return one << _BITS | other if one < other else other << _BITS | one


class Guards:
    """A table of guards. Variables are numbered in the order in which they are made, and tested in
    that order.

    What a value is mostly follows from older conditions, and what it is like is asked later. With
    the older ones on top, asking each of n alternatives something of its own takes n nodes; with
    the newer ones on top it would take two to the power of n.

    ``_yes`` and ``_no`` are the variables that a guard needs true and false, as bits: what two
    guards need of one variable tells most of those apart that exclude each other, as the branches
    of an ``elif`` ladder do, without a look at their nodes.

    ``_fleeting`` tells of each node whether it depends on a condition that was made as such.

    ``spent`` counts the nodes that operations visited, which is what they cost. Beyond ``most`` an
    operation raises ``TooLarge``; what was made before stays valid.
    """

    __slots__ = (
        "_conj",
        "_fleeting",
        "_high",
        "_low",
        "_met",
        "_no",
        "_unique",
        "_var",
        "_yes",
        "fleeting",
        "most",
        "spent",
        "variables",
    )

    def __init__(self, most: int = MOST_SPENT) -> None:
        self._var = [_LEAF]
        self._low: list[Guard] = [TRUE]
        self._high: list[Guard] = [TRUE]
        self._yes = [0, 0]
        self._no = [0, 0]
        self.fleeting: set[int] = set()
        self._fleeting = [False]
        self._unique: dict[int, int] = {}
        self._conj: dict[int, Guard] = {}
        self._met: set[int] = set()
        self.variables = 0
        self.spent = 0
        self.most = most

    def clone(self) -> Guards:
        """A table in which all that was made here means the same, and nothing is spent yet."""
        out = Guards(self.most)
        out._var, out._low, out._high = list(self._var), list(self._low), list(self._high)
        out._yes, out._no = list(self._yes), list(self._no)
        out._fleeting, out.fleeting = list(self._fleeting), set(self.fleeting)
        out._unique = dict(self._unique)
        out.variables = self.variables
        return out

    def allow(self, steps: int) -> None:
        """Let so much be spent from here on, whatever was left."""
        self.most = self.spent + steps

    @contextmanager
    def within(self, steps: int) -> Iterator[None]:
        """Spend no more than this meanwhile; ends quietly where it would be more."""
        before = self.most
        self.most = min(before, self.spent + steps)
        try:
            yield
        except TooLarge:
            if self.spent > before:
                raise
        finally:
            self.most = before

    def variable(self, *, fleeting: bool = False) -> Guard:
        """A new condition, independent of all others."""
        number = self.variables
        self.variables += 1
        if fleeting:
            self.fleeting.add(number)
        return self._node(number, FALSE, TRUE)

    @staticmethod
    def path(assignment: Mapping[int, bool]) -> Path:
        """The path on which variables have these values, and others are true."""
        return sum(1 << number for number, value in assignment.items() if not value)

    def _node(self, var: int, low: Guard, high: Guard) -> Guard:
        if low == high:
            return low
        flip = high & 1  # the edge of the true side is never a complemented one
        low, high = low ^ flip, high ^ flip
        key = (var << _BITS | low) << _BITS | high
        found = self._unique.get(key)
        if found is None:
            found = len(self._var)
            self._unique[key] = found
            self._var.append(var)
            self._low.append(low)
            self._high.append(high)
            self._note_needs(var, low, high)
            fleeting = self._fleeting
            fleeting.append(var in self.fleeting or fleeting[low >> 1] or fleeting[high >> 1])
        return found << 1 | flip

    def _note_needs(self, number: int, low: Guard, high: Guard) -> None:
        """What a new node needs of each variable, and then what its negation does."""
        yes, no = self._yes, self._no
        for one, other in ((low, high), (low ^ 1, high ^ 1)):
            if one == FALSE:
                yes.append(yes[other] | 1 << number)
                no.append(no[other])
            elif other == FALSE:
                yes.append(yes[one])
                no.append(no[one] | 1 << number)
            else:
                yes.append(yes[one] & yes[other])
                no.append(no[one] & no[other])

    def _exclude(self, one: Guard, other: Guard) -> bool:
        """Whether two guards need different values of one variable."""
        yes, no = self._yes, self._no
        return bool(yes[one] & no[other] or no[one] & yes[other])

    def conj(self, one: Guard, other: Guard) -> Guard:
        """``one and other``."""
        if one == other or other == TRUE:  # most are one of these
            return one
        if one == TRUE:
            return other
        if one == FALSE or other == FALSE or one == other ^ 1:
            return FALSE
        found = self._conj.get(_pair(one, other))
        return self._make_conj(one, other) if found is None else found

    def _make_conj(self, one: Guard, other: Guard) -> Guard:
        """Two stacks and no recursion: Python maps and unmaps a piece of memory each time that a
        deep recursion crosses the end of one, which cost as much as all else here."""
        made, yes, no = self._conj, self._yes, self._no
        todo: list[tuple[int, Guard, Guard]] = [(_TO_MAKE, one, other)]
        results: list[Guard] = []
        while todo:
            var, one, other = todo.pop()
            if var != _TO_MAKE:  # both sides of this pair are there
                high = results.pop()
                made[_pair(one, other)] = result = self._node(var, results.pop(), high)
            elif one == other or other == TRUE:
                result = one
            elif one == TRUE:
                result = other
            elif one == FALSE or other == FALSE or one == other ^ 1:
                result = FALSE
            else:
                found = made.get(_pair(one, other))
                if found is not None:
                    result = found
                elif yes[one] & no[other] or no[one] & yes[other]:
                    result = FALSE
                elif yes[one] & no[other ^ 1] or no[one] & yes[other ^ 1]:
                    result = one
                elif yes[one ^ 1] & no[other] or no[one ^ 1] & yes[other]:
                    result = other
                else:
                    var, one_low, one_high, two_low, two_high = self._opened(one, other)
                    todo.append((var, one, other))
                    todo.append((_TO_MAKE, one_high, two_high))
                    todo.append((_TO_MAKE, one_low, two_low))
                    continue
            results.append(result)
        return results.pop()

    def _opened(self, one: Guard, other: Guard) -> tuple[int, Guard, Guard, Guard, Guard]:
        """The topmost variable of two guards, and what each is where that is false and true."""
        self.spent += 1
        if self.spent > self.most:
            raise TooLarge
        left, right = one >> 1, other >> 1
        first, second = self._var[left], self._var[right]
        one_low = one_high = one
        two_low = two_high = other
        if first <= second:
            one_low, one_high = self._low[left] ^ (one & 1), self._high[left] ^ (one & 1)
        if second <= first:
            two_low, two_high = self._low[right] ^ (other & 1), self._high[right] ^ (other & 1)
        return min(first, second), one_low, one_high, two_low, two_high

    def disj(self, one: Guard, other: Guard) -> Guard:
        """``one or other``."""
        return self.conj(one ^ 1, other ^ 1) ^ 1

    def minus(self, one: Guard, other: Guard) -> Guard:
        """``one and not other``."""
        return self.conj(one, other ^ 1)

    def split(self, guard: Guard, test: Guard) -> tuple[Guard, Guard]:
        """``guard and test`` and ``guard and not test``, which are known to be ``guard`` again
        where they meet: that need not be found out."""
        yes, no = self.conj(guard, test), self.conj(guard, test ^ 1)
        if yes > FALSE and no > FALSE:
            one, other = yes ^ 1, no ^ 1
            self._conj[_pair(one, other)] = guard ^ 1
        return yes, no

    def any_of(self, guards: Iterable[Guard]) -> Guard:
        out = FALSE
        for guard in guards:
            out = self.conj(out ^ 1, guard ^ 1) ^ 1
        return out

    def implies(self, one: Guard, other: Guard) -> bool:
        """Whether ``other`` holds wherever ``one`` does."""
        return one == other or other == TRUE or not self.meets(one, other ^ 1)

    def is_fleeting(self, guard: Guard) -> bool:
        """Whether a guard depends on a fleeting condition."""
        return self._fleeting[guard >> 1]

    def meets(self, one: Guard, other: Guard) -> bool:
        """Whether there is a path on which both hold: ``conj`` without making it."""
        if self._exclude(one, other):
            return False
        one, other = self._apart(one, other)
        above: list[tuple[int, Guard, Guard]] = []
        while True:
            if one == FALSE or other == FALSE or one == other ^ 1:
                met = False
            elif one in (TRUE, other) or other == TRUE:
                met = True
            else:
                key = _pair(one, other)
                found = self._conj.get(key)
                if key in self._met:
                    met = True
                elif found is not None:
                    met = found != FALSE
                elif self._exclude(one, other):
                    met = False
                elif self._exclude(one, other ^ 1) or self._exclude(one ^ 1, other):
                    met = True
                else:
                    _, one_low, one_high, two_low, two_high = self._opened(one, other)
                    if one_high == FALSE or two_high == FALSE:
                        one, other = one_low, two_low
                        continue
                    if one_low != FALSE and two_low != FALSE:
                        above.append((key, one_low, two_low))
                    one, other = one_high, two_high
                    continue
            if met:
                self._met.update(key for key, _, _ in above)
                return True
            while above:
                key, one, other = above.pop()
                if one != _LOOKED_AT:
                    above.append((key, _LOOKED_AT, _LOOKED_AT))
                    break
                self._conj[key] = FALSE
            else:
                return False

    def _apart(self, one: Guard, other: Guard) -> tuple[Guard, Guard]:
        """Two guards without the conditions at their top that both need alike.

        Mostly these are the paths that lead to where both are asked for.
        """
        levels, low, high = self._var, self._low, self._high
        while True:
            left, right = one >> 1, other >> 1
            if levels[left] != levels[right] or left == 0:
                return one, other
            flip, turn = one & 1, other & 1
            if low[left] ^ flip == low[right] ^ turn == FALSE:
                one, other = high[left] ^ flip, high[right] ^ turn
            elif high[left] ^ flip == high[right] ^ turn == FALSE:
                one, other = low[left] ^ flip, low[right] ^ turn
            else:
                return one, other

    def holds(self, guard: Guard, path: Path) -> bool:
        """The value of a guard on one path."""
        yes, no = self._yes, self._no
        while guard > FALSE:
            if yes[guard] & path or no[guard] & path != no[guard]:
                return False
            node = guard >> 1
            edge = self._low[node] if path >> self._var[node] & 1 else self._high[node]
            guard = edge ^ (guard & 1)
        return guard == TRUE

    def witness(self, guard: Guard) -> dict[int, bool]:
        """Variables that make a satisfiable guard true; the others may have any value.

        True is preferred, so that what is switched by an option is switched on.
        """
        out: dict[int, bool] = {}
        while guard > FALSE:
            node = guard >> 1
            high = self._high[node] ^ (guard & 1)
            value = high != FALSE
            out[self._var[node]] = value
            guard = high if value else self._low[node] ^ (guard & 1)
        return out

    def support(self, guard: Guard) -> set[int]:
        """The variables that a guard depends on."""
        out: set[int] = set()
        seen: set[int] = {0}
        todo = [guard >> 1]
        while todo:
            node = todo.pop()
            if node in seen:
                continue
            seen.add(node)
            out.add(self._var[node])
            todo.append(self._low[node] >> 1)
            todo.append(self._high[node] >> 1)
        return out

    def tested(self) -> set[int]:
        """The variables that some guard of the table depends on."""
        return set(self._var[1:])

    def is_small(self, guard: Guard, most: int) -> bool:
        """Whether a guard has no more than ``most`` nodes."""
        seen: set[int] = {0}
        todo = [guard >> 1]
        while todo:
            node = todo.pop()
            if node in seen:
                continue
            seen.add(node)
            if len(seen) > most + 1:
                return False
            todo.append(self._low[node] >> 1)
            todo.append(self._high[node] >> 1)
        return True

    def literal(self, variable: int, value: bool) -> Guard:
        """The guard that one variable has this value."""
        return self._node(variable, FALSE, TRUE) ^ (0 if value else 1)

    def sometimes(self, guard: Guard, variables: set[int]) -> Guard:
        """The guard that holds where ``guard`` does for some values of the variables."""
        for number in sorted(self.support(guard) & variables):
            yes = self._cofactor(guard, number, True)
            guard = self.disj(yes, self._cofactor(guard, number, False))
        return guard

    def _cofactor(self, guard: Guard, variable: int, value: bool) -> Guard:
        known: dict[Guard, Guard] = {}

        def walk(one: Guard) -> Guard:
            node = one >> 1
            var = self._var[node]
            if var > variable:
                return one
            found = known.get(one)
            if found is None:
                low, high = self._low[node] ^ (one & 1), self._high[node] ^ (one & 1)
                if var == variable:
                    found = high if value else low
                else:
                    found = self._node(var, walk(low), walk(high))
                known[one] = found
            return found

        return walk(guard)

    def extract(self, wanted: Iterable[Guard]) -> tuple[Guards, dict[Guard, Guard]]:
        """A table of some guards only, over the same variables, and what they are called there."""
        out = Guards(self.most)
        out.variables = self.variables
        known: dict[int, Guard] = {0: TRUE}

        def walk(guard: Guard) -> Guard:
            node = guard >> 1
            found = known.get(node)
            if found is None:
                low, high = walk(self._low[node]), walk(self._high[node])
                found = known[node] = out._node(self._var[node], low, high)
            return found ^ (guard & 1)

        return out, {guard: walk(guard) for guard in wanted}

    def rows(self) -> list[tuple[int, Guard, Guard]]:
        """The nodes of a table as plain data: the variable of each and where its two edges lead,
        all but the leaf, each after those that it leads to."""
        return list(zip(self._var, self._low, self._high, strict=True))[1:]

    @classmethod
    def of(cls, rows: Iterable[tuple[int, Guard, Guard]]) -> Guards:
        """The table of some rows; raises ``ValueError`` if no table has such rows."""
        out = cls()
        for var, low, high in rows:
            made = len(out._var)
            below = [edge >> 1 for edge in (low, high)]
            if high & 1 or low == high or var < 0:
                raise ValueError("no row of a table of guards")
            if not all(0 <= node < made and var < out._var[node] for node in below):
                raise ValueError("a row that leads to none below it")
            if out._node(var, low, high) >> 1 != made:
                raise ValueError("a row that is there already")
        return out
