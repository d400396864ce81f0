"""Findings held against the labels.

A ``bug`` that a finding covers is a hit, one that none covers a miss; an ``ok`` that one covers is
a false alarm, unless the finding also covers a bug or an arguable line, and so is about that. A
finding where no label is counts neither way: nobody has read that line.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from benchmarks.corpus.analyse import Found, Result
from benchmarks.corpus.labels import Label


@dataclass(slots=True)
class Score:
    hits: list[Label] = field(default_factory=list)
    misses: list[Label] = field(default_factory=list)
    false_alarms: list[Label] = field(default_factory=list)

    @property
    def precision(self) -> float | None:
        return _ratio(len(self.hits), len(self.false_alarms))

    @property
    def recall(self) -> float | None:
        return _ratio(len(self.hits), len(self.misses))

    def of_rule(self, rule: str) -> Score:
        return self._filtered(lambda label: label.rule == rule)

    def of_part(self, part: int) -> Score:
        return self._filtered(lambda label: label.snapshot.part == part)

    def of_repository(self, repository: str) -> Score:
        return self._filtered(lambda label: label.snapshot.repository == repository)

    def _filtered(self, wanted: Callable[[Label], bool]) -> Score:
        return Score(*(list(filter(wanted, group)) for group in self._groups()))

    def _groups(self) -> tuple[list[Label], list[Label], list[Label]]:
        return self.hits, self.misses, self.false_alarms


def score(labels: Sequence[Label], results: Mapping[str, Result]) -> Score:
    out = Score()
    for label in labels:
        covering = [found for found in _about(label, results) if _covers(label, found)]
        if label.verdict == "bug":
            (out.hits if covering else out.misses).append(label)
        elif label.verdict == "ok" and covering:
            neighbours = [other for other in labels if _owns(other, label)]
            if not any(_covers(other, found) for other in neighbours for found in covering):
                out.false_alarms.append(label)
    return out


def _about(label: Label, results: Mapping[str, Result]) -> Iterable[Found]:
    for found in results[label.folder].found:
        if found.rule == label.rule and found.path == label.path:
            yield found


def _covers(label: Label, found: Found) -> bool:
    return label.covers(found.first, found.last)


def _owns(other: Label, label: Label) -> bool:
    """Whether ``other`` may be what a finding near ``label`` is about."""
    there = (other.folder, other.path, other.rule) == (label.folder, label.path, label.rule)
    return there and other.verdict != "ok"


def _ratio(good: int, bad: int) -> float | None:
    return good / (good + bad) if good + bad else None
