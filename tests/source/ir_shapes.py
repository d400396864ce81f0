"""What the tests of the IR share."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

from bnlint.source import ir
from bnlint.source.lexer import line_starts
from bnlint.source.lower import lower


def low(text: str) -> ir.Module:
    return lower(text, "x.py")


def statement(text: str) -> Any:
    (node,) = low(text).body
    return node


def expression(text: str) -> Any:
    """The IR of an expression, in brackets of its own so that it may span lines."""
    node = statement(f"(\n{text}\n)\n")
    assert isinstance(node, ir.ExprStmt)
    return node.value


def walk(node: ir.Node) -> Iterator[ir.Node]:
    """``node`` and all nodes in it."""
    pending: list[Any] = [node]
    while pending:
        item = pending.pop()
        if isinstance(item, list):
            pending += reversed(item)
        elif isinstance(item, ir.Node):
            yield item
            pending += [getattr(item, f.name) for f in reversed(dataclasses.fields(item))]


def source(text: str, span: ir.Span) -> str:
    """The text at ``span``."""
    starts = line_starts(text)
    line, column, end_line, end_column = span
    return text[starts[line - 1] + column - 1 : starts[end_line - 1] + end_column - 1]


def shape(value: Any) -> Any:
    """A node as plain data without its spans: ``("Name", "x")``."""
    if isinstance(value, ir.Node):
        names = [f.name for f in dataclasses.fields(value) if not f.name.endswith("span")]
        return (type(value).__name__, *(shape(getattr(value, name)) for name in names))
    if isinstance(value, list):
        return [shape(item) for item in value]
    return value
