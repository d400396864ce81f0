"""What ``trace`` and ``confirm`` say of programs is what the statistics did in TensorFlow 1.15.

Each program of ``fixtures/proofs`` says at its top what is expected: ``trace`` and ``confirm`` have
the lines, codes and rulings of ``bnlint trace --watch-statistics`` and ``bnlint confirm``, and
``moved`` how many moving statistics were updated. No verdict may contradict the values.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from bnlint.confirm import confirm
from bnlint.graph import trace
from bnlint.reports import Confirmation, TraceReport
from bnlint.rulings import UPDATES

from . import environment, recording

pytestmark = pytest.mark.tf1
PROGRAMS = sorted((Path(__file__).parents[2] / "fixtures" / "proofs").glob("*.py"))
_EXPECTED = re.compile(r"^(trace|confirm|moved): (.*)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Run:
    """A recording in the cache, judged anew."""

    script: Path
    folder: str
    report: TraceReport
    confirmed: Confirmation


@pytest.fixture(scope="module", params=PROGRAMS, ids=lambda path: path.stem)
def run(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Run:
    script: Path = request.param
    try:
        python = str(environment.interpreter())
    except environment.Unavailable as error:
        if environment.required():
            pytest.fail(f"{environment.REQUIRED} is set, but {error}", pytrace=False)
        pytest.skip(f"TensorFlow 1.15 cannot be run: {error}")
    folder = tmp_path_factory.mktemp(script.stem)
    words = [sys.executable, "-c", recording.BNLINT, str(recording.ROOT), "trace"]
    words += ["--watch-statistics", "--out", "out", "--", python, "-W", "ignore", str(script)]
    done = subprocess.run(
        words,
        cwd=folder,
        capture_output=True,
        text=True,
        env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"},
    )
    assert done.returncode in (0, 1), done.stderr[-2000:]
    assert "Traceback" not in done.stderr, done.stderr[-2000:]
    out = str(folder / "out")
    return Run(script, out, trace.check(out), confirm(str(script), out))


def expected(script: Path, what: str) -> str:
    said = dict(_EXPECTED.findall(script.read_text("utf-8")))
    return str(said[what])


def test_trace(run: Run) -> None:
    found = sorted({(f.location.line, f.rule.code, f.confidence) for f in run.report.findings})
    said = [f"{line} {code}" + "?" * (sure == "possible") for line, code, sure in found]
    assert ", ".join(said) == expected(run.script, "trace").replace("nothing", "")


def test_confirm(run: Run) -> None:
    said = [
        f"{ruling.finding.location.line} {ruling.finding.rule.code} {ruling.status}"
        for ruling in run.confirmed.rulings
    ]
    assert ", ".join(said) == expected(run.script, "confirm").replace("nothing", "")


def test_moved(run: Run) -> None:
    said = [f"{moved} of {total}" for moved, total in run.report.moved.values()]
    assert ", ".join(said) == expected(run.script, "moved")


def test_no_verdict_contradicts_the_values(run: Run) -> None:
    [process] = trace.load(run.folder)
    changed = {name for seen in process.watched.values() for name, moved in seen.items() if moved}
    for moved, total in run.report.moved.values():
        assert moved <= len(changed) or total == 0
    for ruling in run.confirmed.rulings:
        if ruling.finding.rule.code not in UPDATES or ruling.status == "undecided":
            continue
        about = {
            name
            for report in run.report.graphs
            for layer in report.layers
            if layer.name in ruling.about
            for name in (row.variable for row in layer.updates)
        }
        if ruling.status == "refuted":
            assert about <= changed
    wrong = any(finding.confidence == "definite" for finding in run.report.findings)
    assert run.report.exit_code == int(wrong)
