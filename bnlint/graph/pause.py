"""Python's cycle collector, out of the way while a large graph is built up."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def collection_paused() -> Iterator[None]:
    """A graph is hundreds of thousands of objects without a cycle that stay until the end.

    Looking through them again and again for garbage takes longer than all of the analysis.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
