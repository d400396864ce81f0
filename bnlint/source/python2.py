"""Python 2 sources: rewritten in memory so that libcst can parse them, places kept.

libcst declines Python 2. ``fissix`` (a kept fork of lib2to3) rewrites the syntax that Python 3
dropped. Its tokens know where they stood, so findings point at the original line and column.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from functools import cache
from typing import Any

from bnlint.source import ir
from bnlint.source.errors import SourceError
from bnlint.source.lexer import line_starts, place
from bnlint.source.lower import lower
from bnlint.source.spans import remap

_FIXES = (
    "except",
    "exec",
    "ne",
    "numliterals",
    "paren",
    "print",
    "raise",
    "repr",
    "throw",
    "tuple_params",
    "unicode",
)
_NEWLINE = re.compile(r"\r\n|\r|\n")
_TAB_STOP = 8  # Python 2 counted a tab up to the next multiple of eight
# A name until Python 3.7. The new one is as long, so that columns hold.
_ASYNC = re.compile(r"\basync\b(?!\s+(?:def|for|with)\b)")
_FILLER = re.compile(r"(?:\s|\\\n|#[^\n]*)*")


def lower_python2(text: str, path: str) -> ir.Module:
    """The IR of a Python 2 source, at its original places; raises ``SourceError``."""
    rewriting = Rewriting(text.removeprefix("\ufeff"), path)
    module = lower(rewriting.text, path)
    remap(module, rewriting.move)
    return module


class Rewriting:
    """Python 3 ``text`` for a Python 2 one, with ``move`` from its spans to the original ones.

    Raises ``SourceError`` if it is not Python 2 either.
    """

    def __init__(self, original: str, path: str) -> None:
        source = _source(original)
        tree = _rewritten(source, path)
        self.text = str(tree)
        self._places = _Places(original, source, self.text, tree)

    def move(self, span: ir.Span) -> ir.Span:
        return self._places.move(span)


def rewrite(text: str, path: str) -> str:
    """Python 3 text that means the same; raises ``SourceError`` if this is not Python 2 either."""
    return str(_rewritten(_source(text), path))


def _source(text: str) -> str:
    """The text as fissix can read it, line by line."""
    source = _ASYNC.sub("asynk", _NEWLINE.sub("\n", _without_tabs(text)))
    return source if source.endswith("\n") else source + "\n"


def _rewritten(source: str, path: str) -> Any:
    try:
        return _tool().refactor_string(source, path)
    except RecursionError:
        raise SourceError(path, 1, "nested too deeply to be read as Python 2") from None
    except Exception as error:  # fissix raises errors of several unrelated kinds on bad input
        line = _line_of(error)
        raise SourceError(path, line, "neither Python 3 nor Python 2 syntax") from None


@cache
def _tool() -> Any:
    import logging

    from fissix import refactor

    logging.getLogger("RefactoringTool").setLevel(logging.CRITICAL)
    return refactor.RefactoringTool([f"fissix.fixes.fix_{name}" for name in _FIXES])


def _line_of(error: Exception) -> int:
    context = getattr(error, "context", None)
    if isinstance(context, tuple) and len(context) == 2 and isinstance(context[1], tuple):
        return int(context[1][0])
    line = getattr(error, "lineno", None)
    return line if isinstance(line, int) else 1


def _without_tabs(text: str) -> str:
    """Indentation in spaces, with tabs as wide as Python 2 took them."""
    if "\t" not in text:
        return text
    out = []
    for line in re.split(r"(?<=\n)", text):
        body = line.lstrip(" \t")
        indent = line[: len(line) - len(body)]
        out.append((indent.expandtabs(_TAB_STOP) if "\t" in indent else indent) + body)
    return "".join(out)


class _Places:
    """From spans in the rewritten text to those in the original.

    A token that fissix kept says where it stood. One that it made, such as a bracket of ``print``,
    stands for what the original has after the token before it.
    """

    def __init__(self, text: str, source: str, rewritten: str, tree: Any) -> None:
        self._source = source
        self._old_lines = line_starts(source)
        self._new_lines = line_starts(rewritten)
        self._original = _NEWLINE.split(text)
        # The kept tokens: where each starts and ends in the rewritten text, and in the source.
        self._starts: list[int] = []
        self._ends: list[int] = []
        self._old_starts: list[int] = []
        self._old_ends: list[int] = []
        at = 0
        for leaf in tree.leaves():
            prefix, value = leaf.prefix, leaf.value
            at += len(prefix) + len(value)
            if not leaf.lineno or not prefix + value:
                continue
            old = self._old_lines[min(leaf.lineno, len(self._old_lines)) - 1] + leaf.column
            if not source.startswith(value, old):
                continue
            # What stands before a token, comments among it, moves with it.
            kept = len(prefix) if source.endswith(prefix, 0, old) else 0
            self._starts.append(at - len(value) - kept)
            self._ends.append(at)
            self._old_starts.append(old - kept)
            self._old_ends.append(old + len(value))

    def move(self, span: ir.Span) -> ir.Span:
        line, column, end_line, end_column = span
        start = self._start(self._new_lines[line - 1] + column - 1)
        end = self._end(self._new_lines[end_line - 1] + end_column - 1)
        if span[:2] != span[2:] and end <= start:
            # All of it was made: it stands for all up to the next token.
            end = self._next(self._new_lines[end_line - 1] + end_column - 1, start)
        return (*self._place(start), *self._place(max(start, end)))

    def _start(self, at: int) -> int:
        index = bisect_right(self._starts, at) - 1
        if index >= 0 and at < self._ends[index]:
            return self._old_starts[index] + at - self._starts[index]
        before = self._old_ends[index] if index >= 0 else 0
        filler = _FILLER.match(self._source, before)
        return filler.end() if filler else before

    def _end(self, at: int) -> int:
        index = bisect_left(self._starts, at) - 1
        if index < 0:
            return 0
        end = self._old_ends[index] - max(0, self._ends[index] - at)
        # The bracket of a `repr` was a backtick.
        return end + (at > self._ends[index] and self._source.startswith("`", end))

    def _next(self, at: int, start: int) -> int:
        index = bisect_left(self._starts, at)
        if index == len(self._starts):
            return start
        return start + len(self._source[start : self._old_starts[index]].rstrip())

    def _place(self, offset: int) -> tuple[int, int]:
        line, column = place(self._old_lines, offset)
        line = min(line, len(self._original))
        original = self._original[line - 1]
        indent = original[: len(original) - len(original.lstrip(" \t"))]
        if "\t" in indent:
            width = len(indent.expandtabs(_TAB_STOP))
            column = max(column - width + len(indent), 1)
        return line, min(column, len(original) + 1)
