"""Command lines that are understood without click: all that is seen of a run is the same."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import platformdirs
import pytest

from bnlint.cli import plain, settings
from bnlint.cli.check import check
from bnlint.cli.checking import Asked

PLAINLY = "import sys; from bnlint.launch import main; sys.exit(main())"
BY_CLICK = f"from bnlint.cli import plain; plain.understood = lambda _: None; {PLAINLY}"

CLEAN = "import os\nprint(os.getcwd())\n"
WRONG = """\
import tensorflow as tf
x = tf.placeholder(tf.float32, [None, 4])
y = tf.layers.batch_normalization(tf.layers.dense(x, 1), training=True)
train_op = tf.train.AdamOptimizer(1e-3).minimize(tf.reduce_mean(tf.square(y)))
with tf.Session() as sess:
    sess.run(train_op, {x: [[1, 2, 3, 4]]})
"""
NOTEBOOK = (
    '{"cells": [{"cell_type": "code", "source": "import os"}], "nbformat": 4, "metadata": {}}'
)


def write(path: str, content: str | bytes) -> Callable[[], None]:
    def written() -> None:
        os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
        data = content.encode() if isinstance(content, str) else content
        Path(path).write_bytes(data)

    return written


def configured(table: str) -> Callable[[], None]:
    return write("pyproject.toml", table)


SITUATIONS: dict[str, tuple[list[Callable[[], None]], list[str]]] = {
    "nothing": ([], []),
    "a folder": ([write("a.py", CLEAN)], ["."]),
    "a folder without Python": ([write("below/a.txt", "")], ["below"]),
    "a clean file": ([write("a.py", CLEAN)], ["a.py"]),
    "an empty file": ([write("a.py", "")], ["a.py"]),
    "a binary file": ([write("a.py", b"\0\1\2")], ["a.py"]),
    "a file that is no Python": ([write("a.py", "(" * 9)], ["a.py"]),
    "a notebook": ([write("a.ipynb", NOTEBOOK)], ["a.ipynb"]),
    "a wrong file": ([write("a.py", WRONG)], ["a.py"]),
    "a wrong file among others": (
        [write("a.py", CLEAN), write("b.py", WRONG)],
        ["a.py", "b.py", "a.py"],
    ),
    "a broken file with batch norm": ([write("a.py", "batch_norm((\n")], ["a.py"]),
    "a file that imports what is wrong": (
        [write("a.py", WRONG), write("b.py", "import a\n")],
        ["b.py"],
    ),
    "a path that is missing": ([], ["b.py"]),
    "a path that is missing among others": ([write("a.py", CLEAN)], ["a.py", "b.py", "c.py"]),
    "an empty path": ([], [""]),
    "a path to a device": ([], ["/dev/null"]),
    "a file that is too large": ([write("a.py", b"#" * (10 * 2**20 + 1))], ["a.py"]),
    "a link that leads nowhere": ([lambda: os.symlink("none.py", "a.py")], ["a.py"]),
    "a name that is not UTF-8": ([write("\udcff.py", CLEAN)], ["\udcff.py"]),
    "a missing name that is not UTF-8": ([], ["\udcff.py"]),
    "a name that would steer a terminal": ([], ["a\x1b[31m\n::error::b.py"]),
    "paths of several kinds": (
        [write("a.py", CLEAN), write("below/b.py", CLEAN)],
        ["below", "a.py", "below/b.py", "./a.py"],
    ),
    "an excluded file": (
        [configured('[tool.bnlint]\nexclude = ["a.py"]\n'), write("a.py", CLEAN)],
        ["a.py"],
    ),
    "an excluded file among others": (
        [
            configured('[tool.bnlint]\nexclude = ["a.py"]\n'),
            write("a.py", CLEAN),
            write("b.py", ""),
        ],
        ["a.py", "b.py"],
    ),
    "what is selected": (
        [configured('[tool.bnlint]\nselect = ["BN2"]\nignore = ["BN201"]\n'), write("a.py", WRONG)],
        ["a.py"],
    ),
    "what is ignored in files": (
        [
            configured('[tool.bnlint.per-file-ignores]\n"*.py" = ["BN2"]\n"z" = ["BN1"]\n'),
            write("a.py", WRONG),
        ],
        ["."],
    ),
    "what is ignored of unreadable files": (
        [configured('[tool.bnlint]\nignore = ["BN900"]\n'), write("a.py", "batch_norm((\n")],
        ["a.py"],
    ),
    "a row of a project": (
        [
            configured(
                '[[tool.bnlint.api.layer]]\nname = "lab.norm"\nflag = "train"\ndefault = false\n'
            ),
            write("a.py", "import lab\nlab.norm(1)\n"),
        ],
        ["a.py"],
    ),
    "a baseline that is missing": (
        [configured('[tool.bnlint]\nbaseline = "none.json"\n'), write("a.py", CLEAN)],
        ["a.py"],
    ),
    "a configuration that says pedantic": (
        [configured("[tool.bnlint]\npedantic = true\n"), write("a.py", WRONG)],
        ["a.py"],
    ),
    "no table": ([configured("[tool.other]\n"), write("a.py", CLEAN)], ["a.py"]),
    "an empty table": ([configured("[tool.bnlint]\n"), write("a.py", CLEAN)], ["a.py"]),
    "a table of another name": ([configured("[bn-lint]\n"), write("a.py", CLEAN)], ["a.py"]),
    "a wrong key": ([configured("[tool.bnlint]\nselct = []\n"), write("a.py", CLEAN)], ["a.py"]),
    "a wrong value": ([configured("[tool.bnlint]\nignore = 1\n"), write("a.py", CLEAN)], ["a.py"]),
    "a wrong rule": (
        [configured('[tool.bnlint]\nignore = ["BN999"]\n'), write("a.py", CLEAN)],
        ["a.py"],
    ),
    "no table at all": ([configured("[tool]\nbnlint = 1\n"), write("a.py", CLEAN)], ["a.py"]),
    "no TOML": ([configured("[tool.bnlint\n"), write("a.py", CLEAN)], ["a.py"]),
    "no text": (
        [write("pyproject.toml", b"[tool.bnlint]\n\xff"), write("a.py", CLEAN)],
        ["a.py"],
    ),
    "a configuration that is a folder": (
        [write("pyproject.toml/a", ""), write("a.py", CLEAN)],
        ["a.py"],
    ),
    "broken patterns": ([write(".gitignore", "a.py\n!b\n"), write("a.py", CLEAN)], ["."]),
}

Seen = tuple[int, bytes, bytes]


def run(program: str, arguments: list[str], **environment: str) -> Seen:
    done = subprocess.run(
        [sys.executable, "-c", program, "check", *arguments],
        capture_output=True,
        check=False,
        env={**os.environ, "XDG_CACHE_HOME": os.path.abspath("kept"), **environment},
    )
    return done.returncode, done.stdout, done.stderr


def alike(arguments: list[str], **environment: str) -> Seen:
    """What is seen of a run, the same in either way."""
    plainly = run(PLAINLY, arguments, **environment)
    assert plainly == run(BY_CLICK, arguments, **environment)
    return plainly


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("name", SITUATIONS)
def test_nothing_else_is_seen(name: str) -> None:
    prepare, paths = SITUATIONS[name]
    for step in prepare:
        step()
    code, _, error = alike(paths)
    assert b"internal error" not in error
    alike(["--force-exclude", *paths])
    assert alike([*paths, "--no-cache", "-q"])[0] == code
    assert alike(["--pedantic", "--isolated", "--quiet", *paths, "--exit-zero"])[0] in (0, 2)


@pytest.mark.parametrize(
    "environment",
    [
        {"NO_COLOR": "1"},
        {"FORCE_COLOR": "1"},
        {"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"},
        {"BNLINT_TRACEBACK": "1"},
        {"XDG_CACHE_HOME": "relative"},
        {"XDG_CACHE_HOME": ""},
        {"XDG_CACHE_HOME": "/dev/null"},
    ],
    ids=lambda one: " ".join(f"{key}={value}" for key, value in one.items()),
)
def test_whatever_the_environment_says(environment: dict[str, str]) -> None:
    write("ü.py", WRONG)()
    write("b.py", CLEAN)()
    environment = {"HOME": os.path.abspath("home"), **environment}
    assert alike(["ü.py"], **environment)[0] == 1
    assert alike(["b.py"], **environment)[0] == 0
    assert alike(["."], **environment)[0] == 1
    assert alike(["none.py"], **environment)[0] == 2


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", ">&- 2>&-", ">/dev/full", "2>/dev/full"])
def test_whatever_the_streams_are(closed: str) -> None:
    write("a.py", WRONG)()
    write("b.py", CLEAN)()
    for paths in (["a.py"], ["b.py"], ["none.py"]):
        seen = [
            subprocess.run(
                [
                    "sh",
                    "-c",
                    f'exec "$@" {closed}',
                    "sh",
                    sys.executable,
                    "-c",
                    way,
                    "check",
                    *paths,
                ],
                capture_output=True,
                check=False,
            )
            for way in (PLAINLY, BY_CLICK)
        ]
        first, second = ((done.returncode, done.stdout, done.stderr) for done in seen)
        assert first == second


def test_without_a_working_directory() -> None:
    os.mkdir("gone")
    gone = "import os; os.chdir('gone'); os.rmdir(os.getcwd())"
    seen = run(f"{gone}; {PLAINLY}", ["a.py"])
    os.mkdir("gone")
    assert seen == run(f"{gone}; {BY_CLICK}", ["a.py"])
    assert seen[0] == 2
    assert b"the working directory is gone" in seen[2]


def test_an_interrupt() -> None:
    write("a.py", CLEAN)()
    broken = "import bnlint.run as r; r.check = lambda *_: (_ for _ in ()).throw(KeyboardInterrupt)"
    seen = run(f"{broken}; {PLAINLY}", ["a.py"])
    assert seen == run(f"{broken}; {BY_CLICK}", ["a.py"])
    assert (seen[0], seen[2].split()) == (130, [])


def test_click_is_not_imported_for_them() -> None:
    write("a.py", CLEAN)()
    code = (
        "import sys; from bnlint.cli import main; main(sys.argv[1:]); print('click' in sys.modules)"
    )
    for arguments, imported in ((["a.py", "-q"], False), (["a.py", "-q", "--jobs", "1"], True)):
        assert run(code, arguments) == (0, f"{imported}\n".encode(), b"")


def test_each_option_means_what_click_takes_it_for() -> None:
    for option, name in plain.FLAGS.items():
        with check.make_context("check", [option, "a.py", "b.py"]) as context:
            expected = Asked(**context.params)
        assert plain.understood(["check", option, "a.py", "b.py"]) == expected
        assert getattr(expected, name) is True
    with check.make_context("check", []) as context:
        assert plain.understood(["check"]) == Asked(**context.params) == Asked()
    assert {option.name for option in check.params if option.expose_value} == {*Asked._fields}


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["--version"],
        ["rules"],
        ["-h"],
        ["check", "--help"],
        ["check", "-"],
        ["check", "--", "a.py"],
        ["check", "--select", "BN2"],
        ["check", "--format=json"],
        ["check", "-qq"],
        ["check", "--quie"],
        ["check", "-q", "--shard", "1/2"],
    ],
)
def test_all_else_is_left_to_click(words: list[str]) -> None:
    assert plain.understood(words) is None


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere platformdirs itself is asked")
@pytest.mark.parametrize("folder", [None, "", "/kept", "/kept/", "relative", "~", "/a b/ü"])
def test_the_place_of_the_cache(folder: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    if folder is not None:
        monkeypatch.setenv("XDG_CACHE_HOME", folder)
    expected = platformdirs.user_cache_dir("bnlint", appauthor=False)
    assert settings.opened_cache(None).folder == expected
