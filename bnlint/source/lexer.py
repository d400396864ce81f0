"""Where every token of a Python file lies: one regex pass over the text.

libcst leaves positions to a metadata pass that costs twice the parse. Its tree holds every token
in source order, though, so a list of token offsets is all a walk needs: it counts the tokens it
passes. This pass therefore has to cut the text exactly where Python's tokenizer does; what it does
not have to do is refuse wrong programs. Any text gives some list of tokens.
"""

from __future__ import annotations

import re
import sys
from bisect import bisect_right
from dataclasses import dataclass, field
from itertools import accumulate

# Python reads names by Unicode properties that `re` has no class for (combining marks, for one).
# Outside strings and comments no other character is legal beyond ASCII, so all of them count. What
# is named here is what a word has not: to compile a range of most characters takes a hundred times
# as long.
_WORD = r"[^\x00-@\[-^`{-\x7f][^\x00-/:-@\[-^`{-\x7f]*"

_DIGITS = r"[0-9](?:_?[0-9])*"
_NUMBER = (
    r"0[xX](?:_?[0-9a-fA-F])+|0[oO](?:_?[0-7])+|0[bB](?:_?[01])+"
    rf"|(?:{_DIGITS}(?:\.(?:{_DIGITS})?)?|\.{_DIGITS})(?:[eE][+-]?{_DIGITS})?[jJ]?"
)

# The alternatives without a closing quote are for broken files: a string that is never closed
# ends with its line, a triple-quoted one with the file.
_STRING = (
    r'"""[^"\\]*(?:(?:\\[\s\S]|"(?!""))[^"\\]*)*(?:"""|\Z)'
    r"|'''[^'\\]*(?:(?:\\[\s\S]|'(?!''))[^'\\]*)*(?:'''|\Z)"
    r'|"[^"\\\r\n]*(?:\\(?:\r\n|[\s\S])[^"\\\r\n]*)*"?'
    r"|'[^'\\\r\n]*(?:\\(?:\r\n|[\s\S])[^'\\\r\n]*)*'?"
)

_OPERATOR = r"\*\*=?|//=?|>>=?|<<=?|!=|<>|->|:=|\.\.\.|[-+*/%@&|^=<>]=?"

_OPEN, _CLOSE, _TRIVIA, _FSTRING, _PLAIN = 1, 2, 3, 4, 5
_TOKEN = re.compile(
    r"[ \t\f\r\n]*(?:"
    r"([(\[{])"
    r"|([)\]}])"
    r"|(\#[^\r\n]*|\\(?:\r\n|[\r\n]))"
    r"""|((?:[fFtT][rR]?|[rR][fFtT])(?:\"""|'''|"|'))"""
    rf"|([bBuUrR][bBrR]?(?:{_STRING})|{_WORD}|{_STRING}|{_NUMBER}|{_OPERATOR}|[\s\S])"
    r"|\Z)"
)


@dataclass(slots=True)
class Tokens:
    """Start and end offset of every token but newlines, indents and comments.

    An f-string is several tokens: its start up to the quote, the braces and everything between
    them, its closing quote; the text parts are none. ``comments`` are those naming bnlint,
    ``depth`` is the deepest bracket nesting, ``group`` the most tokens in one outermost bracket.
    ``whole`` is false where there are more than were asked for.
    """

    starts: list[int] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)
    comments: list[tuple[int, int]] = field(default_factory=list)
    depth: int = 0
    group: int = 0
    whole: bool = True


def tokenize(text: str, most: int = sys.maxsize) -> Tokens:
    """Cut ``text`` into tokens, and stop soon after ``most`` of them; never raises."""
    tokens = Tokens()
    add_start = tokens.starts.append
    add_end = tokens.ends.append
    starts = tokens.starts
    wanted = "bnlint:" in text
    depth = deepest = first = 0
    position = 0
    while position >= 0:
        for match in _TOKEN.finditer(text, position):
            if len(starts) > most:
                tokens.whole = False
                position = -1
                break
            kind = match.lastindex
            if kind == _PLAIN:
                add_start(match.start(_PLAIN))
                add_end(match.end())
            elif kind == _OPEN:
                if not depth:
                    first = len(starts)
                depth += 1
                if depth > deepest:
                    deepest = depth
                add_start(match.end() - 1)
                add_end(match.end())
            elif kind == _CLOSE:
                add_start(match.end() - 1)
                add_end(match.end())
                if depth:
                    depth -= 1
                    if not depth and len(starts) - first > tokens.group:
                        tokens.group = len(starts) - first
            elif kind == _TRIVIA:
                if wanted and "bnlint:" in match.group(_TRIVIA):
                    tokens.comments.append(match.span(_TRIVIA))
            elif kind == _FSTRING:
                tokens.depth = deepest
                position = _fstring(text, match, tokens, depth, most, wanted)
                deepest = tokens.depth
                break
        else:
            position = -1
    tokens.depth = deepest
    if depth:
        tokens.group = max(tokens.group, len(starts) - first)
    return tokens


