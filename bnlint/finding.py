"""Findings, with their story."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, NamedTuple

Severity = Literal["error", "warning"]
Confidence = Literal["definite", "possible"]
Witness = Literal["source", "graph"]
Level = Literal["safe", "unsafe", "shown"]
"""Of a fix: *safe* does what the rule asks and nothing else, *unsafe* may do more than is wanted,
*shown* is a proposal that somebody has to look at and that is never written."""


class Location(NamedTuple):
    """A place in a file: 1-based lines and columns, ``end_column`` exclusive.

    In a notebook ``line`` counts inside the 1-based code ``cell`` and ``raw_line`` is the line of
    the JSON file. ``node`` is the name of a graph node where a graph is the witness.
    """

    path: str
    line: int
    column: int
    end_line: int
    end_column: int
    cell: int | None = None
    raw_line: int | None = None
    node: str | None = None

    def within(self, other: Location) -> bool:
        """Whether this place is a part of another."""
        return (
            self.path == other.path
            and (other.line, other.column) <= (self.line, self.column)
            and (self.end_line, self.end_column) <= (other.end_line, other.end_column)
        )


class Related(NamedTuple):
    """Another place that the story of a finding needs, with a short noun phrase.

    An ``example`` is one of several places that the finding is about; it is no part of its
    identity, as others may join them.
    """

    location: Location
    message: str
    example: bool = False


class Step(NamedTuple):
    """A fact that leads to a finding, and the place that shows it, if there is one."""

    message: str
    location: Location | None = None


class Edit(NamedTuple):
    """``text`` in place of what lies at ``location``, whose lines and columns are the file's own.

    Of a notebook they are those of the JSON text. A byte order mark is no column.
    """

    location: Location
    text: str


class Fix(NamedTuple):
    """Edits, perhaps of several files, that repair a finding; they were checked by analysing again.

    ``why`` says what makes an unsafe or a shown fix so.
    """

    description: str
    edits: tuple[Edit, ...]
    level: Level = "safe"
    why: str | None = None


class Aim(NamedTuple):
    """What a repair has to know and a reader does not; places are as the analysis has them.

    ``place`` is the finding's own, ``broken`` the block or the collection read where the chain
    breaks, ``key`` the collection in which the update ops are, ``scope`` the name scope that holds
    those and no others. ``calls`` are the call paths to a layer, outermost call first.
    """

    place: Location
    broken: Location | None = None
    key: str | None = None
    scope: str | None = None
    calls: tuple[tuple[Location, ...], ...] = ()
    flag: str | None = None
    default: bool | None = None


class About(NamedTuple):
    """A batch-norm layer that a finding is about, by what tells it from others.

    ``location``, ``trace``, ``path`` and ``open_root`` are as in ``model.NormLayer``; ``value`` is
    whether its flag is known to be true, ``parameter`` what the flag landed on instead.
    """

    location: Location
    trace: tuple[Location, ...]
    path: str
    open_root: bool
    value: bool
    parameter: str | None


class Subject(NamedTuple):
    """What a finding is about, in files as they are read: its place, and the layers meant."""

    place: Location
    layers: tuple[About, ...] = ()


class Rule(NamedTuple):
    """A rule's identity. Its page in ``rules/`` is named ``<code>-<name>.md``."""

    code: str
    name: str
    severity: Severity


class Finding(NamedTuple):
    """One thing that is wrong.

    ``confidence`` is ``possible`` where an unknown stands between the facts or the finding holds
    on some paths only; ``reason`` then says what kept it from being definite. ``fix`` is there if
    it was asked for and one was found. ``fingerprint`` tells it apart from others and survives
    edits of other lines (``fingerprint.py``). ``consequence`` is the end of the message, after a
    colon, where that says what comes of such a mistake wherever it is made. ``reasoning`` is what
    the analysis knows that leads there, for whoever asks. ``subject`` is what it is about, where
    that is a part of a program: for ``bnlint confirm``, which looks for it in a graph.
    """

    rule: Rule
    location: Location
    message: str
    related: tuple[Related, ...] = ()
    confidence: Confidence = "definite"
    reason: str | None = None
    witness: Witness = "source"
    aim: Aim | None = None
    fix: Fix | None = None
    fingerprint: str = ""
    consequence: str = ""
    reasoning: tuple[Step, ...] = ()
    subject: Subject | None = None

    @property
    def brief(self) -> str:
        """The message without the consequence."""
        return self.message.removesuffix(f": {self.consequence}")


class Silenced(NamedTuple):
    """A finding that is not reported: a comment in the source says so, or something ``external``,
    the configuration or a baseline. ``why`` is the comment's reason, or what else silences it."""

    finding: Finding
    external: bool
    why: str


def identity(finding: Finding) -> tuple[str, Location, str]:
    """What several ways through a program, or several runs, may say alike."""
    return finding.rule.code, finding.location, finding.message


def order(finding: Finding) -> tuple[object, ...]:
    """The order in which findings are told: by place, then by all else that tells them apart."""
    place = finding.location
    return (
        (place.path, place.cell or 0, place.line, place.column),
        (finding.rule.code, finding.confidence, finding.message),
        [(related.location.path, related.location.line) for related in finding.related],
    )


def each_once(findings: Iterable[Finding]) -> list[Finding]:
    """Each thing once, in order."""
    found: dict[object, Finding] = {}
    for finding in sorted(findings, key=order):
        found.setdefault(identity(finding), finding)
    return list(found.values())
