"""The paths of a program, all run together: the path condition, and values that differ by path.

Every statement is run once. ``Paths.now`` is the guard of the paths that run it; where they part,
each side runs under its own guard, and what it writes is merged with what was there before. Known
from value summaries (MultiSE, FSE 2015) and state merging (Rosette, PLDI 2014).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, TypeGuard

from bnlint.interp.choices import ABSENT, Alternative, Choice, identity, is_datum, is_passing
from bnlint.interp.guards import FALSE, TRUE, Guard, Guards, TooLarge
from bnlint.interp.nodes import MERGED, Node, Phi, nodes_in
from bnlint.interp.values import Known, Map, Place, Seq, Unknown, Value

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, MutableMapping, Sequence

    from bnlint.interp.conditions import Conditions

MOST_VALUES = 48
"""More plain alternatives than this become one unknown."""

MOST_CALLABLES = 1_024
"""The same for functions, classes and objects: an unknown in their place loses layers."""

MOST_ELEMENTS = 20_000
"""Elements of a list that are followed."""

MOST_WORK = 400_000
"""How many alternatives one program may join."""

MOST_REFUSING = 2_000
"""Nodes of guards that may be visited to note that some paths are gone."""

_PLAIN = (Known, Unknown, Node, Seq, Map)

_RECENT = 8

_SMALL = 12

MOST_INPUTS = 8
"""A merged tensor with more alternatives than this becomes one alternative of the next."""


class Stop(Exception):
    """No path goes on from here: each has raised, or left the program."""


class Raised(NamedTuple):
    """Paths that left by an exception: ``name`` is its class, None where it is not known."""

    guard: Guard
    name: str | None
    place: Place | None = None


class Paths:
    """The path condition, and how values are read, written and joined under it.

    ``gone`` are paths that an exception ended for good, ``exited`` those that left the program on
    purpose; nothing that is written later is ever read on them.
    """

    def __init__(self, conditions: Conditions, fresh: Callable[[], int]) -> None:
        self.conditions = conditions
        self.guards: Guards = conditions.guards
        self.now: Guard = TRUE
        self.gone: Guard = FALSE
        self.exited: Guard = FALSE
        self.raised: list[Raised] = []
        self._refused: list[Guard] = []  # what was added to gone, and what would have been
        self._told_apart = True
        self.tries = 0
        self.phis: list[Phi] = []
        self.widened: list[str] = []
        self.work = 0
        self._fresh = fresh
        self._number = fresh()  # of the run: equal choices have equal keys in one run only
        self._choices: dict[tuple[Any, ...], int] = {}
        self._kept: dict[int, Value] = {}  # alternatives whose identity is part of a key

    # --- the path condition --------------------------------------------------------------------

    def leave(self, name: str | None, place: Place | None = None) -> None:
        """All paths that run now raise; raises ``Stop``."""
        self._note(Raised(self.now, name, place))
        raise Stop

    def _note(self, raised: Raised) -> None:
        if self.tries:
            self.raised.append(raised)
        elif raised.name == "SystemExit":
            self.exited = self.guards.disj(self.exited, raised.guard)
        else:
            self._refuse(raised.guard)

    def _refuse(self, guard: Guard) -> None:
        """Some paths are gone for good, as long as it can be told in reasonable time which.

        After that they are taken for paths like any other: something may then be said to be
        right because of a path that there is not, and nothing to be wrong.
        """
        self._refused.append(guard)
        if self._told_apart:
            before = self.guards.spent
            self.gone = self.guards.disj(self.gone, guard)
            if self.guards.spent - before > MOST_REFUSING:
                self._told_apart = False
                self.widened.append("more is refused than is kept apart")

    def mark(self) -> int:
        """A point in time, for ``settle``."""
        return len(self._refused)

    def drop(self, guard: Guard, name: str | None, place: Place | None = None) -> None:
        """Some paths raise, the others go on; raises ``Stop`` if none do."""
        before, mark = self.now, self.mark()
        gone = self.guards.conj(before, guard)
        if gone == FALSE:
            return
        self._note(Raised(gone, name, place))
        self.now = self.guards.minus(before, gone)
        if self.now == FALSE:
            raise Stop
        self.settle(before, mark)

    def settle(self, before: Guard, mark: int) -> None:
        """Go on as ``before`` where the paths that are missing since ``mark`` are gone for good.

        What is written on those is never judged, and the condition of the others stays small. A
        small one is kept: it says what an option is once others are refused.
        """
        guards = self.guards
        if self.tries or self.now == before or guards.is_small(self.now, _SMALL):
            return
        missing = guards.minus(before, self.now)
        recent = self._refused[mark : mark + _RECENT]
        if guards.implies(missing, guards.any_of(recent)) or guards.implies(missing, self.gone):
            self.now = before

    def attempt(self, body: Callable[[], bool]) -> tuple[bool, list[Raised]]:
        """Run the body of a ``try``: whether no path reached its end, and what was raised in it."""
        mark = len(self.raised)
        self.tries += 1
        try:
            dead = body()
        except Stop:
            dead = True
        finally:
            self.tries -= 1
        raised = self.raised[mark:]
        del self.raised[mark:]
        return dead, raised

    def pass_on(self, raised: Iterable[Raised]) -> None:
        """Exceptions that no handler here takes."""
        for item in raised:
            self._note(item)

    def apart(self, body: Callable[[], Value]) -> Value | None:
        """Run what the program hands over and may call at any time, or never.

        It is entered once, and what it raises ends nothing. None if it never returns.
        """
        before = self.now
        out: list[Value] = []

        def run() -> bool:
            out.append(body())
            return False

        self.attempt(run)
        self.now = before
        return out[0] if out else None

    def lasting(self, owner: Guard) -> bool:
        """Whether a write now replaces what is stored in something that exists under ``owner``."""
        now = self.now
        if now in (TRUE, owner):
            return True
        guards = self.guards
        others = guards.minus(owner, now)  # small, where all paths that are over need not be
        return guards.implies(guards.minus(others, self.exited), self.gone)

    def each(self, parts: Iterable[tuple[Guard, Callable[[], Value]]]) -> Value:
        """Run every part under its guard (disjoint ones) and join what they give.

        Paths that end in one part do not go on; raises ``Stop`` if none does.
        """
        out: list[Alternative] = []
        for guard, part in parts:
            self.now = guard
            try:
                value = part()
            except Stop:
                continue
            out.append((self.now, value))
        if not out:
            raise Stop
        if len(out) == 1:
            self.now = out[0][0]
            return out[0][1]
        self.now = self.guards.any_of(guard for guard, _ in out)
        return self.join(out)

    def split(self, value: Value, use: Callable[[Value], Value]) -> Value:
        """``use(value)`` for each alternative of a value, under its guard."""
        if not isinstance(value, Choice):
            return use(value)
        found = self.alternatives(value)
        if len(found) == 1:
            return use(found[0][1])
        return self.each((g, lambda v=v: use(v)) for g, v in found)  # type: ignore[misc]

    def keep(self, value: Value) -> int:
        """A number for the identity of a value, its own as long as the run lasts."""
        if isinstance(value, Choice):
            return -1 - value.key  # where it is read in part, that part is made anew each time
        self._kept[id(value)] = value
        return id(value)

    # --- reading -------------------------------------------------------------------------------

    def alternatives(self, value: Value) -> list[Alternative]:
        """What a value may be on the paths that run now, each with its guard."""
        if not isinstance(value, Choice):
            return [(self.now, value)]
        conj, now = self.guards.conj, self.now
        out = [(g, v) for guard, v in value.alternatives if (g := conj(guard, now)) != FALSE]
        return out or [(now, Unknown("a value of no path", value.key))]

    def read(self, value: Value) -> Value:
        """A stored value as the paths that run now see it."""
        if self.now == TRUE:
            return value
        if isinstance(value, Choice):
            meets, now = self.guards.meets, self.now
            left = [(g, v) for g, v in value.alternatives if meets(g, now)]
            if len(left) == 1:
                return left[0][1]
            return value if len(left) == len(value.alternatives) else self._choice(left)
        if value.__class__ is Phi:
            return self._read_phi(value)
        return value

    def _read_phi(self, node: Phi) -> Node:
        meets, now = self.guards.meets, self.now
        left = [(g, n) for g, n in node.alternatives if meets(g, now)]
        if len(left) == 1 and self.guards.implies(now, left[0][0]):
            only = left[0][1]
            return self._read_phi(only) if isinstance(only, Phi) else only
        if len(left) == len(node.alternatives) or not left:
            return node
        return self.phi(left)

    # --- absence -------------------------------------------------------------------------------

    def presence(self, value: Value) -> Guard:
        """The guard under which a stored value is there."""
        if value is ABSENT:
            return FALSE
        if isinstance(value, Choice):
            there = [g for g, v in value.alternatives if v is not ABSENT]
            return TRUE if len(there) == len(value.alternatives) else self.guards.any_of(there)
        return TRUE

    @staticmethod
    def is_optional(value: Value) -> TypeGuard[Choice]:
        """Whether a stored value is there on some paths only."""
        return isinstance(value, Choice) and any(v is ABSENT for _, v in value.alternatives)

    def present(self, value: Value) -> Value:
        """A stored value on the paths on which it is there."""
        if self.is_optional(value):
            left = [(g, v) for g, v in value.alternatives if v is not ABSENT]
            return left[0][1] if len(left) == 1 else self._choice(left)
        return value

    def filled(self, value: Value, other: Value) -> Value:
        """A stored value, with ``other`` on the paths on which there is none."""
        there = self.presence(value)
        if there == TRUE:
            return self.read(value)
        if self.guards.implies(self.now, there):
            return self.read(self.present(value))
        return self.read(self.join([(there, self.present(value)), (there ^ 1, other)]))

    def optional(self, value: Value, guard: Guard) -> Value:
        """An element that is there only under ``guard``."""
        if guard == TRUE:
            return value
        return self.join([(guard, value), (guard ^ 1, ABSENT)])

    # --- joining and writing -------------------------------------------------------------------

    def write(self, table: MutableMapping[Any, Value], name: Any, new: Value, owner: Guard) -> None:
        """Store a value on the paths that run now; ``owner`` is where the table exists."""
        if self.now == TRUE or self.lasting(owner):
            table[name] = new
        else:
            table[name] = self.over(table.get(name, ABSENT), new)

    def over(self, old: Value, new: Value) -> Value:
        """The new value on the paths that run now, the old one on the others."""
        return self.join([(self.now, new), (self.now ^ 1, old)])

    def append(self, seq: Seq, items: Iterable[Value]) -> None:
        """Add elements to a list on the paths that run now."""
        room = MOST_ELEMENTS - len(seq.items)
        added = list(items)
        if len(added) > room:
            added, seq.exact = added[: max(0, room)], False
        if self.lasting(seq.born):
            seq.items.extend(added)
            return
        if self.guards.is_fleeting(self.now):
            kept = [item for item in added if not is_passing(self.conditions.keys, item)]
            seq.exact = seq.exact and len(kept) == len(added)
            added = kept
        seq.items.extend(self.optional(item, self.now) for item in added)

    def elements(self, seq: Seq) -> list[Value]:
        """The elements that may be there on the paths that run now, in order."""
        return list(seq.items) if self.now == TRUE else list(self.read_each(seq.items))

    def read_each(self, items: Iterable[Value]) -> Iterator[Value]:
        """Those of some elements that may be there on the paths that run now, read as they are
        asked for: there may be thousands, each with a guard that is looked at."""
        for item in items:
            if isinstance(item, Choice):
                self.guards.spent += 1
            found = self.read(item)
            if found is not ABSENT:
                yield found

    def replace(self, seq: Seq, items: Sequence[Value]) -> None:
        """The list has these elements on the paths that run now."""
        if self.lasting(seq.born):
            seq.items[:] = items
            return
        old, now = seq.items, self.now
        same = 0
        while same < min(len(old), len(items)) and old[same] is items[same]:
            same += 1
        gone = [self._without(item, now) for item in old[same:]]
        added = [self.optional(item, now) for item in items[same:]]
        seq.items[same:] = [v for v in gone if v is not ABSENT] + added

    def _without(self, item: Value, guard: Guard) -> Value:
        return self.join([(guard ^ 1, item), (guard, ABSENT)])

    def join(self, parts: Iterable[Alternative]) -> Value:
        """One value for disjoint guards: the value itself if all are the same."""
        flat: list[Alternative] = []
        for guard, value in parts:
            if guard == FALSE:
                continue
            if isinstance(value, Choice):
                conj = self.guards.conj
                for inner, item in value.alternatives:
                    both = conj(guard, inner)
                    if both != FALSE:
                        flat.append((both, item))
            else:
                flat.append((guard, value))
        self.work += len(flat)
        if self.work > MOST_WORK:
            raise TooLarge
        if not flat:
            return Unknown("a value of no path", self.conditions.keys.of("fresh", self._fresh()))
        merged: dict[Any, Alternative] = {}
        for guard, value in flat:
            same = identity(value)
            known = merged.get(same)
            merged[same] = (
                (guard, value) if known is None else (self.guards.disj(known[0], guard), known[1])
            )
        left = self._without_passing(list(merged.values()))
        if len(left) == 1:
            return left[0][1]
        if all(isinstance(v, Node) and v.kind in MERGED for _, v in left):
            return self.phi([(g, v) for g, v in left])  # type: ignore[misc]
        tuples = [v for _, v in left if isinstance(v, Seq) and v.kind == "tuple" and v.exact]
        if len(tuples) == len(left) and len({len(t.items) for t in tuples}) == 1:
            return self._join_tuples([g for g, _ in left], tuples)
        return self._choice(left)

    def _without_passing(self, parts: list[Alternative]) -> list[Alternative]:
        """The alternatives, with one unknown for all data that differ by what passes.

        Constants stay: one of them may be the axis of a layer.
        """
        passing: list[Alternative] = []
        rest: list[Alternative] = []
        keys = self.conditions.keys
        for guard, value in parts:
            plain = value.__class__ is Unknown and self.guards.is_fleeting(guard)
            (passing if plain and is_passing(keys, value) else rest).append((guard, value))
        if len(passing) < 2:
            return parts
        made = [(guard, identity(value)) for guard, value in passing]
        one = Unknown("it differs from turn to turn", keys.of("turn", self._number, *made))
        return [*rest, (self.guards.any_of(guard for guard, _ in passing), one)]

    def _join_tuples(self, guards: list[Guard], tuples: list[Seq]) -> Value:
        columns = zip(*(t.items for t in tuples), strict=True)
        return Seq("tuple", [self.join(zip(guards, column, strict=True)) for column in columns])

    def _choice(self, alternatives: list[Alternative]) -> Value:
        plain = [v for _, v in alternatives if v is ABSENT or isinstance(v, _PLAIN)]
        most = MOST_VALUES if len(plain) == len(alternatives) else MOST_CALLABLES
        if len(alternatives) > most:
            alternatives = self._tensors_together(alternatives)
        if len(alternatives) > most:
            if not all(is_datum(v) for _, v in alternatives):
                self.widened.append("a value has more alternatives than are followed")
            deps = [self.phi([(g, n) for g, v in alternatives for n in nodes_in(v)])]
            key = self.conditions.keys.of("fresh", self._fresh())
            return Unknown("it has too many alternatives", key, tuple(d for d in deps if d.inputs))
        parts: list[Any] = []
        for guard, value in alternatives:
            same = identity(value)
            parts.append((guard, self.keep(value) if same.__class__ is int else same))
        number = self._choices.setdefault(tuple(parts), len(self._choices))
        key = self.conditions.keys.of("choice", self._number, number)
        return Choice(self, key, tuple(alternatives))

    def _tensors_together(self, alternatives: list[Alternative]) -> list[Alternative]:
        """The same value, with one tensor in place of all that can be merged."""
        tensors = [(g, v) for g, v in alternatives if isinstance(v, Node) and v.kind in MERGED]
        if len(tensors) < 2:
            return alternatives
        others = [(g, v) for g, v in alternatives if not (isinstance(v, Node) and v.kind in MERGED)]
        return [*others, (self.guards.any_of(g for g, _ in tensors), self.phi(tensors))]

    def phi(self, alternatives: list[tuple[Guard, Node]]) -> Node:
        """A tensor that is one or another by path: each input counts only under its guard."""
        flat: list[tuple[Guard, Node]] = []
        conj = self.guards.conj
        for guard, node in alternatives:
            inner = node.alternatives if isinstance(node, Phi) else None
            if inner is not None and len(inner) <= MOST_INPUTS:
                flat.extend((both, n) for g, n in inner if (both := conj(g, guard)) != FALSE)
            else:
                flat.append((guard, node))
        merged: dict[Node, Guard] = {}
        for guard, node in flat:
            known = merged.get(node)
            merged[node] = guard if known is None else self.guards.disj(known, guard)
        if len(merged) == 1:
            node, guard = next(iter(merged.items()))
            if guard == TRUE:
                return node
        place = flat[0][1].place if flat else ("", (0, 0, 0, 0))
        graph = flat[0][1].graph if flat else 0
        out = Phi(self._fresh(), "phi", "phi", tuple(merged), (), place, graph)
        out.guard = self.guards.any_of(merged.values())
        out.alternatives = [(guard, node) for node, guard in merged.items()]
        out.scalar = bool(merged) and all(n.scalar for n in merged)
        self.phis.append(out)
        return out

    def boolean(self, guard: Guard) -> Value:
        """The outcome of a test that holds under ``guard``."""
        guards = self.guards
        if guards.implies(self.now, guard):
            return Known(True, assumed=guard != TRUE)
        if guards.conj(self.now, guard) == FALSE:
            return Known(False, assumed=guard != FALSE)
        return self._choice(
            [(guard, Known(True, assumed=True)), (guard ^ 1, Known(False, assumed=True))]
        )
