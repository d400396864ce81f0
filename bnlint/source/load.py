"""From the bytes of a file of any kind to its IR.

A script is tried as Python 3, then as Python 2. A notebook's cells and a Markdown file's blocks
are lowered one by one and joined to one program, so that one bad cell does not hide the others.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from bnlint.source import ir, read
from bnlint.source.errors import SourceError
from bnlint.source.lower import lower
from bnlint.source.parse import MOST_TOKENS, REFUSED, within_budget
from bnlint.source.spans import remap

# What most runs do not need is imported where it is used: it would cost a small run a twentieth.
if TYPE_CHECKING:
    from bnlint.source.markdown import Block
    from bnlint.source.notebook import Cell

_GAPS = 8
_MOST_BROKEN = 1_000  # pieces of a file: each takes a millisecond, as it is tried in several ways
_NEWLINE = re.compile(r"\r\n|\r|\n")


@dataclass(slots=True)
class Loaded:
    """A file's IR and what one should know of how it was read.

    ``cells`` are a notebook's code cells: the n-th line of the IR's program is then line
    ``n - offset`` of the cell with the greatest ``offset`` below n. ``errors`` are the cells and
    blocks that could not be read.
    """

    module: ir.Module
    text: str
    python2: bool = False
    cells: list[tuple[int, Cell]] = field(default_factory=list)
    errors: list[SourceError] = field(default_factory=list)

    def cell_at(self, line: int) -> tuple[int, Cell] | None:
        """The cell that holds a line of the program, with its offset; None outside notebooks."""
        before = bisect_left(self.cells, line, key=lambda cell: cell[0])
        return self.cells[before - 1] if before else None


def load(data: bytes, path: str) -> Loaded:
    """Read a file of any kind; raises ``SourceError``."""
    text = read.decode(data, path)
    if path.endswith(".ipynb"):
        return _notebook(text, path)
    if path.endswith((".md", ".markdown")):
        return _markdown(text, path)
    module, python2 = _either(text, path)
    return Loaded(module, text, python2)


def _either(text: str, path: str) -> tuple[ir.Module, bool]:
    """Python 3 if it parses as that, else Python 2; the Python 3 error if it is neither.

    Where Python 3 stumbles over what only Python 2 has, the other error is the one to mend.
    """
    from bnlint.source.python2 import lower_python2

    try:
        return lower(text, path), False
    except SourceError as error:
        if error.message.endswith(REFUSED):
            raise  # what is too much for one reader is too much for the other
        try:
            return lower_python2(text, path), True
        except SourceError as other:
            raise (other if error.message.startswith("Python 2") else error) from None


def _without_gaps(text: str, line: int, path: str) -> tuple[ir.Module, bool] | None:
    """A piece read past the lines that do not parse (the blanks of an exercise), or None.

    The error is reported all the same; the rest of the piece need not suffer for it.
    """
    lines = _NEWLINE.split(text)
    for _ in range(_GAPS):
        body = lines[line - 1] if 0 < line <= len(lines) else ""
        if not body.strip() or body.strip() == "pass":
            return None
        lines[line - 1] = body[: len(body) - len(body.lstrip())] + "pass"
        try:
            return _either("\n".join(lines), path)
        except SourceError as error:
            line = error.line
    return None


def _notebook(text: str, path: str) -> Loaded:
    from bnlint.source.markdown import Block
    from bnlint.source.notebook import cells

    parts = []
    offset = 0
    found = cells(text, path)
    for cell in found:
        parts.append(Block(offset, len(cell.indent), cell.text))
        offset += len(cell.lines)
    loaded = _join(parts, path)
    loaded.cells = [(part.offset, cell) for part, cell in zip(parts, found, strict=True)]
    for error in loaded.errors:
        at = loaded.cell_at(error.line)
        if at is not None:
            start, cell = at
            index = min(max(error.line - start, 1), len(cell.raw_lines))
            error.message = f"cell {cell.number}, line {error.line - start}: {error.message}"
            error.line = cell.raw_lines[index - 1]
    loaded.text = text
    return loaded


def _markdown(text: str, path: str) -> Loaded:
    from bnlint.source.markdown import python_blocks

    loaded = _join(python_blocks(text), path)
    loaded.text = text
    return loaded


def _join(parts: list[Block], path: str) -> Loaded:
    """One program of several pieces."""
    body: list[ir.Stmt] = []
    comments: list[ir.Comment] = []
    errors: list[SourceError] = []
    python2 = False
    last = 1
    if sum(len(part.text) for part in parts) > MOST_TOKENS:
        # What is not too much by itself may be so together.
        within_budget((part.text for part in parts), path)
    for part in parts:
        if len(errors) > _MOST_BROKEN:
            message = (
                f"more than {_MOST_BROKEN:,} parts cannot be parsed; the rest is not looked at"
            )
            errors.append(SourceError(path, part.offset + 1, message))
            break
        try:
            module, old = _either(part.text, path)
        except SourceError as error:
            errors.append(SourceError(path, error.line + part.offset, error.message))
            recovered = _without_gaps(part.text, error.line, path)
            if recovered is None:
                continue
            module, old = recovered
        python2 = python2 or old
        if part.offset or part.indent:
            remap(module, partial(_shifted, part.offset, part.indent))
        body.extend(module.body)
        comments.extend(module.comments)
        last = part.offset + len(_NEWLINE.split(part.text))
    return Loaded(ir.Module((1, 1, last, 1), body, comments), "", python2, errors=errors)


def _shifted(down: int, right: int, span: ir.Span) -> ir.Span:
    line, column, end_line, end_column = span
    return line + down, column + right, end_line + down, end_column + right
