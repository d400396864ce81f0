"""What a run tells: its findings, and the files and programs it could not read.

``finding.py`` is not imported here: its classes take as long to make as Python takes to start, and
most runs find nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from bnlint.finding import Finding, Silenced


class Problem(NamedTuple):
    """A file that could not be read or parsed (BN900), with the 1-based line if one is known."""

    path: str
    line: int
    message: str


class Incomplete(NamedTuple):
    """A program that was not read to its end: where (a 1-based line), and why.

    A budget ran out, something was widened, or an import that looks like the project's own was not
    found. What is absent from such a program proves nothing.
    """

    path: str
    line: int
    reason: str


class Report:
    """The outcome of one run. ``notes`` are remarks for ``--pedantic``, ``python2`` the files that
    were read as Python 2, ``incomplete`` the programs that were not read to their end. Of the
    baseline, ``known`` counts the findings that it hid and ``gone`` what is no longer found.
    ``unit_tests`` counts files that hold nothing else and were left out.
    ``failures`` are lines on what the run itself could not do, ``explained`` is whether the
    reasoning behind findings is to be shown.

    It is no data class: to import what makes those takes half as long as Python takes to start.
    """

    def __init__(
        self,
        checked: int = 0,
        skipped: int = 0,
        findings: Iterable[Finding] = (),
        problems: Iterable[Problem] = (),
        notes: Iterable[str] = (),
        python2: Iterable[str] = (),
        incomplete: Iterable[Incomplete] = (),
        known: int = 0,
        gone: int = 0,
        silenced: Iterable[Silenced] = (),
        failures: Iterable[str] = (),
        explained: bool = False,
        unit_tests: int = 0,
    ) -> None:
        self.checked = checked
        self.skipped = skipped
        self.findings = list(findings)
        self.problems = list(problems)
        self.notes = list(notes)
        self.python2 = list(python2)
        self.incomplete = list(incomplete)
        self.known = known
        self.gone = gone
        self.silenced = list(silenced)
        self.failures = list(failures)
        self.explained = explained
        self.unit_tests = unit_tests

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Report) and vars(self) == vars(other)

    def __repr__(self) -> str:
        return f"Report(**{vars(self)})"
