"""bnlint on the folders of the corpus, as a user would run it: in a process for each."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
WORKERS = 2
TIMEOUT = 600
SLOW = 10

_CODES = {"BN101": "R1", "BN102": "R3"}
# Not `-m bnlint`: that would put the checked folder, with its json.py or random.py, first.
# CPU seconds, which do not depend on what else the machine does, and the peak of memory in MiB
# (of Linux, which counts in KiB) are the last line of stderr.
_COMMAND = """\
import atexit, resource, sys, time

def last():
    kilobytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(time.process_time(), kilobytes / 1024, file=sys.stderr)

atexit.register(last)
sys.path[0] = sys.argv.pop(1)
import bnlint.__main__
"""


@dataclass(frozen=True, slots=True)
class Found:
    """A finding on the lines of the file as it is stored, which for a notebook is JSON."""

    path: str
    first: int
    last: int
    code: str

    @property
    def rule(self) -> str | None:
        """The rule of the labels that the finding speaks of."""
        return "R2" if self.code.startswith("BN2") else _CODES.get(self.code)


@dataclass(slots=True)
class Result:
    """What came of one folder. ``failure`` is a crash or a time-out; the seconds are CPU time, the
    memory is the peak in MiB.
    """

    folder: str
    seconds: float
    memory: float = 0
    found: list[Found] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)
    checked: int = 0
    failure: str = ""


def analyse(root: Path, folders: Sequence[str]) -> dict[str, Result]:
    with ThreadPoolExecutor(WORKERS) as pool:
        results = pool.map(lambda folder: _one(root, folder), folders)
        return {result.folder: result for result in results}


def _one(root: Path, folder: str) -> Result:
    command = [sys.executable, "-c", _COMMAND, str(ROOT), "check", ".", "--format", "json"]
    try:
        done = subprocess.run(
            command, cwd=root / folder, capture_output=True, timeout=TIMEOUT, env=_environment()
        )
    except subprocess.TimeoutExpired:
        return Result(folder, TIMEOUT, failure=f"not done after {TIMEOUT} s")
    said = done.stderr.decode(errors="replace").splitlines()
    result = Result(folder, seconds=0)
    try:
        result.seconds, result.memory = map(float, said.pop().split())
        _read(json.loads(done.stdout), result)
    except (IndexError, ValueError):
        result.failure = "it ended before its time"
    if done.returncode not in (0, 1):
        result.failure = said[0] if said else f"exit code {done.returncode}"
    return result


def _environment() -> dict[str, str]:
    return os.environ | {"PYTHONDONTWRITEBYTECODE": "1"}


def _read(report: dict[str, object], result: Result) -> None:
    findings, errors, checked = report["findings"], report["errors"], report["checked"]
    assert isinstance(findings, list)
    assert isinstance(errors, list)
    assert isinstance(checked, int)
    result.checked = checked
    for finding in findings:
        first = finding.get("raw_line") or finding["line"]
        last = first + finding["end_line"] - finding["line"]
        result.found.append(Found(finding["path"], first, last, finding["code"]))
    for error in errors:
        result.unreadable.append(f"{error['path']}:{error['line']}: {error['message']}")
