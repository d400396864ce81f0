"""Comments that silence, in scripts, notebooks and Python 2, by the real analysis."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bnlint.cli import main

SOURCE = """\
import tensorflow as tf
x = tf.placeholder(tf.float32, [None, 4])
y = tf.layers.batch_normalization(tf.layers.dense(x, 1), training=True)
# MARK
train_op = tf.train.AdamOptimizer(1e-3).minimize(tf.reduce_mean(tf.square(y)))
with tf.Session() as sess:
    sess.run(train_op)
"""
# Silenced or not, with the comment in the line above the train op.
COMMENTS = [
    ("ignore-next-line[BN201] measured", True),
    ("ignore-file[BN201] old", True),
    ("disable[BN201] for now", True),
    ("ignore[BN201] of another line", False),
    ("enable[BN201]", False),
]


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def script(comment: str, *, python2: bool = False) -> str:
    text = SOURCE.replace("MARK", f"bnlint: {comment}")
    return text + "print 'done'\n" if python2 else text


def notebook(comment: str) -> str:
    first, mark, second = script(comment).partition("# bnlint")
    cells = [
        {"cell_type": "code", "metadata": {}, "outputs": [], "source": source}
        for source in (first, mark + second)
    ]
    return json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5})


@pytest.mark.parametrize(("comment", "silenced"), COMMENTS)
@pytest.mark.parametrize("kind", ["script", "python 2", "notebook"])
def test_comments(
    kind: str, comment: str, silenced: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    name = "train.ipynb" if kind == "notebook" else "train.py"
    text = notebook(comment) if kind == "notebook" else script(comment, python2=kind == "python 2")
    Path(name).write_text(text, encoding="utf-8")
    assert main(["check"]) == (0 if silenced else 1)
    assert main(["check", "--no-ignores"]) == 1
    assert "BN201" in capsys.readouterr().out


def test_a_reason_can_be_required() -> None:
    Path("train.py").write_text(script("ignore-next-line[BN201]"), encoding="utf-8")
    assert main(["check"]) == 0
    assert main(["check", "--require-reason"]) == 1
    Path("train.py").write_text(script("ignore-next-line[BN201] why"), encoding="utf-8")
    assert main(["check", "--require-reason"]) == 0
