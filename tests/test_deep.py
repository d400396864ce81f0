"""Runs that nest deeply, and their end from outside."""

from __future__ import annotations

import subprocess
import sys

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
