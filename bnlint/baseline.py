"""A baseline: the findings that a project has today, so that only new ones are reported.

An entry is a file, a rule and a fingerprint, and no line, so that it survives edits elsewhere in
the file. Paths are relative to the baseline, so that it holds wherever bnlint is run.
"""

from __future__ import annotations

import json
import os
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bnlint import codes
from bnlint.finding import Confidence, Finding
from bnlint.regular import CannotRead, read_regular

VERSION = 1
_MAX_BYTES = 64 << 20


class BaselineError(Exception):
    """A baseline that cannot be read or written; the text names the file and what to do."""


@dataclass(frozen=True, slots=True, order=True)
class Entry:
    """A known finding; ``path`` is relative to the baseline's directory, with slashes."""

    path: str
    code: str
    fingerprint: str
    confidence: Confidence

    @property
    def key(self) -> tuple[str, str, str]:
        """What tells entries apart: one that was possible and is definite now is the same code."""
        return self.path, self.code, self.fingerprint


@dataclass(frozen=True, slots=True)
class Scope:
    """What a run looked at: only there does a finding that is not found count as gone."""

    paths: Sequence[str]
    select: Sequence[str]
    ignore: Sequence[str]
    pedantic: bool


class Baseline:
    """The known findings of the file ``path``."""

    def __init__(self, path: str, entries: Iterable[Entry] = ()) -> None:
        self.path = path
        self._root = os.path.dirname(os.path.abspath(path))
        self.entries = frozenset(entries)

    def entry(self, finding: Finding) -> Entry:
        place = os.path.relpath(os.path.abspath(finding.location.path), self._root)
        path = place.replace(os.sep, "/")
        return Entry(path, finding.rule.code, finding.fingerprint, finding.confidence)

    def split(self, findings: Iterable[Finding]) -> tuple[list[Finding], list[Finding]]:
        """The findings that are new, and those that are known."""
        known = {entry.key for entry in self.entries}
        new: list[Finding] = []
        old: list[Finding] = []
        for finding in findings:
            (old if self.entry(finding).key in known else new).append(finding)
        return new, old

    def gone(self, found: Collection[Finding], scope: Scope) -> frozenset[Entry]:
        """The entries that the run would have found again, if they were still there."""
        there = {self.entry(finding).key for finding in found}
        return frozenset(
            entry
            for entry in self.entries
            if entry.key not in there and self._looked_at(entry, scope)
        )

    def _looked_at(self, entry: Entry, scope: Scope) -> bool:
        if not codes.selected(entry.code, scope.select, scope.ignore):
            return False
        if entry.confidence == "possible" and not scope.pedantic:
            return False
        file = os.path.normpath(os.path.join(self._root, entry.path))
        given = [os.path.abspath(path) for path in scope.paths]
        below = any(file == path or file.startswith(os.path.join(path, "")) for path in given)
        return below or not os.path.exists(file)

    def write(self, entries: Iterable[Entry]) -> None:
        """Replace the file in one step, a line for each entry so that changes can be reviewed."""
        from bnlint.writing import write

        lines = [json.dumps(_fields(entry), ensure_ascii=True) for entry in sorted(set(entries))]
        body = "".join(f"\n  {line}," for line in lines).removesuffix(",")
        head = f'{{\n "bnlint-baseline": {VERSION},\n "findings": ['
        text = head + body + ("\n ]\n}\n" if lines else "]\n}\n")
        try:
            write(self.path, text.encode("ascii"))
        except OSError as error:
            raise BaselineError(f"{self.path}: {error.strerror or error}") from None


def _fields(entry: Entry) -> dict[str, str]:
    fields = {"path": entry.path, "code": entry.code, "fingerprint": entry.fingerprint}
    return fields | ({"confidence": "possible"} if entry.confidence == "possible" else {})


def read(path: str) -> Baseline:
    """The baseline in a file; raises BaselineError."""
    try:
        document: Any = json.loads(read_regular(Path(path), _MAX_BYTES))
    except CannotRead as error:
        raise BaselineError(f"{path}: {error}") from None
    except (ValueError, RecursionError):
        raise BaselineError(f"{path}: not a baseline: {_AGAIN}") from None
    if not isinstance(document, dict) or "bnlint-baseline" not in document:
        raise BaselineError(f"{path}: not a baseline: {_AGAIN}")
    version = document["bnlint-baseline"]
    if version != VERSION:
        raise BaselineError(f"{path}: a baseline of version {version}, not {VERSION}: {_AGAIN}")
    items = document.get("findings")
    if not isinstance(items, list):
        raise BaselineError(f"{path}: findings must be a list")
    return Baseline(path, [_entry(item, f"{path}: finding {n}") for n, item in enumerate(items, 1)])


_AGAIN = "write it again with --write-baseline"


def _entry(item: object, where: str) -> Entry:
    if not isinstance(item, dict):
        raise BaselineError(f"{where}: must be an object")
    values = [item.get(key) for key in ("path", "code", "fingerprint")]
    if not all(isinstance(value, str) for value in values):
        raise BaselineError(f"{where}: path, code and fingerprint must be strings")
    path, code, fingerprint = map(str, values)
    possible = item.get("confidence") == "possible"
    return Entry(path, code, fingerprint, "possible" if possible else "definite")
