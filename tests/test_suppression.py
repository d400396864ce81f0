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


def findings(capsys: pytest.CaptureFixture[str], *arguments: str) -> list[tuple[str, int]]:
    capsys.readouterr()
    main(["check", "--format", "json", *arguments])
    document = json.loads(capsys.readouterr().out)
    return [(finding["code"], finding["line"]) for finding in document["findings"]]


@pytest.mark.parametrize("kind", ["script", "python 2", "notebook"])
@pytest.mark.parametrize(
    ("comment", "told"),
    [
        ("ignore-next-line[BN201] why", []),
        ("ignore-next-line why", []),
        ("ignore-next-line[BN201, BN102] why", ["BN901"]),
        ("ignore-next-line[BN209] only a graph tells", ["BN201"]),
        ("ignore[BN201] of another line", ["BN901", "BN201"]),
        ("ignore of another line", ["BN901", "BN201"]),
        ("ignore[BN201, BN901] kept on purpose", ["BN201"]),
        ("ignore-next-line[BN201, BN211] why", ["BN902"]),
        ("ignore-file[BN1] nothing such", ["BN901", "BN201"]),
        ("disable[BN102] nothing such", ["BN901", "BN201"]),
    ],
)
def test_comments_without_a_use(
    kind: str, comment: str, told: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    name = "train.ipynb" if kind == "notebook" else "train.py"
    text = notebook(comment) if kind == "notebook" else script(comment, python2=kind == "python 2")
    Path(name).write_text(text, encoding="utf-8")
    lines = {"BN201": 2, "BN901": 1, "BN902": 1} if kind == "notebook" else {"BN201": 5}
    assert findings(capsys) == [(code, lines.get(code, 4)) for code in told]
    assert [code for code, _ in findings(capsys, "--no-ignores")] == ["BN201"]
    assert [code for code, _ in findings(capsys, "--ignore", "BN901,BN902")] == [
        code for code in told if code == "BN201"
    ]


def test_what_was_not_looked_for_may_be_of_use(capsys: pytest.CaptureFixture[str]) -> None:
    Path("train.py").write_text(script("ignore[BN1] for now"), encoding="utf-8")
    assert findings(capsys) == [("BN901", 4), ("BN201", 5)]
    assert findings(capsys, "--select", "BN2,BN9") == [("BN201", 5)]
    Path("broken.py").write_text("batch_norm(", encoding="utf-8")
    assert findings(capsys) == [("BN201", 5)]


def test_a_comment_in_a_module_has_its_use_in_a_program(capsys: pytest.CaptureFixture[str]) -> None:
    lines = script("ignore-next-line[BN201] why").splitlines()
    Path("net.py").write_text(
        "import tensorflow as tf\ndef step(loss):\n    # bnlint: ignore-next-line[BN201] why\n"
        "    return tf.train.AdamOptimizer(1e-3).minimize(loss)\n"
    )
    Path("train.py").write_text(
        "\n".join(["from net import step", *lines[:3], "train_op = step(y)", *lines[5:]]) + "\n"
    )
    assert findings(capsys, "net.py") == []
    assert findings(capsys, "train.py") == []
    assert findings(capsys) == []


def test_an_entry_per_file_is_about_the_place_of_a_finding_and_not_about_its_story(
    capsys: pytest.CaptureFixture[str],
) -> None:
    Path("net.py").write_text(
        "import tensorflow as tf\ndef net(x):\n"
        "    return tf.layers.batch_normalization(x, training=True)\n"
    )
    lines = script("ignore-next-line").splitlines()
    lines = ["from net import net", *lines[:2], "y = net(x)", lines[4], *lines[5:]]
    Path("train.py").write_text("\n".join(lines) + "\n")
    for name, left in (("net.py", [("BN901", 2), ("BN201", 5)]), ("train.py", [])):
        Path("pyproject.toml").write_text(
            f'[tool.bnlint.per-file-ignores]\n"{name}" = ["BN201"]\n', encoding="utf-8"
        )
        assert findings(capsys) == left
