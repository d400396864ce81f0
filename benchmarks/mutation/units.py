"""A source file as pieces of Python that can be edited: a script whole, a notebook by its cells.

Edits keep the number of lines, so that what was reported before and after can be compared by line.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Unit:
    """A piece of Python. ``cell`` is its place among the code cells of a notebook, from 1."""

    path: str
    cell: int | None
    text: str
    tree: ast.Module

    def offset(self, line: int, column: int) -> int:
        """Where in the text a position of the tree is; its columns count bytes of UTF-8."""
        lines = self.text.splitlines(keepends=True)
        within = lines[line - 1].encode()[:column].decode()
        return sum(map(len, lines[: line - 1])) + len(within)

    def span(self, node: ast.expr | ast.stmt) -> tuple[int, int]:
        assert node.end_lineno is not None
        assert node.end_col_offset is not None
        begin = self.offset(node.lineno, node.col_offset)
        return begin, self.offset(node.end_lineno, node.end_col_offset)

    def replaced(self, begin: int, end: int, new: str) -> str:
        """The text with ``new`` between the offsets, and as many lines as before."""
        lost = self.text[begin:end].count("\n") - new.count("\n")
        if lost and "#" in self.text[begin:end]:
            raise ValueError("comments within what is replaced")
        # Inside of brackets an empty line means nothing; statements are replaced line by line.
        return self.text[:begin] + new + "\n" * lost + self.text[end:]


def units(root: Path, path: str) -> list[Unit]:
    """The pieces of the file that are Python 3; what is not, Python 2 for instance, is left out."""
    return [
        Unit(path, cell, text, tree)
        for cell, text in _texts(root / path)
        if (tree := _parsed(text)) is not None
    ]


def write(root: Path, unit: Unit, text: str) -> None:
    file = root / unit.path
    if unit.cell is None:
        file.write_text(text, encoding="utf-8", newline="")
        return
    notebook = json.loads(file.read_text(encoding="utf-8"))
    cells = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    cells[unit.cell - 1]["source"] = text.splitlines(keepends=True)
    file.write_text(json.dumps(notebook, indent=1), encoding="utf-8")


def _texts(file: Path) -> Iterator[tuple[int | None, str]]:
    text = file.read_bytes().decode("utf-8", errors="surrogateescape")
    if file.suffix != ".ipynb":
        yield None, text
        return
    cells = json.loads(text).get("cells", [])
    for place, cell in enumerate((c for c in cells if c["cell_type"] == "code"), 1):
        source = cell["source"]
        yield place, source if isinstance(source, str) else "".join(source)


def _parsed(text: str) -> ast.Module | None:
    if "\f" in text or "\r" in text.replace("\r\n", "\n"):
        return None  # ast and splitlines count their lines differently
    try:
        return ast.parse(text)
    except (SyntaxError, ValueError):
        return None
