"""What earlier programs built is given back: it holds itself, and nothing else does.

Python's own collector hardly ever comes to it. What stays is many times as much and would be looked
through each time; so it is frozen while programs are run, which sets the collector's counts back.
"""

from __future__ import annotations

import contextlib
import gc
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

COLLECTED_STEPS = 400_000
"""After so many steps and visited nodes there is enough to give back."""

RUN = 4_000
"""What a run leaves behind however little it does, in steps."""


class _Garbage:
    """How much was built since the last time, in all runs of this process: an editor's server
    makes many small ones."""

    def __init__(self) -> None:
        self._since = 0

    def add(self, cost: int) -> None:
        self._since += cost
        if self._since > COLLECTED_STEPS:
            self._since = 0
            gc.collect()


GARBAGE = _Garbage()


@contextlib.contextmanager
def kept_to_the_end() -> Iterator[None]:
    """What is made in this block stays for long, and none of it is garbage: it is never looked
    through. That is a quarter of the time of parsing."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if enabled:
            gc.enable()
