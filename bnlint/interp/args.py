"""The arguments of a call."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bnlint.interp.values import Place, Value


class Args:
    """The evaluated arguments of one call.

    ``more`` is set where ``*`` or ``**`` of an unknown value may supply further ones.
    ``places`` tells where each keyword was written.
    """

    __slots__ = ("kwargs", "more", "place", "places", "positional", "reads")

    def __init__(
        self,
        positional: list[Value],
        kwargs: dict[str, Value],
        place: Place,
        more: bool = False,
        places: dict[str, Place] | None = None,
    ) -> None:
        self.positional = positional
        self.kwargs = kwargs
        self.place = place
        self.more = more
        self.places = places or {}
        self.reads: set[int] = set()  # collection reads spread into the arguments by ``*``

    def get(self, name: str, position: int | None = None) -> Value | None:
        """The argument by keyword, else by 0-based position, else None."""
        found = self.kwargs.get(name)
        if found is not None:
            return found
        if position is not None and position < len(self.positional):
            return self.positional[position]
        return None

    def values(self) -> list[Value]:
        return [*self.positional, *self.kwargs.values()]

    def with_first(self, value: Value) -> Args:
        args = Args([value, *self.positional], self.kwargs, self.place, self.more, self.places)
        args.reads = self.reads
        return args
