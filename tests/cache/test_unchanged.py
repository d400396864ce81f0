"""Where nothing was written nothing is read; whatever was written is seen."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from bnlint import run as runs
from bnlint.cli import main

SCRIPT = """\
import tensorflow as tf
x = tf.layers.batch_normalization(tf.placeholder(tf.float32, [None, 4]), training=FLAG)
train_op = tf.train.AdamOptimizer().minimize(tf.reduce_mean(x))
"""
PLAIN = "import json\n"
Said = tuple[int, str, str]


@pytest.fixture
def top(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "project"
    (folder / "part").mkdir(parents=True)
    (folder / "part" / "deep").mkdir()
    (folder / "pyproject.toml").touch()
    (folder / "part" / "train.py").write_text(SCRIPT.replace("FLAG", "True "))
    (folder / "part" / "plain.py").write_text(PLAIN)
    (folder / "link.py").symlink_to("part/plain.py")
    (folder / "linked").symlink_to("part/deep")
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def worked(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """The times that a run looked for what there is to do."""
    calls: list[object] = []
    work = runs._work

    def noted(*arguments: object) -> object:
        calls.append(arguments)
        return work(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(runs, "_work", noted)
    return calls


@pytest.fixture
def trusting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Believe the times of files that were only just written, as these are."""
    monkeypatch.setattr("bnlint.cache.runs._GRAIN", -(10**12))


@pytest.fixture
def said(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Callable[..., Said]:
    def _said(*arguments: str) -> Said:
        code = main(["check", *(arguments or ("--cache-dir", str(tmp_path / "cache")))])
        return code, *capsys.readouterr()

    return _said


@pytest.mark.usefixtures("trusting")
@pytest.mark.parametrize("plain", [False, True])
def test_nothing_is_looked_for_twice(
    top: Path, said: Callable[..., Said], worked: list[object], plain: bool
) -> None:
    if plain:
        (top / "part" / "train.py").write_text(PLAIN)
    first = said()
    assert len(worked) == 1
    assert said() == first
    assert len(worked) == 1
    assert said("--no-cache") == first


def _same_size(top: Path) -> None:
    path = top / "part" / "train.py"
    status = path.stat()
    path.write_text(SCRIPT.replace("FLAG", "False"))
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert path.stat().st_size == status.st_size


def _other_file(top: Path) -> None:
    (top / "part" / "deep" / "more.py").write_text(SCRIPT.replace("FLAG", "True"))


def _plain_file(top: Path) -> None:
    (top / "part" / "plain.py").write_text(SCRIPT.replace("FLAG", "True"))


def _renamed(top: Path) -> None:
    (top / "part" / "train.py").rename(top / "part" / "trained.py")


def _ignored(top: Path) -> None:
    (top / ".gitignore").write_text("train.py\n")


def _ignored_below(top: Path) -> None:
    (top / "part" / ".gitignore").write_text("train.py\n")


def _hidden(top: Path) -> None:
    (top / "part" / "pyvenv.cfg").touch()


def _led_elsewhere(top: Path) -> None:
    (top / "other.txt").write_text(SCRIPT.replace("FLAG", "True"))
    (top / "link.py").unlink()
    (top / "link.py").symlink_to("other.txt")


def _gone(top: Path) -> None:
    (top / "part" / "train.py").unlink()


def _unreadable(top: Path) -> None:
    (top / "part" / "plain.py").unlink()
    (top / "part" / "plain.py").symlink_to("/nowhere/at/all")


CHANGES = (
    _same_size,
    _other_file,
    _plain_file,
    _renamed,
    _ignored,
    _ignored_below,
    _hidden,
    _led_elsewhere,
    _gone,
    _unreadable,
)


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("plain", [False, True])
@pytest.mark.usefixtures("trusting")
def test_what_was_written_is_seen(
    top: Path, said: Callable[..., Said], plain: bool, change: Callable[[Path], None]
) -> None:
    if plain:
        (top / "part" / "train.py").write_text(PLAIN + "#" * (len(SCRIPT) - 11))
    said()
    change(top)
    assert said() == said("--no-cache")


@pytest.mark.parametrize("change", CHANGES)
def test_what_is_written_at_once_is_seen(
    top: Path, said: Callable[..., Said], change: Callable[[Path], None]
) -> None:
    first = said()
    change(top)
    assert said() == said("--no-cache")
    if change not in (_led_elsewhere, _unreadable):
        assert said() != first


@pytest.mark.usefixtures("trusting")
def test_what_is_done_above_the_project_is_no_matter(
    top: Path, said: Callable[..., Said], worked: list[object]
) -> None:
    (top / "up.py").write_text("import tensorflow as tf\nfrom ..above import minimize\n")
    said()
    (top.parent / "notes.txt").touch()
    said()
    assert len(worked) == 1
    (top.parent / "above.py").write_text("def minimize(x):\n    return x\n")
    said()
    assert len(worked) == 2


def test_a_time_that_is_too_new_is_not_believed(
    top: Path, said: Callable[..., Said], worked: list[object]
) -> None:
    said()
    said()
    assert len(worked) == 2


def test_what_was_compared_is_believed_from_then_on(
    top: Path,
    said: Callable[..., Said],
    worked: list[object],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    said()
    monkeypatch.setattr("bnlint.cache.runs._GRAIN", -(10**12))
    said()
    assert len(worked) == 2
    said()
    assert len(worked) == 2


def test_files_that_cannot_matter_open_no_cache(
    top: Path, said: Callable[..., Said], tmp_path: Path
) -> None:
    folder = tmp_path / "cache"
    assert said("part/plain.py", "--cache-dir", str(folder))[0] == 0
    assert not folder.exists()
