"""Python 2 sources: rewritten in memory so that libcst can parse them, places kept.

libcst declines Python 2. ``fissix`` (a kept fork of lib2to3) rewrites the syntax that Python 3
dropped; what moved on the way is mapped back, so findings point at the original line and column.
"""

from __future__ import annotations

import difflib
import logging
import re
from bisect import bisect_right
from functools import cache
from typing import TYPE_CHECKING, Any

from bnlint.source import ir
from bnlint.source.errors import SourceError
from bnlint.source.lower import lower
from bnlint.source.spans import remap

if TYPE_CHECKING:
    from collections.abc import Callable

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
_ASYNC = re.compile(r"(?<=\.)async\b|\basync(?=\s*=(?!=))")


def lower_python2(text: str, path: str) -> ir.Module:
    """The IR of a Python 2 source, at its original places; raises ``SourceError``."""
    text = text.removeprefix("\ufeff")
    rewritten = rewrite(text, path)
    module = lower(rewritten, path)
    remap(module, _mapping(text, rewritten))
    return module


def rewrite(text: str, path: str) -> str:
    """Python 3 text that means the same; raises ``SourceError`` if this is not Python 2 either."""
    source = _ASYNC.sub("asynk", _NEWLINE.sub("\n", _without_tabs(text)))
    if not source.endswith("\n"):
        source += "\n"
    try:
        return str(_tool().refactor_string(source, path))
    except RecursionError:
        raise SourceError(path, 1, "nested too deeply to be read as Python 2") from None
    except Exception as error:  # fissix raises errors of several unrelated kinds on bad input
        line = _line_of(error)
        raise SourceError(path, line, "neither Python 3 nor Python 2 syntax") from None


@cache
def _tool() -> Any:
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


def _mapping(old: str, new: str) -> Callable[[int, int], tuple[int, int]]:
    """From a place in the rewritten text to the place in the original."""
    old_lines, new_lines = _NEWLINE.split(old), new.split("\n")
    lines = _line_table(old_lines, new_lines)
    columns: dict[int, tuple[list[int], list[int]] | None] = {}

    def at(line: int, column: int) -> tuple[int, int]:
        source = lines[min(line, len(lines)) - 1]
        if line not in columns:
            before, after = old_lines[source - 1], new_lines[min(line, len(new_lines)) - 1]
            columns[line] = None if before == after else _column_table(before, after)
        table = columns[line]
        if table is None:
            return source, column
        starts, targets = table
        index = bisect_right(starts, column - 1) - 1
        limit = targets[index + 1] if index + 1 < len(targets) else len(old_lines[source - 1])
        return source, min(targets[index] + column - 1 - starts[index], limit) + 1

    return at


def _line_table(old: list[str], new: list[str]) -> list[int]:
    """For each line of ``new``, the 1-based line of ``old`` that it came from."""
    if len(old) == len(new) or len(old) + 1 == len(new):
        return [min(i, len(old)) for i in range(1, len(new) + 1)]
    table: list[int] = []
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    for _, start, end, first, last in matcher.get_opcodes():
        for offset in range(last - first):
            table.append(min(start + offset, max(start, end - 1)) + 1)
    return [min(line, len(old)) for line in table]


def _column_table(old: str, new: str) -> tuple[list[int], list[int]]:
    """Runs of a changed line: where each starts in the new text, and where in the old one."""
    starts, targets = [0], [0]
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    for begin, first, size in matcher.get_matching_blocks():
        if size:
            if starts[-1] == first:
                targets[-1] = begin
            else:
                starts.append(first)
                targets.append(begin)
            starts.append(first + size)
            targets.append(begin + size)
    return starts, targets
