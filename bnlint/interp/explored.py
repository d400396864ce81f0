"""What comes of running one program, as plain data, and what that depends on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from bnlint.interp.why import Place, Why
from bnlint.model import GraphModel
from bnlint.outcome import Incomplete


@dataclass(slots=True, eq=False)
class Seen:
    """What a program looked at: files, those of them that were lowered (``modules``), and folders
    that imports were looked for in."""

    files: set[str] = field(default_factory=set)
    modules: set[str] = field(default_factory=set)
    folders: set[str] = field(default_factory=set)

    def add(self, other: Seen) -> None:
        self.files |= other.files
        self.modules |= other.modules
        self.folders |= other.folders


class Root(NamedTuple):
    """What of a file is run: all of it as a script, or a function or class that nothing enters.

    ``line`` is where that is defined, ``methods`` are those of the class that are called.
    """

    name: str
    path: str
    line: int | None = None
    methods: tuple[str, ...] = ()

    @property
    def is_open(self) -> bool:
        """Whether it is run with unknown arguments."""
        return self.line is not None


@dataclass(slots=True, eq=False)
class Explored:
    """What rules may ask of a program, what is to be said of it, which functions it entered, and
    what it cost, in steps and visited nodes of guards."""

    states: list[GraphModel]
    why: Why | None
    entered: set[Place]
    notes: list[str]
    incomplete: list[Incomplete]
    cost: int


@dataclass(slots=True, eq=False)
class Outcome:
    """What came of one program, which was run in this process or another, or by an earlier run
    of bnlint: what it looked at, the modules whose images it missed, and what went wrong in bnlint
    itself."""

    explored: Explored
    seen: Seen
    missed: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)
    crashes: list[tuple[str, Exception]] = field(default_factory=list)
    is_new: bool = True


Work = Callable[[int], Outcome | None]

Share = Callable[[int, Work], Work]
"""Does a piece of work for each number below the first argument, at once or when its outcome is
asked for: in any order, and in any process."""


def when_asked(_: int, work: Work) -> Work:
    """Each when its outcome is asked for."""
    return work


class Memory(Protocol):
    """Keeps what came of programs."""

    def recall(self, root: Root) -> tuple[Seen, Explored] | None:
        """What came of a program that would see the same again."""

    def keep(self, root: Root, seen: Seen, explored: Explored) -> None:
        """Keep what came of a program."""
