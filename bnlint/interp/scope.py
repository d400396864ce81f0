"""Frames: the local names of a running function, and what it is running for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bnlint.interp.guards import FALSE, TRUE, Guard

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from bnlint.interp.nodes import Node
    from bnlint.interp.values import Class, Func, ModuleEnv, Place, Seq, Value
    from bnlint.source import ir


Ended = bool
"""Whether no path goes on to the next statement: each has returned, or left a loop."""


class Loop:
    """A loop that is running: the paths that left it, and those that went on to its next turn.

    ``stmt`` is the statement, of a ``for``.
    """

    __slots__ = ("broken", "continued", "stmt")

    def __init__(self, stmt: ir.For | None = None) -> None:
        self.stmt = stmt
        self.broken: Guard = FALSE
        self.continued: Guard = FALSE


class Test:
    """A test that was reached: ``training`` is how it comes out in training, None if its words do
    not tell, ``mark`` the age of what is made after it, ``seen`` what names stood for on the paths
    of ``now``, ``held`` the names of the tensors among that, once somebody asks, ``on_true`` and
    ``on_false`` the paths of either side.
    """

    __slots__ = ("held", "mark", "now", "on_false", "on_true", "place", "seen", "training")

    def __init__(self, place: Place, training: bool | None, mark: int, now: Guard) -> None:
        self.place = place
        self.training = training
        self.mark = mark
        self.now = now
        self.seen: list[tuple[str, Value]] = []
        self.held: dict[Node, set[str]] | None = None
        self.on_true: Guard = FALSE
        self.on_false: Guard = FALSE


class Frame:
    """One activation: locals, the enclosing frame of the closure, the module's globals."""

    __slots__ = (
        "call_place",
        "cls",
        "func",
        "global_names",
        "guard",
        "has_gap",
        "locals",
        "loops",
        "mode",
        "module",
        "on_yield",
        "outer_names",
        "parent",
        "returns",
        "self_value",
        "tests",
        "yielded",
    )

    def __init__(
        self,
        module: ModuleEnv,
        local_names: dict[str, Value],
        parent: Frame | None = None,
        func: Func | None = None,
        call_place: Place | None = None,
    ) -> None:
        self.module = module
        self.locals = local_names
        self.parent = parent
        self.func = func
        self.call_place = call_place
        self.cls: Class | None = None
        self.self_value: Value | None = None
        self.global_names: set[str] | None = None
        self.outer_names: dict[str, dict[str, Value]] | None = None
        self.yielded: Seq | None = None
        self.on_yield: Callable[[Value], None] | None = None
        self.has_gap = False  # code is still to be written here: it may bind any name
        self.guard: Guard = TRUE  # the paths on which this activation is still running
        self.returns: list[tuple[Guard, Value]] = []
        self.loops: list[Loop] = []
        self.mode: tuple[str, Value, Guard] | None = None  # what its last test for training said
        self.tests: list[Test] = []  # those by which it may return

    def tables(self, name: str) -> Iterator[dict[str, Value]]:
        """The namespaces that hold ``name``, innermost first: this frame's, those around it, and
        the module's."""
        if self.global_names is None or name not in self.global_names:
            if name in self.locals:
                yield self.locals
            frame: Frame | None = self.parent
            while frame is not None:
                if name in frame.locals:
                    yield frame.locals
                frame = frame.parent
        if name in self.module.globals and self.locals is not self.module.globals:
            yield self.module.globals

    @property
    def binds_alone(self) -> bool:
        """Whether what it binds is looked for nowhere else: it runs a function, and no class."""
        return self.func is not None

    def find(self, name: str) -> dict[str, Value] | None:
        """The innermost namespace that holds ``name``."""
        return next(self.tables(name), None)
