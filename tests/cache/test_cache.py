"""What is kept from run to run: the same output with it, and no harm by whatever is in it."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from bnlint.cache.plain import encode
from bnlint.cache.runs import parts, report_of
from bnlint.cache.store import Store
from bnlint.cli import main
from bnlint.finding import (
    About,
    Aim,
    Edit,
    Finding,
    Fix,
    Location,
    Related,
    Rule,
    Silenced,
    Step,
    Subject,
)
from bnlint.outcome import Incomplete, Problem, Report
from bnlint.output.formats import FORMATS

NETWORK = """\
import tensorflow as tf

def network(x, training):
    return tf.layers.batch_normalization(x, training=training)
"""
SCRIPT = """\
import tensorflow as tf
from network import network

x = tf.placeholder(tf.float32, [None, 4])
loss = tf.reduce_mean(network(x, True))
train_op = tf.train.AdamOptimizer().minimize(loss)
with tf.Session() as sess:
    sess.run(train_op, {x: [[1, 2, 3, 4]]})
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    top = tmp_path / "project"
    top.mkdir()
    (top / "pyproject.toml").touch()
    (top / "network.py").write_text(NETWORK)
    (top / "script.py").write_text(SCRIPT)
    monkeypatch.chdir(top)
    return top


Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    def _run(*arguments: str) -> tuple[int, str, str]:
        code = main(["check", *arguments])
        return code, *capsys.readouterr()

    return _run


def _analysed(run: Run, monkeypatch: pytest.MonkeyPatch, *arguments: str) -> bool:
    """Whether a run analyses anything."""
    from bnlint import interp

    calls = []
    analyse = interp.analyse

    def counted(*given: Any) -> Any:
        calls.append(given)
        return analyse(*given)

    with monkeypatch.context() as patch:
        patch.setattr(interp, "analyse", counted)
        run(*arguments)
    return bool(calls)


@pytest.mark.parametrize("output_format", FORMATS)
@pytest.mark.parametrize("more", [(), ("--pedantic", "--show-incomplete")])
def test_output_is_the_same(
    project: Path, run: Run, tmp_path: Path, output_format: str, more: tuple[str, ...]
) -> None:
    arguments = ("--format", output_format, *more)
    cache = ("--cache-dir", str(tmp_path / "cache"))
    fresh = run(*arguments, "--no-cache")
    assert fresh[0] == 1
    assert "BN201" in fresh[1]
    assert run(*arguments, *cache) == fresh
    assert run(*arguments, *cache) == fresh


def test_nothing_is_analysed_twice(
    project: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert _analysed(run, monkeypatch)
    assert not _analysed(run, monkeypatch)
    assert _analysed(run, monkeypatch, "--pedantic")
    assert _analysed(run, monkeypatch, "--no-cache")
    (project / "network.py").write_text(NETWORK + "\n")
    assert _analysed(run, monkeypatch)
    assert not _analysed(run, monkeypatch)


def test_a_fix_is_made_of_what_files_say_now(project: Path, run: Run) -> None:
    assert run()[0] == 1
    assert run("--fix")[0] == 0
    assert run()[0] == 0


def test_a_new_file_may_be_what_an_import_means(project: Path, run: Run) -> None:
    (project / "lib").mkdir()
    (project / "lib" / "script.py").write_text(SCRIPT)
    (project / "script.py").unlink()
    before = run("lib")
    (project / "lib" / "network.py").write_text("def network(x, training):\n    return x\n")
    after = run("lib")
    assert before[0] == 1
    assert after == run("lib", "--no-cache")
    assert after[0] == 0


def test_a_repaired_library_is_seen(project: Path, run: Run) -> None:
    assert run("script.py")[0] == 1
    (project / "network.py").write_text("def network(x, training):\n    return x\n")
    assert run("script.py")[0] == 0


def _spoil_nothing(path: Path) -> None:
    path.write_bytes(b"")


def _spoil_half(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-20])


