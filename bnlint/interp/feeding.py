"""What a training flag is in one run, as far as the source shows what is fed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bnlint.interp.nodes import Node, Placeholder
from bnlint.interp.values import Place

if TYPE_CHECKING:
    from bnlint.interp.recorded import Layer, RunRecord
    from bnlint.interp.state import State


def never_true(layer: Layer, run: RunRecord, state: State) -> tuple[Place, str] | None:
    """Why a layer's flag is false in a run, and where; None if it is not, or is not known to be."""
    flag = layer.flag
    if flag.phase:
        if layer.flavour == "layers" and run.feeds_known and not state.learning_phase_used:
            return layer.place, "the Keras learning phase, which is 0, is neither set nor fed"
        return None
    if flag.fed is None or value_in(run, flag.fed) is not False:
        return None
    if flag.fed in run.feeds:
        return run.place, "the flag is fed False wherever it is run"
    return flag.fed.place, "the flag is False unless it is fed, and nothing feeds it"


def value_in(run: RunRecord, flag: Node) -> bool | None:
    """What a flag is in one run: fed, or its default where it is sure not to be fed."""
    if flag in run.feeds:
        return dict(run.values).get(flag)
    return flag.default if run.feeds_known and isinstance(flag, Placeholder) else None


def flag_in(run: RunRecord, layer: Layer) -> bool | None:
    """What a layer's flag is in one run, None if it is not known."""
    flag = layer.flag
    if flag.chosen:
        return None  # a branch that is taken or not
    if flag.fed is not None:
        return value_in(run, flag.fed)
    if flag.kind == "missing":
        return flag.value if isinstance(flag.value, bool) else None
    known = flag.kind == "constant" and not isinstance(flag.value, str)
    return bool(flag.value) if known else None
