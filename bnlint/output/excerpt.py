"""The lines that a finding talks about, as HTML, with the places marked in them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from html import escape
from itertools import pairwise

from bnlint.finding import Finding, Location
from bnlint.output.page import safe
from bnlint.printable import in_place, shown

Source = Callable[[str, int | None], str | None]

AROUND = 2
# Of a place of many lines, so many are shown; the others say nothing more.
LONGEST = 8
# A longer line is no program that somebody reads; what is marked may lie anywhere in it.
WIDEST = 2_000
_NEWLINE = re.compile(r"\r\n|\r|\n")
_LAST = re.compile(r"(?:\r\n|\r|\n)\Z")

# A place, what it is in the story, and whether it is the finding's own.
Mark = tuple[Location, str, bool]


def excerpts(finding: Finding, source: Source) -> Iterator[str]:
    """A block of code for each file, the finding's own first."""
    marks: list[Mark] = [(finding.location, "", True)]
    marks += [(related.location, related.message, False) for related in finding.related]
    by_file: dict[tuple[str, int | None], list[Mark]] = {}
    for mark in marks:
        by_file.setdefault((mark[0].path, mark[0].cell), []).append(mark)
    for (path, cell), group in by_file.items():
        text = source(path, cell)
        inside = "" if cell is None else f", cell {cell}"
        yield f'<div class="code"><b>{safe(path)}{inside}</b>\n<ol>\n'
        yield from _lines(group, _NEWLINE.split(_LAST.sub("", text)) if text else [])
        yield "</ol></div>\n"


def _lines(marks: Sequence[Mark], lines: Sequence[str]) -> Iterator[str]:
    wanted: set[int] = set()
    for location, _, _ in marks:
        last = min(location.end_line, location.line + LONGEST - 1)
        wanted.update(range(location.line - AROUND, max(last, location.line) + AROUND + 1))
    told = {location.line for location, label, _ in marks if label}
    previous = None
    # A line that is not there (the file has changed, or cannot be read) still has its phrases.
    for number in sorted(n for n in wanted if 1 <= n <= len(lines) or n in told):
        if previous is not None and number > previous + 1:
            yield '<li class="gap"><span>⋮</span></li>\n'
        previous = number
        text = lines[number - 1] if 1 <= number <= len(lines) else ""
        here = [mark for mark in marks if mark[0].line <= number <= mark[0].end_line]
        labels = "".join(
            f"<em>{safe(label)}</em>"
            for location, label, _ in here
            if label and location.line == number
        )
        yield f"<li><span>{number}</span><code>{_line(text, number, here)}</code>{labels}</li>\n"


def _line(text: str, number: int, marks: Sequence[Mark]) -> str:
    """The line, cut where a mark begins or ends; of marks that overlap the finding's own shows."""
    length = min(len(text.rstrip()), WIDEST)
    spans = [(*_span(location, number, text, length), primary) for location, _, primary in marks]
    cuts = sorted({0, length, *(end for span in spans for end in span[:2])})
    clean = [char if char == "\t" else shown(char) for char in in_place(text)]
    parts = []
    for start, end in pairwise(cuts):
        piece = escape("".join(clean[start:end]))
        over = [primary for first, last, primary in spans if first <= start and end <= last]
        if not over:
            parts.append(piece)
        else:
            look = ' class="primary"' if any(over) else ""
            parts.append(f"<mark{look}>{piece}</mark>")
    return "".join(parts) + ("…" if len(text.rstrip()) > WIDEST else "")


def _span(location: Location, number: int, text: str, length: int) -> tuple[int, int]:
    start = len(text) - len(text.lstrip()) if number > location.line else location.column - 1
    end = length if number < location.end_line else location.end_column - 1
    start = min(max(start, 0), length)
    return start, min(max(end, start), length)
