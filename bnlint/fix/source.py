"""A file as the program that is repaired, and the way back to its bytes."""

from __future__ import annotations

import codecs
import difflib
import io
import os
import re
import tokenize
from collections.abc import Sequence

from bnlint.finding import Edit, Location
from bnlint.fix.edits import CannotFix, Change, apply
from bnlint.fix.notebook import Piece, in_json
from bnlint.source import notebook
from bnlint.source.errors import SourceError

_MARK = "\ufeff"
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+\Z")


class Source:
    """The ``program`` of a script or of a notebook's cells; raises CannotFix for other files."""

    def __init__(self, path: str, data: bytes) -> None:
        self.path = path
        if not path.endswith((".py", ".pyw", ".ipynb")):
            raise CannotFix("only Python scripts and notebooks are fixed")
        self.raw, self._encoding = decode(data)
        self._mark = len(self.raw) - len(self.raw.removeprefix(_MARK))
        self._cells: list[_Cell] = []
        if not path.endswith(".ipynb"):
            self.program = self.raw[self._mark :]
            return
        try:
            found = notebook.cells(self.raw, path)
        except SourceError as error:
            raise CannotFix(error.message) from None
        lines = 0
        offset = 0
        for cell in found:
            text = "\n".join(notebook.mask(cell.lines))
            self._cells.append(_Cell(offset, lines, cell, text))
            lines += len(cell.lines)
            offset += len(text) + 1
        self.program = "\n".join(cell.masked for cell in self._cells)

    def changed(self, changes: Sequence[Change]) -> bytes:
        """The bytes of the file with changes of its program made; raises CannotFix."""
        text = apply(self.raw, self._raw_changes(changes))
        try:
            return text.encode(self._encoding)
        except UnicodeError:
            raise CannotFix("its encoding cannot be written back") from None

    def _raw_changes(self, changes: Sequence[Change]) -> list[Change]:
        if not self.path.endswith(".ipynb"):
            mark = self._mark
            return [Change(c.path, c.start + mark, c.end + mark, c.text) for c in changes]
        out = []
        for cell in self._cells:
            end = cell.offset + len(cell.masked)
            inside = [c for c in changes if cell.offset <= c.start and c.end <= end]
            if not inside:
                continue
            pieces = [Piece(*piece) for piece in cell.cell.pieces]
            if any("\r" in piece.value for piece in pieces):
                raise CannotFix("the cell has line ends that notebooks do not have")
            original = "\n".join(cell.cell.lines)
            for change in inside:
                if not _same_lines(original, cell.masked, change, cell.offset):
                    raise CannotFix("a line with a command of the notebook is not changed")
            shifted = [
                Change(c.path, c.start - cell.offset, c.end - cell.offset, c.text) for c in inside
            ]
            out += in_json(self.raw, self.path, pieces, shifted)
        if len(out) != len(changes):
            raise CannotFix("it would change several cells at once")
        return out


class _Cell:
    def __init__(self, offset: int, lines: int, cell: notebook.Cell, masked: str) -> None:
        self.offset, self.lines, self.cell, self.masked = offset, lines, cell, masked


def _same_lines(original: str, masked: str, change: Change, offset: int) -> bool:
    """Whether the text of the lines that a change touches is what was read."""
    first = masked.rfind("\n", 0, change.start - offset) + 1
    last = masked.find("\n", change.end - offset)
    last = len(masked) if last < 0 else last
    number = masked.count("\n", 0, first)
    lines = original.split("\n")[number : masked.count("\n", 0, last) + 1]
    return "\n".join(lines) == masked[first:last]


def decode(data: bytes) -> tuple[str, str]:
    """Text and encoding such that encoding gives the same bytes again; raises CannotFix."""
    try:
        encoding = tokenize.detect_encoding(io.BytesIO(data).readline)[0]
        # The mark stays a character of the text, so that it is written back.
        encoding = "utf-8" if data.startswith(codecs.BOM_UTF8) else encoding
        text = data.decode(encoding)
    except (SyntaxError, UnicodeError, LookupError):
        # Undeclared and not UTF-8: read as Latin-1, as Python 2 would have run it.
        encoding = "latin-1"
        text = data.decode(encoding)
        if re.match(rb"(?:.*\n)?.*coding[:=]", data):
            raise CannotFix("its encoding cannot be written back") from None
    if text.encode(encoding) != data:
        raise CannotFix("its encoding cannot be written back")
    return text, encoding


def edits_between(path: str, old: bytes, new: bytes) -> tuple[Edit, ...]:
    """What turns one text of a file into the other, in whole lines."""
    before, after = (_LINE.findall(decode(d)[0].removeprefix(_MARK)) for d in (old, new))
    matcher = difflib.SequenceMatcher(None, before, after, autojunk=False)
    here = os.path.join(os.getcwd(), "")
    path = path.removeprefix(here)  # as findings name it
    out = []
    for tag, first, last, start, end in matcher.get_opcodes():
        if tag != "equal":
            place = Location(path, first + 1, 1, last + 1, 1)
            out.append(Edit(place, "".join(after[start:end])))
    return tuple(out)


def absolute(path: str) -> str:
    return os.path.abspath(path)
