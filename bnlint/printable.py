"""What others wrote, made safe to print: nothing of theirs may steer what shows our output.

Names, notes and messages come from files of strangers. On a terminal an escape sequence moves the
cursor or retitles the window, bidi characters reorder a line, a newline begins one that looks like
ours; in the log of a GitHub job, a line that begins with ``::error::`` is a command, and so are
``##[error]`` and, for Azure, ``##vso[...]`` wherever they stand in a line.
"""

from __future__ import annotations

import re
from typing import Any, TextIO

# GitHub looks past the white space that a line begins with.
_COMMAND = re.compile(r"^([^\S\n]*):(?=:[A-Za-z])", re.MULTILINE)
_OLD_COMMAND = re.compile(r"##(?=(?:vso)?\[)")


def printable(text: str) -> str:
    """One line of text, without what would steer a terminal or a log instead of being shown."""
    if not text.isprintable():
        text = "".join(map(shown, text))
    return without_commands(text)


def shown(char: str) -> str:
    """A character as it can be shown: one that cannot becomes a blank or a replacement."""
    if char.isprintable():
        return char
    return " " if char.isspace() else "\N{REPLACEMENT CHARACTER}"


def without_commands(text: str) -> str:
    """Several lines of text, none of which is a command of a GitHub workflow."""
    if "##" in text:
        text = _OLD_COMMAND.sub("# #", text)
    return _COMMAND.sub(r"\1: ", text) if "::" in text else text


def in_place(text: str) -> str:
    """A source line that is no command of a runner, each character still in its column."""
    return _OLD_COMMAND.sub("#\N{REPLACEMENT CHARACTER}", text)


def dump_json(document: Any, stream: TextIO, *, indent: int | None = 2) -> None:
    """JSON in ASCII without control characters, and a line end.

    So a path that is not valid Unicode, or a pipe in another encoding, cannot break it.
    """
    import json

    text = json.dumps(document, indent=indent, ensure_ascii=True).replace("\x7f", "\\u007f")
    # Outside of strings there is no such sign.
    stream.write(_OLD_COMMAND.sub(r"#\\u0023", text) + "\n")
