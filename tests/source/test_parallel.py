"""Files lowered by several processes are what one process lowers them to."""

from __future__ import annotations

import itertools
import json
import os
import pickle
import subprocess
import sys
from pathlib import Path

import pytest

from bnlint.cli import main
from bnlint.source import codec, parallel
from bnlint.source.errors import SourceError
from bnlint.source.load import Loaded, load

FIXTURES = Path(__file__).parents[2] / "fixtures"
FILES = [
    (str(path), path.read_bytes())
    for pattern in ("scripts/*/*.py", "projects/*/*.ipynb", "programs/a*.py")
    for path in sorted(FIXTURES.glob(pattern))[:12]
]
BROKEN = ("broken.py", b"def (:\n")
BINARY = ("binary.py", b"\x00\xff\xfe")
HALF = (
    "half.ipynb",
    json.dumps(
        {
            "cells": [
                {"cell_type": "code", "source": ["x = (\n"], "metadata": {}, "outputs": []},
                {"cell_type": "code", "source": ["y = 1\n"], "metadata": {}, "outputs": []},
            ],
            "metadata": {},
            "nbformat": 4,
            "nbformat_minor": 5,
        }
    ).encode(),
)


def shown(outcome: Loaded | SourceError) -> object:
    if isinstance(outcome, SourceError):
        return str(outcome)
    errors = [str(error) for error in outcome.errors]
    module = codec.encode(outcome.module)
    return module, outcome.text, outcome.python2, outcome.cells, errors


def alone(path: str, data: bytes) -> Loaded | SourceError:
    try:
        return load(data, path)
    except SourceError as error:
        return error


@pytest.mark.parametrize("processes", [1, 3])
def test_several_processes_say_what_one_does(processes: int) -> None:
    files = [*FILES, BROKEN, BINARY, HALF]
    found = parallel.load_all(files, processes)
    assert {path: shown(one) for path, one in found.items()} == {
        path: shown(alone(path, data)) for path, data in files
    }


def run_by(monkeypatch: pytest.MonkeyPatch, worker: str) -> None:
    """Have files lowered by another program."""

    def started() -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, "-c", worker], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )

    monkeypatch.setattr(parallel, "_started", started)


def test_a_process_that_dies_costs_its_file_only(monkeypatch: pytest.MonkeyPatch) -> None:
    worker = (
        "import os, pickle, sys\npickle.load(sys.stdin.buffer)\nwhile True:\n"
        "    path, data = pickle.load(sys.stdin.buffer)\n"
        "    if path == 'b.py': os._exit(1)\n"
        "    pickle.dump(None, sys.stdout.buffer)\n    sys.stdout.buffer.flush()\n"
    )
    run_by(monkeypatch, worker)
    found = parallel.load_all([("a.py", b"aaa"), ("b.py", b"bb"), ("c.py", b"c")], 1)
    assert {path: shown(one) for path, one in found.items()} == {
        "b.py": "b.py:1: Python itself broke down in parsing it"
    }


def test_a_process_that_dies_in_its_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    worker = (
        "import os, pickle, sys\npickle.load(sys.stdin.buffer)\npickle.load(sys.stdin.buffer)\n"
        "answer = pickle.dumps((1, 'a' * 1000))\n"
        "sys.stdout.buffer.write(answer[:500])\nsys.stdout.buffer.flush()\nos._exit(1)\n"
    )
    run_by(monkeypatch, worker)
    found = parallel.load_all([("a.py", b"aaa")], 1)
    assert {path: shown(one) for path, one in found.items()} == {
        "a.py": "a.py:1: Python itself broke down in parsing it"
    }


BUSY = """
import os, pickle, sys, time
pickle.load(sys.stdin.buffer)
log = os.open({log!r}, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
while True:
    try:
        path, data = pickle.load(sys.stdin.buffer)
    except EOFError:
        break
    os.write(log, b"%d\\n" % len(data))
    time.sleep(0.002)
    os.write(log, b"%d\\n" % -len(data))
    pickle.dump(None, sys.stdout.buffer)
    sys.stdout.buffer.flush()
"""


