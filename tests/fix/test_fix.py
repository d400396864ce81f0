"""``check --fix`` and ``--diff`` on real analyses: what changes, and that nothing else does."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from bnlint.cli import main

PROGRAM = """\
import tensorflow as tf
x = tf.placeholder(tf.float32, [None, 4])
h = tf.layers.batch_normalization(x, training=True)
loss = tf.reduce_mean(h)
train = tf.train.AdamOptimizer(
    1e-3  # kept
).minimize(loss)
tf.Session().run(train)
"""
FIXED = PROGRAM.replace(
    "train = tf.train.AdamOptimizer(\n    1e-3  # kept\n)",
    "with tf.control_dependencies(tf.get_collection(tf.GraphKeys.UPDATE_OPS)):\n"
    "    train = tf.train.AdamOptimizer(\n        1e-3  # kept\n    )",
)


@pytest.fixture
def script(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path / "train.py"


def fix(*options: str) -> int:
    return main(["check", "-q", "--select", "BN109,BN201", "--fix", *options, "train.py"])


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_only_the_statement_changes_and_only_once(script: Path, newline: str, mark: str) -> None:
    script.write_bytes((mark + PROGRAM).replace("\n", newline).encode())
    script.chmod(0o750)
    wanted = (mark + FIXED).replace("\n", newline).encode()
    for _ in range(2):
        assert fix() == 0
        assert script.read_bytes() == wanted
    assert script.stat().st_mode & 0o777 == 0o750
    assert os.listdir() == ["train.py"]


def test_latin1_tabs_and_compat_v1(script: Path) -> None:
    text = (
        "# coding: latin-1\n# \u00e9\nimport tensorflow.compat.v1 as tf1\ndef main():\n"
        "\tx = tf1.placeholder(tf1.float32, [None, 4])\n"
        "\th = tf1.layers.batch_normalization(x, training=True)\n"
        "\top = tf1.train.AdamOptimizer(1e-3).minimize(tf1.reduce_mean(h))\n"
        "\ttf1.Session().run(op)\nmain()\n"
    )
    script.write_bytes(text.encode("latin-1"))
    assert fix() == 0
    block = (
        "\twith tf1.control_dependencies(tf1.get_collection(tf1.GraphKeys.UPDATE_OPS)):\n\t\top ="
    )
    assert script.read_bytes() == text.replace("\top =", block).encode("latin-1")


def test_a_diff_writes_nothing(script: Path, capsys: pytest.CaptureFixture[str]) -> None:
    script.write_text(PROGRAM)
    assert main(["check", "-q", "--diff", "train.py"]) == 1
    out = capsys.readouterr().out
    assert "+with tf.control_dependencies(tf.get_collection(tf.GraphKeys.UPDATE_OPS)):\n" in out
    assert script.read_text() == PROGRAM


def test_with_several_train_ops_the_fix_is_unsafe(
    script: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    extra = "other = tf.train.AdamOptimizer().minimize(tf.get_variable('v', []))\n"
    text = PROGRAM.replace("tf.Session", extra + "tf.Session")
    script.write_text(text)
    assert fix() == 1
    assert script.read_text() == text
    assert (
        "train.py:5: BN201 not fixed: the fix is unsafe (--unsafe-fixes makes it): the file makes "
        "several train ops, and the step will run the updates of all networks built before it\n"
    ) in capsys.readouterr().err
    assert fix("--unsafe-fixes") == 0


@pytest.mark.parametrize(
    ("statement", "reason"),
    [
        (
            "if x is not None: train = tf.train.AdamOptimizer().minimize(loss)\n",
            "the call is not in a plain statement of its own",
        ),
        (
            "train = tf.train.AdamOptimizer().minimize(loss, name='''a''')\n",
            "the statement's lines cannot be moved to the right",
        ),
    ],
)
def test_what_is_not_fixed_says_why(
    script: Path, capsys: pytest.CaptureFixture[str], statement: str, reason: str
) -> None:
    head, rest = PROGRAM.split("train = ")
    text = head + statement + rest.split("(loss)\n")[1]
    script.write_text(text)
    assert fix() == 1
    assert script.read_text() == text
    assert f"BN201 not fixed: {reason}\n" in capsys.readouterr().err


def test_a_flag_by_position_gets_its_name(script: Path) -> None:
    text = (
        "import tensorflow as tf\nx = tf.placeholder(tf.float32, [None, 4])\n"
        "h = tf.layers.batch_normalization(x, True)  # mine\n"
    )
    script.write_text(text)
    assert fix() == 0
    assert script.read_text() == text.replace("True", "training=True")


def test_python2_is_left_alone(script: Path, capsys: pytest.CaptureFixture[str]) -> None:
    script.write_text(PROGRAM + "print 'done'\n")
    assert fix() == 1
    assert "BN201 not fixed: only Python 3 text is fixed\n" in capsys.readouterr().err


def test_standard_input_cannot_be_fixed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--fix", "-"]) == 2
    assert "standard input cannot be fixed" in capsys.readouterr().err
