"""Living with old findings: what a baseline hides, keeps, and refuses."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hostile import make_no_file

from bnlint.cli import main

pytestmark = pytest.mark.usefixtures("project")

SOURCE = """\
import tensorflow as tf
x = tf.placeholder(tf.float32, [None, 4])
y = tf.layers.batch_normalization(tf.layers.dense(x, 1), training=True)
train_op = tf.train.AdamOptimizer(1e-3).minimize(tf.reduce_mean(tf.square(y)))
with tf.Session() as sess:
    sess.run(train_op)
"""
ANOTHER = "loss = tf.reduce_sum(y)\nother = tf.train.MomentumOptimizer(0.1, 0.9).minimize(loss)\n"
STEP = "with tf.Session()"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write("train.py", SOURCE)
    assert main(["check", "--write-baseline", "known.json"]) == 0


def write(name: str, text: str) -> None:
    Path(name).parent.mkdir(exist_ok=True)
    Path(name).write_text(text, encoding="utf-8")


def check(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, list[int], str]:
    """The exit code, the lines of new findings, and the summary."""
    capsys.readouterr()
    code = main(["check", "--baseline", "known.json", *arguments])
    concise = capsys.readouterr().out
    main(["check", "--baseline", "known.json", "--format", "json", *arguments])
    findings = json.loads(capsys.readouterr().out)["findings"]
    return code, [finding["line"] for finding in findings], concise.splitlines()[-1]


def test_what_is_known_is_counted(capsys: pytest.CaptureFixture[str]) -> None:
    summary = "0 new findings, 1 in the baseline; 1 file checked."
    assert check(capsys) == (0, [], summary)


@pytest.mark.parametrize(
    "text",
    [
        "# a comment\n\n" + SOURCE,
        SOURCE.replace("minimize(", "minimize(\n    ").replace(")))\n", "))\n)\n"),
        SOURCE.replace("training=True)", "training=True,)  # as ever"),
        SOURCE.replace(
            "train_op =", "y = tf.layers.batch_normalization(y + 1, training=True)\ntrain_op =", 1
        ),
        SOURCE.replace(
            "\ny =", "\nx = tf.layers.batch_normalization(x, training=True)\ny ="
        ).replace("dense(x, 1)", "dense(tf.layers.dense(x, 3), 1)"),
    ],
    ids=["moved", "reformatted", "a layer reformatted", "a layer added", "a layer before it"],
)
def test_code_that_moves_stays_known(capsys: pytest.CaptureFixture[str], text: str) -> None:
    write("train.py", text)
    assert check(capsys)[:2] == (0, [])


def test_what_is_new_is_told_apart(capsys: pytest.CaptureFixture[str]) -> None:
    write(
        "train.py",
        SOURCE.replace(STEP, ANOTHER + STEP).replace("(train_op)", "([train_op, other])"),
    )
    code, lines, summary = check(capsys)
    assert (code, lines) == (1, [6])
    assert summary == "1 new finding, 1 in the baseline; 1 file checked."
    write("copy.py", SOURCE)  # the same code in another file is another finding
    assert check(capsys, "copy.py")[:2] == (1, [4])


def test_pruning(capsys: pytest.CaptureFixture[str]) -> None:
    write("train.py", "print('gone')\n")
    gone = "1 entry is no longer found: --prune-baseline takes it out."
    assert check(capsys) == (0, [], gone)
    assert check(capsys, "--ignore", "BN2")[2] != gone  # nobody looked for it
    write("sub/a.py", "pass\n")
    assert check(capsys, "sub")[2] != gone
    assert main(["check", "--baseline", "known.json", "--prune-baseline"]) == 0
    assert json.loads(Path("known.json").read_text()) == {"bnlint-baseline": 1, "findings": []}
    write("train.py", SOURCE)
    assert check(capsys)[:2] == (1, [4])


def test_it_holds_from_another_directory(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    write("sub/a.py", "pass\n")
    monkeypatch.chdir("sub")
    assert main(["check", "--baseline", "../known.json", ".."]) == 0


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (None, "no such file"),
        ("{", "not a baseline: write it again with --write-baseline"),
        ("[]", "not a baseline: write it again with --write-baseline"),
        ('{"bnlint-baseline": 2}', "a baseline of version 2, not 1"),
        ('{"bnlint-baseline": 1}', "findings must be a list"),
        ('{"bnlint-baseline": 1, "findings": [3]}', "finding 1: must be an object"),
        (
            '{"bnlint-baseline": 1, "findings": [{"path": "a", "code": "BN201"}]}',
            "finding 1: path, code and fingerprint must be strings",
        ),
    ],
)
def test_a_baseline_that_is_none(
    capsys: pytest.CaptureFixture[str], text: str | None, said: str
) -> None:
    capsys.readouterr()
    if text is not None:
        write("bad.json", text)
    assert main(["check", "--baseline", "bad.json"]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    (line,) = err.splitlines()
    assert line.startswith("bnlint: error: bad.json: ")
    assert said in line.lower() or said in line


def test_a_place_that_cannot_be_written(capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    assert main(["check", "--write-baseline", "nowhere/known.json"]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line == "bnlint: error: nowhere/known.json: No such file or directory"


def test_a_place_that_is_no_file(capsys: pytest.CaptureFixture[str]) -> None:
    make_no_file(Path("pipe"), "pipe")
    before = Path("pipe").stat()
    assert main(["check", "--write-baseline", "pipe"]) == 2
    assert capsys.readouterr().err == "bnlint: error: pipe: Not a regular file\n"
    assert Path("pipe").stat() == before


def test_wrong_usage() -> None:
    assert main(["check", "--prune-baseline"]) == 2
    assert main(["check", "--write-baseline", "a", "--baseline", "known.json"]) == 2


def test_what_cannot_be_read_is_never_known(capsys: pytest.CaptureFixture[str]) -> None:
    write("bad.py", "batch_norm(")
    assert main(["check", "--write-baseline", "new.json"]) == 1
    assert "not in the baseline: bad.py:1:" in capsys.readouterr().err
    assert check(capsys)[0] == 1


def test_the_configuration_names_one(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    write("pyproject.toml", '[tool.bnlint]\nbaseline = "known.json"\n')
    assert main(["check"]) == 0
    assert capsys.readouterr().out == "0 new findings, 1 in the baseline; 1 file checked.\n"
    assert main(["check", "--isolated"]) == 1
    # What is written anew has all, and the command line replaces what is configured.
    assert main(["check", "--write-baseline", "other.json"]) == 0
    assert Path("other.json").read_bytes() == Path("known.json").read_bytes()
    write("empty.json", '{"bnlint-baseline": 1, "findings": []}')
    assert main(["check", "--baseline", "empty.json"]) == 1
    write("train.py", "")
    capsys.readouterr()
    assert main(["check", "--prune-baseline"]) == 0
    assert capsys.readouterr().err == "bnlint: 1 taken out of known.json\n"
    Path("sub").mkdir()
    monkeypatch.chdir("sub")
    Path("../known.json").unlink()
    assert main(["check", "../train.py"]) == 2
    said = "bnlint: error: ../known.json: no such file or directory\n"
    assert capsys.readouterr().err == said


@pytest.mark.parametrize("value", ["1", "''", "['known.json']"])
def test_a_name_that_is_none(capsys: pytest.CaptureFixture[str], value: str) -> None:
    write("pyproject.toml", f"[tool.bnlint]\nbaseline = {value}\n")
    assert main(["check"]) == 2
    said = "pyproject.toml: tool.bnlint.baseline: must be the name of a file\n"
    assert capsys.readouterr().err.endswith(said)


def test_a_diff_repairs_what_is_known_and_fails_for_what_is_new_only(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["check", "--baseline", "known.json", "--diff"]) == 0
    assert "+with tf.control_dependencies(" in capsys.readouterr().out
    write("new.py", "import tensorflow as tf\ny = tf.layers.batch_normalization(x)\n")
    assert main(["check", "--baseline", "known.json", "--diff"]) == 1
    before = Path("known.json").read_text("utf-8")
    write("train.py", "x = 1\n")
    Path("new.py").unlink()
    assert main(["check", "--baseline", "known.json", "--prune-baseline", "--diff"]) == 0
    assert Path("known.json").read_text("utf-8") == before
