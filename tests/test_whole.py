"""A tree that is given whole: what is left out of an analysis is what has nothing to say."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bnlint import run as runs
from bnlint import whole
from bnlint.run import Options, check

NETWORK = "import tensorflow as tf\ndef net(x):\n    return tf.layers.batch_normalization(x)\n"
TRAIN = (
    "import tensorflow as tf\n{}\nx = tf.placeholder(tf.float32, [None, 4])\n"
    "tf.train.AdamOptimizer().minimize(tf.reduce_mean(net(x)))\n"
)


def write(top: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = top / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


@pytest.fixture
def top(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "above" / "project"
    write(folder, {"pyproject.toml": "", "plain.py": "import json\n"})
    monkeypatch.chdir(folder)
    return folder


@pytest.mark.parametrize(
    ("files", "found"),
    [
        ({"train.py": TRAIN.format("from build.net import net"), "build/net.py": NETWORK}, True),
        (
            {
                ".gitignore": "made.py\n",
                "a/train.py": TRAIN.format("from .made import net"),
                "a/made.py": NETWORK,
            },
            True,
        ),
        (
            {
                "train.py": TRAIN.format("from lib import net"),
                "lib/__init__.py": "from .build import net\n",
                "lib/build/__init__.py": NETWORK,
            },
            True,
        ),
        ({"train.py": TRAIN.format("from ..net import net"), "../net.py": NETWORK}, True),
        ({"a/train.py": TRAIN.format("from ...net import net"), "../net.py": NETWORK}, True),
        # No path leads there.
        ({"train.py": TRAIN.format("from net import net"), "../net.py": NETWORK}, False),
        ({"train.py": TRAIN.format("net = str"), "build/net.py": NETWORK}, False),
    ],
)
def test_what_is_imported_from_outside_is_found(
    top: Path,
    files: dict[str, str],
    found: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    write(top, files)
    outcome = check(Options(users=True))
    assert bool(outcome.report.findings) == found
    monkeypatch.setattr(runs, "is_whole", lambda *_: False)
    assert check(Options(users=True)).report == outcome.report


def test_imports_by_value_may_reach_what_is_passed_by(top: Path) -> None:
    loaded = "import importlib\nnet = importlib.import_module(name).net"
    write(top, {"train.py": TRAIN.format(loaded), "build/net.py": NETWORK})
    assert check(Options(users=True)).report.checked == 1


@pytest.mark.parametrize("jobs", [1, 2])
@pytest.mark.parametrize("number", [0, 1, 500, 501])
def test_processes_find_the_same(
    top: Path, monkeypatch: pytest.MonkeyPatch, jobs: int, number: int
) -> None:
    write(top, {f"m{number:03}.py": "x = 1\n" for number in range(502)})
    assert check(Options(users=True, jobs=jobs)).report.checked == 0
    write(top, {f"m{number:03}.py": NETWORK})
    assert check(Options(users=True, jobs=jobs)).report.checked == 1


@pytest.mark.parametrize("turn", [0, 1])
def test_a_process_that_fails_finds_nothing_out(
    top: Path, monkeypatch: pytest.MonkeyPatch, turn: int
) -> None:
    write(top, {f"m{number:03}.py": "x = 1\n" for number in range(502)})
    parent = os.getpid()
    look = whole._look

    def broken(*arguments: Any) -> bool:
        if (os.getpid() == parent) == bool(turn):
            raise KeyboardInterrupt
        return look(*arguments)

    monkeypatch.setattr(whole, "_look", broken)
    if turn:
        with pytest.raises(KeyboardInterrupt):
            check(Options(users=True, jobs=2))
    else:
        assert check(Options(users=True, jobs=2)).report.checked == 0


def test_no_import_is_resolved_where_nothing_is_found(
    top: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(top, {"train.py": TRAIN.format("from plain import net"), ".git/config": ""})
    never: Callable[..., object] = lambda *_: pytest.fail("it is looked for")  # noqa: E731
    monkeypatch.setattr(runs, "find_entries", never)
    monkeypatch.setattr(runs, "users_of", never)
    assert check(Options(users=True)).files == 2
