"""The place of a walk in the tokens of its file, and the spans that follow from it."""

from __future__ import annotations

from bisect import bisect_right

from bnlint.source import ir
from bnlint.source.lexer import Tokens, line_starts

# Tokens to look through, either way, for one that is not where the count says.
_SEARCH = 64


class Cursor:
    """The text of a file, its tokens, and the index of the next one."""

    __slots__ = ("_at", "_ends", "_lines", "_starts", "_text", "_tokens")

    def __init__(self, text: str, tokens: Tokens) -> None:
        self._text = text
        self._tokens = tokens
        # One token past the last, so that the place "before the next token" always exists.
        self._starts = [*tokens.starts, len(text)]
        self._ends = [*tokens.ends, len(text)]
        self._lines = line_starts(text)
        self._at = 0

    def line(self) -> int:
        """The line the walk has come to."""
        return bisect_right(self._lines, self._starts[min(self._at, len(self._starts) - 1)])

    # --- positions -----------------------------------------------------------------------

    def _offsets(self, start: int, end: int) -> ir.Span:
        lines = self._lines
        line = bisect_right(lines, start)
        column = start - lines[line - 1] + 1
        if line == len(lines) or end < lines[line]:
            return line, column, line, column + end - start
        end_line = bisect_right(lines, end)
        return line, column, end_line, end - lines[end_line - 1] + 1

    def _span(self, first: int) -> ir.Span:
        """From token ``first`` to the last token passed."""
        return self._offsets(self._starts[first], self._ends[self._at - 1])

    def _empty(self) -> ir.Span:
        """The place before the next token, for a node without any."""
        start = self._starts[self._at]
        return self._offsets(start, start)

    def _word(self, value: str) -> ir.Span:
        """Pass the token ``value`` and return its span."""
        at = self._at
        start = self._starts[at]
        if not self._text.startswith(value, start):
            at = self._search(value)
            start = self._starts[at]
        self._at = at + 1
        lines = self._lines
        line = bisect_right(lines, start)
        column = start - lines[line - 1] + 1
        return line, column, line, column + len(value)

    def _search(self, value: str) -> int:
        """The nearest token that reads ``value``.

        The count is only ever off if libcst's tokenizer and ours differ on some odd text. Then a
        finding may point at a neighbouring token; it must not lose its file.
        """
        at = self._at
        last = len(self._starts) - 1
        for distance in range(1, _SEARCH):
            for index in (at + distance, at - distance):
                if (
                    0 <= index < last
                    and self._text[self._starts[index] : self._ends[index]] == value
                ):
                    return index
        return min(at, last - 1)

    def _peek(self) -> str:
        return self._text[self._starts[self._at] : self._ends[self._at]]

    def _comma(self) -> None:
        """Pass the next token if it is a comma."""
        if self._text.startswith(",", self._starts[self._at]):
            self._at += 1