def test_what_is_parsed_at_once_is_bounded(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    log = tmp_path / "log"
    run_by(monkeypatch, BUSY.format(log=str(log)))
    sizes = [300_001, 10_000_000, *(40 * [90_000]), 1, 0, 299_999]
    assert max(sizes) > parallel.MOST_AT_ONCE
    assert parallel.load_all([(str(n), b"x" * size) for n, size in enumerate(sizes)], 8) == {}
    told = [int(line) for line in log.read_text().split()]
    assert sorted(size for size in told if size > 0) == sorted(size for size in sizes if size)
    busy = list(itertools.accumulate(told))
    alone = [size for size in sizes if size > parallel.MOST_AT_ONCE]
    assert sorted(size for size in busy if size > parallel.MOST_AT_ONCE) == sorted(alone)
    assert max(size for size in busy if size not in alone) > 90_000  # several at once


NORM = "import tensorflow as tf\nx = tf.placeholder(tf.float32, [None, 4])\n" + (
    "y = tf.layers.batch_normalization(x)\n"
)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Enough files for three processes; one would run whatever is imported from the folder."""
    monkeypatch.chdir(tmp_path)
    filler = "# " + 78 * "x" + "\n"
    for number in range(6):
        text = filler * (parallel.SHARE // 2 // len(filler) + 1) + NORM
        (tmp_path / f"script_{number}.py").write_text(text)
    (tmp_path / "broken.py").write_text("import tensorflow as tf\ntf.layers.batch_normalization(\n")
    for name in ("re.py", "pickle.py", "signal.py", "bnlint.py"):
        (tmp_path / name).write_text("raise SystemExit('code of the project ran')\n")
    return tmp_path


def test_output_does_not_depend_on_jobs(
    project: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    used = []
    load_all = parallel.load_all

    def counted(files: list[tuple[str, bytes]], processes: int) -> object:
        used.append((len(files), processes))
        return load_all(files, processes)

    monkeypatch.setattr(parallel, "load_all", counted)
    outputs = set()
    for jobs in ("1", "2", "3"):
        assert main(["check", "--no-cache", "--format", "json", "--jobs", jobs, "."]) == 1
        outputs.add(capsys.readouterr().out)
    (output,) = outputs
    assert used == [(7, 2), (7, 3)]
    report = json.loads(output)
    assert [finding["code"] for finding in report["findings"]] == 6 * ["BN101"]
    assert [(problem["path"], problem["line"]) for problem in report["errors"]] == [
        ("broken.py", 2)
    ]


def test_what_processes_lowered_is_kept(
    project: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    arguments = ["check", "--cache-dir", str(project / "kept"), "--jobs", "2"]
    assert main([*arguments, "."]) == 1
    first = capsys.readouterr().out
    monkeypatch.setattr(parallel, "load_all", None)  # nothing is left that it could do
    monkeypatch.setattr("bnlint.cache.runs.Runs.recall", lambda *_: None)
    assert main([*arguments, "."]) == 1
    assert capsys.readouterr().out == first


def test_the_command_itself(project: Path) -> None:
    safe = ["-P"] if sys.version_info >= (3, 11) else []
    command = [sys.executable, *safe, "-m", "bnlint", "check", "--no-cache", "--format", "json"]
    run = subprocess.run(
        [*command, "--jobs", "2", "script_0.py", "script_1.py", "script_2.py", "script_3.py"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (run.returncode, run.stderr) == (1, "")
    codes = [finding["code"] for finding in json.loads(run.stdout)["findings"]]
    assert codes == 4 * ["BN101"]


def test_a_process_ends_quietly_where_nobody_waits_for_it() -> None:
    """As where Ctrl-C ends the other one."""
    path = pickle.dumps(sys.path)
    for sent in (b"", path[:9], path, path + b"\x80", path + pickle.dumps(FILES[0])):
        reader, writer = os.pipe()
        os.close(reader)
        done = subprocess.run(
            [sys.executable, "-I", parallel._WORKER],
            input=sent,
            stdout=writer,
            stderr=subprocess.PIPE,
            check=False,
        )
        os.close(writer)
        assert (done.returncode, done.stderr) == (0, b"")
