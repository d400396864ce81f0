"""Work that this process shares with copies of itself; which of them does what makes no difference.

A copy has all that was read before it was made, so only what comes of the work has to be sent.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import signal
import struct
import sys
import tempfile
import threading
import warnings
from typing import IO, TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

T = TypeVar("T")

_NUMBER = struct.Struct("=I")
_MOST = 4_096
"""So many numbers fit into a pipe that nobody reads yet."""


def can_be_made() -> bool:
    """Whether this process can be copied: another thread may hold a lock, and in a copy for ever.

    The main thread does not, if it is not this one: it waits for this one.
    """
    known = {threading.main_thread(), threading.current_thread()}
    return sys.platform == "linux" and known.issuperset(threading.enumerate())


def shared(numbers: Sequence[int], work: Callable[[int], T], copies: int) -> dict[int, T]:
    """What comes of each number, of which the first ones are begun first.

    Copies of this process do as many as they come to. What a copy does not bring to its end, or
    cannot send, is done here.
    """
    if copies < 1 or len(numbers) > _MOST:
        return {number: work(number) for number in numbers}
    waiting, filling = os.pipe()
    here = os.getpid()
    children: dict[int, IO[bytes]] = {}
    with contextlib.ExitStack() as files:
        try:
            os.write(filling, b"".join(map(_NUMBER.pack, numbers)))
            for _ in range(copies):
                try:
                    results = files.enter_context(tempfile.TemporaryFile())
                    child = _fork()
                except OSError:
                    break  # the system has no room for it: those that there are do the work
                if not child:
                    os.close(filling)
                    _work_as_copy(waiting, work, results, here)
                children[child] = results
            os.close(filling)
            filling = -1
            found = {number: work(number) for number in _taken(waiting)}
            for child in list(children):
                os.waitpid(child, 0)
                found.update(_received(children.pop(child)))
        finally:
            os.close(waiting)
            if filling >= 0:
                os.close(filling)
            for child in children:
                os.kill(child, signal.SIGKILL)
                os.waitpid(child, 0)
    return {number: found[number] if number in found else work(number) for number in numbers}


def _fork() -> int:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of Python 3.12, beside any thread
        return os.fork()


def _taken(waiting: int) -> Iterator[int]:
    """Numbers that no other process has taken."""
    while len(data := os.read(waiting, _NUMBER.size)) == _NUMBER.size:
        yield _NUMBER.unpack(data)[0]


def _work_as_copy(
    waiting: int, work: Callable[[int], Any], results: IO[bytes], original: int
) -> None:
    """Never returns: what the original process would do at its end is not to be done twice."""
    try:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        for number in _taken(waiting):
            if os.getppid() != original:
                break  # nobody waits for it any more
            with contextlib.suppress(Exception):  # the original process tells of it
                data = pickle.dumps((number, work(number)))
                results.write(data)
                results.flush()
    finally:
        os._exit(0)


def _received(results: IO[bytes]) -> dict[int, Any]:
    found: dict[int, Any] = {}
    results.seek(0)
    with contextlib.suppress(EOFError, pickle.UnpicklingError):  # it ended in the midst of one
        while True:
            number, result = pickle.load(results)
            found[number] = result
    return found
