"""Fenced Python blocks of a Markdown file, as one program at their own lines."""

from __future__ import annotations

import re

_OPEN = re.compile(r"^(\s*)(`{3,}|~{3,})\s*\{?\.?(?:python|py|python2|python3)\b", re.IGNORECASE)


def python_blocks(text: str) -> list[tuple[int, str]]:
    """(0-based line of the first line, text) of each fenced Python block, indentation removed."""
    out: list[tuple[int, str]] = []
    fence = ""
    indent = 0
    block: list[str] = []
    start = 0
    for number, line in enumerate(re.split(r"\r\n|\r|\n", text)):
        if not fence:
            opened = _OPEN.match(line)
            if opened is not None:
                indent, fence, block, start = len(opened[1]), opened[2], [], number + 1
        elif line.strip().startswith(fence) and not line.strip().strip(fence[0]):
            out.append((start, "\n".join(block)))
            fence = ""
        else:
            block.append(line[indent:] if not line[:indent].strip() else line)
    if fence:
        out.append((start, "\n".join(block)))
    return out
