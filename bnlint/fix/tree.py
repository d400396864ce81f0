"""A program as a libcst tree, with the place of each node in its own text, Python 2 too."""

from __future__ import annotations

from functools import cached_property

import libcst as cst
from libcst.metadata import CodeRange, MetadataWrapper, ParentNodeProvider, PositionProvider

from bnlint.finding import Location
from bnlint.fix.edits import CannotFix
from bnlint.source.errors import SourceError
from bnlint.source.lexer import line_starts
from bnlint.source.python2 import Rewriting

Span = tuple[int, int]


class Tree:
    """Parses ``text``; raises CannotFix where it is no Python."""

    def __init__(self, text: str, path: str) -> None:
        self.text = text
        self.path = path
        self._starts = line_starts(text)
        self._rewriting: Rewriting | None = None
        try:
            module = cst.parse_module(text)
        except cst.ParserSyntaxError:
            try:
                self._rewriting = Rewriting(text, path)
                module = cst.parse_module(self._rewriting.text)
            except (SourceError, cst.ParserSyntaxError):
                raise CannotFix("what does not parse is not fixed") from None
        wrapper = MetadataWrapper(module, unsafe_skip_copy=True)
        self.module = wrapper.module
        self._positions = wrapper.resolve(PositionProvider)
        self._parents = wrapper.resolve(ParentNodeProvider)

    @property
    def python2(self) -> bool:
        return self._rewriting is not None

    @property
    def newline(self) -> str:
        return "\r\n" if "\r\n" in self.text else "\r" if self._old_mac else "\n"

    @property
    def _old_mac(self) -> bool:
        return "\r" in self.text and "\n" not in self.text

    def span(self, node: cst.CSTNode) -> Span:
        """Start and end offset of a node in the text."""
        line, column, end_line, end_column = self._range(node)
        return self.offset(line, column), self.offset(end_line, end_column)

    def offset(self, line: int, column: int) -> int:
        """The offset of a 1-based line and column."""
        return self._starts[min(line, len(self._starts)) - 1] + column - 1

    def line(self, offset: int) -> int:
        """The offset at which the line of ``offset`` starts."""
        return max(start for start in self._starts if start <= offset)

    def next_line(self, offset: int) -> int:
        """The offset at which the line after that of ``offset`` starts, or the end."""
        return min((start for start in self._starts if start > offset), default=len(self.text))

    def line_starts(self, first: int, last: int) -> list[int]:
        """Where the lines begin that begin in a range, its first character not counted."""
        return [start for start in self._starts if first < start < last]

    def place(self, offset: int) -> tuple[int, int]:
        """The 1-based line and column of an offset."""
        start = self.line(offset)
        return self._starts.index(start) + 1, offset - start + 1

    def source(self, node: cst.CSTNode) -> str:
        start, end = self.span(node)
        return self.text[start:end]

    def parent(self, node: cst.CSTNode) -> cst.CSTNode | None:
        return self._parents.get(node)

    def above(self, node: cst.CSTNode) -> list[cst.CSTNode]:
        """The nodes around one, from the inside to the outside."""
        out = []
        up = self.parent(node)
        while up is not None:
            out.append(up)
            up = self.parent(up)
        return out

    def scope(self, node: cst.CSTNode) -> cst.FunctionDef | cst.Module:
        """The function that holds a node, or the module."""
        for up in self.above(node):
            if isinstance(up, cst.FunctionDef):
                return up
        return self.module

    @cached_property
    def nodes(self) -> list[cst.CSTNode]:
        return list(self._positions)

    @cached_property
    def calls(self) -> list[cst.Call]:
        return [node for node in self.nodes if isinstance(node, cst.Call)]

    @cached_property
    def strings(self) -> list[Span]:
        """The strings that go over several lines."""
        kinds = (cst.SimpleString, cst.FormattedString)
        spans = (self.span(node) for node in self.nodes if isinstance(node, kinds))
        return [(s, e) for s, e in spans if any(c in self.text[s:e] for c in "\r\n")]

    def call_at(self, location: Location) -> cst.Call:
        """The call that lies exactly at a place; raises CannotFix if there is none."""
        wanted = (location.line, location.column, location.end_line, location.end_column)
        found = next((call for call in self.calls if self._range(call) == wanted), None)
        if found is None:
            raise CannotFix(
                "a function on the way to the layer is not called by code of the project"
            )
        return found

    def around(self, location: Location) -> cst.CSTNode:
        """The smallest node that holds a place; raises CannotFix."""
        start = self.offset(location.line, location.column)
        end = self.offset(location.end_line, location.end_column)
        best: tuple[int, cst.CSTNode] | None = None
        for node in self.nodes:
            if isinstance(node, (cst.BaseExpression, cst.BaseStatement, cst.BaseSmallStatement)):
                first, last = self.span(node)
                if first <= start and end <= last and (best is None or last - first < best[0]):
                    best = last - first, node
        if best is None:
            raise CannotFix("its place is not in the file any more")
        return best[1]

    def _range(self, node: cst.CSTNode) -> tuple[int, int, int, int]:
        place: CodeRange = self._positions[node]
        start, end = place.start, place.end
        span = (start.line, start.column + 1, end.line, end.column + 1)
        return span if self._rewriting is None else self._rewriting.move(span)
