"""Room for deep recursion: abstract runs nest as deeply as the checked program does."""

from __future__ import annotations

import atexit
import contextlib
import os
import sys
import threading
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")

_FRAMES = 40_000
_INTERRUPTED = 130  # nothing else than Ctrl-C leaves a thread behind
_STACK_BYTES = 256 * 1024 * 1024  # address space only: pages are taken as they are touched


def with_deep_stack(work: Callable[[], T]) -> T:
    """Run ``work`` where recursion may go deep; what it raises is raised here, and MemoryError if
    the system has no room for that.

    Python 3.10 and 3.12 spend machine stack on Python calls, so a higher recursion limit alone
    would end in a segmentation fault.
    """
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(max(limit, _FRAMES))
    try:
        outcome = on_large_stack(work)
    except KeyboardInterrupt:
        raise  # the interpreter aborts if a thread is deeper than the limit
    except BaseException:
        sys.setrecursionlimit(limit)
        raise
    sys.setrecursionlimit(limit)
    return outcome


def on_large_stack(work: Callable[[], T]) -> T:
    """Run ``work`` on a stack of 256 MB, with the recursion limit that there is; see above."""
    outcome: list[T] = []
    failure: list[BaseException] = []

    def target() -> None:
        try:
            outcome.append(work())
        except BaseException as error:
            failure.append(error)

    def left_alone() -> None:
        """The process ends while the thread still works: then at once. Python would end a thread in
        the midst of native code, which aborts the process."""
        if not outcome and not failure:  # a join that was interrupted takes the thread for dead
            for stream in (sys.stdout, sys.stderr):
                with contextlib.suppress(OSError, ValueError, AttributeError):
                    stream.flush()
            os._exit(_INTERRUPTED)

    thread = threading.Thread(target=target, daemon=True)
    size = threading.stack_size()
    try:
        threading.stack_size(_STACK_BYTES)
        atexit.register(left_alone)
        thread.start()
    except (RuntimeError, ValueError):
        atexit.unregister(left_alone)
        raise MemoryError("no room for a stack") from None
    finally:
        threading.stack_size(size)
    thread.join()
    atexit.unregister(left_alone)
    if failure:
        raise failure[0]
    return outcome[0]
