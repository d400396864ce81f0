"""Variables and their names."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from bnlint.interp.args import Args
from bnlint.interp.effects import training
from bnlint.interp.guards import FALSE, TRUE
from bnlint.interp.naming import numbered
from bnlint.interp.nodes import Variable, nodes_in
from bnlint.interp.values import NONE, Known, Place, Seq, Unknown, Value

if TYPE_CHECKING:
    from bnlint.interp.interpreter import Interpreter
    from bnlint.interp.scope import Frame


def layer_path(machine: Interpreter, name: Value | None, default: str) -> str:
    """The variable path of a layer, ending in ``/``; ``?`` stands for what is not known.

    TensorFlow numbers unnamed layers, and begins anew when their variable scope is entered again:
    the second of each entry are one layer (``~2``). The number in its name depends on what other
    paths built, so it is not known.
    """
    scope = machine.state.variable_scopes[-1]
    if isinstance(name, Known) and isinstance(name.value, str):
        return f"{scope}{name.value}/"
    if name is None or isinstance(name, Known):
        counts = machine.state.graph.numbers
        path = f"{scope}{default}"
        counts[path] = counts.get(path, 0) + 1
        return f"{path}~{counts[path]}/"
    return f"{scope}{segment_of(machine, name)}/"


def segment_of(machine: Interpreter, name: Value) -> str:
    """A name that is no constant: ``?`` for what a loop counts in it, or for all of it."""
    known = numbered(machine.state.keys, name.key) if isinstance(name, Unknown) else None
    return known or "?"


_NUMBER = re.compile(r"~\d+")


def as_known(path: str) -> str:
    """A path as far as its text is known: ``?`` for the numbers of unnamed layers, too."""
    return _NUMBER.sub("?", path)


def begin_again(machine: Interpreter, path: str) -> None:
    """A variable scope was left: what is unnamed below it is numbered from the start again."""
    graph = machine.state.graph
    tables: tuple[dict[str, Any], ...] = (graph.numbers, graph.opened)
    for table in tables:
        for name in [name for name in table if name.startswith(path) and name != path]:
            del table[name]


def add_variable(
    machine: Interpreter, name: str, place: Place, *, trainable: bool = True
) -> Variable:
    """The variable of that name, made on first use (``reuse`` finds it again)."""
    state = machine.state
    known = "?" not in name
    table = state.graph.variables
    if known and name in table:
        found = table[name]
        paths = state.paths
        new = paths.guards.minus(paths.now, found.made)
        if new != FALSE:  # other paths made one of that name, and so do these
            found.guard = paths.guards.disj(found.guard, paths.now)
            found.made = paths.guards.disj(found.made, paths.now)
            for key in _collections(found):
                state.collection(key).append(paths.optional(found, new))
        return found
    node = state.add(Variable, "tf.Variable", (), place, guarded=False)
    node.name = as_known(name)
    node.trainable = trainable
    lasting = state.paths.lasting(TRUE)
    node.made = TRUE if lasting else state.paths.now
    if known:
        table[name] = node
    for key in _collections(node):
        state.add_to(key, node)
    return node


def _collections(variable: Variable) -> tuple[str, ...]:
    return ("variables", "trainable_variables") if variable.trainable else ("variables",)


def make_variable(machine: Interpreter, name: str, args: Args, frame: Frame | None) -> Value:
    """``tf.Variable`` and ``tf.get_variable``."""
    state = machine.state
    getter = name == "tf.get_variable" or name.endswith("variable")
    label = args.get("name", 0 if getter else None)
    trainable = args.get("trainable", None if getter else 1)
    is_trainable = not (isinstance(trainable, Known) and trainable.value is False)
    if isinstance(label, Known) and isinstance(label.value, str):
        path = f"{state.variable_scopes[-1]}{label.value}"
    elif label is None and not getter and not args.more:
        path = f"{state.variable_scopes[-1]}Variable?"  # numbered by TensorFlow
    else:
        path = f"{state.variable_scopes[-1]}?"
    if getter:
        return add_variable(machine, path, args.place, trainable=is_trainable)
    node = add_variable(machine, f"{path}?", args.place, trainable=is_trainable)
    node.name = as_known(path)
    keys = args.get("collections")
    if isinstance(keys, Seq):
        for key in keys.items:
            if isinstance(key, Known) and isinstance(key.value, str):
                state.add_to(key.value, node)
    return node


def assign(machine: Interpreter, name: str, args: Args, frame: Frame | None) -> Value:
    """``tf.assign(ref, value)`` and its kin; a train op where the value comes from a gradient."""
    target = args.get("ref", 0) or args.get("variable")
    value = args.get("value", 1)
    return training.assignment(machine, name, target or NONE, nodes_in(value), args)


HANDLERS = {
    "tf.Variable": make_variable,
    "tf.get_variable": make_variable,
    "tf.contrib.slim.variable": make_variable,
    "tf.contrib.slim.model_variable": make_variable,
    "tf.contrib.framework.variable": make_variable,
    "tf.contrib.framework.model_variable": make_variable,
    "tf.get_local_variable": make_variable,
    "tf.assign": assign,
    "tf.assign_add": assign,
    "tf.assign_sub": assign,
    "tf.scatter_update": assign,
    "tf.state_ops.assign": assign,
    "tf.train.assign_moving_average": assign,
}
