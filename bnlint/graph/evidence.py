"""All that the graphs of a file or of a recording tell, for comparison with something else."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from bnlint.finding import Finding
from bnlint.graph import trace
from bnlint.graph.build import FetchSet, Judged
from bnlint.graph.command import findings, judge, once
from bnlint.graph.errors import GraphError
from bnlint.graph.judge import Verdict
from bnlint.graph.layers import Layer
from bnlint.graph.pause import collection_paused
from bnlint.graph.read import read


@dataclass(slots=True)
class Evidence:
    """The judged graphs with their findings. ``recorded`` is whether they are known to have run."""

    recorded: bool
    graphs: list[Judged] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def layers(self) -> Iterator[tuple[Judged, Layer]]:
        for judged in self.graphs:
            for layer in judged.analysis.layers:
                yield judged, layer

    def training(self) -> Iterator[tuple[Judged, FetchSet, Verdict]]:
        for judged in self.graphs:
            for fetches, verdict in judged.training:
                yield judged, fetches, verdict


def gather(path: str, train_ops: Sequence[str] = (), fetches: Sequence[str] = ()) -> Evidence:
    """Judge a recording's directory, or whatever ``bnlint graph`` reads. Raises GraphError."""
    with collection_paused():
        if _is_recording(path):
            if train_ops or fetches:
                raise GraphError(f"{path}: a recording tells itself what was fetched")
            return _recording(path)
        source = read(path)
        evidence = Evidence(recorded=False)
        for meta in source.graphs:
            if meta.nodes:
                evidence.graphs.append(judge(source, meta, train_ops, fetches))
        for judged in evidence.graphs:
            evidence.findings += findings([judged])
        return evidence


def _is_recording(path: str) -> bool:
    if not os.path.isdir(path):
        return False
    return os.path.isfile(os.path.join(path, "trace.json")) or any(
        os.path.isfile(os.path.join(path, name, "trace.json"))
        for name in os.listdir(path)
        if name.startswith("process-")
    )


def _recording(path: str) -> Evidence:
    evidence = Evidence(recorded=True)
    for process in trace.load(path):
        evidence.notes += process.notes
        for number, graph in enumerate(process.graphs):
            # What never succeeded did nothing.
            runs = [run for run in process.runs if run.graph == number and run.count]
            runs.sort(key=lambda run: -run.count)
            if graph is None or not runs:
                continue
            sets = [
                FetchSet(
                    ", ".join(run.fetches[:3]), run.fetches, run.feeds, True, run.changed, run.first
                )
                for run in runs[: trace.MOST_RUNS]
            ]
            try:
                _, judged = trace.judge_graph(graph, sets, process, number)
            except GraphError as error:
                evidence.notes.append(str(error))
                continue
            evidence.graphs.append(judged)
            evidence.findings = once([*evidence.findings, *findings([judged])])
    if not evidence.graphs:
        raise GraphError(f"{path}: no graph was run successfully in this recording")
    return evidence
