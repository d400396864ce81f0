"""What a checkpoint says of its batch-norm layers, apart from printing."""

from __future__ import annotations

import math
import os.path
import re
from array import array
from collections.abc import Sequence

from bnlint.fingerprint import stamped
from bnlint.graph.build import place
from bnlint.graph.bundle import Saved, open_checkpoint
from bnlint.graph.command import shown
from bnlint.graph.errors import GraphError
from bnlint.graph.judge import Analysis
from bnlint.graph.read import read
from bnlint.model import GraphModel, Program, Project, SavedStatistics
from bnlint.outcome import Report
from bnlint.reports import CheckpointReport, SavedRow

_STATISTIC = re.compile(r"(?:^|/)moving_(mean|variance)(?:_\d+)?$")
# What counts the steps: of a session, and of the optimizer in a tf.train.Checkpoint.
_STEPS = ("global_step", "optimizer/iter", "optimizer/iterations", "optimizer/_iterations")
_WEIGHT = re.compile(r"(?:^|/)(?:gamma|beta)$")
# Without a graph, only a scope's name tells batch norm from layer norm, which has no statistics.
_BATCH_NORM = re.compile(r"batch_?norm|(?:^|[/_])bn(?:[/_\d]|$)", re.IGNORECASE)


def inspect_checkpoint(
    path: str,
    select: Sequence[str] = (),
    ignore: Sequence[str] = (),
    *,
    earlier: str | None = None,
) -> CheckpointReport:
    """Judge a checkpoint. Raises GraphError, and nothing else.

    With an ``earlier`` one, each row says whether the layer's statistics moved since.
    """
    from bnlint import codes
    from bnlint.graph.command import displayed
    from bnlint.graph.rules import judge

    bundle = open_checkpoint(path)
    steps = next((n for name in _STEPS if (n := bundle.integer(name)) is not None), None)
    layers, momenta, notes = _layers(bundle)
    found = CheckpointReport(
        shown(bundle.path), len(bundle.entries), steps, Report(checked=1), notes=notes
    )
    model = GraphModel()
    for name, members in sorted(layers.items()):
        statistics, row = _layer(bundle, name, members, steps, momenta.get(name))
        model.statistics.append(statistics)
        found.layers.append(row)
    if earlier is not None:
        before = open_checkpoint(earlier)
        for row in found.layers:
            row.since = _since(before, bundle, layers[row.name])
        still = sum(row.since == "same" for row in found.layers)
        if still and _trained(before, bundle, layers):
            found.notes.append(
                f"weights changed since {shown(before.path)}, and the moving statistics of {still} "
                f"of {len(found.layers)} layers did not"
            )
    project = Project([Program(bundle.path, bundle.path, False, [model])])
    found.report.findings = stamped(
        displayed(finding)
        for finding in judge(project)
        if codes.selected(finding.rule.code, select, ignore)
    )
    if not layers:
        found.notes.append("no batch norm in this checkpoint")
    if bundle.absent:
        where = shown(min(bundle.absent))
        found.notes.append(f"{where} is not there: what is saved is judged, and not the values")
    return found


def _layers(bundle: Saved) -> tuple[dict[str, list[str]], dict[str, float], list[str]]:
    """The statistics that each layer has or should have, and the momenta that a graph tells."""
    layers: dict[str, list[str]] = {}
    momenta: dict[str, float] = {}
    notes: list[str] = []
    for name in bundle.entries:
        if _STATISTIC.search(name):
            layers.setdefault(os.path.dirname(name), []).append(name)
    if os.path.isfile(bundle.prefix + ".meta"):
        try:
            analysis = Analysis(read(bundle.prefix + ".meta").graphs[0])
        except GraphError as error:
            notes.append(str(error))
        else:
            for layer in analysis.layers:
                saved = [n for n in (*layer.own, *layer.statistics) if n in bundle.entries]
                if saved:
                    layers[layer.name] = list(layer.statistics)
                if layer.momentum is not None:
                    momenta[layer.name] = layer.momentum
            return layers, momenta, notes
    for name in bundle.entries:
        scope = os.path.dirname(name)
        if _WEIGHT.search(name) and _BATCH_NORM.search(scope) and scope not in layers:
            layers[scope] = [f"{scope}/moving_mean", f"{scope}/moving_variance"]
    return layers, momenta, notes


def _layer(
    bundle: Saved, name: str, members: list[str], steps: int | None, momentum: float | None
) -> tuple[SavedStatistics, SavedRow]:
    missing = tuple(member for member in members if member not in bundle.entries)
    broken: list[str] = []
    unread: list[str] = []
    ranges: dict[bool, tuple[float, float]] = {}
    untouched = not missing
    for member in members:
        values = bundle.floats(member) if member in bundle.entries else None
        if values is None or not len(values):
            untouched = False
            if member in bundle.entries:
                unread.append("variance" if "var" in member.rpartition("/")[2] else "mean")
            continue
        variance = "var" in member.rpartition("/")[2]
        untouched = untouched and _all(values, 1.0 if variance else 0.0)
        if any(not math.isfinite(value) or (variance and value < 0) for value in values):
            broken.append(member)
        ranges[variance] = (min(values), max(values))
    left = None
    if steps is not None and momentum is not None and not missing:
        left = momentum**steps
    statistics = SavedStatistics(
        name, place(bundle.path, name), missing, tuple(broken), untouched, left, steps
    )
    state = "ok"
    if missing:
        state = "not saved" if len(missing) == len(members) else "partly saved"
    elif broken:
        state = "broken"
    elif unread:
        state = "saved"
    elif untouched:
        state = "initial" if steps == 0 else "never updated"
    row = SavedRow(name, ranges.get(False), ranges.get(True), state, tuple(unread), left=left)
    return statistics, row


def _since(before: Saved, after: Saved, members: list[str]) -> str:
    """What became of a layer's statistics from one checkpoint to a later one."""
    seen = set()
    for name in members:
        if name not in before.entries or name not in after.entries:
            return "not in both"
        one, other = before.floats(name), after.floats(name)
        if one is None or other is None:
            return "not read"
        seen.add(one != other)
    return "moved" if seen == {True} else "same" if seen == {False} else "moved in part"


def _trained(before: Saved, after: Saved, layers: dict[str, list[str]]) -> bool:
    """Whether any other float differs: one is enough, and they may be large."""
    statistics = {name for members in layers.values() for name in members}
    common = before.entries.keys() & after.entries.keys() - statistics
    return any(before.floats(name) != after.floats(name) for name in sorted(common))


def _all(values: array[float], wanted: float) -> bool:
    return all(value == wanted for value in values)
