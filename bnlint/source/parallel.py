"""Files lowered by several processes at once. Which of them lowers a file makes no difference."""

from __future__ import annotations

import contextlib
import os
import pickle
import subprocess
import sys
import threading
from collections import deque
from typing import TYPE_CHECKING

from bnlint.source.errors import SourceError
from bnlint.source.load import Loaded, load
from bnlint.source.packed import Packed, pack, unpack

if TYPE_CHECKING:
    from collections.abc import Sequence

SHARE = 200_000
"""Bytes of source that are worth a process of their own: to start it costs as much as to parse a
third of them."""

_WORKER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "worker.py")


def answer(path: str, data: bytes) -> Packed | tuple[int, str] | None:
    """What a file was lowered to, or the line and text of why it cannot be; None if bnlint broke:
    that is for the process to meet which can tell of it."""
    try:
        return pack(load(data, path))
    except SourceError as error:
        return error.line, error.message
    except Exception:
        return None


def load_all(files: Sequence[tuple[str, bytes]], processes: int) -> dict[str, Loaded | SourceError]:
    """What files are lowered to, by path, or why they cannot be.

    A file that no process had an answer for is absent.
    """
    todo = deque(sorted(files, key=lambda file: len(file[1]), reverse=True))
    found: dict[str, Loaded | SourceError] = {}
    threads = [
        threading.Thread(target=_use_one, args=(todo, found), daemon=True) for _ in range(processes)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


def _use_one(todo: deque[tuple[str, bytes]], found: dict[str, Loaded | SourceError]) -> None:
    """Have one process lower files as long as there are any and it lives."""
    with contextlib.suppress(OSError), _started() as process:
        assert process.stdin is not None
        assert process.stdout is not None
        pickle.dump([path for path in sys.path if os.path.isabs(path)], process.stdin)
        while True:
            try:
                path, data = todo.popleft()
            except IndexError:
                return
            pickle.dump((path, data), process.stdin)
            process.stdin.flush()
            try:
                answered = pickle.load(process.stdout)
            except EOFError:
                found[path] = SourceError(path, 1, "Python itself broke down in parsing it")
                return
            if answered is not None:
                found[path] = _received(answered, data, path)


def _started() -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-I", _WORKER], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )


def _received(answered: Packed | tuple[int, str], data: bytes, path: str) -> Loaded | SourceError:
    if len(answered) == 2:
        return SourceError(path, *answered)
    return unpack(answered, data, path)
