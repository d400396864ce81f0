"""What is to be said of groups of files that have nothing to do with each other.

Each group is analysed and judged by itself. Copies of this process share the groups, or if there is
a large one, the programs of each; how many there are cannot be seen in a report.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

from bnlint import codes
from bnlint.copies import can_be_made, shared
from bnlint.finding import Finding
from bnlint.outcome import Incomplete

if TYPE_CHECKING:
    from bnlint.cache.store import Store
    from bnlint.interp.explored import Memory, Share, Work
    from bnlint.model import Program, Project
    from bnlint.run import Options
    from bnlint.workspace import Observed, Workspace

Progress = Callable[[int, int], None]

WORTH_A_COPY = 100_000
"""So many bytes of source are worth a copy of the process."""

MOST_PROCESSES = 4
"""A program may take up to 0.8 GB, and so may one in each process at the same time."""

T = TypeVar("T")


@dataclass(slots=True)
class Told:
    """What was found, what else is to be said, what went wrong in bnlint itself (where, and the
    exception), and the programs, if they were to be kept."""

    findings: list[Finding] = field(default_factory=list)
    notes: set[str] = field(default_factory=set)
    incomplete: set[Incomplete] = field(default_factory=set)
    crashes: list[tuple[str, Exception]] = field(default_factory=list)
    programs: list[Program] = field(default_factory=list)

    def add(self, other: Told) -> None:
        self.findings += other.findings
        self.notes |= other.notes
        self.incomplete |= other.incomplete
        self.crashes += other.crashes
        self.programs += other.programs


class Judge:
    """Analyses files and asks the rules."""

    def __init__(
        self,
        options: Options,
        workspace: Workspace,
        progress: Progress | None,
        store: Store | None,
    ) -> None:
        self._options = options
        self._workspace = workspace
        self._progress = progress
        self._store = store
        self._done = self._total = 0
        self._processes = min(options.jobs, MOST_PROCESSES)

    def of(self, groups: Sequence[Sequence[str]]) -> Told:
        """What is to be said of all groups."""
        self._total = sum(map(len, groups))
        told = Told()
        for one in self._by_copies(groups) or map(self._of_group, groups):
            told.add(one)
        return told

    def _by_copies(self, groups: Sequence[Sequence[str]]) -> list[Told] | None:
        """The same of each group, by copies of the process; None where these do not pay."""
        copies = min(self._processes, len(groups)) - 1
        if copies < 1 or self._options.keep or not can_be_made():
            return None
        sizes = [sum(map(self._workspace.size, group)) for group in groups]
        copies = min(copies, (sum(sizes) - max(sizes)) // max(WORTH_A_COPY, max(sizes)))
        if copies < 1:
            return None
        from bnlint.interp import load

        load([path for group in groups for path in group], self._workspace)

        self._processes = 1  # for each group: all that there may be are in use
        largest_first = sorted(range(len(groups)), key=lambda number: -sizes[number])
        found = self._shared(largest_first, lambda number: self._of_group(groups[number]), copies)
        return [found[number] for number in range(len(groups))]

    def _share(self, entries: Sequence[str]) -> Share:
        """How the programs of a group are run."""
        most = self._processes
        if most > 1:
            most = min(most, sum(map(self._workspace.size, entries)) // WORTH_A_COPY)

        def share(count: int, work: Work) -> Work:
            copies = min(most, count) - 1
            if copies < 1 or not can_be_made():
                return work
            return self._shared(range(count), work, copies).__getitem__

        return share

    def _shared(
        self, numbers: Sequence[int], work: Callable[[int], T], copies: int
    ) -> dict[int, T]:
        """What comes of each number. What copies of the process looked at is known here, too."""
        noted = self._workspace.observed()
        here = os.getpid()

        def watched(number: int) -> tuple[T, Observed | None]:
            if os.getpid() == here:
                return work(number), None
            nonlocal noted
            self._progress = None  # the terminal has one bar
            result = work(number)
            before, noted = noted, self._workspace.observed()
            return result, noted.beyond(before)

        found = shared(numbers, watched, copies)
        for _, observed in found.values():
            if observed is not None:
                self._workspace.observe(observed)
        return {number: result for number, (result, _) in found.items()}

    def _of_group(self, entries: Sequence[str]) -> Told:
        from bnlint.interp import analyse

        try:
            project = analyse(
                entries,
                self._workspace,
                self._tell_progress,
                self._memory,
                self._share(entries),
            )
        except Exception as error:
            if len(entries) == 1:
                return Told(crashes=[(entries[0], error)])
            # One file broke us. Each file by itself says what it would say if checked alone.
            told = Told()
            for entry in entries:
                told.add(self._of_group([entry]))
            if not told.crashes:
                told.crashes.append(("the whole project", error))
            return told
        self._done += len(entries)
        return self._judged(project)

    def _judged(self, project: Project) -> Told:
        from bnlint.checks import CHECKS

        here = os.path.join(os.getcwd(), "")
        told = Told(
            notes={note.replace(here, "") for note in project.notes},
            incomplete=set(project.incomplete),
            crashes=list(project.crashes),
            programs=project.programs if self._options.keep else [],
        )
        for check in CHECKS:
            if not codes.selected(check.rule.code, self._options.select, self._options.ignore):
                continue
            try:
                # One at a time: what a check found before it broke is still true.
                for finding in check.check(project):
                    told.findings.append(finding)
            except Exception as error:
                told.crashes.append((check.rule.code, error))
        return told

    def _tell_progress(self, done: int, _: int) -> None:
        if self._progress is not None:
            self._progress(min(self._done + done, self._total), self._total)

    def _memory(self) -> Memory | None:
        """What earlier runs know of programs."""
        if self._store is None:
            return None
        from bnlint.cache.programs import Programs

        return Programs(self._store, self._workspace)
