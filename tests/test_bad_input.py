"""What cannot be read or parsed is said, and never hides the other files."""

from __future__ import annotations

import io
import json
import os
import stat
import sys
from pathlib import Path
from typing import Any

import pytest

from bnlint.cli import main

pytestmark = pytest.mark.usefixtures("fake_analysis")

NORM = "import tensorflow as tf\ny = tf.layers.batch_normalization(x)\n"


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    directory = tmp_path / "project"
    directory.mkdir()
    monkeypatch.chdir(directory)
    (directory / "good.py").write_text(NORM + "'BN201'\n", encoding="utf-8")
    return directory


def checked(capsys: pytest.CaptureFixture[str], *paths: str) -> tuple[int, dict[str, Any]]:
    code = main(["check", "-q", "--format", "json", *paths])
    out, err = capsys.readouterr()
    assert err == ""
    return code, json.loads(out)


def problems(capsys: pytest.CaptureFixture[str], *paths: str) -> list[tuple[str, int]]:
    """Where the unreadable files are; the good file's finding is always there as well."""
    code, document = checked(capsys, "good.py", *paths)
    assert code == 1
    assert [(f["path"], f["code"]) for f in document["findings"]] == [("good.py", "BN201")]
    assert document["checked"] == 1
    assert all(error["message"] for error in document["errors"])
    return [(error["path"], error["line"]) for error in document["errors"]]


def test_a_missing_path(capsys: pytest.CaptureFixture[str]) -> None:
    said = "bnlint: error: missing.py, gone: no such file or directory\n"
    assert main(["check", "--format", "concise", "missing.py", "good.py", "gone"]) == 2
    out, err = capsys.readouterr()
    assert out == "good.py:3:2: BN201 a train-op-without-update-ops\n"
    assert err == said
    assert main(["check", "missing.py", "gone"]) == 2
    assert capsys.readouterr() == ("", said)


def test_a_missing_path_and_a_baseline(capsys: pytest.CaptureFixture[str]) -> None:
    """What was meant is not known, so nothing is written."""
    assert main(["check", "--write-baseline", "known.json", "good.py", "missing.py"]) == 2
    assert not Path("known.json").exists()


def test_a_syntax_error(capsys: pytest.CaptureFixture[str]) -> None:
    Path("bad.py").write_text(NORM + "def f(:\n", encoding="utf-8")
    assert problems(capsys, "bad.py") == [("bad.py", 3)]
    assert problems(capsys, ".") == [("bad.py", 3)]


def test_a_syntax_error_as_text(capsys: pytest.CaptureFixture[str]) -> None:
    Path("good.py").unlink()
    Path("bad.py").write_text(NORM + "def f(:\n", encoding="utf-8")
    assert main(["check"]) == 1
    out, err = capsys.readouterr()
    heading, message, empty, summary = out.splitlines()
    assert heading == "bad.py:3: error: BN900 unreadable-file"
    assert message.startswith("  ")
    assert empty == ""
    assert summary == "No findings, 1 unreadable file; 0 files checked."
    assert err == ""


def test_a_file_that_may_not_be_read(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = Path("secret.py")
    secret.write_text(NORM, encoding="utf-8")
    secret.chmod(0)
    if os.access(secret, os.R_OK):
        # An administrator may read everything: refuse in the reader's stead.
        from bnlint.source import read
        from bnlint.source.errors import SourceError

        allowed = read.read_bytes

        def refuse(path: str) -> bytes:
            if os.path.basename(path) == secret.name:
                raise SourceError(path, 1, "Permission denied")
            return allowed(path)

        monkeypatch.setattr(read, "read_bytes", refuse)
    assert problems(capsys, "secret.py") == [("secret.py", 1)]
    secret.chmod(stat.S_IRUSR | stat.S_IWUSR)


def test_a_binary_file(capsys: pytest.CaptureFixture[str]) -> None:
    Path("binary.py").write_bytes(NORM.encode() + b"\x00\xff\xfe\x00")
    ((path, _line),) = problems(capsys, "binary.py")
    assert path == "binary.py"


def test_an_unknown_encoding(capsys: pytest.CaptureFixture[str]) -> None:
    Path("coded.py").write_bytes(b"# -*- coding: klingon -*-\n" + NORM.encode())
    assert problems(capsys, "coded.py") == [("coded.py", 1)]


def test_too_deep(capsys: pytest.CaptureFixture[str]) -> None:
    Path("deep.py").write_text(NORM + "x = " + "(" * 5000 + ")" * 5000 + "\n", encoding="utf-8")
    ((path, _line),) = problems(capsys, "deep.py")
    assert path == "deep.py"


def test_an_empty_file(capsys: pytest.CaptureFixture[str]) -> None:
    Path("empty.py").write_bytes(b"")
    code, document = checked(capsys, "empty.py")
    assert (code, document) == (
        0,
        {
            "version": 1,
            "checked": 0,
            "skipped": 1,
            "findings": [],
            "errors": [],
            "incomplete": [],
        },
    )


def test_a_file_without_batch_norm_is_not_parsed(capsys: pytest.CaptureFixture[str]) -> None:
    Path("python2.py").write_text("print 'hello'\n", encoding="utf-8")
    code, document = checked(capsys, "python2.py")
    assert (code, document["skipped"], document["errors"]) == (0, 1, [])


def test_a_directory_without_python(capsys: pytest.CaptureFixture[str]) -> None:
    Path("data").mkdir()
    Path("data/notes.txt").write_text(NORM, encoding="utf-8")
    assert main(["check", "data"]) == 0
    assert capsys.readouterr().err == "bnlint: note: no Python files to check in data\n"


def test_a_directory_named_like_a_file(capsys: pytest.CaptureFixture[str]) -> None:
    Path("package.py").mkdir()
    code, document = checked(capsys, "package.py")
    assert (code, document["errors"]) == (0, [])


def test_links_in_circles(capsys: pytest.CaptureFixture[str]) -> None:
    Path("loop").symlink_to(".", target_is_directory=True)
    Path("broken.py").symlink_to("nowhere.py")
    code, document = checked(capsys, ".")
    assert code == 1
    assert [finding["path"] for finding in document["findings"]] == ["good.py"]


@pytest.mark.parametrize("text", ["", NORM + "def f(:\n", "\x00"])
def test_standard_input(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
    code, document = checked(capsys, "-")
    assert [(error["path"], error["line"]) for error in document["errors"]] == (
        [("<stdin>", 3)] if text.startswith(NORM) else []
    )
    assert code == len(document["errors"])


def test_unreadable_files_can_be_ignored(capsys: pytest.CaptureFixture[str]) -> None:
    Path("bad.py").write_text("batch_norm(", encoding="utf-8")
    code, document = checked(capsys, "bad.py", "--ignore", "BN900")
    assert (code, document["errors"]) == (0, [])
    code, document = checked(capsys, "bad.py", "--select", "BN2")
    assert (code, len(document["errors"])) == (1, 1)
