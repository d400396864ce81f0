r"""The patterns of a ``.gitignore``, matched as git matches them and in time that does not explode.

Why not the ``pathspec`` package: it makes one regular expression of a pattern, and ``*a*a*a*b``
then tries a long name in every way, which takes hours, or ``**/a/**/a/**/b`` a deep path. Here a
``*`` takes the first place where what follows it fits and never another, as ``fnmatch`` does it
and as is right for a ``*``, so that time grows with the length of the pattern times that of the
path. The semantics are those of git's ``wildmatch.c`` and ``dir.c``.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

# Bounds on a file of patterns: far above what a person writes, far below what takes seconds.
MOST_BYTES = 1 << 20
MOST_PATTERNS = 10_000
_LONGEST = 4_096  # in characters; no path of the file system is as long

_CLASSES = {
    "alnum": "0-9A-Za-z",
    "alpha": "A-Za-z",
    "blank": r" \t",
    "cntrl": r"\x00-\x1f\x7f",
    "digit": "0-9",
    "graph": "!-~",
    "lower": "a-z",
    "print": " -~",
    "punct": r"!-/:-@\[-`{-~",
    "space": r" \t\n\v\f\r",
    "upper": "A-Z",
    "xdigit": "0-9A-Fa-f",
}
_ANY = None  # the place of any number of folders, `**`


class Patterns:
    """Some patterns, of which the last that matches decides. What git cannot read never matches."""

    def __init__(self, lines: Sequence[str]) -> None:
        self._patterns = [found for line in lines if (found := _pattern(line)) is not None]
        names = [pattern.name for pattern in self._patterns if pattern.name is not None]
        sources = (_expression(name, f"g{number}_") for number, name in enumerate(names))
        # Most names match nothing: one expression says so sooner than each pattern in its turn.
        self._some = re.compile(f"(?:{'|'.join(sources)})\\Z" if names else "(?!)", re.DOTALL)
        self._anchored = any(pattern.name is None for pattern in self._patterns)

    def __bool__(self) -> bool:
        return bool(self._patterns)

    def verdict(self, path: str, directory: bool) -> bool | None:
        """True: hidden; False: expressly not; None: no pattern says anything.

        ``path`` is relative to where the patterns are; what hides a folder above it is not asked.
        """
        parts = path.split(os.sep)
        some = self._some.match(parts[-1]) is not None
        if not some and not self._anchored:
            return None
        for pattern in reversed(self._patterns):
            if pattern.name is not None and not some:
                continue
            if (directory or not pattern.folders) and pattern.matches(parts):
                return pattern.hides
        return None

    def hides(self, path: str, directory: bool) -> bool:
        """Whether the path is hidden, be it by a folder above it."""
        parts = path.split(os.sep)
        above = (os.sep.join(parts[:length]) for length in range(1, len(parts)))
        return any(self.verdict(folder, True) for folder in above) or bool(
            self.verdict(path, directory)
        )


class _Pattern(NamedTuple):
    """One line. ``name`` if it is about a name at any depth, else ``way`` is a path from here."""

    hides: bool
    folders: bool  # whether it is about folders only
    name: tuple[str, ...] | None
    way: tuple[re.Pattern[str] | None, ...]

    def matches(self, parts: Sequence[str]) -> bool:
        if self.name is not None:
            return self.way[0] is not None and self.way[0].match(parts[-1]) is not None
        return _leads(self.way, parts)


def _pattern(line: str) -> _Pattern | None:
    line = _trimmed(line)
    if not line or line[0] == "#" or len(line) > _LONGEST:
        return None
    hides = line[0] != "!"
    line = line if hides else line[1:]
    folders = line.endswith("/")
    line = line[:-1] if folders else line
    if not line:
        return None
    if "/" not in line:
        name = _pieces(line)
        if name is None:
            return None
        return _Pattern(hides, folders, name, (_compiled(name),))
    way: list[re.Pattern[str] | None] = []
    parts = _components(line.removeprefix("/"))
    for part in parts:
        if part == "**":
            if not way or way[-1] is not _ANY:
                way.append(_ANY)
            continue
        pieces = _pieces(part)
        if pieces is None or not part:
            return None
        way.append(_compiled(pieces))
    if way[-1] is _ANY:
        way.append(re.compile(""))  # `a/**` is all that is in `a`, and not `a`
    return _Pattern(hides, folders, None, tuple(way))


def _components(line: str) -> list[str]:
    """What stands between slashes. One in a bracket ends nothing, and matches nothing."""
    parts = [""]
    at = 0
    while at < len(line):
        end = at + 1
        if line[at] == "\\":
            end += 1
        elif line[at] == "[" and (found := _bracket(line, end)) is not None:
            end = found[1]
        if line[at] == "/":
            parts.append("")
        else:
            parts[-1] += line[at:end]
        at = end
    return parts


def _trimmed(line: str) -> str:
    """Without the spaces at its end, but for one that a backslash protects."""
    line = line.removesuffix("\r")
    bare = line.rstrip(" ")
    slashes = len(bare) - len(bare.rstrip("\\"))
    return line[: len(bare) + 1] if slashes % 2 else bare


def _leads(way: Sequence[re.Pattern[str] | None], parts: Sequence[str]) -> bool:
    """Whether the whole way matches: the last ``**`` takes one folder more where it does not."""
    at = here = 0
    again: tuple[int, int] | None = None
    while here < len(parts):
        step = way[at] if at < len(way) else None
        if at < len(way) and step is _ANY:
            again = at, here
            at += 1
        elif step is not None and step.match(parts[here]):
            at, here = at + 1, here + 1
        elif again is not None:
            again = again[0], again[1] + 1
            at, here = again[0] + 1, again[1]
        else:
            return False
    return at == len(way)


# --- one component of a pattern ------------------------------------------------------------


def _compiled(pieces: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile(_expression(pieces, "g") + r"\Z", re.DOTALL)


def _expression(pieces: tuple[str, ...], prefix: str) -> str:
    """The expression for pieces with a ``*`` between them: the one in the middle is final.

    A look-ahead is not tried again once it has matched: Python 3.10 has no other atomic group.
    """
    first, *rest = pieces
    if not rest:
        return first
    middle = "".join(
        f"(?=(?P<{prefix}{number}>.*?{piece}))(?P={prefix}{number})"
        for number, piece in enumerate(rest[:-1])
    )
    return f"{first}{middle}.*{rest[-1]}"


def _pieces(text: str) -> tuple[str, ...] | None:
    """Expressions for what stands between the ``*``; None if git could not read the pattern."""
    pieces = [""]
    at = 0
    while at < len(text):
        char = text[at]
        at += 1
        if char == "*":
            if at == 1 or text[at - 2] != "*" or pieces[-1]:
                pieces.append("")
        elif char == "?":
            pieces[-1] += "."
        elif char == "[":
            found = _bracket(text, at)
            if found is None:
                return None
            piece, at = found
            pieces[-1] += piece
        else:
            if char == "\\":
                if at == len(text):
                    return None
                char = text[at]
                at += 1
            pieces[-1] += re.escape(char)
    return tuple(pieces)


def _bracket(text: str, at: int) -> tuple[str, int] | None:
    """The expression for ``[…]``, whose first bracket is before ``at``, and the place after it."""
    negated = text[at : at + 1] in ("!", "^")
    inside = list(_members(text, at + negated))
    if not inside or inside[-1][1] < 0:
        return None
    members = "".join(member for member, _ in inside)
    end = inside[-1][1]
    if not members:
        return ("." if negated else "(?!)"), end
    return f"[{'^' if negated else ''}{members}]", end


def _members(text: str, at: int) -> Iterator[tuple[str, int]]:
    """What is in a bracket, member by member, and where each ends; -1 if it cannot be read."""
    before = ""  # the character that a range may begin with
    start = at
    while True:
        char = text[at : at + 1]
        if char == "]" and at > start:
            yield "", at + 1
            return
        low = before
        before = ""
        if char == "-" and low and text[at + 1 : at + 2] not in ("", "]"):
            at += 1
            char, at = _literal(text, at)
            if char and low <= char:
                yield f"{re.escape(low)}-{re.escape(char)}", at
        elif char == "[" and (name := _class_name(text, at)) is not None:
            close = at + 2 + len(name)
            if name not in _CLASSES:
                yield "", -1
                return
            yield _CLASSES[name], close + 2
            at = close + 2
            continue
        else:
            char, at = _literal(text, at)
            before = char
            yield re.escape(char), at
        if not char:
            yield "", -1
            return


def _literal(text: str, at: int) -> tuple[str, int]:
    """A character, or the one that a backslash protects, and the place after it."""
    if text[at : at + 1] == "\\":
        at += 1
    return text[at : at + 1], at + 1


def _class_name(text: str, at: int) -> str | None:
    """What stands for ``alpha`` in the ``[:alpha:]`` at ``at``; None if that is a plain bracket."""
    if text[at + 1 : at + 2] != ":":
        return None
    close = text.find("]", at + 2)
    if close < 0:
        return ""  # not closed, so git gives up as it does with an unknown name
    return text[at + 2 : close - 1] if close > at + 2 and text[close - 1] == ":" else None
