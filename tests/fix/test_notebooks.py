"""Fixes in notebooks: the cell changes, and everything else keeps every byte."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bnlint.cli import main

BUILD = [
    "import tensorflow as tf\n",
    "%matplotlib inline\n",
    "x = tf.placeholder(tf.float32, [None, 4])\n",
    "h = tf.layers.batch_normalization(x, training=True)  # \u00e9 \U0001f600\n",
    "loss = tf.reduce_mean(h)",
]
STEP = [
    "s = 'a\\\\n\\tb'\n",
    "train = tf.train.AdamOptimizer(\n",
    "    1e-3).minimize(loss)\n",
    "s",
]
FIXED = [
    STEP[0],
    "with tf.control_dependencies(tf.get_collection(tf.GraphKeys.UPDATE_OPS)):\n",
    "    train = tf.train.AdamOptimizer(\n",
    "        1e-3).minimize(loss)\n",
    "s",
]


def notebook(step: list[str], one: bool, indent: int | None, ascii_only: bool) -> str:
    def cell(lines: list[str]) -> dict[str, object]:
        return {
            "cell_type": "code",
            "execution_count": 1,
            "metadata": {"b": 1, "a": [1.50, 1e400]},
            "outputs": [{"output_type": "stream", "text": ["kept /\u00e9\n"]}],
            "source": "".join(lines) if one else lines,
        }

    document = {
        "cells": [{"cell_type": "markdown", "source": ["# T"]}, cell(BUILD), cell(step)],
        "metadata": {},
        "nbformat": 4,
        "nbformat_minor": 2,
    }
    return json.dumps(document, indent=indent, ensure_ascii=ascii_only) + "\n"


@pytest.mark.parametrize("one", [False, True])
@pytest.mark.parametrize("indent", [None, 1, 2])
@pytest.mark.parametrize("ascii_only", [False, True])
def test_only_the_cell_changes(
    one: bool, indent: int | None, ascii_only: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    file = Path("a.ipynb")
    file.write_text(notebook(STEP, one, indent, ascii_only), encoding="utf-8")
    for _ in range(2):
        assert main(["check", "-q", "--fix", "a.ipynb"]) == 0
        assert file.read_text(encoding="utf-8") == notebook(FIXED, one, indent, ascii_only)


def test_a_moved_read_is_taken_out_of_the_list(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    read = "update_ops = tf.get_collection(tf.GraphKeys.UPDATE_OPS)\n"
    lines = [
        "import tensorflow as tf\n",
        read,
        "h = tf.layers.batch_normalization(tf.placeholder(tf.float32, [None, 4]), training=True)\n",
        "with tf.control_dependencies(update_ops):\n",
        "    train = tf.train.AdamOptimizer().minimize(tf.reduce_mean(h))",
    ]
    file = Path("a.ipynb")
    file.write_text(json.dumps({"cells": [{"cell_type": "code", "source": lines}]}, indent=1))
    assert main(["check", "-q", "--fix", "a.ipynb"]) == 0
    moved = [lines[0], lines[2], read, *lines[3:]]
    assert file.read_text() == json.dumps(
        {"cells": [{"cell_type": "code", "source": moved}]}, indent=1
    )


def test_a_line_with_a_command_is_not_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    text = notebook(["%time train = tf.train.AdamOptimizer().minimize(loss)"], False, 1, False)
    Path("a.ipynb").write_text(text)
    assert main(["check", "-q", "--fix", "a.ipynb"]) == 1
    assert Path("a.ipynb").read_text() == text
    assert "BN201 not fixed: a line with a command of the notebook" in capsys.readouterr().err
