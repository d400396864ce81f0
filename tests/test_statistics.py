"""``check --statistics``: how many findings of each rule."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from bnlint.cli import main
from bnlint.finding import Confidence, Finding, Location, Rule
from bnlint.outcome import Problem, Report
from bnlint.output import statistics

SCRIPT = """\
import tensorflow as tf
x = tf.placeholder(tf.float32, [None, 4])
y = tf.layers.batch_normalization(tf.layers.dense(x, 1), training=True)
loss = tf.reduce_mean(tf.square(y))
first = tf.train.AdamOptimizer(1e-3).minimize(loss)
second = tf.train.MomentumOptimizer(0.1, 0.9).minimize(loss)
"""


def test_of_a_run(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("train.py").write_text(SCRIPT, encoding="utf-8")
    Path("bad.py").write_text("tf.layers.batch_normalization(\n", encoding="utf-8")
    rows = (
        "2  BN201 [*] train-op-without-update-ops\n"
        "1  BN900 [ ] unreadable-file\n"
        "[*] has a fix: --diff shows what --fix would do\n"
    )
    assert main(["check", "--statistics", "-q"]) == 1
    assert capsys.readouterr() == (rows, "")
    assert main(["check", "--statistics"]) == 1
    assert capsys.readouterr() == (f"{rows}2 findings, 1 unreadable file; 1 file checked.\n", "")
    assert main(["check", "--statistics", "--select", "BN1", "train.py"]) == 0
    assert capsys.readouterr() == ("No findings; 1 file checked.\n", "")
    assert main(["check", "--statistics", "--format", "json"]) == 2
    assert capsys.readouterr().err.endswith("Error: --statistics goes with --format text\n")


def finding(code: str, name: str, confidence: Confidence) -> Finding:
    return Finding(
        Rule(code, name, "warning"), Location("a.py", 1, 1, 1, 2), "said", confidence=confidence
    )


def test_possible_ones_are_told_apart_and_numbers_stand_below_each_other() -> None:
    often = [finding("BN102", "hard-coded-training-flag", "definite")] * 9
    often += [finding("BN102", "hard-coded-training-flag", "possible")] * 3
    seldom = [finding("BN301", "batch-statistics-only", "possible")]
    report = Report(findings=seldom + often, problems=[Problem("b.py", 1, "no")] * 2)
    stream = io.StringIO()
    statistics.write(report, stream)
    assert stream.getvalue() == (
        "12  BN102 [ ] hard-coded-training-flag (3 only possible)\n"
        " 2  BN900 [ ] unreadable-file\n"
        " 1  BN301 [ ] batch-statistics-only (1 only possible)\n"
    )
