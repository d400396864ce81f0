"""bnlint beside other linters and a text search, over whole trees.

    python benchmarks/peers.py TREE... [--rounds N] [--bin FOLDER] [--only NAME,NAME]
                                       [--bound SECONDS] [--changed FILE]

Every tool that is installed (in FOLDER or on PATH) is run on each tree, all of them once a round,
so that what slows the machine slows all; medians of the rounds, in seconds of wall and of processor
time (children included), and the peak memory of the largest process. A tool that takes longer than
the bound is ended, and not run again on this tree. Other tools do another work: this tells what
somebody waits who runs them in one hook. Before anything is timed, the findings of one process
without a cache are held against those of several and those of a warm cache.

With ``--changed``, a copy of the tree is checked as well, in which this file of it is changed
before each round, with a cache that knows all else.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

CHANGED = "bnlint, one file changed"
RULES = """\
rules:
  - id: batch-norm-without-flag
    languages: [python]
    severity: WARNING
    message: no training flag
    patterns:
      - pattern: tf.layers.batch_normalization(...)
      - pattern-not: tf.layers.batch_normalization(..., training=$X, ...)
  - id: minimize
    languages: [python]
    severity: WARNING
    message: a train op
    pattern: $X.minimize(...)
"""


@dataclass(frozen=True)
class Cost:
    wall: float
    cpu: float
    megabytes: float


def commands(folder: str | None, work: Path) -> dict[str, list[str]]:
    """What is run, by name; those that are installed."""
    rules = work / "rules.yaml"
    rules.write_text(RULES, encoding="utf-8")
    warm = ["--cache-dir", str(work / "cache")]
    bnlint = [sys.executable, "-m", "bnlint", "check", "-q", "--exit-zero"]
    found = {
        "bnlint, 1 process": [*bnlint, "--no-cache", "--jobs", "1"],
        "bnlint, 2 processes": [*bnlint, "--no-cache", "--jobs", "2"],
        "bnlint, warm": [*bnlint, *warm],
    }
    peers = {
        "ruff": ["ruff", "check", "--no-cache", "--quiet", "--exit-zero"],
        "flake8 + bugbear": ["flake8", "--exit-zero"],
        "pylint -E": ["pylint", "-E", "--recursive=y"],
        "fixit": ["fixit", "--quiet", "lint"],
        "torchfix": ["torchfix"],
        "semgrep, 2 rules": [
            *("semgrep", "scan", "--metrics=off", "--disable-version-check", "--quiet"),
            f"--config={rules}",
        ],
        "ripgrep": ["rg", "-c", "batch_norm|UPDATE_OPS", "-g", "*.py", "-g", "*.ipynb"],
    }
    for name, (program, *arguments) in peers.items():
        path = shutil.which(program, path=folder) or shutil.which(program)
        if path is not None:
            found[name] = [path, *arguments]
    return found


def measured(command: Sequence[str], tree: str, bound: float) -> Cost | None:
    """The cost of one process over a tree, and of all that it starts; None beyond the bound."""
    ended = threading.Event()
    start = time.perf_counter()
    child = subprocess.Popen(
        [*command, tree],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )

    def end() -> None:
        ended.set()
        os.killpg(child.pid, signal.SIGKILL)

    timer = threading.Timer(bound, end)
    timer.start()
    _, _, usage = os.wait4(child.pid, 0)
    timer.cancel()
    if ended.is_set():
        return None
    return Cost(
        time.perf_counter() - start,
        usage.ru_utime + usage.ru_stime,
        usage.ru_maxrss / 1024,
    )


def findings(tree: str, *options: str) -> list[object]:
    """What bnlint says of a tree."""
    command = [sys.executable, "-m", "bnlint", "check", "--pedantic", "--format", "json"]
    run = subprocess.run([*command, *options, tree], capture_output=True, check=False)
    found: list[object] = json.loads(run.stdout)["findings"]
    return found


def same_findings(tree: str, work: Path) -> int:
    """How many findings a tree has, if it has them by every way; else this ends."""
    alone = findings(tree, "--no-cache", "--jobs", "1")
    kept = ["--cache-dir", str(work / "cache of findings")]
    for options in (["--no-cache", "--jobs", "2"], kept, kept):
        if findings(tree, *options) != alone:
            sys.exit(f"{tree}: other findings with {' '.join(options)}")
    return len(alone)


class Changed:
    """A copy of a tree in which one file is changed again and again."""

    def __init__(self, tree: str, file: str, work: Path) -> None:
        self.tree = str(work / "copy")
        shutil.copytree(tree, self.tree, symlinks=True)
        self._file = Path(self.tree) / file
        self._file.read_bytes()  # it must be one
        self.command = [sys.executable, "-m", "bnlint", "check", "-q", "--exit-zero"]
        self.command += ["--cache-dir", str(work / "cache of the copy")]

    def change(self) -> None:
        with self._file.open("a", encoding="utf-8") as stream:
            stream.write("\n\ndef one_more():\n    return 1\n")


def table(costs: dict[str, list[Cost]], bound: float) -> str:
    """The medians, and how they compare with ruff's; no costs are costs beyond the bound."""
    lines = [
        "| tool | wall s | cpu s | peak MB | wall : ruff |",
        "|---|---|---|---|---|",
    ]
    ruff = [cost.wall for cost in costs.get("ruff", [])]
    for name, runs in costs.items():
        if not runs:
            lines.append(f"| {name} | > {bound:.0f} | | | |")
            continue
        wall, cpu, memory = (
            statistics.median(getattr(run, part) for run in runs)
            for part in ("wall", "cpu", "megabytes")
        )
        pairs = [run.wall / other for run, other in zip(runs, ruff, strict=False)]
        ratio = f"{statistics.median(pairs):.1f}" if pairs else ""
        lines.append(f"| {name} | {wall:.2f} | {cpu:.2f} | {memory:.0f} | {ratio} |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("trees", nargs="+", metavar="TREE")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--bin", dest="folder", metavar="FOLDER", help="where peers are installed")
    parser.add_argument("--only", default="", metavar="NAME,NAME", help="tools, by their names")
    parser.add_argument("--bound", type=float, default=300, metavar="SECONDS", help="of one run")
    parser.add_argument("--changed", metavar="FILE", help="a file of the tree")
    given = parser.parse_args()
    for tree in given.trees:
        with tempfile.TemporaryDirectory() as name:
            work = Path(name)
            number = same_findings(tree, work)
            wanted = [only for only in given.only.split(",") if only]
            tools = {
                tool: command
                for tool, command in commands(given.folder, work).items()
                if not wanted or any(only in tool for only in wanted)
            }
            if "bnlint, warm" in tools:
                time.sleep(3)  # what was only just written is not trusted
                measured(tools["bnlint, warm"], tree, given.bound)  # which fills the cache
            changed = None if given.changed is None else Changed(tree, given.changed, work)
            if changed is not None:
                measured(changed.command, changed.tree, given.bound)
            costs: dict[str, list[Cost]] = {tool: [] for tool in tools}
            left = dict(tools)
            for _ in range(given.rounds):
                for tool, command in list(left.items()):
                    cost = measured(command, tree, given.bound)
                    if cost is None:
                        costs[tool].clear()
                        del left[tool]
                    else:
                        costs[tool].append(cost)
                if changed is not None:
                    changed.change()
                    cost = measured(changed.command, changed.tree, given.bound)
                    costs.setdefault(CHANGED, []).extend([cost] if cost is not None else [])
        files = sum(1 for _ in Path(tree).rglob("*.py"))
        print(f"\n{tree}: {files:,} files, {number} findings by every way\n")
        print(table(costs, given.bound))


if __name__ == "__main__":
    main()
