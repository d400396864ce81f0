"""Conditions: how undecided tests on unknown values become guards.

All tests of one unknown form a *ladder*: it equals one constant, or another, or none of those that
were asked for, and it is true or false besides. So ``mode == 'train'`` and ``mode == 'test'``
exclude each other by construction, as ``mode`` and ``mode is None`` do.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from bnlint.interp.blocks import SINGLE, Block, Numbered, bits_of_next
from bnlint.interp.guards import FALSE, TRUE, Guard, Guards
from bnlint.interp.why import Word

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from bnlint.interp.keys import Keys

Place = tuple[str, tuple[int, int, int, int]]
_Step = tuple[bool, Any]


_MOST_NUMBERS = 4
"""A place that compares more numbers than this with something counts.

So many constants are asked apart of what stands for several things.
"""

_MOST_ASKED = 16
"""A place that asks the same of more things than this decides the further ones alike."""


@dataclass(slots=True, eq=False)
class _Ladder:
    """What was asked of one unknown: ``rest`` is where it equals none of the ``steps``.

    ``truth`` says, within the rest, whether it is true; None as long as nobody asked. ``domain``
    are all the values it may have, where these are known.
    """

    steps: dict[_Step, Guard] = field(default_factory=dict)
    rest: Guard = TRUE
    truth: Guard | None = None
    domain: frozenset[_Step] | None = None


class Conditions:
    """The table of conditions: from the symbolic keys of unknowns to guards, and back to text.

    ``asking`` is the place of the test that is being decided. ``sometimes`` are variables for tests
    of what changes from one turn of a loop to the next: no options, now they hold and now not.
    ``base`` is the table that this one was copied from.
    """

    def __init__(self, keys: Keys, guards: Guards) -> None:
        self.keys = keys
        self.guards = guards
        self._ladders: dict[int, _Ladder] = {}
        self._of_variable: dict[int, tuple[int, str, Any]] = {}
        self._blocks: dict[int, list[Block]] = {}
        self._places: dict[int, Place] = {}
        self._sites: dict[int, int] = {}
        self._constants: dict[int, dict[_Step, tuple[int, _Step]]] = {}
        self._asked: dict[Place, set[int]] = {}
        self.asking: Place | None = None
        self.base: Conditions | None = None
        self.sometimes: set[int] = set()

    def clone(self) -> Conditions:
        """A table that begins with all that is known here; what is asked of it stays in it."""
        out = Conditions(self.keys, self.guards.clone())
        for key, known in self._ladders.items():
            out._ladders[key] = replace(known, steps=dict(known.steps))
        for key, blocks in self._blocks.items():
            out._blocks[key] = [replace(block, values=list(block.values)) for block in blocks]
        out._of_variable.update(self._of_variable)
        out._places.update(self._places)
        out._sites.update(self._sites)
        out._constants.update((key, dict(asked)) for key, asked in self._constants.items())
        for place, asked in self._asked.items():
            out._asked[place] = set(asked)
        out.sometimes |= self.sometimes
        out.base = self
        return out

    # --- from keys to guards -------------------------------------------------------------------

    def truth(self, key: int) -> Guard:
        """The guard under which the unknown of this key is true."""
        head, *rest = self.keys.parts(key)
        if head == "not":
            return self.truth(rest[0]) ^ 1
        if head == "and":
            return self.guards.conj(self.truth(rest[0]), self.truth(rest[1]))
        if head == "or":
            return self.guards.disj(self.truth(rest[0]), self.truth(rest[1]))
        if head == "equals":
            return self.equals(rest[0], rest[2])
        if head == "is none":
            return self.equals(rest[0], None)
        key = self._site(key)
        ladder = self._ladder(key)
        if ladder.domain is not None:
            return self.guards.any_of(self.equals(key, v) for _, v in ladder.domain if v)
        if ladder.truth is None:
            ladder.truth = self._variable(key, "truth", None)
        out = self.guards.conj(ladder.rest, ladder.truth)
        for (_, value), guard in ladder.steps.items():
            if value:
                out = self.guards.disj(out, guard)
        return out

    def equals(self, key: int, value: Any) -> Guard:
        """The guard under which the unknown of this key equals a constant."""
        if isinstance(value, bool):
            return self.truth(key) ^ (0 if value else 1)
        step = _step(value)
        key, step = self._for_constant(self._site(key), step)
        ladder = self._ladder(key)
        found = ladder.steps.get(step)
        if found is not None:
            return found
        if ladder.domain is not None and step not in ladder.domain:
            return FALSE
        if ladder.rest == FALSE:
            return FALSE
        if ladder.domain is not None and len(ladder.steps) == len(ladder.domain) - 1:
            guard = ladder.rest
        else:
            guard = self.guards.conj(ladder.rest, self._next_step(key, ladder, value))
            if ladder.truth is not None:
                guard = self.guards.conj(guard, ladder.truth if value else ladder.truth ^ 1)
        ladder.steps[step] = guard
        ladder.rest = self.guards.minus(ladder.rest, guard)
        return guard

    def _next_step(self, key: int, ladder: _Ladder, value: Any) -> Guard:
        """A condition that an unknown equals one more constant, if it equals none of the others."""
        known = len(ladder.steps)
        if known < SINGLE:
            return self._variable(key, "equals", value)
        blocks = self._blocks.setdefault(key, [])
        if not blocks or blocks[-1].full:
            first, number = self.guards.variables, len(blocks)
            count = bits_of_next(known)
            for _ in range(count + 1):
                self._variable(key, "among", number)
            blocks.append(Block(first, list(range(first + 1, first + 1 + count))))
        return blocks[-1].add(self.guards, value)

    def _site(self, key: int) -> int:
        """The key itself, or for what changes in a loop one that is the same in every turn."""
        found = self._sites.get(key)
        if found is not None:
            return found
        if self.asking is None or key in self._ladders:
            return key
        asked = self._asked.setdefault(self.asking, set())
        asked.add(key)
        counts = self.keys.parts(key)[0] == "compare" and len(asked) > _MOST_NUMBERS
        found = key
        if self.keys.varies(key) or counts:
            found = self.keys.of("in a loop", *self.asking)
        elif len(asked) > _MOST_ASKED:
            found = self.keys.of("one of many", *self.asking)
        self._sites[key] = found
        return found

    def _for_constant(self, key: int, step: _Step) -> tuple[int, _Step]:
        """The key and the constant by which it is asked whether an unknown equals a constant.

        What stands for several things may equal one constant here and another one there, so these
        do not exclude each other: a block that is built with three widths checks each of them.
        """
        head, *rest = self.keys.parts(key)
        if head not in ("in a loop", "one of many") or step[1] is None:
            return key, step
        asked = self._constants.setdefault(key, {})
        if step not in asked and len(asked) < _MOST_NUMBERS:
            asked[step] = self.keys.of(head, *rest, len(asked)) if asked else key, step
        return asked[step] if step in asked else next(reversed(asked.values()))

    def close(self, key: int, values: Iterable[Any]) -> None:
        """Note that the unknown of this key can only have one of these values."""
        ladder = self._ladder(key)
        if ladder.domain is None and not ladder.steps and ladder.truth is None:
            domain = frozenset(_step(v) for v in values if not isinstance(v, bool))
            if len(domain) >= 2:
                ladder.domain = domain

    def domain(self, key: int) -> Sequence[Any] | None:
        """All values that an unknown may have, None where they are not known."""
        ladder = self._ladders.get(key)
        if ladder is None or ladder.domain is None:
            return None
        return sorted((value for _, value in ladder.domain), key=repr)

    def known_equal(self, key: int, guard: Guard) -> tuple[Any] | None:
        """The constant that the unknown equals wherever ``guard`` holds, if there is one."""
        ladder = self._ladders.get(key)
        if ladder is None or not ladder.steps:
            return None
        # What holds wherever the guard does holds on any one of its paths.
        path = self.guards.path(self.guards.witness(guard))
        for (_, value), step in ladder.steps.items():
            if self.guards.holds(step, path):
                return (value,) if self.guards.implies(guard, step) else None
        return None

    def opaque(self, *parts: Any) -> Guard:
        """A condition of its own, the same one for the same parts."""
        return self.truth(self.keys.of("condition", *parts))

    def _ladder(self, key: int) -> _Ladder:
        found = self._ladders.get(key)
        if found is None:
            found = self._ladders[key] = _Ladder()
        return found

    def _variable(self, key: int, kind: str, value: Any) -> Guard:
        number = self.guards.variables
        self._of_variable[number] = (key, kind, value)
        if self.asking is not None:
            self._places[number] = self.asking
        if self.keys.parts(key)[0] == "in a loop":
            self.sometimes.add(number)
        return self.guards.variable(fleeting=self.keys.is_fleeting(key))

    # --- and back to text ----------------------------------------------------------------------

    def word(self, number: int) -> Word:
        """What a variable of the guards asks, in the words of the source."""
        key, kind, constant = self._of_variable[number]
        said = self._is_told(number) or number in self._places
        among = self._blocks[key][constant].inside if kind == "among" else None
        outcomes = self._literal(number, True), self._literal(number, False)
        return Word(key, kind == "equals", among, said, *outcomes)

    def numbered(self, numbers: Iterable[int]) -> dict[int, Numbered]:
        """The blocks that some variables are of, by the first variable of each."""
        found: dict[int, Numbered] = {}
        for number in numbers:
            key, kind, constant = self._of_variable[number]
            if kind == "among" and self._is_told(number):
                block = self._blocks[key][constant]
                found[block.inside] = block.told(self.keys.text(key))
        return found

    def _is_told(self, number: int) -> bool:
        text = self.keys.text(self._of_variable[number][0])
        return "an unknown" not in text and "…" not in text and number not in self.sometimes

    def _literal(self, number: int, value: bool) -> str:
        key, kind, constant = self._of_variable[number]
        text = self.keys.text(key)
        if not self._is_told(number):
            place = self._places.get(number)
            what = "a test" if place is None else f"the test at {_short(place)}"
            return f"{what} {'holds' if value else 'fails'}"
        if kind == "equals":
            if constant is None:
                return f"{text} is None" if value else f"{text} is not None"
            return f"{text} {'==' if value else '!='} {constant!r}"
        return text if value else f"not {text}"


def _step(value: Any) -> tuple[bool, Any]:
    """A constant as Python compares it: 1 is 1.0, '1' is not."""
    return isinstance(value, str), value


def _short(place: Place) -> str:
    path, span = place
    return f"{path.rsplit('/', 1)[-1]}:{span[0]}"
