"""Parsing with libcst, so that no text can end the process.

libcst's parser is native and recursive: on a deeply nested program it overflows the thread's stack
and takes Python down with it, and on some nested programs its time doubles with each level. So the
shape of the text is measured first. What is nested deeper than Python itself allows is refused;
what a small stack might not hold is parsed on a large one.
"""

from __future__ import annotations

import ast
import re
import threading
import warnings
from functools import cache
from typing import TYPE_CHECKING, Any

from bnlint.deep import on_large_stack
from bnlint.source.errors import SourceError
from bnlint.source.lexer import Tokens, line_starts, place, tokenize

if TYPE_CHECKING:
    from collections.abc import Iterable

    import libcst

# libcst's tree takes 2.2 kB a token and 5.8 kB a line of code, and 40 µs a token: these are up to
# 750 MB, and some seconds. Programs have seven to ten tokens a line.
MOST_TOKENS = 200_000
MOST_LINES = 50_000

# Python's own limit for brackets. libcst keeps its limit for indentation (100) itself.
_MAX_BRACKETS = 200
# Tokens without a comma, on one bracket level of a statement: libcst's time grows with the square
# of a chain's length; 3,000 terms of a sum take it three seconds. Calls, subscripts and what
# nests to the right take it longer and count for more.
_MAX_RUN = 6_000
_BRACKET_WEIGHT = 4
_NESTING_WEIGHT = 6
_NESTING = frozenset(("**", "not", "lambda", "else", "await", "~"))
_BEFORE_SIGN = frozenset("+-~*/%@&|^<>=([{,:")  # what a sign stands behind that is no binary one
# Brackets inside one `case` pattern: each level multiplies libcst's time by two or three.
_MAX_PATTERN = 9
# An `elif` is a level of nesting for the parser and the tree.
_MAX_ELIFS = 20_000

# Up to these, and at any indentation, 8 MB of stack are enough. Measured worst cases: 15 kB for a
# bracket, 25 kB for a level of indentation, 3 kB for a link of a chain, 1.6 kB for an operator.
_ORDINARY_STACK = 8 * 1024 * 1024
_ORDINARY_BRACKETS = 60
_ORDINARY_GROUP = 1_500
_ORDINARY_LINE = 1_500
_ORDINARY_ELIFS = 200
_ORDINARY_CONTINUED = 100

_LONGEST_LINE = 2_000

_TOO_INDENTED = "too many levels of indentation"  # as Python says it, whose limit it is

REFUSED = "split this code up"
"""How an error ends that says that a file is too much for a parser."""


def parse(text: str, path: str) -> tuple[libcst.Module, Tokens]:
    """The libcst tree and the tokens of ``text``; raises ``SourceError`` if it does not parse."""
    tokens = within_budget((text,), path)
    starts = line_starts(text)
    here = _guard(text, path, tokens, starts)
    outcome = _attempt(text) if here else _attempt_on_large_stack(text)
    if isinstance(outcome, BaseException):
        raise _explain(outcome, text, path, starts) from None
    return outcome, tokens


def within_budget(texts: Iterable[str], path: str) -> Tokens:
    """The tokens of the last of some texts; raises ``SourceError`` where all are too much."""
    left, lines = MOST_TOKENS, 0
    tokens = Tokens()
    for text in texts:
        tokens = tokenize(text, left)
        left -= len(tokens.starts)
        if not tokens.whole:
            raise SourceError(path, 1, f"more than {MOST_TOKENS:,} tokens; exclude it or {REFUSED}")
        more = text.count("\n") + text.count("\r")
        lines += _weight(text) if more > MOST_LINES - lines else more
        if lines > MOST_LINES:
            raise SourceError(path, 1, f"more than {MOST_LINES:,} lines; exclude it or {REFUSED}")
    return tokens


def _weight(text: str) -> int:
    """The lines of a text, those that hold no code for a tenth: so much less do they take."""
    lines = [line.lstrip() for line in text.splitlines()]
    code = sum(1 for line in lines if line and not line.startswith("#"))
    return code + (len(lines) - code) // 10


def _attempt(text: str) -> libcst.Module | BaseException:
    import libcst

    try:
        return libcst.parse_module(text)
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:  # a panic of the native parser is no `Exception`
        return error


def _attempt_on_large_stack(text: str) -> libcst.Module | BaseException:
    import libcst  # noqa: F401  (in this thread: an import wants no large stack)

    try:
        return on_large_stack(lambda: _attempt(text))
    except MemoryError:
        return RecursionError("no memory for a large stack")


# --- the shape of a text -----------------------------------------------------------------


def _guard(text: str, path: str, tokens: Tokens, starts: list[int]) -> bool:
    """Refuse what would hurt the parser (``SourceError``); return whether this stack will do."""
    elifs = text.count("elif")
    if elifs > _MAX_ELIFS:
        raise SourceError(path, 1, f"more than {_MAX_ELIFS:,} elif clauses; split this code up")
    longest = max(map(int.__sub__, [*starts[1:], len(text)], starts))
    ordinary = (
        tokens.depth <= _ORDINARY_BRACKETS
        and tokens.group <= _ORDINARY_GROUP
        and longest <= _ORDINARY_LINE
        and elifs <= _ORDINARY_ELIFS
        and text.count("\\\n") + text.count("\\\r") <= _ORDINARY_CONTINUED
    )
    if not ordinary or (tokens.depth > _MAX_PATTERN and "case" in text):
        _guard_runs(text, path, tokens, starts)
    return ordinary and threading.current_thread() is threading.main_thread() and _has_stack()


