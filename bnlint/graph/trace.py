"""``bnlint trace``: run the user's command with the shim in place, then judge what it recorded.

This is the only part of bnlint that runs the checked program, and only since somebody asked for it.
The program runs in its own interpreter, with TensorFlow or without; nothing of it is imported here.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bnlint.graph.build import FetchSet, Judged, Places, build
from bnlint.graph.command import frozen, once, report
from bnlint.graph.errors import GraphError, about
from bnlint.graph.judge import Analysis
from bnlint.graph.pause import collection_paused
from bnlint.graph.read import Source, read_file
from bnlint.graph.watched import untold
from bnlint.regular import MEGABYTE, CannotRead, is_there, read_regular, reason
from bnlint.reports import TraceReport

FORMAT = 1
DIRECTORY, WATCH = "BNLINT_TRACE_DIR", "BNLINT_TRACE_WATCH"


@dataclass(frozen=True, slots=True)
class Recorded:
    """One distinct thing that a program ran: how often it succeeded, and how often it failed.

    ``changed`` are the variables that it was seen to change; None if nobody watched. ``first`` is
    its place in the order in which they were run for the first time.
    """

    graph: int
    fetches: tuple[str, ...]
    feeds: Mapping[str, bool | None]
    count: int
    errors: int
    error: str | None
    changed: frozenset[str] | None = None
    first: int = 0


@dataclass(slots=True)
class Process:
    """The recording of one process. ``graphs`` are paths, None where a graph was not written.

    ``places`` are the lines of the program on which each graph's ops were made.
    """

    path: str
    command: list[str]
    tensorflow: str
    graphs: list[str | None]
    runs: list[Recorded]
    watched: dict[int, dict[str, bool]]
    notes: list[str]
    places: list[Places]


def run(command: Sequence[str], out: str, *, watch: bool = False) -> int:
    """Run a command with the shim; its exit code, or 128 + the signal that ended it.

    What an earlier command left in ``out`` is deleted: it would be judged along with this one.
    Ctrl-C reaches the program as it would without us; we wait for it to end and to write. SIGTERM
    is passed on to it.
    """
    try:
        os.makedirs(out, exist_ok=True)
    except OSError as error:
        raise GraphError(f"{out}: cannot be a directory: {reason(error)}") from None
    if shutil.which(command[0]) is not None:  # else there is nothing new to come
        _clear(out)
    with tempfile.TemporaryDirectory(prefix="bnlint-") as folder:
        shutil.copyfile(
            Path(__file__).with_name("shim.py"), os.path.join(folder, "sitecustomize.py")
        )
        environment = dict(os.environ)
        path = environment.get("PYTHONPATH")
        environment["PYTHONPATH"] = folder + (os.pathsep + path if path else "")
        environment[DIRECTORY] = os.path.abspath(out)
        environment[WATCH] = "1" if watch else "0"
        before = signal.signal(signal.SIGINT, signal.SIG_IGN)
        terminate = signal.getsignal(signal.SIGTERM)
        try:
            child = subprocess.Popen(
                command, env=environment, preexec_fn=_restore if os.name == "posix" else None
            )
        except OSError as error:
            raise GraphError(f"{command[0]}: {error.strerror or error}") from None
        else:
            signal.signal(signal.SIGTERM, lambda *_: child.terminate())
            code = child.wait()
        finally:
            signal.signal(signal.SIGINT, before)
            signal.signal(signal.SIGTERM, terminate)
    return code if code >= 0 else 128 - code


def _clear(directory: str) -> None:
    """Delete the recordings in a directory, and nothing else that is there."""
    try:
        for name in os.listdir(directory):
            folder = os.path.join(directory, name)
            ours = name.startswith("process-") and not os.path.islink(folder)
            if not ours or not os.path.isdir(folder):
                continue
            left = os.listdir(folder)
            for file in left:
                if _OURS.fullmatch(file):
                    os.unlink(os.path.join(folder, file))
            if all(map(_OURS.fullmatch, left)):
                os.rmdir(folder)
    except OSError as error:
        where = f"{directory}: the recording of before cannot be deleted"
        raise GraphError(f"{where}: {reason(error)}") from None


def _restore() -> None:
    """The program gets the usual Ctrl-C, though we ignore ours."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


