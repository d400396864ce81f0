"""Many runs in one process: what each built is given back."""

from __future__ import annotations

import gc
import weakref

import pytest

from bnlint.interp import garbage


class Ring:
    def __init__(self) -> None:
        self.own = self


@pytest.mark.parametrize(("cost", "gone"), [(garbage.COLLECTED_STEPS, True), (1, False)])
def test_what_holds_itself(cost: int, gone: bool) -> None:
    gc.collect()
    counted = garbage._Garbage()
    counted.add(1)
    gc.disable()
    try:
        there = weakref.ref(Ring())
        counted.add(cost)
        assert (there() is None) == gone
    finally:
        gc.enable()
