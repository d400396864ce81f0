"""Fenced Python blocks of a Markdown file, as one program at their own lines."""

from __future__ import annotations

import re
from dataclasses import dataclass

_OPEN = re.compile(r"^(\s*)(`{3,}(?!.*`)|~{3,})\s*(.*)$")
_PYTHON = re.compile(r"\{?\.?(?:python|py)[23]?(?![\w-])", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Block:
    """A block's text, without the ``indent`` of its fence, and the number of lines before it."""

    offset: int
    indent: int
    text: str


def python_blocks(text: str) -> list[Block]:
    """The fenced Python blocks, in order. One that is not closed goes on to the end."""
    out: list[Block] = []
    fence = ""
    python = False
    indent = 0
    lines: list[str] = []
    start = 0
    for number, line in enumerate(re.split(r"\r\n|\r|\n", text)):
        if not fence:
            if opened := _OPEN.match(line):
                indent, fence, lines, start = len(opened[1]), opened[2], [], number + 1
                python = _PYTHON.match(opened[3]) is not None
        elif line.strip().startswith(fence) and not line.strip().strip(fence[0]):
            if python:
                out.append(Block(start, indent, "\n".join(lines)))
            fence = ""
        else:
            lines.append(line[indent:] if not line[:indent].strip() else line.lstrip())
    if fence and python:
        out.append(Block(start, indent, "\n".join(lines)))
    return out
