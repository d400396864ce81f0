"""Replacements in the text of one file. Every byte that no edit names stays what it was."""

from __future__ import annotations

import codecs
import io
import tokenize
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Level = Literal["safe", "unsafe"]


@dataclass(frozen=True, slots=True)
class Edit:
    """``text`` in place of the characters from ``start`` up to ``end``."""

    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Fix:
    """Edits of one file that belong together. ``why`` says what makes an unsafe fix unsafe."""

    description: str
    edits: tuple[Edit, ...]
    level: Level = "safe"
    why: str | None = None


class CannotFix(Exception):
    """A finding that is not repaired, with the reason as one line."""


def apply(text: str, edits: Sequence[Edit]) -> str:
    """The text with all edits made, which do not overlap."""
    for edit in sorted(edits, key=lambda edit: edit.start, reverse=True):
        text = text[: edit.start] + edit.text + text[edit.end :]
    return text


def decode(data: bytes) -> tuple[str, str]:
    """Text and encoding such that ``encode`` gives the same bytes again; raises CannotFix."""
    try:
        encoding = tokenize.detect_encoding(io.BytesIO(data).readline)[0]
        # The mark stays a character of the text, so that it is written back.
        text = data.decode("utf-8" if data.startswith(codecs.BOM_UTF8) else encoding)
    except (SyntaxError, UnicodeError, LookupError):
        raise CannotFix("its encoding cannot be written back") from None
    encoding = "utf-8" if data.startswith(codecs.BOM_UTF8) else encoding
    if text.encode(encoding) != data:
        raise CannotFix("its encoding cannot be written back")
    return text, encoding
