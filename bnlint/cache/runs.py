"""Whole runs: the report of a run whose every observation would be the same again.

What a run looked at is compared in two ways. The status of files and folders (size, times, inode)
is asked first: where nothing changed it is the same, and nothing need be read. A status that may
still hide a change, as that of a file which was written while the run began, is not trusted, as git
does it with its index. Else contents are compared.
"""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, Any

from bnlint import codes
from bnlint.cache.identity import tool
from bnlint.cache.plain import decode, encode
from bnlint.outcome import Incomplete, Problem, Report
from bnlint.source.resolve import Resolver
from bnlint.trail import Trail, digest, digest_of_names

if TYPE_CHECKING:
    from bnlint.cache.store import Store
    from bnlint.finding import Finding, Silenced
    from bnlint.workspace import Workspace

_KIND = "run"
_Looked = tuple[list[str], list[str], list[str]]
_Counts = tuple[int, int, int, list[Problem], list[str], list[str], list[Incomplete]]

_GRAIN = 2_000_000_000
"""Nanoseconds that the time of a file may be off: FAT counts in two seconds."""


class Runs:
    """The run that ``question`` describes, plain data, in the present working directory."""

    def __init__(self, store: Store, question: object) -> None:
        self._store = store
        self._began = time.time_ns()
        parts = (tool(store), os.getcwd(), repr(encode(question)))
        self._key = digest(*(part.encode("utf-8", "surrogatepass") for part in parts))
        self._entry: Any = None

    def recall_unchanged(self) -> tuple[Report, int] | None:
        """The report, and how many files it is about, if nothing was written since."""
        self._entry = self._store.get(_KIND, self._key)
        try:
            looked, status, _, *told = self._entry
            if not status or status != self._status(looked):
                return None
            return _told(told)
        except (TypeError, ValueError):
            return None

    def recall(self, seen: Trail, workspace: Workspace) -> tuple[Report, int] | None:
        """The same if all contents are as they were.

        ``seen`` is what this run looked at so far; what it did not is asked of a workspace that
        nothing else was asked of.
        """
        try:
            *seen_then, files, counts, findings, silenced = self._entry
            looked, status, trail = decode(tuple[_Looked, str, Trail], seen_then)
            known = _told([files, counts, findings, silenced])
        except (TypeError, ValueError):
            return None
        if known is None or not _holds(trail, seen, workspace):
            return None
        now = self._status(looked)
        if now not in ("", status):  # next time it is enough to ask for this
            self._store.put(_KIND, self._key, [looked, now, *self._entry[2:]])
        return known

    def keep(self, workspace: Workspace, report: Report, files: int, *, analysed: bool) -> None:
        """Keep a run. Where nothing was analysed, contents were not noted: that nothing was written
        since is then the only proof that all is the same."""
        trail = workspace.trail() if analysed else None
        if trail is None or trail.steady:
            looked = workspace.looked()
            entry = (looked, self._status(looked), trail, files, *parts(report))
            self._store.put(_KIND, self._key, encode(entry))

    def _status(self, looked: Any) -> str:
        """A digest of the status of some paths, of whether there is something at others, and of the
        names in some folders.

        It is empty where a status may hide a change. Raises ``TypeError`` and ``ValueError`` for
        what is no such thing.
        """
        latest = self._began - _GRAIN
        whole = []
        by_status, by_name, by_content = looked
        for path in by_status:
            try:
                found = os.stat("" + path)
            except OSError:
                whole.append("-")
                continue
            except ValueError:  # a name that none has: not written by us
                return ""
            if found.st_mtime_ns > latest or found.st_ctime_ns > latest:
                return ""
            whole.append(
                f"{found.st_mode} {found.st_dev} {found.st_ino} {found.st_size} "
                f"{found.st_mtime_ns} {found.st_ctime_ns}"
            )
        whole += [str(os.path.exists("" + path)) for path in by_name]
        resolver = Resolver()
        whole += [digest_of_names(resolver.names("" + path)) for path in by_content]
        return digest("\n".join(whole).encode())


def parts(report: Report) -> tuple[_Counts, list[Finding], list[Silenced]]:
    """What is kept of a report: how many and which files it is about, and what was found."""
    counts = (
        report.checked,
        report.skipped,
        report.unit_tests,
        report.problems,
        report.notes,
        report.python2,
        report.incomplete,
    )
    return counts, report.findings, report.silenced


def report_of(counts: Any, findings: Any, silenced: Any) -> Report:
    """The report of which ``encode`` made these parts; raises ``ValueError`` if they are none."""
    checked, skipped, unit_tests, problems, notes, python2, incomplete = decode(
        tuple[int, int, int, list[Problem], list[str], list[str], list[Incomplete]], counts
    )
    report = Report(checked, skipped, (), problems, notes, python2, incomplete)
    report.unit_tests = unit_tests
    if [findings, silenced] != [[], []]:
        from bnlint.finding import Finding, Silenced  # most runs find nothing

        report.findings = decode(list[Finding], findings)
        report.silenced = decode(list[Silenced], silenced)
    return report


def _told(entry: Any) -> tuple[Report, int] | None:
    """What a run told, and of how many files, if all its findings are of rules that there are.

    Raises ``TypeError`` and ``ValueError`` for what is no such thing.
    """
    files, counts, findings, silenced = entry
    report = report_of(counts, findings, silenced)
    return (report, decode(int, files)) if known_rules(report) else None


def known_rules(report: Report) -> bool:
    """Whether all that a report tells of is a rule of this bnlint's."""
    told = (*report.findings, *(item.finding for item in report.silenced))
    if not told:
        return True  # as mostly: the names of all pages are not needed
    known = codes.known()
    return all(finding.rule.code in known for finding in told)


def _holds(trail: Trail, seen: Trail, workspace: Workspace) -> bool:
    """Whether a run would see what the trail tells; what is asked first is cheapest."""
    return (
        seen.steady
        and all(
            (seen.marks[path] if path in seen.marks else workspace.is_there(path)) == there
            for path, there in trail.marks.items()
        )
        and all(
            search in seen.searches or workspace.searched(*search[:3]) == search[3]
            for search in trail.searches
        )
        and all(
            (seen.folders[path] if path in seen.folders else workspace.listed(path)) == names
            for path, names in trail.folders.items()
        )
        and all(
            (seen.files[path] if path in seen.files else workspace.content(path)) == content
            for path, content in trail.files.items()
        )
    )
