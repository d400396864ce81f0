"""The training flag of a batch-norm layer, decided once: where the layer is called."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bnlint.interp.nodes import Constant, Node, Placeholder
from bnlint.interp.recorded import TrainingFlag
from bnlint.interp.syntax import last_line, unused_flag_parameter
from bnlint.interp.values import NONE, Api, Func, Known, Object, Unknown, Value
from bnlint.source import ir

if TYPE_CHECKING:
    from bnlint.apis import NormApi
    from bnlint.interp.args import Args
    from bnlint.interp.interpreter import Interpreter
    from bnlint.interp.values import Place

NAMES = frozenset(
    [
        "training",
        "is_training",
        "train",
        "is_train",
        "phase_train",
        "train_phase",
        "istrain",
        "isTrain",
        "is_train_phase",
        "training_flag",
        "is_training_flag",
        "train_flag",
        "phase",
        "mode_train",
        "bn_train",
        "trainphase",
        "is_phase_train",
        "trainable_mode",
        "istraining",
        "isTraining",
    ]
)
"""Names that a training flag goes by."""


def passed(row: NormApi, args: Args) -> Value | None:
    """What a call passes as the flag."""
    found = args.kwargs.get(row.flag)
    if found is not None:
        return found
    orders = [order for order in (row.positional, row.positional_1_0) if order is not None]
    for position in (order.index(row.flag) for order in orders if row.flag in order):
        if position < len(args.positional):
            value = args.positional[position]
            boolean = not isinstance(value, Known) or isinstance(value.value, (bool, int))
            if boolean and value is not NONE:
                return value
    return None


def decided(
    name: str, value: Value | None, default: object = None, *, elsewhere: bool = False
) -> TrainingFlag:
    """What a flag is, by what is passed: None for nothing.

    It may then come from ``elsewhere``: a scope or a ``**`` that the source does not show.
    """
    if value is None:
        if elsewhere:
            reason = "its arguments come from a scope or a ** that the source does not show"
            return TrainingFlag(name, "unknown", reason=reason, passed=False)
        return TrainingFlag(name, "missing", default, passed=False)
    if isinstance(value, Constant) and value.value is not None:
        value = value.value  # as constant as a constant of Python's (TensorFlow 1.15)
    if isinstance(value, Known):
        if value.assumed:
            phase = value.value is None
            return TrainingFlag(name, "dynamic", value.value, origin=value.origin, phase=phase)
        if value.value is None:
            reason = "None follows the Keras learning phase"
            return TrainingFlag(name, "unknown", reason=reason, origin=value.origin, phase=True)
        return TrainingFlag(
            name, "constant", value.value, origin=value.origin, from_default=value.default
        )
    if isinstance(value, Node):
        fed = value if isinstance(value, Placeholder) else None
        return TrainingFlag(name, "dynamic", made=value.place, fed=fed)
    if isinstance(value, Unknown):
        return TrainingFlag(name, "unknown", reason=value.reason, key=value.key)
    odd = "an odd value"
    return TrainingFlag(name, "dynamic" if isinstance(value, Object) else "unknown", reason=odd)


def makes_updates(row: NormApi, flag: TrainingFlag, *, frozen: bool, pretrained: bool) -> bool:
    """Whether a layer makes update ops at all."""
    if frozen and row.flavour != "contrib":
        return False  # from TensorFlow 1.12 on (facts: c15, e11)
    if not flag.passed:
        # A Keras layer without a flag follows the learning phase, but for one with the statistics
        # that came with it.
        return row.default is not False and not pretrained
    return flag.value is None or bool(flag.value)


def misplaced(machine: Interpreter, row: NormApi, args: Args) -> tuple[str, str] | None:
    """A training flag handed over by position onto the second parameter."""
    if not row.trap or len(args.positional) < 2:
        return None
    value = args.positional[1]
    if isinstance(value, Known):
        if isinstance(value.value, bool):
            return row.trap, repr(value.value)
        return None
    if isinstance(value, Node):
        if isinstance(value, Placeholder) and value.boolean:
            return row.trap, "a bool placeholder"
        return None
    if isinstance(value, Unknown):
        text = machine.state.keys.text(value.key).rsplit(".", 1)[-1]
        if text in NAMES:
            return row.trap, text
    return None


def _hands_on_by_itself(func: Func) -> bool:
    """Whether what is called inside gets the mode that a function is called with anyhow.

    The ``call`` of a Keras layer or model hands it to the layers inside (seen in 1.15 and 2.x).
    """
    cls = func.defining_class
    if cls is None or not isinstance(func.node, ir.FunctionDef) or func.node.name != "call":
        return False
    return any(isinstance(b, Api) and b.name.startswith("tf.keras.") for b in cls.foreign_bases())


def unused_parameter(machine: Interpreter, flag: TrainingFlag) -> tuple[str, Place] | None:
    """A flag parameter that its function never reads.

    The function makes the layer without a flag, or is where the constant was written.
    """
    if flag.passed and flag.origin is None:
        return None  # a flag that is there comes by another way
    known = machine.modules.unused_flags
    for frame in machine.state.frames if flag.passed else machine.state.frames[:-2:-1]:
        func = frame.func
        if func is None or (not flag.passed and _hands_on_by_itself(func)):
            continue
        key = id(func.node)
        if key not in known:
            known[key] = unused_flag_parameter(func.node, NAMES)
        found = known[key]
        if found is None:
            continue
        path = func.module.path
        if not flag.passed:
            return found.name, (path, found.span)
        lines = range(func.node.span[0], last_line(func.node) + 1)
        if flag.origin is not None and flag.origin[0] == path and flag.origin[1][0] in lines:
            return found.name, (path, found.span)
    return None
