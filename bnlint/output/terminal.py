"""Whether what is written for people has colours, and how wide it is."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Literal, TextIO

from bnlint.output.wording import wrapped

if TYPE_CHECKING:
    from rich.console import Console

When = Literal["auto", "always", "never"]

# Where there is no terminal to ask, lines have a width that does not vary.
PIPED_WIDTH = 120
_NARROWEST = 40

_when: ContextVar[When] = ContextVar("colours", default="auto")


@contextmanager
def colours(when: When) -> Iterator[None]:
    """Whether all that is written meanwhile has colours."""
    before = _when.set(when)
    try:
        yield
    finally:
        _when.reset(before)


def coloured(stream: TextIO) -> bool:
    """Whether a stream gets colours: as it was asked for, else as the environment says
    (https://no-color.org, https://force-color.org), else if it is a terminal that knows them."""
    if _when.get() != "auto":
        return _when.get() == "always"
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return stream.isatty() and os.environ.get("TERM") not in ("dumb", "unknown")


def width(stream: TextIO) -> int:
    """How many cells a line may have."""
    if not stream.isatty():
        return PIPED_WIDTH
    from shutil import get_terminal_size  # asks COLUMNS, then the terminal

    return max(_NARROWEST, get_terminal_size().columns)


def paragraph(console: Console, text: str, style: str = "", indent: str = "") -> None:
    """Print a text in lines that are broken between words."""
    from rich.text import Text

    for line in wrapped(text, console.width, indent):
        console.print(Text(line, style), soft_wrap=True)


def console(stream: TextIO) -> Console:
    """A console of rich that writes to a stream, with colours if it is to have any."""
    from rich.console import Console

    shown = coloured(stream)
    return Console(
        file=stream,
        width=width(stream),
        force_terminal=shown or stream.isatty(),
        no_color=not shown,
        color_system="standard" if shown else None,
        highlight=False,
        markup=False,
        emoji=False,
    )
