"""Many runs in one process: what each built is given back."""

from __future__ import annotations

import gc
import weakref
from pathlib import Path

import pytest

from bnlint.interp import garbage
from bnlint.interp.explore import Explorer
from bnlint.interp.explored import Root
from bnlint.interp.state import State
from bnlint.workspace import Workspace


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


def test_a_run_is_given_back_as_soon_as_it_is_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = tmp_path / "a.py"
    script.write_text("import tensorflow as tf\nx = tf.placeholder(tf.float32)\n", "utf-8")
    monkeypatch.setattr(garbage, "COLLECTED_STEPS", 0)
    explorer = Explorer(Workspace(), [str(script)])
    gc.collect()
    gc.disable()
    try:
        explorer.explore(Root("the script", str(script)), explorer.script(str(script)))
        assert not [one for one in gc.get_objects() if isinstance(one, State)]
    finally:
        gc.enable()
