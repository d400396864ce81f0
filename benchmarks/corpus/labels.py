"""What is known of the corpus: which snapshots there are, and what a reader said of their lines."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
RULES = ("R1", "R2", "R3")
TOLERANCE = 3
# The second part came later; its rows of other rules are facts too, but nothing scores them.
PARTS = ("", "_2")

_STATEMENT = re.compile(r"\[stmt (\d+)-(\d+)\]")


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A repository at a commit, the folder it is laid out in, and its part, 1 or 2."""

    repository: str
    commit: str
    folder: str
    part: int


@dataclass(frozen=True, slots=True)
class Label:
    """A verdict on the lines ``first`` to ``last`` of a file, for one rule.

    ``bug``: to be found. ``ok``: not to be found. ``arguable``: counts neither way.
    """

    snapshot: Snapshot
    path: str
    line: int
    first: int
    last: int
    rule: str
    verdict: str
    evidence: str

    @property
    def folder(self) -> str:
        return self.snapshot.folder

    @property
    def place(self) -> str:
        return f"{self.folder}/{self.path}:{self.line}"

    def covers(self, first: int, last: int) -> bool:
        """Whether a finding on these lines is near enough to be about the same thing."""
        return first <= self.last + TOLERANCE and last >= self.first - TOLERANCE


def snapshots() -> list[Snapshot]:
    return [
        Snapshot(row["repo"], row["commit"], row["dir"], part)
        for part, rows in _parts("checkouts")
        for row in rows
    ]


def labels() -> list[Label]:
    known = {(snapshot.repository, snapshot.commit): snapshot for snapshot in snapshots()}
    return [
        _label(row, known[row["repo"], row["commit"]])
        for _, rows in _parts("labels")
        for row in rows
        if row["rule"] in RULES
    ]


def _parts(name: str) -> Iterator[tuple[int, list[dict[str, str]]]]:
    for part, suffix in enumerate(PARTS, 1):
        with (HERE / f"{name}{suffix}.csv").open(encoding="utf-8", newline="") as file:
            yield part, list(csv.DictReader(file))


def _label(row: dict[str, str], snapshot: Snapshot) -> Label:
    line = int(row["line"])
    lines = [line]
    if span := _STATEMENT.search(row["evidence"]):
        lines += map(int, span.groups())
    return Label(
        snapshot=snapshot,
        path=row["path"],
        line=line,
        first=min(lines),
        last=max(lines),
        rule=row["rule"],
        verdict=row["verdict"],
        evidence=row["evidence"],
    )
