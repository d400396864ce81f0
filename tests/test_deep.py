"""Runs that nest deeply, and their end from outside."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

# The worker handles its errors in depth, as the interpreter of bnlint does, while the main thread
# says good-bye.
DEEP = """
import os, signal, sys, time
from bnlint.deep import with_deep_stack

def down(n):
    if n:
        return down(n - 1)
    os.kill(os.getpid(), signal.SIGINT)
    while True:
        try:
            climb(2000)
        except RecursionError:
            climb(100)

def climb(n):
    return n and climb(n - 1)

signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored in what runs in the background
try:
    with_deep_stack(lambda: down(30000))
except KeyboardInterrupt:
    time.sleep(0.3)
    sys.exit(130)
"""


def test_an_interrupt_while_the_worker_is_deep() -> None:
    for _ in range(5):
        done = subprocess.run(
            [sys.executable, "-c", DEEP], capture_output=True, text=True, timeout=60, check=False
        )
        assert (done.returncode, done.stderr) == (130, "")


PARSING = """
import signal, sys
import libcst
from bnlint.deep import on_large_stack

def work():
    print("here", flush=True)
    while True:
        libcst.parse_module("x = f(a.b, [1, 2])\\n" * 500)

signal.signal(signal.SIGINT, signal.default_int_handler)
try:
    on_large_stack(work)
except KeyboardInterrupt:
    print("said", end="")
    sys.exit(130)
"""


def test_an_interrupt_while_the_worker_is_in_native_code() -> None:
    """Python ends such a thread by an exception that no Rust code can meet: it would abort."""
    for _ in range(5):
        process = subprocess.Popen(
            [sys.executable, "-c", PARSING],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert process.stdout is not None
        assert process.stdout.readline() == "here\n"
        process.send_signal(signal.SIGINT)
        assert process.communicate(timeout=60) == ("said", "")
        assert process.returncode == 130


STARTED = """
import os, signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
import importlib.abc

class Interrupting(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name == {name!r}:
            os.kill(os.getpid(), signal.SIGINT)

sys.meta_path.insert(0, Interrupting())
from bnlint.launch import main
sys.argv[1:] = ["check", "."]
sys.exit(main())
"""


@pytest.mark.parametrize(
    ("name", "code"),
    [("bnlint.cli", -signal.SIGINT), ("bnlint.run", 130), ("bnlint.cli.checking", 130)],
)
def test_an_interrupt_during_an_import_is_no_dump(name: str, code: int, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", STARTED.format(name=name)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        cwd=tmp_path,
    )
    assert (done.returncode, done.stdout, done.stderr.strip()) == (code, "", "")
