"""``check --fix`` and ``--diff`` on real analyses: what changes, and that nothing else does."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from bnlint.cli import main
from bnlint.fixing import with_fixes
from bnlint.run import Options, check

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
    select = [] if "--select" in options else ["--select", "BN109,BN201"]
    return main(["check", "-q", *select, "--fix", *options, "train.py"])


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
            "for train in [tf.train.AdamOptimizer().minimize(loss)]: pass\n",
            "the call is not in a plain statement of its own",
        ),
        (
            "x = x; train = tf.train.AdamOptimizer().minimize(loss) \\\n\n"
            "with tf.name_scope('a'): train = tf.train.AdamOptimizer().minimize(loss)\n",
            "the fix is unsafe (--unsafe-fixes makes it): the file makes several train ops, and "
            "the step will run the updates of all networks built before it",
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


def test_python2_text_is_fixed_as_such(script: Path) -> None:
    text = PROGRAM + "print 'done', `x`\n"
    script.write_text(text)
    assert fix() == 0
    assert script.read_text() == FIXED + "print 'done', `x`\n"


def test_python2_with_tabs_and_a_call_below(script: Path) -> None:
    head, rest = PROGRAM.split("h = ")
    text = (
        head + "def net(x, is_training):\n\tif is_training is not None:\n"
        "\t\tprint 'net'\n        return tf.layers.batch_normalization(x) # here\n"
        "h = net(x, tf.placeholder_with_default(True, []))\n" + rest.split("\n", 1)[1]
    )
    script.write_text(text)
    assert fix("--select", "BN101") == 0
    wanted = text.replace("(x) # here", "(x, training=is_training) # here").replace(
        "train = tf.train.AdamOptimizer(\n    1e-3  # kept\n)",
        "with tf.control_dependencies(tf.get_collection(tf.GraphKeys.UPDATE_OPS)):\n"
        "        train = tf.train.AdamOptimizer(\n            1e-3  # kept\n        )",
    )
    assert script.read_text() == wanted


def test_undeclared_latin1_keeps_its_bytes(script: Path) -> None:
    script.write_bytes(b"# caf\xe9\n" + PROGRAM.encode())
    assert fix() == 0
    assert script.read_bytes() == b"# caf\xe9\n" + FIXED.encode()


def test_another_name_for_the_flag_is_only_shown(
    script: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = (
        "import tensorflow as tf\ndef net(x, is_training, train_phase):\n"
        "    return tf.layers.batch_normalization(x)\n"
        "net(tf.zeros([2, 2]), True, tf.placeholder(tf.bool, []))\n"
    )
    script.write_text(text)
    assert fix("--unsafe-fixes", "--select", "BN101") == 1
    assert script.read_text() == text
    assert (
        "train.py:3: BN101 not fixed: the fix is only shown (--diff --unsafe-fixes shows it): "
        "train_phase may be the flag, too\n"
    ) in capsys.readouterr().err
    assert main(["check", "-q", "--select", "BN101", "--diff", "--unsafe-fixes", "train.py"]) == 1
    assert "+    return tf.layers.batch_normalization(x, training=is_training)\n" in (
        capsys.readouterr().out
    )


def test_a_file_without_tensorflow_gets_the_import(
    script: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    net, step = PROGRAM.split("train = ")
    statement = step.split("tf.Session().run(train)")[0]
    Path("net.py").write_text(net)
    script.write_text(
        "from net import loss\nfrom tensorflow.train import AdamOptimizer\n\ntrain = "
        + statement.replace("tf.train.", "")
    )
    assert fix() == 0, capsys.readouterr()
    assert script.read_text().startswith(
        "from net import loss\nfrom tensorflow.train import AdamOptimizer\n"
        "import tensorflow as tf\n\n"
        "with tf.control_dependencies(tf.get_collection(tf.GraphKeys.UPDATE_OPS)):\n    train"
    )


def test_the_carried_fix_turns_the_old_text_into_the_new(script: Path) -> None:
    script.write_text(PROGRAM)
    options = Options(paths=["train.py"])
    report = check(options).report
    with_fixes(report, options)
    [finding] = report.findings
    assert finding.fix is not None
    assert finding.fix.level == "safe"
    lines = PROGRAM.splitlines(True)
    for edit in reversed(finding.fix.edits):
        assert edit.location.path == "train.py"
        lines[edit.location.line - 1 : edit.location.end_line - 1] = [edit.text]
    assert "".join(lines) == FIXED
    assert script.read_text() == PROGRAM


def test_standard_input_cannot_be_fixed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--fix", "-"]) == 2
    assert "standard input cannot be fixed" in capsys.readouterr().err


def test_a_comment_that_the_fix_makes_useless_is_no_reason_against_it(
    script: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    # Who runs both train ops needs the updates in one of them: with that, nothing is left to say.
    text = PROGRAM.replace(
        "tf.Session().run(train)\n",
        "other = tf.train.AdamOptimizer().minimize(loss)  # bnlint: ignore[BN201]\n"
        "tf.Session().run([train, other])\n",
    )
    script.write_text(text)
    assert fix("--unsafe-fixes") == 0
    assert script.read_text().count("with tf.control_dependencies") == 1
    assert " not fixed" not in capsys.readouterr().err
