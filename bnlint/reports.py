"""What each command has to tell, as plain data that the writers of ``output`` read."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from bnlint.finding import Finding
from bnlint.outcome import Problem, Report

CLEAN, FOUND = 0, 1


@dataclass(slots=True)
class UpdateRow:
    """An update op: the node, the variable it writes, and the train ops that move it by that."""

    node: str
    variable: str
    reached_by: list[str] = field(default_factory=list)


@dataclass(slots=True)
class LayerRow:
    """A layer as the report shows it. ``stops`` says of a broken one where the path ends."""

    name: str
    flavour: str
    flag: str
    momentum: float | None
    updates: list[UpdateRow]
    statistics: int
    reached: int
    stops: list[str] = field(default_factory=list)


@dataclass(slots=True)
class TrainRow:
    """A train op (or a set of fetches that trains), and how many statistics it updates.

    ``total`` counts the statistics of the layers that it trains; ``moved`` leaves out those that
    are certain not to change. ``fails`` says why running it raises an error, if it does.
    """

    name: str
    reached: int
    moved: int
    total: int
    idle: bool = False
    fails: str | None = None


@dataclass(slots=True)
class GraphReport:
    """One graph: where it came from, its layers and train ops, and the findings."""

    path: str
    kind: str
    version: str
    nodes: int
    report: Report
    layers: list[LayerRow] = field(default_factory=list)
    train_ops: list[TrainRow] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def exit_code(self) -> int:
        """1 if something is certainly wrong; what only may be wrong is shown and costs nothing."""
        definite = any(finding.confidence == "definite" for finding in self.report.findings)
        return FOUND if definite else CLEAN


Way = Literal["moves", "idle", "apart", "unwritten"]
"""``moves``: the train op updates the statistic. ``idle``: it runs an update that changes nothing.
``apart``: there is an update that it does not run. ``unwritten``: nothing writes the statistic."""


@dataclass(frozen=True, slots=True)
class Path:
    """The way from a train op to a statistic, or where it stops.

    ``nodes`` are the update ops, of those that are run if any is. Of updates that the train op does
    not run, ``waits`` are the nodes that wait for them, and ``run_by`` the others that run them.
    """

    variable: str
    way: Way
    nodes: tuple[str, ...] = ()
    waits: tuple[str, ...] = ()
    run_by: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Edge:
    """From a train op to a layer, by their places in the report's lists; a path each statistic."""

    train_op: int
    layer: int
    paths: tuple[Path, ...]

    @property
    def moves(self) -> bool:
        """Whether the train op updates all statistics of the layer."""
        return all(path.way == "moves" for path in self.paths)


@dataclass(frozen=True, slots=True)
class Drawing:
    report: GraphReport
    edges: list[Edge]


@dataclass(slots=True)
class TraceReport:
    """What a recording shows: a report for each graph, all findings, and the last word.

    ``moved`` tells, for each graph (by its report's path), how many statistics moved of all, as
    judged from the graph and what was fed; ``watched`` what was seen in the variables themselves.
    """

    graphs: list[GraphReport] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    moved: dict[str, tuple[int, int]] = field(default_factory=dict)
    watched: dict[str, tuple[int, int]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    @property
    def exit_code(self) -> int:
        definite = any(finding.confidence == "definite" for finding in self.findings)
        return FOUND if definite else CLEAN


@dataclass(slots=True)
class SavedRow:
    """A layer in a checkpoint: the ranges of its statistics, None where they are not there.

    ``unread`` are those that are there, and whose values are stored in a way that is not read.
    ``since`` says whether they moved since an earlier checkpoint, if there is one to compare with.
    ``left`` is the share of their initial values in them, by the steps and the momentum, if told.
    """

    name: str
    mean: tuple[float, float] | None
    variance: tuple[float, float] | None
    state: str
    unread: tuple[str, ...] = ()
    since: str = ""
    left: float | None = None


@dataclass(slots=True)
class CheckpointReport:
    """A checkpoint: its layers, the global step if it has one, and the findings."""

    path: str
    variables: int
    steps: int | None
    report: Report
    layers: list[SavedRow] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def exit_code(self) -> int:
        """1 if something is certainly wrong."""
        definite = any(finding.confidence == "definite" for finding in self.report.findings)
        return FOUND if definite else CLEAN


Status = Literal["confirmed", "refuted", "undecided"]


@dataclass(slots=True)
class Ruling:
    """What the graph says of a finding. ``node`` is in the graph at ``path``; ``about`` are the
    names of the layers and train ops that were looked at. ``layers`` has the ruling on each, if it
    is not the same for all."""

    finding: Finding
    status: Status
    reason: str
    node: str | None = None
    path: str | None = None
    about: frozenset[str] = frozenset()
    layers: tuple[tuple[str, Status], ...] = ()


@dataclass(slots=True)
class Confirmation:
    """A ruling on each finding about source, and the findings that only the graph has."""

    rulings: list[Ruling] = field(default_factory=list)
    unseen: list[Finding] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    crashes: list[tuple[str, Exception]] = field(default_factory=list)

    @property
    def exit_code(self) -> int:
        """1 if something is wrong: what was refuted is not, nor what is only possible."""
        wrong = any(
            ruling.status == "confirmed"
            or (ruling.status == "undecided" and ruling.finding.confidence == "definite")
            for ruling in self.rulings
        )
        definite = any(finding.confidence == "definite" for finding in self.unseen)
        return FOUND if wrong or definite or self.problems else CLEAN
