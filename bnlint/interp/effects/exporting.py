"""Graphs that are written for inference: SavedModels and frozen graphs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bnlint.interp.args import Args
from bnlint.interp.live_objects import SavedModelBuilder
from bnlint.interp.nodes import nodes_in
from bnlint.interp.recorded import Export
from bnlint.interp.values import NONE, Known, Object, Seq, Value

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bnlint.interp.interpreter import Interpreter
    from bnlint.interp.nodes import Node
    from bnlint.interp.scope import Frame


def _note(machine: Interpreter, outputs: Iterable[Node], args: Args) -> None:
    state = machine.state
    state.exports.append(Export(args.place, tuple(outputs), state.paths.now))


def simple_save(machine: Interpreter, name: str, args: Args, frame: Frame | None) -> Value:
    """``simple_save(session, export_dir, inputs, outputs)``."""
    _note(machine, nodes_in(args.get("outputs", 3)), args)
    return NONE


def frozen(machine: Interpreter, name: str, args: Args, frame: Frame | None) -> Value:
    """``convert_variables_to_constants(sess, graph_def, output_node_names)``."""
    names = args.get("output_node_names", 2)
    items = names.items if isinstance(names, Seq) else []
    found = [
        machine.state.by_name(item.value)
        for item in items
        if isinstance(item, Known) and isinstance(item.value, str)
    ]
    _note(machine, [node for node in found if node is not None], args)
    return machine.state.unknown("a frozen graph")


def builder(machine: Interpreter, name: str, args: Args, frame: Frame | None) -> Value:
    return SavedModelBuilder(args.place)


def builder_method(machine: Interpreter, value: Object, name: str, args: Args) -> Value | None:
    """``add_meta_graph_and_variables(sess, tags, signature_def_map)``; tagged ``train`` it may
    train."""
    if name not in ("add_meta_graph_and_variables", "add_meta_graph"):
        return None
    first = 1 if name == "add_meta_graph_and_variables" else 0
    tags = args.get("tags", first)
    known = [t.value for t in tags.items if isinstance(t, Known)] if isinstance(tags, Seq) else []
    if "train" not in known:
        _note(machine, nodes_in(args.get("signature_def_map", first + 1)), args)
    return NONE


HANDLERS = {
    "tf.saved_model.simple_save": simple_save,
    "tf.saved_model.simple_save.simple_save": simple_save,
    "tf.graph_util.convert_variables_to_constants": frozen,
    "tf.saved_model.builder.SavedModelBuilder": builder,
    "tf.saved_model.Builder": builder,
}
