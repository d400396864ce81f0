"""Comments that silence findings, each with rules in brackets, or about all without them.

``# bnlint: ignore[BN201] reason`` is about its line, ``ignore-next-line`` about the next one,
``ignore-file`` about the file; ``disable`` holds until ``enable`` or the end of the file. A comment
silences the findings that have a place on its lines: the finding's own place, from its first line
to its last, or a related one.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple, Protocol

from bnlint import codes
from bnlint.finding import Finding, Location
from bnlint.suggest import no_rule

_DIRECTIVE = re.compile(r"#[ \t]*bnlint:[ \t]*(?P<rest>.*)", re.DOTALL)
_IGNORE = re.compile(
    r"(?P<kind>ignore-next-line|ignore-file|ignore|disable|enable)"
    r"(?:[ \t]*\[(?P<codes>[^\]]*)\](?P<why>.*)|(?P<bare>(?![\w-]).*))",
    re.DOTALL,
)
LAST_LINE = sys.maxsize
Span = tuple[int, int, int, int]
_ABOUT_COMMENTS = "BN9"
# So many unknown codes of one comment are named: to look for what was meant takes time for each.
_NAMED = 20
_BARE_CODE = re.compile(r"[\s:,-]*(?:\[|BN\d)", re.IGNORECASE)
_BARE_WORD = re.compile(r"[\s:,-]*([\w-]*)")


class Comment(Protocol):
    """A comment that mentions ``bnlint:``, as the source's own representation holds it."""

    span: Span
    text: str


class Ignore(NamedTuple):
    """One well-formed comment: from which line to which it silences what. No ``prefixes`` means
    every rule but those about comments. ``span`` is the comment's own place, ``why`` its reason."""

    first: int
    last: int
    prefixes: tuple[str, ...]
    span: Span
    why: str = ""

    def covers(self, code: str) -> bool:
        if not self.prefixes:  # or a comment without a use would silence what is said of it
            return not code.startswith(_ABOUT_COMMENTS)
        return codes.matches(code, self.prefixes)

    def reaches(self, location: Location) -> bool:
        end = max(location.line, location.end_line)
        return self.first <= end and location.line <= self.last


class Ignores(NamedTuple):
    """The comments of one file: those that work, and remarks on those that do not.

    ``unknown`` has the places of comments that name rules that do not exist, and what is said of
    them.
    """

    ignores: tuple[Ignore, ...]
    notes: tuple[str, ...]
    unknown: tuple[tuple[Span, str], ...] = ()

    def silencing(self, code: str, location: Location) -> Iterator[Ignore]:
        return (
            ignore for ignore in self.ignores if ignore.reaches(location) and ignore.covers(code)
        )


def parse(comments: Iterable[Comment], path: str, *, require_reason: bool = False) -> Ignores:
    """The comments of a file, in the order of their lines. With ``require_reason`` one that does
    not say why silences nothing."""
    found: list[Ignore] = []
    open_blocks: list[Ignore] = []
    notes: list[str] = []
    unknown: list[tuple[Span, str]] = []
    for comment in sorted(comments, key=lambda comment: comment.span):
        line = comment.span[0]
        match = _DIRECTIVE.search(comment.text)
        if match is None:
            continue
        read = _read(match["rest"].strip(), require_reason)
        unknown += [(comment.span, text) for text in read.missing]
        notes += [f"{path}:{line}: {text}" for text in read.wrong]
        kind, prefixes, why = read.kind, read.prefixes, read.why
        if prefixes is None:
            continue
        if kind == "enable":
            ended = [block for block in open_blocks if not prefixes or block.prefixes == prefixes]
            if not ended:
                notes.append(f"{path}:{line}: an enable without its disable")
            found += [block._replace(last=line) for block in ended]
            open_blocks = [block for block in open_blocks if block not in ended]
        elif kind == "disable":
            open_blocks.append(Ignore(line, LAST_LINE, prefixes, comment.span, why))
        elif kind == "ignore-file":
            found.append(Ignore(1, LAST_LINE, prefixes, comment.span, why))
        else:
            at = line + (kind == "ignore-next-line")
            found.append(Ignore(at, at, prefixes, comment.span, why))
    return Ignores((*found, *open_blocks), tuple(notes), tuple(unknown))


def silencing(finding: Finding, ignores: dict[str, Ignores]) -> Ignore | None:
    """A comment on any of the finding's places that silences it; ``ignores`` are by path."""
    for place in places(finding):
        if place.path in ignores:
            for ignore in ignores[place.path].silencing(finding.rule.code, place):
                return ignore
    return None


def places(finding: Finding) -> tuple[Location, ...]:
    """Where a comment silences the finding: at its own place, and at those of its story."""
    return (finding.location, *(related.location for related in finding.related))


def _is_rule(bare: str) -> bool:
    """`ignore BN201` was meant for one rule; read as a reason, it would silence them all."""
    word = _BARE_WORD.match(bare)
    named = word is not None and word[1].lower() in codes.known().values()
    return named or _BARE_CODE.match(bare) is not None


class _Read(NamedTuple):
    """What kind of comment it is, the rules it names (None if it does not work), its reason,
    remarks, and what is said of rules that do not exist."""

    kind: str
    prefixes: tuple[str, ...] | None
    why: str = ""
    wrong: Sequence[str] = ()
    missing: Sequence[str] = ()


def _read(text: str, require_reason: bool) -> _Read:
    match = _IGNORE.fullmatch(text)
    if match is None:
        said = f"not a bnlint comment: {text!r} (write `# bnlint: ignore[CODE] reason`)"
        return _Read("", None, wrong=[said])
    kind = match["kind"]
    if match["codes"] is None and _is_rule(match["bare"]):
        said = f"an {kind} without its brackets: {text!r} (write `{kind}[CODE]`)"
        return _Read(kind, None, wrong=[said])
    why = match["bare"] if match["codes"] is None else match["why"]
    if require_reason and kind != "enable" and not re.search(r"\w", why):
        return _Read(kind, None, wrong=[f"without a reason it silences nothing: {text!r}"])
    why = why.strip()
    if match["codes"] is None:
        return _Read(kind, (), why)
    meant = codes.meant(word.strip() for word in match["codes"].split(","))
    unknown = list(dict.fromkeys(word for word, prefix in meant.items() if word and prefix is None))
    missing = [no_rule(word, f" to {kind}") for word in unknown[:_NAMED]]
    if len(unknown) > _NAMED:
        missing.append(f"{len(unknown) - _NAMED:,} more unknown codes to {kind}")
    empty = f"an {kind} with an empty code in its brackets"
    good = tuple(dict.fromkeys(prefix for prefix in meant.values() if prefix is not None))
    return _Read(kind, good or None, why, [empty] if "" in meant else [], missing)
