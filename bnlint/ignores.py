"""``# bnlint: ignore[BN201] reason`` comments.

A comment silences the findings that have a place on its line: the finding's own place, from its
first line to its last, or a related one. Without brackets it silences every rule.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from bnlint import codes
from bnlint.finding import Finding, Location
from bnlint.suggest import near

_DIRECTIVE = re.compile(r"#[ \t]*bnlint:[ \t]*(?P<rest>.*)", re.DOTALL)
_IGNORE = re.compile(r"ignore(?:[ \t]*\[(?P<codes>[^\]]*)\].*|(?P<bare>\b.*))", re.DOTALL)
# `ignore BN201` was meant for one rule; read as a reason, it would silence them all.
_BARE_CODE = re.compile(r"[\s:,-]*(?:\[|BN\d)", re.IGNORECASE)


class Comment(Protocol):
    """A comment that mentions ``bnlint:``, as the source's own representation holds it."""

    span: tuple[int, int, int, int]
    text: str


@dataclass(frozen=True, slots=True)
class Ignore:
    """One well-formed comment. No ``prefixes`` means every rule."""

    line: int
    prefixes: tuple[str, ...]

    def covers(self, code: str) -> bool:
        return not self.prefixes or codes.matches(code, self.prefixes)


@dataclass(frozen=True, slots=True)
class Ignores:
    """The comments of one file: those that work, and remarks on those that do not."""

    by_line: dict[int, list[Ignore]]
    notes: tuple[str, ...]

    def silence(self, code: str, location: Location) -> bool:
        lines = range(location.line, max(location.line, location.end_line) + 1)
        return any(
            ignore.covers(code)
            for line, ignores in self.by_line.items()
            if line in lines
            for ignore in ignores
        )


def parse(comments: Iterable[Comment], path: str) -> Ignores:
    by_line: dict[int, list[Ignore]] = {}
    notes: list[str] = []
    for comment in comments:
        line = comment.span[0]
        match = _DIRECTIVE.search(comment.text)
        if match is None:
            continue
        ignore, wrong = _ignore(match["rest"].strip(), line)
        if ignore is not None:
            by_line.setdefault(line, []).append(ignore)
        notes += [f"{path}:{line}: {text}" for text in wrong]
    return Ignores(by_line, tuple(notes))


def silenced(finding: Finding, ignores: dict[str, Ignores]) -> bool:
    """Whether a comment on any of the finding's places silences it; ``ignores`` are by path."""
    places = (finding.location, *(related.location for related in finding.related))
    return any(
        place.path in ignores and ignores[place.path].silence(finding.rule.code, place)
        for place in places
    )


def _ignore(text: str, line: int) -> tuple[Ignore | None, Sequence[str]]:
    match = _IGNORE.fullmatch(text)
    if match is None:
        return None, [f"not a bnlint comment: {text!r} (write `# bnlint: ignore[CODE] reason`)"]
    if match["codes"] is None:
        if _BARE_CODE.match(match["bare"]):
            return None, [f"an ignore without its brackets: {text!r} (write `ignore[CODE]`)"]
        return Ignore(line, ()), []
    prefixes = tuple(code.strip().upper() for code in match["codes"].split(","))
    unknown = codes.unknown(prefixes)
    wrong = [f"no rule {code!r} to ignore{near(code, codes.known())}" for code in unknown if code]
    if "" in unknown:
        wrong.append("an ignore with an empty code in its brackets")
    good = tuple(prefix for prefix in prefixes if prefix not in unknown)
    return (Ignore(line, good) if good else None), wrong
