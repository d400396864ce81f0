"""Dispatch from TensorFlow names to what bnlint knows of their effect on the graph."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bnlint.interp import api
from bnlint.interp.args import Args
from bnlint.interp.effects import (
    collections,
    control_flow,
    estimators,
    exporting,
    handwritten,
    keras,
    networks,
    norms,
    ops,
    pipelines,
    scopes,
    sessions,
    statistics,
    training,
)
from bnlint.interp.effects.scopes import with_arg_scope
from bnlint.interp.lifting import lifted
from bnlint.interp.live_objects import Optimizer
from bnlint.interp.nodes import Node, nodes_in
from bnlint.interp.values import NONE, Known, Value

if TYPE_CHECKING:
    from collections.abc import Callable

    from bnlint.apis import Apis
    from bnlint.interp.interpreter import Interpreter
    from bnlint.interp.scope import Frame

    Handler = Callable[[Interpreter, str, Args, Frame | None], Value]

_HANDLERS: dict[str, Handler] = {}
for _module in (
    scopes,
    collections,
    training,
    control_flow,
    sessions,
    estimators,
    keras,
    handwritten,
    statistics,
    exporting,
    pipelines,
    ops,
):
    _HANDLERS.update(_module.HANDLERS)


_WHOLE = frozenset(
    [
        "tf.control_dependencies",
        "tf.with_dependencies",
        "tf.group",
        "tf.no_op",
        "tf.tuple",
        "tf.stop_gradient",
        "tf.placeholder",
        "tf.sparse_placeholder",
        "tf.name_scope",
        "tf.op_scope",
        "tf.device",
        "tf.colocate_with",
        "tf.losses.get_total_loss",
        "tf.app.run",
    ]
)
"""Symbols that take an argument that differs by path as it is."""

_SCOPES = frozenset(["tf.variable_scope", "tf.variable_op_scope", "tf.contrib.framework.arg_scope"])
_BY_NAME: frozenset[int | str] = frozenset(
    [0, 1, "name_or_scope", "default_name", "list_ops_or_scope"]
)
"""Of a scope, what it is called or made of matters; what it sets may differ by path."""


def call_api(machine: Interpreter, name: str, args: Args, frame: Frame | None) -> Value:
    """Call a TensorFlow symbol."""
    sessions.note_saved(args)
    if name.endswith("learning_phase"):
        machine.state.learning_phase_used = True
    result = _call(machine, name, args, frame)
    label = args.kwargs.get("name")
    if isinstance(result, Node) and isinstance(label, Known) and isinstance(label.value, str):
        machine.state.give_name(result, label.value)
    return result


def _call(machine: Interpreter, name: str, args: Args, frame: Frame | None) -> Value:
    handler = _by_row(machine.modules.apis, name) or _HANDLERS.get(name)
    if handler is not None:
        if name in _WHOLE:
            return handler(machine, name, args, frame)
        only = _BY_NAME if name in _SCOPES else None
        return lifted(machine, args, lambda given: handler(machine, name, given, frame), only)
    if name in api.NORMALIZER_HOSTS:
        return lifted(machine, args, lambda given: norms.host(machine, name, given, frame))
    if api.is_optimizer(name):
        return training.make_optimizer(machine, name, args)
    if networks.handles(name):
        return lifted(machine, args, lambda given: networks.make(machine, name, given, frame))
    if name.startswith("tf.keras."):
        return lifted(machine, args, lambda given: keras.other(machine, name, given, frame))
    owner, _, last = name.rpartition(".")
    if api.is_optimizer(owner):
        # An unbound method: tf.train.Optimizer.minimize(self, loss).

        delegate = Optimizer(args.place, owner)
        rest = Args(args.positional[1:], args.kwargs, args.place, args.more, args.places)
        found = training.optimizer_method(machine, delegate, last, rest)
        return found or ops.generic(machine, name, args, frame)
    return ops.generic(machine, name, args, frame)


def _by_row(apis: Apis, name: str) -> Handler | None:
    if name in apis.functions:
        return norms.function
    if name in apis.layers:
        return norms.layer_class
    return training.create_train_op if name in apis.makers else None


def knows(machine: Interpreter, name: str) -> bool:
    """Whether bnlint gives a TensorFlow symbol a meaning of its own."""
    if name in machine.modules.apis or name in _HANDLERS:
        return True
    return name in api.NORMALIZER_HOSTS or api.is_optimizer(name)


def call_by_name(
    machine: Interpreter, name: str, args: Args, below: tuple[Node, ...]
) -> Value | None:
    """A method of something unknown, recognised by a name that has one meaning in TensorFlow.

    None where the name says nothing; the call is then an unknown call. ``below`` are the tensors
    that it is computed from.
    """
    if name == pipelines.INITIALIZABLE:
        return pipelines.of_dataset(machine, below, args)
    if name in ("minimize", "apply_gradients", "compute_gradients"):
        first = args.positional[0] if args.positional else args.get("loss")
        if first is not None and nodes_in(first) and not _is_number_like(first):
            delegate = Optimizer(args.place, "an optimizer")
            return lifted(
                machine,
                args,
                lambda given: training.optimizer_method(machine, delegate, name, given) or NONE,
            )
        return None
    if name == "run":
        first = args.get("fetches", 0)
        if first is not None and nodes_in(first):
            return lifted(machine, args, lambda given: sessions.run(machine, given))
        return None
    if name == "restore" and len(args.values()) >= 1:
        machine.state.restore()
        return None
    return None


def _is_number_like(value: Value) -> bool:
    return isinstance(value, Known)


__all__ = ["call_api", "call_by_name", "knows", "with_arg_scope"]
