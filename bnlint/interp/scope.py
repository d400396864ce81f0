"""Frames: the local names of a running function, and what it is running for."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from bnlint.interp.values import Class, Func, ModuleEnv, Place, Value


class Frame:
    """One activation: locals, the enclosing frame of the closure, the module's globals."""

    __slots__ = (
        "call_place",
        "cls",
        "func",
        "global_names",
        "has_gap",
        "locals",
        "module",
        "on_yield",
        "outer_names",
        "parent",
        "self_value",
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
        self.yielded: list[Value] | None = None
        self.on_yield: Callable[[Value], None] | None = None
        self.has_gap = False  # code is still to be written here: it may bind any name

    def find(self, name: str) -> dict[str, Value] | None:
        """The namespace of this frame or an enclosing one that holds ``name``."""
        if self.global_names is not None and name in self.global_names:
            return self.module.globals if name in self.module.globals else None
        if name in self.locals:
            return self.locals
        frame: Frame | None = self.parent
        while frame is not None:
            if name in frame.locals:
                return frame.locals
            frame = frame.parent
        if name in self.module.globals:
            return self.module.globals
        return None
