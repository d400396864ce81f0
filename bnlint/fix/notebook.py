"""Changes of a notebook's cells as changes of its JSON text; all else keeps every byte."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

from bnlint.fix.edits import CannotFix, Change

_ESCAPE = re.compile(r"\\(?:u[0-9a-fA-F]{4}|.)", re.S)
_SURROGATES = re.compile(r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}")


@dataclass(frozen=True, slots=True)
class Piece:
    """A string of a cell's source: where it stands in the JSON, quotes included, and its text."""

    start: int
    end: int
    value: str


def in_json(raw: str, path: str, pieces: list[Piece], changes: list[Change]) -> list[Change]:
    """The changes of the JSON text for changes of one cell's joined pieces."""
    out = []
    for change in changes:
        whole = _whole(pieces, change)
        if whole is not None:
            out.append(Change(path, *whole, ""))
            continue
        start, end = _at(raw, pieces, change.start), _at(raw, pieces, change.end)
        first, last = _piece(pieces, change.start), _piece(pieces, change.end)
        if first != last and change.start < change.end:
            raise CannotFix("it would join lines of a cell")
        ascii_only = raw.isascii()
        text = json.dumps(change.text, ensure_ascii=ascii_only)[1:-1]
        if len(pieces) > 1 or _is_item(raw, pieces[0]):
            # A list of lines stays one line an item.
            ends_item = change.text.endswith("\n") and change.end == _end(pieces, last)
            text = _as_items(text, _between(raw, pieces), ends_item)
        out.append(Change(path, start, end, text))
    return out


def _as_items(text: str, between: str, ends_item: bool) -> str:
    """Escaped text with a new item after each line; the last of them is there if it ends one."""
    out = re.sub(r"(?<!\\)((?:\\\\)*\\n)", lambda match: f'{match[1]}"{between}"', text)
    return out[: -len(f'"{between}"')] if ends_item else out


def _whole(pieces: list[Piece], change: Change) -> tuple[int, int] | None:
    """Where the items stand that a change takes away as a whole, with what separates them."""
    starts = {_end(pieces, number - 1): piece.start for number, piece in enumerate(pieces)}
    if change.text or change.start == change.end:
        return None
    if change.start in starts and change.end in starts:
        return starts[change.start], starts[change.end]
    return None


def _is_item(raw: str, piece: Piece) -> bool:
    return raw[: piece.start].rstrip().endswith("[")


def _between(raw: str, pieces: list[Piece]) -> str:
    """What separates two lines of the cell."""
    if len(pieces) > 1:
        return raw[pieces[0].end : pieces[1].start]
    before = raw[: pieces[0].start]
    return "," + (before[len(before.rstrip()) :] or " ")


def _piece(pieces: list[Piece], offset: int) -> int:
    """The number of the piece that holds the character at an offset of the joined text."""
    at = 0
    for number, piece in enumerate(pieces):
        if at <= offset < at + len(piece.value):
            return number
        at += len(piece.value)
    return len(pieces) - 1


def _end(pieces: list[Piece], number: int) -> int:
    return sum(len(piece.value) for piece in pieces[: number + 1])


def _at(raw: str, pieces: list[Piece], offset: int) -> int:
    """Where the character at an offset of the joined text stands in the JSON."""
    number = _piece(pieces, offset)
    piece = pieces[number]
    wanted = offset - _end(pieces, number - 1)
    at, seen = piece.start + 1, 0
    while seen < wanted:
        pair = _SURROGATES.match(raw, at)
        escape = pair or (_ESCAPE.match(raw, at) if raw[at] == "\\" else None)
        at = escape.end() if escape else at + 1
        seen += 1
    return at