def load(directory: str) -> list[Process]:
    """The recordings in a directory, one a process."""
    try:
        names = sorted(name for name in os.listdir(directory) if name.startswith("process-"))
    except OSError as error:
        raise GraphError(f"{directory}: {reason(error)}") from None
    paths = [os.path.join(directory, name, _NAME) for name in names]
    paths = [path for path in paths if is_there(path)]
    alone = os.path.join(directory, _NAME)
    if not paths and is_there(alone):
        paths = [alone]
    if not paths:
        raise GraphError(
            f"{directory}: no recording in this directory: the program ran no TensorFlow session, "
            "was killed, or its Python ignores PYTHONPATH (-I, -E, -S)"
        )
    return [_process(path) for path in paths]


_NAME = "trace.json"
_OURS = re.compile(r"trace\.json(?:\.part)?|graph-\d+\.(?:meta|pb)")
# A recording holds at most some thousand runs, and 20,000 places a graph.
_MOST_BYTES, _MOST_VALUES = 64 * MEGABYTE, 3_000_000
_MOST_GRAPHS, _MOST_RUNS = 1_000, 20_000


def _process(path: str) -> Process:
    try:
        data = read_regular(path, _MOST_BYTES)
        if data.count(b",") + data.count(b"[") + data.count(b"{") > _MOST_VALUES:
            raise CannotRead("too much of it; record a shorter run")
        document = json.loads(data)
        if document["format"] != FORMAT:
            raise ValueError("of an unknown format")
        return _read(path, document)
    except CannotRead as error:
        raise GraphError(f"{path}: {error}") from None
    except RecursionError:
        raise GraphError(f"{path}: not a recording (nested too deeply)") from None
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError) as error:
        raise GraphError(f"{path}: not a recording ({_told(error)})") from None


def _told(error: Exception) -> str:
    said = str(error)
    return f"{type(error).__name__}: {said if len(said) <= 200 else said[:200] + '…'}"


def _read(path: str, document: Mapping[str, Any]) -> Process:
    folder = os.path.dirname(path)
    if len(document["graphs"]) > _MOST_GRAPHS or len(document["runs"]) > _MOST_RUNS:
        raise ValueError(f"more than {_MOST_GRAPHS:,} graphs or {_MOST_RUNS:,} different runs")
    graphs = [_inside(folder, name) for name in document["graphs"]]
    written = [graph for graph in graphs if graph is not None]
    if len(set(written)) < len(written):
        raise ValueError("two graphs in one file")
    places = [_places(found) for found in document.get("places") or [{} for _ in graphs]]
    if len(places) != len(graphs):
        raise ValueError(f"places of {len(places)} graphs, but {len(graphs)} graphs")
    watched: dict[int, dict[str, bool]] = {}
    for entry in document.get("watched") or ():
        seen = watched.setdefault(int(entry["graph"]), {})
        for name, changed in entry["changed"].items():
            seen[str(name)] = bool(changed) or seen.get(str(name), False)
    return Process(
        path,
        [str(word) for word in document.get("command", ())],
        str(document.get("tensorflow", "")),
        graphs,
        [_recorded(run, first) for first, run in enumerate(document["runs"])],
        watched,
        [str(note) for note in document.get("notes", ())],
        places,
    )


def _places(found: Mapping[str, Any]) -> Places:
    return {str(node): (str(path), int(line)) for node, (path, line) in found.items()}


def _inside(folder: str, name: object) -> str | None:
    """The path of a graph, which lies beside its recording and nowhere else."""
    if name is None:
        return None
    if not isinstance(name, str) or os.path.basename(name) != name or name in _NO_NAMES:
        raise ValueError(f"a graph lies beside its recording, not at {name!r}")
    return os.path.join(folder, name)


_NO_NAMES = ("", os.curdir, os.pardir)


def _recorded(run: Mapping[str, Any], first: int) -> Recorded:
    return Recorded(
        int(run["graph"]),
        tuple(str(name) for name in run["fetches"]),
        {str(k): v if isinstance(v, bool) else None for k, v in run["feeds"].items()},
        int(run["count"]),
        int(run["errors"]),
        None if run.get("error") is None else str(run["error"]),
        None if run.get("changed") is None else frozenset(map(str, run["changed"])),
        first,
    )


def check(directory: str, select: Sequence[str] = (), ignore: Sequence[str] = ()) -> TraceReport:
    """Judge a recording. Raises GraphError, and nothing else."""
    with collection_paused():
        return _check(directory, select, ignore)


