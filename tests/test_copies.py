"""Work shared with copies of the process comes out as if one process had done all of it."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

import pytest

from bnlint import judging
from bnlint.cache.store import Store
from bnlint.cli import main
from bnlint.copies import can_be_made, shared
from bnlint.outcome import Report
from bnlint.run import Options, check

FIXTURES = Path(__file__).parent.parent / "fixtures"
HERE = os.getpid()

T = TypeVar("T")

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="processes cannot be copied here")


@pytest.mark.parametrize("processes", [0, 1, 3])
def test_each_number_is_done_once(processes: int, tmp_path: Path) -> None:
    def work(number: int) -> int:
        with (tmp_path / str(number)).open("a") as file:
            file.write("x")
        return number * number

    assert shared(range(50), work, processes) == {n: n * n for n in range(50)}
    assert {path.read_text() for path in tmp_path.iterdir()} == {"x"}


def test_copies_do_some_of_it() -> None:
    def work(number: int) -> int:
        time.sleep(0.05)
        return os.getpid()

    assert len(set(shared(range(6), work, 1).values())) == 2


def test_what_a_copy_does_not_bring_to_its_end_is_done_here() -> None:
    def work(number: int) -> int:
        if os.getpid() != HERE:
            os.kill(os.getpid(), signal.SIGKILL)
        time.sleep(0.02)
        return number

    assert shared(range(6), work, 2) == {n: n for n in range(6)}


@pytest.mark.parametrize("how", ["raises", "cannot be sent"])
def test_what_a_copy_cannot_tell_of_is_done_here(how: str) -> None:
    def work(number: int) -> object:
        time.sleep(0.02)
        if os.getpid() == HERE:
            return number
        if how == "raises":
            raise ValueError
        return threading.Lock()

    assert shared(range(6), work, 1) == {n: n for n in range(6)}


def test_what_is_raised_here_ends_the_copies() -> None:
    begun = []

    def work(number: int) -> int:
        if os.getpid() != HERE:
            time.sleep(600)
        begun.append(number)
        time.sleep(0.1)  # the copy has begun
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        shared(range(6), work, 1)
    with pytest.raises(ChildProcessError):
        os.waitpid(-1, os.WNOHANG)
    assert len(begun) == 1


def test_no_copy_where_the_system_has_no_room(monkeypatch: pytest.MonkeyPatch) -> None:
    def full() -> int:
        raise BlockingIOError

    monkeypatch.setattr(os, "fork", full)
    assert shared(range(3), lambda number: number, 2) == {0: 0, 1: 1, 2: 2}


def test_no_copy_beside_a_thread() -> None:
    done = threading.Event()
    thread = threading.Thread(target=done.wait)
    thread.start()
    assert not can_be_made()
    done.set()
    thread.join()


@pytest.fixture
def each_group_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(judging, "WORTH_A_COPY", 1)


@pytest.mark.parametrize("folder", ["projects", "scripts/estimator", "scripts/filters"])
def test_a_report_does_not_tell_how_many_processes_there_were(
    folder: str, each_group_apart: None
) -> None:
    reports = [
        check(Options((str(FIXTURES / folder),), pedantic=True, jobs=jobs)).report
        for jobs in (1, 2, 4)
    ]
    assert reports[0].findings
    assert reports[0] == reports[1] == reports[2]


ONE_GROUP = [path.name for path in sorted((FIXTURES / "projects").iterdir()) if path.is_dir()]


def reports_of(folder: str) -> list[Report]:
    """By one, two and four processes."""
    path = str(FIXTURES / "projects" / folder)
    return [check(Options((path,), pedantic=True, jobs=jobs)).report for jobs in (1, 2, 4)]


@pytest.mark.parametrize("folder", ONE_GROUP)
def test_programs_of_one_group_are_shared(folder: str, each_group_apart: None) -> None:
    by_one, by_two, by_four = reports_of(folder)
    assert by_one == by_two == by_four


def test_how_many_programs_are_shared(
    each_group_apart: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[tuple[int, int]] = []

    def counted(numbers: Sequence[int], work: Callable[[int], T], copies: int) -> dict[int, T]:
        calls.append((len(numbers), copies))
        return shared(numbers, work, copies)

    monkeypatch.setattr(judging, "shared", counted)
    reports_of("loaded_by_search")
    scripts, functions = 8, 2
    assert calls == [(scripts, 1), (functions, 1), (scripts, 3), (functions, 1)]


ORPHANED = """
import os, signal, sys, time
from bnlint.copies import shared

here = os.getpid()

def work(number):
    if os.getpid() == here:
        time.sleep(0.2)
        os.kill(here, signal.SIGKILL)
    time.sleep(0.05)
    with open(sys.argv[1], "a") as file:
        file.write("x")

shared(range(200), work, 1)
"""


def test_a_copy_ends_with_the_process_that_waits_for_it(tmp_path: Path) -> None:
    done = tmp_path / "done"
    run = subprocess.run([sys.executable, "-c", ORPHANED, str(done)], check=False)
    assert run.returncode == -signal.SIGKILL
    time.sleep(0.5)
    before = done.read_text()
    time.sleep(0.5)
    assert 0 < len(before) < 200
    assert done.read_text() == before


PROJECT = {
    "a.py": "import tensorflow as tf\ny = tf.layers.batch_normalization(x)\n",
    "b.py": "import sys\nsys.path.append('lib')\nimport late\nimport tensorflow as tf\n"
    "y = tf.layers.batch_normalization(1, **late.kwargs)\n",
    "c.py": "import tensorflow as tf\n\n\ny = tf.contrib.layers.batch_norm(x)\n",
    "lib/late.py": "kwargs = {}\n",
}


def test_what_a_copy_looked_at_is_noted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, each_group_apart: None
) -> None:
    """Else a change of it would not be seen: the run before would be shown once more."""
    project = tmp_path / "project"
    for name, text in PROJECT.items():
        (project / name).parent.mkdir(parents=True, exist_ok=True)
        (project / name).write_text(text)
    monkeypatch.chdir(project)

    def found() -> list[tuple[str, int]]:
        options = Options(
            (".",), exclude=("lib",), jobs=3, cache=lambda: Store(str(tmp_path / "cache"))
        )
        return [(f.location.path, f.location.line) for f in check(options).report.findings]

    expected = [("a.py", 2), ("b.py", 5), ("c.py", 4)]
    assert found() == expected
    assert found() == expected
    (project / "lib/late.py").write_text("kwargs = {'training': f()}\n")
    assert found() == [("a.py", 2), ("c.py", 4)]


def test_jobs(tmp_path: Path, capsys: pytest.CaptureFixture[str], each_group_apart: None) -> None:
    folder = shutil.copytree(FIXTURES / "scripts" / "filters", tmp_path / "filters")
    shown = []
    for jobs in ("1", "2"):
        assert main(["check", str(folder), "--no-cache", "--jobs", jobs]) == 1
        shown.append(capsys.readouterr().out)
    assert shown[0] == shown[1]
    assert "BN201" in shown[0]
