"""Moving the places of an IR."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bnlint.source import ir

if TYPE_CHECKING:
    from collections.abc import Callable


def remap(root: ir.Node, move: Callable[[ir.Span], ir.Span]) -> None:
    """Replace every span in place by what ``move`` makes of it."""
    todo: list[object] = [root]
    while todo:
        node = todo.pop()
        if isinstance(node, list):
            todo.extend(node)
        elif isinstance(node, ir.Node):
            node.span = move(node.span)
            if isinstance(node, (ir.FunctionDef, ir.ClassDef)):
                node.name_span = move(node.name_span)
            todo.extend(getattr(node, name) for name in ir.fields_of(type(node)) if name != "span")
