"""The surroundings of a run: streams that are closed or full, paths that cannot be, and folders
that are gone. None of them is a bug of bnlint, and none hides what was found.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from bnlint.cli import main

pytestmark = pytest.mark.skipif(os.name != "posix", reason="the streams and paths of Unix")

BUG = """\
import tensorflow as tf

x = tf.placeholder(tf.float32, [None, 4])
h = tf.layers.batch_normalization(x, training=True)
step = tf.train.GradientDescentOptimizer(0.1).minimize(tf.reduce_mean(h))
with tf.Session() as sess:
    sess.run(step)
"""
FOUND = "bug.py:5:8: error: BN201"
GONE = "bnlint: error: the working directory is gone or closed to you: go to another\n"


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    directory = tmp_path / "project"
    directory.mkdir()
    (directory / "bug.py").write_text(BUG, encoding="utf-8")
    (directory / "clean.py").write_text("pass\n", encoding="utf-8")
    monkeypatch.chdir(directory)
    return directory


def shell(command: str) -> tuple[int, str, str]:
    """A command line of a shell in which ``bnlint`` is ours."""
    program = f'bnlint() {{ "{sys.executable}" -m bnlint "$@"; }}\n{command}'
    done = subprocess.run(["bash", "-c", program], capture_output=True, text=True, timeout=60)
    return done.returncode, done.stdout, done.stderr


FULL = "bnlint: error: standard output: no space left on device\n"


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no device that is always full")
@pytest.mark.parametrize(
    ("command", "code", "said"),
    [
        ("check bug.py > /dev/full", 1, FULL),
        ("check -q --format json bug.py > /dev/full", 1, FULL),
        ("check bug.py 2> /dev/full > /dev/full", 1, ""),
        # Nothing else would tell that the report is lost.
        ("check clean.py > /dev/full", 2, FULL),
        ("--help > /dev/full", 2, FULL),
        ("rules > /dev/full", 2, FULL),
        ("--version > /dev/full", 2, FULL),
    ],
)
def test_a_disk_that_is_full(command: str, code: int, said: str) -> None:
    assert shell(f"bnlint {command}") == (code, "", said)


@pytest.mark.parametrize(
    ("command", "code"),
    [
        ("check bug.py >&-", 1),
        ("check bug.py >&- 2>&-", 1),
        ("check bug.py <&- >&- 2>&-", 1),
        ("check clean.py >&-", 0),
        ("check --format json bug.py >&-", 1),
        ("rules >&-", 0),
        ("--help >&-", 0),
        ("check --nonsense 2>&-", 2),
        ("check --diff bug.py >&-", 1),
    ],
)
def test_streams_that_are_closed(command: str, code: int) -> None:
    assert shell(f"bnlint {command}") == (code, "", "")


def test_standard_error_that_is_closed() -> None:
    code, out, err = shell("bnlint check bug.py 2>&-")
    assert (code, err) == (1, "")
    assert out.startswith(FOUND)


def test_standard_input_that_is_closed() -> None:
    said = "bnlint: error: standard input is closed: name a file, or give one with <\n"
    assert shell("bnlint check - <&-") == (2, "", said)


def test_standard_input_without_end() -> None:
    code, out, err = shell("bnlint check -q - </dev/zero")
    assert (code, err) == (1, "")
    assert out == (
        "<stdin>:1: error: BN900 unreadable-file\n"
        "  larger than 10 MB; exclude it or split it up\n\n"
    )


def test_a_traced_program_prints_into_no_file_of_ours() -> None:
    program = "\"import os; os.write(1, b'spoken')\""
    assert shell(f"bnlint trace -- {sys.executable} -c {program} >&- 2>&-")[0] == 2
    assert not [p for p in Path().rglob("*") if p.is_file() and b"spoken" in p.read_bytes()]


@pytest.mark.parametrize("command", ["--help", "check --help", "rules", "check clean.py"])
def test_a_reader_that_leaves_at_once(command: str) -> None:
    assert shell(f"bnlint {command} | true; exit ${{PIPESTATUS[0]}}") == (0, "", "")


LONG = "a" * 5000


def test_a_path_that_is_too_long_for_standard_input() -> None:
    code, out, err = shell(f"bnlint check -q - --stdin-filename {LONG}.py < bug.py")
    assert (code, err) == (1, "")
    assert out.startswith(f"{LONG}.py:5:8: error: BN201 ")


@pytest.mark.parametrize(
    "command",
    [
        ["check", LONG],
        ["graph", LONG],
        ["checkpoint", LONG],
        ["check-trace", LONG],
        ["confirm", "bug.py", LONG],
        ["trace", "--out", LONG, "true"],
    ],
)
def test_a_path_that_is_too_long_elsewhere(
    capsys: pytest.CaptureFixture[str], command: list[str]
) -> None:
    assert main(command) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith(f"bnlint: error: {LONG[:1000]}")
    assert err.count("\n") == 1


def test_what_cannot_be_read_is_told_beside_a_file_with_users(
    capsys: pytest.CaptureFixture[str], project: Path
) -> None:
    (project / "pyproject.toml").write_text("", encoding="utf-8")
    (project / "net.py").write_text(
        "import tensorflow as tf\n\n\ndef net(x):\n"
        "    return tf.layers.batch_normalization(x, training=True)\n",
        encoding="utf-8",
    )
    (project / "train.py").write_text("import net\n", encoding="utf-8")
    os.mkfifo(project / "pipe.py")
    assert main(["check", "-q", "net.py", "pipe.py"]) == 1
    assert "pipe.py:1: error: BN900 " in capsys.readouterr().out


def test_a_recording_where_a_file_is(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["trace", "--out", "bug.py", "--", "true"]) == 2
    assert capsys.readouterr().err == "bnlint: error: bug.py: cannot be a directory: file exists\n"
    assert main(["trace", "--out", "bug.py/below", "--", "true"]) == 2
    said = "bnlint: error: bug.py/below: cannot be a directory: not a directory\n"
    assert capsys.readouterr().err == said


@pytest.mark.parametrize("command", ["check", "check bug.py", "graph x.pb", "trace true"])
def test_a_working_directory_that_is_gone(command: str) -> None:
    assert shell(f"mkdir gone; cd gone; rmdir ../gone; bnlint {command}") == (2, "", GONE)


def test_help_without_a_working_directory() -> None:
    code, out, err = shell("mkdir gone; cd gone; rmdir ../gone; bnlint --help")
    assert (code, err) == (0, "")
    assert out.startswith("Usage: bnlint ")


@pytest.mark.parametrize("name", ["re.py", "json.py", "click.py", "gc.py", "libcst.py", "ast.py"])
def test_modules_of_the_checked_project_do_not_run(project: Path, name: str) -> None:
    (project / name).write_text("print('ran')\n", encoding="utf-8")
    code, out, err = shell("bnlint check -q bug.py")
    assert (code, err) == (1, "")
    assert "ran\n" not in out
    assert out.startswith(f"{FOUND} ")
