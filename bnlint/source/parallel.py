"""Files lowered by several processes at once. Which of them lowers a file makes no difference."""

from __future__ import annotations

import contextlib
import os
import pickle
import subprocess
import sys
import threading
from bisect import bisect_right
from typing import TYPE_CHECKING

from bnlint.source.errors import SourceError
from bnlint.source.load import Loaded, load
from bnlint.source.packed import Packed, pack, unpack

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

SHARE = 200_000
"""Bytes of source that are worth a process of their own: to start it costs as much as to parse a
third of them."""

MOST_AT_ONCE = 300_000
"""Bytes of source that all processes together may be parsing: of the densest, each takes 2 kB of
memory. One file may be larger, and is then parsed alone."""

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
    work = _Work(files)
    found: dict[str, Loaded | SourceError] = {}
    threads = []
    for _ in range(processes):
        thread = threading.Thread(target=_use_one, args=(work, found), daemon=True)
        try:
            thread.start()
        except RuntimeError:
            break  # the system has no room for it: those that there are do the work
        threads.append(thread)
    for thread in threads:
        thread.join()
    return found


class _Work:
    """Files that wait for a process; the largest goes first that there is room for."""

    def __init__(self, files: Sequence[tuple[str, bytes]]) -> None:
        self._waiting = sorted(files, key=lambda file: len(file[1]))
        self._busy = 0
        self._changed = threading.Condition()

    @contextlib.contextmanager
    def next(self) -> Iterator[tuple[str, bytes] | None]:
        """A file, once there is room for it; None if none is left."""
        with self._changed:
            while (file := self._fitting()) is None and self._waiting:
                self._changed.wait()
            size = len(file[1]) if file is not None else 0
            self._busy += size
        try:
            yield file
        finally:
            with self._changed:
                self._busy -= size
                self._changed.notify_all()

    def _fitting(self) -> tuple[str, bytes] | None:
        room = MOST_AT_ONCE - self._busy
        if not self._busy and self._waiting:
            return self._waiting.pop()
        at = bisect_right(self._waiting, room, key=lambda file: len(file[1]))
        return self._waiting.pop(at - 1) if at else None


def _use_one(work: _Work, found: dict[str, Loaded | SourceError]) -> None:
    """Have one process lower files as long as there are any and it lives."""
    with contextlib.suppress(OSError), _started() as process:
        assert process.stdin is not None
        assert process.stdout is not None
        pickle.dump([path for path in sys.path if os.path.isabs(path)], process.stdin)
        while True:
            with work.next() as file:
                if file is None:
                    return
                pickle.dump(file, process.stdin)
                process.stdin.flush()
                try:
                    answered = pickle.load(process.stdout)
                except (EOFError, pickle.UnpicklingError):  # it died before or in its answer
                    found[file[0]] = SourceError(
                        file[0], 1, "Python itself broke down in parsing it"
                    )
                    return
            if answered is not None:
                found[file[0]] = _received(answered, file[1], file[0])


def _started() -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-I", _WORKER], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )


def _received(answered: Packed | tuple[int, str], data: bytes, path: str) -> Loaded | SourceError:
    if len(answered) == 2:
        return SourceError(path, *answered)
    return unpack(answered, data, path)