def _spoil_bit(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[-3] ^= 4
    path.write_bytes(bytes(data))


def _spoil_version(path: Path) -> None:
    path.write_bytes(path.read_bytes().replace(b"bnlint-cache 1", b"bnlint-cache 9", 1))


def _spoil_kind(path: Path) -> None:
    path.unlink()
    path.mkdir()


def _spoil_pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


@pytest.mark.parametrize(
    "spoil",
    [_spoil_nothing, _spoil_half, _spoil_bit, _spoil_version, _spoil_kind, _spoil_pipe],
)
def test_what_is_spoilt_is_absent(
    project: Path, run: Run, tmp_path: Path, spoil: Callable[[Path], None]
) -> None:
    folder = tmp_path / "cache"
    fresh = run("--cache-dir", str(folder))
    entries = [path for path in folder.iterdir() if "-" in path.name]
    assert len(entries) == 5  # two files, a program, a run, and what the tool is
    for path in entries:
        spoil(path)
    assert run("--cache-dir", str(folder)) == fresh


@pytest.mark.parametrize("trusted", [False, True])
@pytest.mark.parametrize(
    "change",
    [
        lambda _: None,
        lambda _: [],
        lambda _: {"report": 1},
        lambda value: value[:4],
        lambda value: [None, *value[1:]],
        lambda value: [[[1, None], [2], []], *value[1:]],
        lambda value: [[["\0"], [], ["\0"]], *value[1:]],
        lambda value: [value[0][:2], *value[1:]],
        lambda value: [*value[:1], 7, *value[2:]],
        lambda value: [*value[:2], [[], [], [], [], "yes"], *value[3:]],
        lambda value: [*value[:3], {}, *value[4:]],
        lambda value: [*value[:4], [1], *value[5:]],
        lambda value: [*value[:4], [0, 0, [["BN201"]], [], [], []], *value[5:]],
        lambda value: [*value[:5], [["BN201"]], []],
        lambda value: [*value[:6], [["BN201"]]],
        lambda value: [*value[:5], {}, {}],
        lambda value: dict.fromkeys("abcdefg", value),
    ],
)
def test_a_foreign_run_is_absent(
    project: Path,
    run: Run,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    change: Callable[[Any], object],
    trusted: bool,
) -> None:
    if trusted:
        monkeypatch.setattr("bnlint.cache.runs._GRAIN", -(10**12))
    folder = tmp_path / "cache"
    fresh = run("--cache-dir", str(folder))
    [entry] = folder.glob("run-*")
    key = entry.name.removeprefix("run-")
    store = Store(str(folder))
    store.put("run", key, change(store.get("run", key)))
    assert run("--cache-dir", str(folder)) == fresh


@pytest.mark.parametrize("output_format", FORMATS)
def test_a_poisoned_run_cannot_steer_a_terminal(
    project: Path, run: Run, tmp_path: Path, output_format: str
) -> None:
    folder = tmp_path / "cache"
    run("--cache-dir", str(folder))
    [entry] = folder.glob("run-*")
    key = entry.name.removeprefix("run-")
    store = Store(str(folder))
    value = store.get("run", key)
    text = json.dumps(value).replace("batch-norm", "\\u001b]0;owned\\u0007 batch-norm")
    assert "owned" in text
    store.put("run", key, json.loads(text))
    _, out, err = run("--cache-dir", str(folder), "--format", output_format)
    assert "owned" in out
    assert "\x1b" not in out + err
    assert "\x07" not in out + err


def test_a_folder_that_cannot_be_written_does_no_harm(
    project: Path, run: Run, tmp_path: Path
) -> None:
    fresh = run("--no-cache")
    taken = tmp_path / "file"
    taken.write_text("mine")
    assert run("--cache-dir", str(taken)) == fresh
    assert run("--cache-dir", "/proc/bnlint") == fresh
    assert taken.read_text() == "mine"


def test_a_full_disk_does_no_harm(project: Path, run: Run) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("there is no full disk here")
    command = [sys.executable, "-m", "bnlint", "check", "--cache-dir", "/dev/full/cache"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == run("--no-cache")


@pytest.mark.parametrize("pages", [1, 2, 3, 4, 6])
def test_a_disk_that_fills_does_no_harm(
    project: Path, run: Run, tmp_path: Path, pages: int
) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    size = f"size={pages * os.sysconf('SC_PAGE_SIZE')}"
    mount = ["mount", "-t", "tmpfs", "-o", size, "tmpfs", str(disk)]
    if shutil.which("mount") is None or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("no disk can be mounted here: a full one was NOT tried")
    try:
        fresh = run("--no-cache")
        for _ in range(2):
            assert run("--cache-dir", str(disk / "cache")) == fresh
        assert not list(disk.rglob(".new-*"))
    finally:
        subprocess.run(["umount", str(disk)], check=True)


def test_many_at_once(project: Path, tmp_path: Path) -> None:
    folder = str(tmp_path / "cache")
    command = [sys.executable, "-m", "bnlint", "check", "--cache-dir", folder]

    def one(_number: int) -> tuple[int, str, str]:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        return done.returncode, done.stdout, done.stderr

    with ThreadPoolExecutor(4) as pool:
        outcomes = set(pool.map(one, range(8)))
    assert len(outcomes) == 1
    assert not list(Path(folder).glob(".new-*"))


def test_killed_while_writing(project: Path, run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "cache"
    command = [sys.executable, "-m", "bnlint", "check", "--cache-dir", str(folder)]
    fresh = run("--no-cache")
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while process.poll() is None and not (folder.is_dir() and any(folder.iterdir())):
        time.sleep(0.001)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert run("--cache-dir", str(folder)) == fresh


def test_the_oldest_make_room(tmp_path: Path) -> None:
    folder = tmp_path / "cache"
    store = Store(str(folder), most=4_000)
    for number in range(8):
        store.put("run", f"{number:032x}", os.urandom(400).hex())
        os.utime(folder / f"run-{number:032x}", (number, number))
    assert store.get("run", f"{0:032x}") is not None  # used now, so no longer the oldest
    store.tidy()
    left = {int(path.name[4:], 16) for path in folder.glob("run-*")}
    assert 0 in left
    assert 7 in left
    assert 1 not in left
    assert sum(path.stat().st_size for path in folder.glob("run-*")) <= 3_000


def test_clean_deletes_what_is_ours(
    project: Path, run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "cache"
    run("--cache-dir", str(folder))
    assert (folder / "CACHEDIR.TAG").exists()
    (folder / "mine.txt").write_text("mine")
    assert main(["clean", "--cache-dir", str(folder)]) == 0
    assert capsys.readouterr().err == f"bnlint: 5 files deleted from {folder}\n"
    assert [path.name for path in folder.iterdir()] == ["mine.txt"]
    assert main(["clean", "--cache-dir", str(tmp_path / "none")]) == 0


def test_plain_data_comes_back_whole() -> None:
    place = Location("a.py", 1, 2, 3, 4, 5, 6, "node")
    finding = Finding(
        Rule("BN201", "train-op-without-update-ops", "error"),
        place,
        "a message",
        (Related(place, "a place"),),
        "possible",
        "a reason",
        "graph",
        Aim(place, place, "key", "scope", ((place, place), ()), "flag", True),
        Fix("a fix", (Edit(place, "text"),), "unsafe", "why"),
        "0123",
        "a consequence",
        (Step("a fact", place), Step("another")),
        Subject(place, (About(place, (place,), "scope/bn", True, False, "decay"),)),
    )
    report = Report(
        1,
        2,
        [finding],
        [Problem("c.py", 1, "no")],
        ["note"],
        ["b.py"],
        [Incomplete("a.py", 1, "why")],
        silenced=[Silenced(finding, True, "why")],
    )
    # A field that is new has to be here as well.
    assert all(finding)
    stored = json.loads(json.dumps(encode(parts(report))))
    assert report_of(*stored) == report
