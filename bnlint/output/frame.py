"""Code frames: the lines a finding talks about, with the places underlined."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from rich.cells import cell_len

from bnlint.finding import Location
from bnlint.output.wording import wrapped
from bnlint.printable import in_place, printable
from bnlint.printable import shown as shown_char

TAB = 4
_NEWLINE = re.compile(r"\r\n|\r|\n")  # Python's line ends; str.splitlines also splits at form feeds

Source = Callable[[str, int | None], str | None]
# A line to print, as pieces of text with the names of their styles.
Line = list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Mark:
    """A place to underline, with a phrase to put beside it."""

    location: Location
    label: str
    style: str
    primary: bool


def frames(marks: Sequence[Mark], source: Source, width: int) -> Iterator[Line]:
    """One frame a file, the first mark's file first, each line at most ``width`` cells wide."""
    by_path: dict[tuple[str, int | None], list[Mark]] = {}
    for mark in marks:
        by_path.setdefault((mark.location.path, mark.location.cell), []).append(mark)
    gutter = max(len(str(mark.location.line)) for mark in marks)
    for index, ((path, cell), group) in enumerate(by_path.items()):
        if index:
            place = group[0].location
            inside = f"cell {cell}:" if cell is not None else ""
            yield _margin(gutter, ":::", f" {printable(path)}:{inside}{place.line}:{place.column}")
        text = source(path, cell)
        lines = _NEWLINE.split(text) if text is not None else []
        yield from _file_frame(sorted(group, key=_position), lines, gutter, width)


def _position(mark: Mark) -> tuple[int, int]:
    return mark.location.line, mark.location.column


def _file_frame(
    marks: Sequence[Mark], lines: Sequence[str], gutter: int, width: int
) -> Iterator[Line]:
    yield _margin(gutter, "|")
    previous: int | None = None
    for number in sorted({mark.location.line for mark in marks}):
        here = [mark for mark in marks if mark.location.line == number]
        if previous is not None and number == previous + 2 and previous < len(lines):
            # An ellipsis would take the room of the one line it hides.
            yield _code(
                gutter, previous + 1, _SourceLine(lines[previous], width - gutter - 3, []).text
            )
        elif previous is not None and number > previous + 1 and lines:
            yield [("...", "blue")]
        previous = number
        if not 1 <= number <= len(lines):
            # Nothing to show (a graph, a notebook's cell): the phrases alone.
            for mark in here:
                said = f"line {number}: {printable(mark.label)}"
                lines_of_it = wrapped(said, width - gutter - 2, " ") if mark.label else ()
                for index, part in enumerate(lines_of_it):
                    yield _margin(gutter, " " if index else "=", part)
            continue
        line = _SourceLine(lines[number - 1], width - gutter - 3, here)
        yield _code(gutter, number, line.text)
        for mark in here:
            yield from _underline(gutter, line, mark, width - gutter - 3)


def _underline(gutter: int, line: _SourceLine, mark: Mark, room: int) -> Iterator[Line]:
    start, end = line.cells(mark.location)
    rule = " " * (start + 1) + ("^" if mark.primary else "-") * (end - start)
    label = printable(mark.label)
    if not label:
        yield _margin(gutter, "|", rule, mark.style)
    elif end + 1 + cell_len(label) <= room:
        yield _margin(gutter, "|", f"{rule} {label}", mark.style)
    else:
        yield _margin(gutter, "|", rule, mark.style)
        indent = " " * (max(0, min(start, room - cell_len(label))) + 1)
        for text in wrapped(label, room + 1, indent):
            yield _margin(gutter, "|", text, mark.style)


def _code(gutter: int, number: int, text: str) -> Line:
    return [(f"{number:>{gutter}} |", "blue"), (f" {text}" if text else "", "")]


def _margin(gutter: int, sign: str, text: str = "", style: str = "") -> Line:
    # The longer ::: reaches one cell to the left, so that its text starts where the others do.
    indent = " " * (gutter + 2 - len(sign) if len(sign) > 1 else gutter + 1)
    return [(indent + sign, "blue"), (text, style)]


class _SourceLine:
    """A source line as it is shown: tabs expanded, clipped around its first mark."""

    def __init__(self, raw: str, room: int, marks: Sequence[Mark]) -> None:
        shown: list[str] = []
        self._offsets = [0]  # cell where each character starts, and where the line ends
        for char in in_place(raw.rstrip()):
            offset = self._offsets[-1]
            shown.append(" " * (TAB - offset % TAB) if char == "\t" else shown_char(char))
            self._offsets.append(offset + cell_len(shown[-1]))
        self._room = max(room, 8)
        self._first = 0  # the leftmost cell that is shown
        if self._offsets[-1] > self._room and marks:
            start, end = self._span(marks[0].location)
            if end > self._room - 1:
                self._first = max(0, start - self._room // 4)
        self.text = self._clip(shown)

    def cells(self, location: Location) -> tuple[int, int]:
        """Where a place starts and ends in the shown text; at least one cell."""
        start, end = self._span(location)
        start = min(max(start - self._first, 0), self._room - 1)
        return start, max(start + 1, min(end - self._first, self._room))

    def _span(self, location: Location) -> tuple[int, int]:
        last = len(self._offsets) - 1
        start = min(max(location.column - 1, 0), last)
        # A span of several lines is underlined on its first, to the end of the text.
        end = last if location.end_line > location.line else min(location.end_column - 1, last)
        return self._offsets[start], max(self._offsets[end], self._offsets[start] + 1)

    def _clip(self, shown: Sequence[str]) -> str:
        total = self._offsets[-1]
        if self._first == 0 and total <= self._room:
            return "".join(shown)
        # One cell each is kept for the ellipses.
        left = self._first + 1 if self._first else 0
        right = self._first + self._room
        right -= 1 if total > right else 0
        inside = [
            char
            for char, start, end in zip(shown, self._offsets, self._offsets[1:], strict=False)
            if start >= left and end <= right
        ]
        # A wide character cut in half leaves a hole: fill it, so that the marks stay in place.
        starts = [start for start in self._offsets if start >= left]
        hole = " " * (starts[0] - left) if self._first and starts else ""
        head = "…" + hole if self._first else ""
        return head + "".join(inside) + ("…" if total > right else "")
