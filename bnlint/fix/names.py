"""What a file calls the things that a repair writes."""

from __future__ import annotations

from dataclasses import dataclass

import libcst as cst

from bnlint.fix.edits import CannotFix, Change
from bnlint.fix.tree import Tree

_PACKAGES = ("tensorflow", "tensorflow.compat.v1")


@dataclass(frozen=True, slots=True)
class TensorFlow:
    """The name of TensorFlow 1's functions at a place, with the import that it may need."""

    name: str
    imports: tuple[Change, ...] = ()

    def read(self, key: str | None = None, scope: str | None = None) -> str:
        """An expression that reads a collection of updates."""
        what = f"{self.name}.GraphKeys.UPDATE_OPS" if key in (None, "update_ops") else repr(key)
        below = "" if scope is None else f", scope={scope!r}"
        return f"{self.name}.get_collection({what}{below})"

    def block(self, awaited: str) -> str:
        return f"with {self.name}.control_dependencies({awaited}):"


def tensorflow(tree: Tree, node: cst.CSTNode) -> TensorFlow:
    """What a node's file calls TensorFlow: ``tf``, or ``tf.compat.v1`` where it says that."""
    scopes = [tree.module, *(up for up in tree.above(node) if isinstance(up, cst.FunctionDef))]
    for item in tree.nodes:
        if not isinstance(item, (cst.Import, cst.ImportFrom)) or tree.scope(item) not in scopes:
            continue
        alias = _alias(tree, item)
        if alias is not None:
            old = f"{alias}.compat.v1"
            used = any(
                isinstance(n, cst.Attribute) and tree.module.code_for_node(n) == old
                for n in tree.nodes
            )
            return TensorFlow(old if used else alias)
    return _imported(tree)


def _alias(tree: Tree, item: cst.Import | cst.ImportFrom) -> str | None:
    if isinstance(item.names, cst.ImportStar):
        return None
    for name in item.names:
        full = tree.module.code_for_node(name.name)
        if isinstance(item, cst.ImportFrom):
            module = (
                tree.module.code_for_node(item.module) if item.module and not item.relative else ""
            )
            full = f"{module}.{full}"
        if full in _PACKAGES:
            return name.evaluated_alias or (
                full if isinstance(item, cst.Import) else full.rsplit(".", 1)[-1]
            )
    return None


def _imported(tree: Tree) -> TensorFlow:
    """An import of its own, after the last at the top of the file."""
    bound = (cst.AssignTarget, cst.Param, cst.FunctionDef, cst.ClassDef, cst.AsName, cst.Global)
    if any(
        isinstance(node, cst.Name) and node.value == "tf" and isinstance(tree.parent(node), bound)
        for node in tree.nodes
        if not any(
            isinstance(up, (cst.Import, cst.ImportFrom)) and _alias(tree, up) == "tf"
            for up in tree.above(node)
        )
    ):
        raise CannotFix("the file does not import tensorflow, and tf is something else there")
    last = None
    for line in tree.module.body:
        if isinstance(line, cst.SimpleStatementLine) and all(
            isinstance(s, (cst.Import, cst.ImportFrom)) for s in line.body
        ):
            last = line
    if last is None:
        raise CannotFix("the file does not import tensorflow by name")
    at = tree.next_line(tree.span(last)[1])
    return TensorFlow("tf", (Change(tree.path, at, at, f"import tensorflow as tf{tree.newline}"),))
