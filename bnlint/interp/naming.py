"""Names that are put together in a loop, as far as their text is known."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bnlint.interp.keys import Keys

NUMBER = "?"
_PLACES = {  # ``%s`` and ``%03d``; ``{}`` and ``{:03d}``
    "%": re.compile(r"%[-#0-9 +]*[sdi]"),
    "{": re.compile(r"\{(?::0?\d*d?)?\}"),
}
_DEEPEST = 12


def numbered(keys: Keys, key: int, depth: int = _DEEPEST) -> str | None:
    """The text of a string, with ``?`` for what a loop counts; None if anything else is unknown."""
    head, *rest = keys.parts(key)
    if head == "const":
        value = ast.literal_eval(rest[1]) if rest[0] in ("str", "int") else None
        return None if value is None or NUMBER in str(value) else str(value)
    if depth == 0:
        return None
    if _is_number(keys, key, depth):
        return NUMBER
    if head == "convert":
        return numbered(keys, rest[1], depth - 1) if rest[0] == "str" else None
    if head == "joined":
        return _all_of(keys, rest, depth)
    if head == "binary" and rest[0] == "+":
        return _all_of(keys, rest[1:], depth)
    if head == "format":
        return _filled(keys, "%", rest[0], rest[1:], depth)
    if head == "text" and rest[0] == "format" and isinstance(rest[1], str):
        return _filled(keys, "{", rest[1], rest[2:], depth)
    return None


def _is_number(keys: Keys, key: int, depth: int) -> bool:
    head, *rest = keys.parts(key)
    if head == "counter":
        return True
    if head == "const":
        return bool(rest[0] == "int")
    return bool(
        depth
        and head == "binary"
        and rest[0] in ("+", "-", "*", "//", "%")
        and all(_is_number(keys, part, depth - 1) for part in rest[1:])
    )


def _all_of(keys: Keys, parts: Sequence[Any], depth: int) -> str | None:
    texts = [numbered(keys, part, depth - 1) for part in parts]
    known = [text for text in texts if text is not None]
    return "".join(known) if len(known) == len(texts) else None


def _filled(keys: Keys, sign: str, text: str, given: Sequence[Any], depth: int) -> str | None:
    """A format with its places filled in, where these are plain and so many as there are values."""
    pieces = _PLACES[sign].split(text)
    if len(pieces) != len(given) + 1 or any(sign in piece for piece in pieces):
        return None
    out = pieces[0]
    for key, piece in zip(given, pieces[1:], strict=True):
        value = numbered(keys, key, depth - 1)
        if value is None:
            return None
        out += value + piece
    return out