@cache
def _has_stack() -> bool:
    """Whether the main thread's stack is of the ordinary size; Windows has an eighth of it."""
    try:
        import resource
    except ImportError:
        return False
    size = resource.getrlimit(resource.RLIMIT_STACK)[0]
    return size == resource.RLIM_INFINITY or size >= _ORDINARY_STACK


def _guard_runs(text: str, path: str, tokens: Tokens, lines: list[int]) -> None:
    """Refuse deep brackets, long chains and deep ``case`` patterns, token by token."""
    runs = [0]  # tokens since the last comma or statement, for each open bracket
    pattern = False
    next_line = 0  # index in `lines` of the first line after the previous token
    last_end = 0
    for start, end in zip(tokens.starts, tokens.ends, strict=True):
        if next_line < len(lines) and start >= lines[next_line]:
            while next_line < len(lines) and start >= lines[next_line]:
                next_line += 1
            if len(runs) == 1 and "\\" not in text[last_end:start]:
                runs[0] = 0
                pattern = text[start:end] == "case"
        sign = end == start + 1 and text[start] in "+-" and text[last_end - 1] in _BEFORE_SIGN
        last_end = end
        character = text[start]
        if end == start + 1 and character in "([{":
            runs[-1] += _BRACKET_WEIGHT
            runs.append(0)
            if len(runs) > _MAX_BRACKETS + 1:
                message = f"more than {_MAX_BRACKETS} nested brackets; split this code up"
                raise SourceError(path, place(lines, start)[0], message)
            if pattern and len(runs) > _MAX_PATTERN + 1:
                message = f"more than {_MAX_PATTERN} nested brackets after `case`; simplify it"
                raise SourceError(path, place(lines, start)[0], message)
        elif end == start + 1 and character in ")]}":
            if len(runs) > 1:
                runs.pop()
        elif end == start + 1 and character in ",;":
            runs[-1] = 0
        else:
            token = text[start:end]
            runs[-1] += _NESTING_WEIGHT if sign or token in _NESTING else 1
            if pattern and len(runs) == 1 and token in (":", "if"):
                pattern = False
        if runs[-1] > _MAX_RUN:
            message = "an expression of thousands of terms; split this code up"
            raise SourceError(path, place(lines, start)[0], message)


# --- errors ------------------------------------------------------------------------------


def _explain(error: BaseException, text: str, path: str, starts: list[int]) -> SourceError:
    if isinstance(error, (RecursionError, MemoryError)):
        return SourceError(path, 1, f"nested too deeply to parse; {REFUSED}")
    line, message = _locate(error, text)
    if message == _TOO_INDENTED:
        return SourceError(path, line, f"more than 100 levels of indentation; {REFUSED}")
    line = max(1, min(line, len(starts)))
    end = starts[line] if line < len(starts) else len(text)
    python2 = _python2(text[starts[line - 1] : end])
    if python2 is not None:
        return SourceError(path, line, f"Python 2 syntax: {python2}; port it with 2to3")
    return SourceError(path, line, f"cannot be parsed: {message}")


def _locate(error: BaseException, text: str) -> tuple[int, str]:
    """Line and reason. Python's parser is asked first: it is exact where libcst is vague."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(text)
    except SyntaxError as other:
        return other.lineno or 1, _one_line(other.msg)
    except (RecursionError, MemoryError, ValueError):
        pass
    import libcst

    if not isinstance(error, libcst.ParserSyntaxError):
        return 1, _one_line(str(error) or type(error).__name__)
    # `raw_line` is often the next line, or the first. The message goes on with all possible tokens.
    where = re.match(r"parser error: error at ([0-9]+):([0-9]+)", error.message)
    if where is None:
        return error.raw_line, _one_line(error.message)
    return int(where[1]), f"not understood from column {int(where[2]) + 1} on"


def _one_line(message: Any) -> str:
    words = " ".join(str(message).split())
    return words if len(words) <= 200 else words[:199] + "…"


_PYTHON2 = (
    (re.compile(r"(?:^|[:;])\s*print\s+[^\s=(.,)\]]|(?:^|[:;])\s*print\s*>>"), "print statement"),
    (re.compile(r"(?:^|[:;])\s*print\s*\(.*\)\s*[^\s.;,#)]"), "print statement"),
    (re.compile(r"^\s*except\s+[^:#]*,\s*\w+\s*:"), "except X, name"),
    (re.compile(r"(?:^|[:;])\s*raise\s+[\w.]+\s*,"), "raise X, value"),
    (re.compile(r"(?:^|[:;])\s*exec\s+[^\s=(.,)\]]"), "exec statement"),
    (re.compile(r"<>"), "<> operator"),
    (re.compile(r"`"), "backticks"),
    (re.compile(r"(?<![\w.])0[0-7]*[1-7][0-7]*(?![\w.])"), "octal number 0777"),
    (re.compile(r"(?<![\w.])(?:0[xX][0-9a-fA-F]+|[0-9]+)[lL]\b"), "long number 10L"),
    (re.compile(r"""(?<!\w)[uU][rR]["']"""), "ur'' string"),
    (re.compile(r"^\s*def\s+\w+\s*\([^)]*\(|\blambda\s*\("), "tuple parameter"),
)


def _python2(line: str) -> str | None:
    """What makes ``line``, at which Python 3 stumbled, Python 2; None if nothing does."""
    line = line[:_LONGEST_LINE]  # the patterns may look at a place once for each before it
    for pattern, name in _PYTHON2:
        if pattern.search(line):
            return name
    return None
