"""A Python 3 script as a libcst tree, with the place of each node in the text."""

from __future__ import annotations

import libcst as cst
from libcst.metadata import MetadataWrapper, ParentNodeProvider, PositionProvider

from bnlint.finding import Location
from bnlint.fix.edits import CannotFix
from bnlint.source.lexer import line_starts

_MARK = "\ufeff"


class Tree:
    """Parses ``text``; raises CannotFix where it is no Python 3."""

    def __init__(self, text: str) -> None:
        self.text = text
        # libcst drops a byte order mark; offsets count it.
        self._shift = len(text) - len(text.removeprefix(_MARK))
        try:
            wrapper = MetadataWrapper(cst.parse_module(text[self._shift :]), unsafe_skip_copy=True)
        except cst.ParserSyntaxError:
            raise CannotFix("only Python 3 text is fixed") from None
        self.module = wrapper.module
        self._positions = wrapper.resolve(PositionProvider)
        self._parents = wrapper.resolve(ParentNodeProvider)
        self._starts = line_starts(text[self._shift :])

    def span(self, node: cst.CSTNode) -> tuple[int, int]:
        """Start and end offset of a node in the text."""
        place = self._positions[node]
        first = self._starts[place.start.line - 1] + place.start.column
        last = self._starts[place.end.line - 1] + place.end.column
        return first + self._shift, last + self._shift

    def line(self, offset: int) -> int:
        """The offset at which the line of ``offset`` starts."""
        return max(s + self._shift for s in self._starts if s + self._shift <= offset)

    def parent(self, node: cst.CSTNode) -> cst.CSTNode | None:
        return self._parents.get(node)

    def calls(self) -> list[cst.Call]:
        return [node for node in self._positions if isinstance(node, cst.Call)]

    def call_at(self, location: Location) -> cst.Call:
        """The call that lies exactly at a place; raises CannotFix if there is none."""
        for call in self.calls():
            place = self._positions[call]
            start, end = place.start, place.end
            if (start.line, start.column + 1, end.line, end.column + 1) == (
                location.line,
                location.column,
                location.end_line,
                location.end_column,
            ):
                return call
        raise CannotFix("the place is not a call")
