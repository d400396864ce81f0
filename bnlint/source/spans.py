"""Moving the places of an IR."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bnlint.source import ir

if TYPE_CHECKING:
    from collections.abc import Callable


def remap(root: ir.Node, at: Callable[[int, int], tuple[int, int]]) -> None:
    """Replace every span in place; ``at`` maps a (line, column), both 1-based."""
    todo: list[object] = [root]
    while todo:
        node = todo.pop()
        if isinstance(node, list):
            todo.extend(node)
        elif isinstance(node, ir.Node):
            line, column, end_line, end_column = node.span
            node.span = (*at(line, column), *at(end_line, end_column))
            if isinstance(node, (ir.FunctionDef, ir.ClassDef)):
                line, column, end_line, end_column = node.name_span
                node.name_span = (*at(line, column), *at(end_line, end_column))
            todo.extend(getattr(node, name) for name in ir.fields_of(type(node)) if name != "span")
