"""Whole runs: the report of a run whose every observation would be the same again."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from bnlint import codes
from bnlint.cache.identity import tool
from bnlint.cache.plain import decode, encode
from bnlint.finding import Report
from bnlint.trail import Trail, digest

if TYPE_CHECKING:
    from bnlint.cache.store import Store
    from bnlint.workspace import Workspace

_KIND = "run"


class Runs:
    """The run that ``question`` describes, plain data, in the present working directory."""

    def __init__(self, store: Store, question: object) -> None:
        self._store = store
        parts = (tool(), os.getcwd(), repr(encode(question)))
        self._key = digest(*(part.encode("utf-8", "surrogatepass") for part in parts))

    def recall(self, seen: Trail, workspace: Workspace) -> tuple[Report, int] | None:
        """The report, and how many files it is about, if all is as it was.

        ``seen`` is what this run looked at so far; what it did not is asked of a workspace that
        nothing else was asked of.
        """
        value = self._store.get(_KIND, self._key)
        try:
            trail, report, files = decode(tuple[Trail, Report, int], value)
        except ValueError:
            return None
        known = codes.known()
        if not all(finding.rule.code in known for finding in report.findings):
            return None
        return (report, files) if _holds(trail, seen, workspace) else None

    def keep(self, workspace: Workspace, report: Report, files: int) -> None:
        trail = workspace.trail()
        if trail.steady:
            self._store.put(_KIND, self._key, encode((trail, report, files)))


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
