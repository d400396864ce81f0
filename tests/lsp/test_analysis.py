"""What an editor is told follows the configuration of the file's folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from bnlint.cli import main
from bnlint.lsp.analysis import Analysis

STEP = "train = tf.train.AdamOptimizer(1e-3).minimize(loss)\n"
PROGRAM = (
    "import tensorflow as tf\n"
    "x = tf.placeholder(tf.float32, [None, 4])\n"
    "loss = tf.reduce_mean(tf.layers.batch_normalization(x, training=True))\n" + STEP
)


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("train.py").write_text(PROGRAM, encoding="utf-8")


def told(text: str) -> tuple[list[tuple[str, int]], str | None]:
    analysis = Analysis({str(Path("train.py").absolute()): text})
    return [(f.rule.code, f.location.line) for f in analysis.findings], analysis.complaint


def configure(line: str) -> None:
    Path("pyproject.toml").write_text(f"[tool.bnlint]\n{line}\n", encoding="utf-8")


def test_a_baseline_hides_what_is_known_also_in_unsaved_text() -> None:
    assert told(PROGRAM) == ([("BN201", 4)], None)
    assert main(["check", "--write-baseline", "known.json"]) == 0
    configure('baseline = "known.json"')
    assert told("# more\n" + PROGRAM) == ([], None)
    another = "other = tf.train.MomentumOptimizer(0.1, 0.9).minimize(loss)\n"
    assert told(PROGRAM + another) == ([("BN201", 5)], None)
    Path("known.json").write_text("{}", encoding="utf-8")
    findings, complaint = told(PROGRAM)
    assert findings == [("BN201", 4)]
    assert complaint == "known.json: not a baseline: write it again with --write-baseline"


def test_rules_are_ignored_per_file() -> None:
    configure('per-file-ignores."train.py" = ["train-op-without-update-ops"]')
    assert told(PROGRAM) == ([], None)
