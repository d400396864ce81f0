"""Replacements in the text of programs. Every byte that no edit names stays what it was."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bnlint.finding import Level


@dataclass(frozen=True, slots=True)
class Change:
    """``text`` in place of the characters from ``start`` up to ``end`` of a program's text."""

    path: str
    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Plan:
    """Changes that belong together. ``why`` says what makes an unsafe or a shown fix so."""

    description: str
    changes: tuple[Change, ...]
    level: Level = "safe"
    why: str | None = None


class CannotFix(Exception):
    """A finding that is not repaired, with the reason as one line."""


def apply(text: str, changes: Sequence[Change]) -> str:
    """The text with all changes made, which do not overlap; equal starts keep their order."""
    out = []
    at = 0
    for change in sorted(changes, key=lambda change: (change.start, change.end)):
        if change.start < at:
            raise CannotFix("its changes would overlap")
        out += [text[at : change.start], change.text]
        at = change.end
    return "".join([*out, text[at:]])


def moved(offset: int, changes: Sequence[Change]) -> int:
    """Where the character at ``offset`` is after the changes."""
    return offset + sum(
        len(change.text) - (change.end - change.start)
        for change in changes
        if change.end <= offset and (change.start < offset or change.text)
    )