def _check(directory: str, select: Sequence[str], ignore: Sequence[str]) -> TraceReport:
    found = TraceReport()
    for process in load(directory):
        found.notes += process.notes
        for number, path in enumerate(process.graphs):
            runs = _most(process, number, found.notes)
            if path is None or not runs:
                continue
            try:
                sets = [_fetch_set(run) for run in runs]
                source, judged = judge_graph(path, sets, process, number)
            except GraphError as error:
                found.notes.append(str(error))
                continue
            told = report(source, source.graphs[0], judged, select, ignore)
            found.graphs.append(told)
            found.moved[told.path] = _moved(judged, runs)
            changed = process.watched.get(number, {})
            seen = [changed[name] for name in judged.analysis.statistics if name in changed]
            if seen:
                found.watched[told.path] = (sum(seen), len(seen))
            else:
                found.notes += _unwatched(judged, told.path)
            found.notes += _failures(judged, runs)
            if judged.analysis.layers and not judged.training:
                found.notes.append(f"{told.path}: nothing that was run trains this graph")
    # A program may build one network in several graphs.
    found.findings = once(f for told in found.graphs for f in told.report.findings)
    kept = set(map(id, found.findings))
    for told in found.graphs:
        told.report.findings = [f for f in told.report.findings if id(f) in kept]
    if not found.graphs:
        found.notes.append("no graph was run: does the program use TensorFlow's sessions?")
    return found


def judge_graph(
    path: str, sets: Sequence[FetchSet], process: Process, number: int
) -> tuple[Source, Judged]:
    """Read a recorded graph and judge what was fetched of it. Raises GraphError."""
    source = read_file(path)
    with about(path):
        meta = source.graphs[0]
        analysis = Analysis(meta)
        places, watched = process.places[number], process.watched.get(number)
        served = frozen(meta) and _multiplies_with_constants(analysis)
        return source, build(path, analysis, sets, exported=served, places=places, watched=watched)


def _multiplies_with_constants(analysis: Analysis) -> bool:
    """Whether the weights of a network are in the graph: what prepares data has none."""
    graph = analysis.graph
    for node in graph.having(("MatMul", "Conv2D", "DepthwiseConv2dNative")):
        weight = graph.node(node.inputs[1]) if len(node.inputs) > 1 else None
        for _ in range(4):
            if weight is None or weight.op != "Identity" or not weight.inputs:
                break
            weight = graph.node(weight.inputs[0])
        if weight is not None and weight.op == "Const":
            return True
    return False


# Each distinct run is judged by itself; a program that feeds a new name each time must not take us
# for ever.
MOST_RUNS = 200


def _most(process: Process, number: int, notes: list[str]) -> list[Recorded]:
    """The runs of one graph, the frequent ones if there are too many."""
    runs = [run for run in process.runs if run.graph == number]
    if len(runs) > MOST_RUNS:
        notes.append(
            f"{len(runs)} different runs of one graph; the {MOST_RUNS} most frequent count"
        )
        runs = sorted(runs, key=lambda run: -run.count)[:MOST_RUNS]
    return runs


def _fetch_set(run: Recorded) -> FetchSet:
    names = [name.removesuffix(":0") for name in run.fetches]
    shown = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
    fed = [
        f"{name.removesuffix(':0')}={value}"
        for name, value in run.feeds.items()
        if value is not None
    ]
    name = shown + (f" with {', '.join(sorted(fed))}" if fed else "")
    return FetchSet(name, run.fetches, run.feeds, True, run.changed, run.first)


def _moved(judged: Judged, runs: Sequence[Recorded]) -> tuple[int, int]:
    """How many statistics some successful run moved, and how many there are."""
    moved: set[str] = set()
    for run, (_, verdict) in zip(runs, judged.sets, strict=True):
        if run.count:
            moved |= verdict.moved
    return len(moved), len(judged.analysis.statistics)


def _unwatched(judged: Judged, path: str) -> list[str]:
    """What only the values tell, of statistics that are thought to have moved."""
    moved = {name for _, verdict in judged.sets for name in verdict.moved}
    node = untold(judged.analysis, moved, [fetches.feeds or {} for fetches, _ in judged.sets])
    if node is None:
        return []
    return [f"{path}: what {node} was is not recorded; --watch-statistics reads what moved"]


def _failures(judged: Judged, runs: Sequence[Recorded]) -> list[str]:
    """Runs that never succeeded, with what TensorFlow said."""
    return [
        f"{fetches.name} failed: {run.error}"
        for run, (fetches, _) in zip(runs, judged.sets, strict=True)
        if run.errors and not run.count
    ]
