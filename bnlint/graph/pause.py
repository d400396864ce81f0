"""Python's cycle collector, out of the way while a large graph is built up."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def collection_paused() -> Iterator[None]:
    """A graph is hundreds of thousands of objects without a cycle that stay until the end.

    Looking through them again and again for garbage takes longer than all of the analysis. After
    it they count as old, so that the next young object is not the occasion to look at them all.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            if not gc.get_freeze_count():
                gc.freeze()
                gc.unfreeze()
            gc.enable()
