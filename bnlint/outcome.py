"""What a run tells: its findings, and the files and programs it could not read.

``finding.py`` is not imported here: its classes take as long to make as Python takes to start, and
most runs find nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bnlint.finding import Finding


@dataclass(frozen=True, slots=True)
class Problem:
    """A file that could not be read or parsed (BN900), with the 1-based line if one is known."""

    path: str
    line: int
    message: str


@dataclass(frozen=True, slots=True, order=True)
class Incomplete:
    """A program that was not read to its end: where (a 1-based line), and why.

    A budget ran out, something was widened, or an import that looks like the project's own was not
    found. What is absent from such a program proves nothing.
    """

    path: str
    line: int
    reason: str


@dataclass(frozen=True, slots=True)
class Silenced:
    """A finding that is not reported: a comment in the source says so, or something ``external``,
    the configuration or a baseline. ``why`` is the comment's reason, or what else silences it."""

    finding: Finding
    external: bool
    why: str


@dataclass(slots=True)
class Report:
    """The outcome of one run. ``notes`` are remarks for ``--pedantic``, ``python2`` the files that
    were read as Python 2, ``incomplete`` the programs that were not read to their end. Of the
    baseline, ``known`` counts the findings that it hid and ``gone`` what is no longer found.
    ``failures`` are lines on what the run itself could not do, ``explained`` is whether the
    reasoning behind findings is to be shown."""

    checked: int = 0
    skipped: int = 0
    findings: list[Finding] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    python2: list[str] = field(default_factory=list)
    incomplete: list[Incomplete] = field(default_factory=list)
    known: int = 0
    gone: int = 0
    silenced: list[Silenced] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    explained: bool = False
