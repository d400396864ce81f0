"""What became of the programs in ``fixtures/programs``, to be held against ``observed.csv``.

Each of them takes ten steps of training, and does nothing else as often. So the *training* of a
program is what it ran ten times or more, or what failed. Two tell what it did to the moving
statistics: the run itself (``seen``), and the graph with what was fetched and fed (``judged``).
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache

from bnlint.graph import trace
from bnlint.graph.judge import Analysis, Verdict
from bnlint.graph.read import read

from .cases import PROGRAMS
from .compare import Case
from .recording import Recording

OBSERVED = PROGRAMS / "observed.csv"
STEPS = 10
BUILD_ERROR, TRAIN_ERROR = "build error", "train error"

STATISTIC = re.compile(
    r"\b(moving_mean|moving_variance|kept_mean|kept_var|norm_mean|norm_var"
    r"|of_batch/.*ExponentialMovingAverage)$"
)
"""How the moving statistics of the programs are called. The graph has to find them by itself."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """``moved`` is how many statistics moved: all, some, none, n/a where there are none to move;
    or the error that training ended with. ``reached`` is how many of the ``statistics`` are written
    by what training runs, and ``findings`` are the codes of ``check-trace``.
    """

    moved: str
    reached: int | None = None
    statistics: int | None = None
    findings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Training:
    """One thing that was run in training, and what the graph says of it."""

    graph: int
    run: trace.Recorded
    analysis: Analysis
    verdict: Verdict


@cache
def observed() -> dict[str, Outcome]:
    """What was seen in TensorFlow 1.15, by the name of the program."""
    with OBSERVED.open(encoding="utf-8", newline="") as file:
        return {
            row["case"]: Outcome(
                row["moved"],
                _number(row["reached"]),
                _number(row["statistics"]),
                tuple(row["findings"].split()),
            )
            for row in csv.DictReader(file)
        }


def _number(word: str) -> int | None:
    return int(word) if word else None


def training(recording: Recording) -> Iterator[Training]:
    for process in trace.load(recording.trace) if recording.graphs else ():
        for number, path in enumerate(process.graphs):
            runs = [r for r in process.runs if r.graph == number and (r.count >= STEPS or r.errors)]
            if path is None or not runs:
                continue
            analysis = Analysis(read(path).graphs[0])
            for run in runs:
                yield Training(number, run, analysis, analysis.judge(run.fetches, run.feeds))


def seen(case: Case) -> Outcome:
    """What the run itself did, as far as it went."""
    if case.recording.own:
        return Outcome(TRAIN_ERROR if case.ran else BUILD_ERROR)
    graphs = case.recording.graphs
    statistics = named_statistics(case)
    return Outcome(
        _how_many(graphs[number].changed[name] for number, name in statistics),
        statistics=len(statistics),
    )


def named_statistics(case: Case) -> set[tuple[int, str]]:
    """The moving statistics in the graphs that training ran, by their names."""
    return {
        (number, name)
        for number in {step.graph for step in training(case.recording)}
        for name in case.recording.graphs[number].changed
        if STATISTIC.search(name)
    }


def found_statistics(case: Case) -> set[tuple[int, str]]:
    """The same, as bnlint recognises them from what the graph does with them."""
    return {(s.graph, name) for s in training(case.recording) for name in s.analysis.statistics}


def judged(case: Case) -> Outcome:
    """What the graph says, as far as there is one: nothing is known of how the program ended."""
    steps = list(training(case.recording))
    findings = tuple(sorted({finding.rule.code for finding in case.traced.findings}))
    if not any(step.verdict.trains or step.verdict.idle or step.run.count for step in steps):
        return Outcome(BUILD_ERROR, findings=findings)
    statistics = found_statistics(case)
    reached = {(s.graph, name) for s in steps for name in s.verdict.reached}
    moved = {(s.graph, name) for s in steps for name in s.verdict.moved}
    if any(step.verdict.fails for step in steps):
        return Outcome(TRAIN_ERROR, len(reached), len(statistics), findings)
    how_many = _how_many(name in moved for name in statistics)
    return Outcome(how_many, len(reached), len(statistics), findings)


def _how_many(moved: Iterable[bool]) -> str:
    marks = list(moved)
    if not marks:
        return "n/a"
    return "all" if all(marks) else "some" if any(marks) else "none"