# --- f-strings ---------------------------------------------------------------------------


def _text_pattern(quote: str, raw: bool, spec: bool) -> re.Pattern[str]:
    """What ends a stretch of f-string text: group 1 is skipped, 2 ``{``, 3 ``}``, 4 the end."""
    skipped = r"\\(?![{}])[\s\S]|\\(?=[{}])"
    if not raw:
        skipped = r"\\N\{[^}\r\n'\"]*\}|" + skipped
    if not spec:
        skipped += r"|\{\{|\}\}"
    end = quote if len(quote) == 3 else rf"{quote}|[\r\n]"
    return re.compile(rf"({skipped})|(\{{)|(\}})|({end})")


_TEXT = {
    (quote, raw): (_text_pattern(quote, raw, False), _text_pattern(quote, raw, True))
    for quote in ('"', "'", '"""', "'''")
    for raw in (False, True)
}


@dataclass(slots=True)
class _Level:
    """One open thing inside an f-string: its text, a field, or a field's format spec."""

    kind: str  # "text", "field", "spec"
    text: re.Pattern[str]
    spec: re.Pattern[str]
    brackets: int = 0


def _fstring(
    text: str, start: re.Match[str], tokens: Tokens, depth: int, most: int, wanted: bool
) -> int:
    """Add the tokens of the f-string that opens at ``start``; return the offset after it."""
    levels: list[_Level] = []
    position = _open_fstring(start, tokens, levels)
    while levels and len(tokens.starts) <= most:
        level = levels[-1]
        tokens.depth = max(tokens.depth, depth + len(levels))
        if level.kind != "field":
            pattern = level.text if level.kind == "text" else level.spec
            stop = pattern.search(text, position)
            if stop is None:
                return len(text)
            position = stop.end()
            if stop.lastindex == 2:
                _add(tokens, stop.start(), position)
                levels.append(_Level("field", level.text, level.spec))
            elif stop.lastindex == 3 and level.kind == "spec":
                _add(tokens, stop.start(), position)
                levels.pop()
            elif stop.lastindex == 4:
                levels.pop()
                if level.kind == "spec":
                    position = stop.start()
                else:
                    _add(tokens, stop.start(), position)
            continue
        match = _TOKEN.match(text, position)
        if match is None or match.lastindex is None:
            return len(text)
        kind = match.lastindex
        position = match.end()
        if kind == _FSTRING:
            _open_fstring(match, tokens, levels)
        elif kind == _TRIVIA:
            if wanted and "bnlint:" in match.group(_TRIVIA):
                tokens.comments.append(match.span(_TRIVIA))
        elif kind == _PLAIN and not level.brackets and text[match.start(_PLAIN)] == ":":
            # `:=` here is a format spec that begins with `=`.
            position = match.start(_PLAIN) + 1
            _add(tokens, position - 1, position)
            level.kind = "spec"
        else:
            _add(tokens, match.start(kind), position)
            if kind == _OPEN:
                level.brackets += 1
                depth += 1
            elif kind == _CLOSE:
                if level.brackets:
                    level.brackets -= 1
                    depth -= 1
                elif text[position - 1] == "}":
                    levels.pop()
    return position


def _open_fstring(match: re.Match[str], tokens: Tokens, levels: list[_Level]) -> int:
    opening = match.group(_FSTRING)
    prefix = opening.rstrip("\"'")
    _add(tokens, match.start(_FSTRING), match.end())
    text, spec = _TEXT[opening[len(prefix) :], "r" in prefix.lower()]
    levels.append(_Level("text", text, spec))
    return match.end()


def _add(tokens: Tokens, start: int, end: int) -> None:
    tokens.starts.append(start)
    tokens.ends.append(end)


# --- lines -------------------------------------------------------------------------------


def line_starts(text: str) -> list[int]:
    r"""Offset of each line's first character; only ``\n``, ``\r\n`` and ``\r`` end a line."""
    if "\r" in text:
        return [0, *(match.end() for match in re.finditer(r"\r\n?|\n", text))]
    return [0, *accumulate(len(line) + 1 for line in text.split("\n")[:-1])]


def place(starts: list[int], offset: int) -> tuple[int, int]:
    """The 1-based line and column of ``offset``."""
    line = bisect_right(starts, offset)
    return line, offset - starts[line - 1] + 1
