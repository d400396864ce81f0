"""What a training flag is in one run, as far as the source shows what is fed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bnlint.interp.nodes import Node, Placeholder
from bnlint.interp.values import Known, Place

if TYPE_CHECKING:
    from bnlint.interp.recorded import Layer, RunRecord
    from bnlint.interp.state import State


def never_true(layer: Layer, run: RunRecord, state: State) -> tuple[Place, str] | None:
    """Why a layer's flag is false in a run, and where; None if it is not, or is not known to be."""
    flag = layer.flag
    if isinstance(flag, Known) and flag.value is None:
        if layer.flavour == "layers" and run.feeds_known and not state.learning_phase_used:
            return layer.place, "the Keras learning phase, which is 0, is neither set nor fed"
        return None
    if not isinstance(flag, Placeholder):
        return None
    if value_in(run, flag) is not False:
        return None
    if flag in run.feeds:
        return run.place, "the flag is fed False wherever it is run"
    return flag.place, "the flag is False unless it is fed, and nothing feeds it"


def value_in(run: RunRecord, flag: Node) -> bool | None:
    """What a flag is in one run: fed, or its default where it is sure not to be fed."""
    if flag in run.feeds:
        return dict(run.values).get(flag)
    return flag.default if run.feeds_known and isinstance(flag, Placeholder) else None


def flag_in(run: RunRecord, layer: Layer) -> bool | None:
    """What a layer's flag is in one run, None if it is not known."""
    flag = layer.flag
    if layer.selected:
        return None  # a branch that is taken or not
    if flag is None:
        return layer.default if isinstance(layer.default, bool) else None
    if isinstance(flag, Known):
        option = flag.assumed or flag.value is None or isinstance(flag.value, str)
        return None if option else bool(flag.value)
    return value_in(run, flag) if isinstance(flag, Placeholder) else None
