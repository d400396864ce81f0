"""What a training flag is in one run, as far as the source shows what is fed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bnlint.interp.nodes import Node
from bnlint.interp.values import Known, Place

if TYPE_CHECKING:
    from bnlint.interp.state import Layer, RunRecord, State


def never_true(layer: Layer, run: RunRecord, state: State) -> tuple[Place, str] | None:
    """Why a layer's flag is false in a run, and where; None if it is not, or is not known to be."""
    flag = layer.flag
    if isinstance(flag, Known) and flag.value is None:
        if layer.flavour == "layers" and run.feeds_known and not state.learning_phase_used:
            return layer.place, "the Keras learning phase, which is 0, is neither set nor fed"
        return None
    if not isinstance(flag, Node) or flag.kind != "placeholder":
        return None
    fed = dict(run.values).get(flag)
    if fed is False:
        return run.place, "the flag is fed False wherever it is run"
    if flag in run.feeds or not run.feeds_known or flag.data.get("default") is not False:
        return None
    return flag.place, "the flag is False unless it is fed, and nothing feeds it"
