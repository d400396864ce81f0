"""Room for deep recursion: abstract runs nest as deeply as the checked program does."""

from __future__ import annotations

import sys
import threading
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")

_FRAMES = 40_000
_STACK_BYTES = 256 * 1024 * 1024  # address space only: pages are taken as they are touched


def with_deep_stack(work: Callable[[], T]) -> T:
    """Run ``work`` where recursion may go deep; what it raises is raised here, and MemoryError if
    the system has no room for that.

    Python 3.10 and 3.12 spend machine stack on Python calls, so a higher recursion limit alone
    would end in a segmentation fault.
    """
    outcome: list[T] = []
    failure: list[BaseException] = []

    def target() -> None:
        try:
            outcome.append(work())
        except BaseException as error:
            failure.append(error)

    limit, size = sys.getrecursionlimit(), threading.stack_size()
    try:
        threading.stack_size(_STACK_BYTES)
        sys.setrecursionlimit(max(limit, _FRAMES))
        thread = threading.Thread(target=target, daemon=True)
        thread.start()
    except RuntimeError:
        raise MemoryError("no room for a stack") from None
    finally:
        threading.stack_size(size)
    thread.join()
    # Not where this is interrupted: the interpreter aborts if a thread is deeper than the limit.
    sys.setrecursionlimit(limit)
    if failure:
        raise failure[0]
    return outcome[0]
