"""The IR as JSON and back, exactly.

A module is a flat table: one row a node, children before their parents and named by row number.
The obvious nesting would not do: a sum of a thousand terms is a thousand levels deep, and Python's
``json`` gives up somewhere near there.
"""

from __future__ import annotations

import json
import types
import typing
from dataclasses import fields
from functools import cache
from typing import Any

from bnlint.source import ir

# Change it with every change of the IR or of this format: what was stored before is then refused.
VERSION = 2

# What a field holds: a value that JSON keeps, a span, a node or None, a list of nodes.
_PLAIN, _SPAN, _NODE, _NODES = range(4)

_Layout = tuple[tuple[str, int], ...]


def encode(module: ir.Module) -> str:
    """``module`` as a JSON document."""
    layouts = _layouts()
    rows: list[list[Any]] = []
    # Parents come before children here; the rows are turned round at the end, so that a reader
    # has the children when it makes the parent.
    nodes: list[ir.Node] = [module]
    for node in nodes:
        tag, layout = layouts[type(node)]
        row: list[Any] = [tag, *node.span]
        for name, kind in layout:
            value = getattr(node, name)
            if kind == _NODE and value is not None:
                row.append(len(nodes))
                nodes.append(value)
            elif kind == _NODES:
                row.append(len(nodes))
                row.append(len(value))
                nodes += value
            else:
                row.append(value)
        rows.append(row)
    rows.reverse()
    names = [cls.__name__ for cls in _classes()]
    document = {"version": VERSION, "nodes": names, "rows": rows}
    return json.dumps(document, separators=(",", ":"))


def decode(text: str) -> ir.Module:
    """The module that ``encode`` made ``text`` of; raises ``ValueError`` if it is none."""
    try:
        document = json.loads(text)
    except RecursionError:
        raise ValueError("not an encoded module") from None
    if not isinstance(document, dict) or document.get("version") != VERSION:
        raise ValueError("not an encoded module of this version")
    if document.get("nodes") != [cls.__name__ for cls in _classes()]:
        raise ValueError("an encoded module with other kinds of nodes")
    try:
        module = _build(document["rows"])
    except (AttributeError, KeyError, IndexError, TypeError) as error:
        raise ValueError(f"not an encoded module: {error!r}") from None
    if not isinstance(module, ir.Module):
        raise ValueError("an encoded module must end with the module")
    return module


def _build(rows: list[list[Any]]) -> ir.Node:
    """The node of the last row."""
    makers = [(cls, _layouts()[cls][1]) for cls in _classes()]
    plain = [all(kind == _PLAIN for _, kind in layout) for _, layout in makers]
    last = len(rows) - 1
    made: list[Any] = []
    for row in rows:
        tag = row[0]
        if type(tag) is not int or not 0 <= tag < len(makers):
            raise ValueError(f"unknown node {tag!r}")
        cls, layout = makers[tag]
        span = (row[1], row[2], row[3], row[4])
        if plain[tag]:
            made.append(cls(span, *row[5:]))
            continue
        values: list[Any] = []
        at = 5
        for _, kind in layout:
            value = row[at]
            at += 1
            if kind == _NODE:
                values.append(None if value is None else made[last - value])
            elif kind == _NODES:
                count = row[at]
                at += 1
                # The numbers are the writer's, counted from the other end.
                first = last - value
                values.append(made[first - count + 1 : first + 1][::-1])
            else:
                values.append(tuple(value) if kind == _SPAN else value)
        made.append(cls(span, *values))
    node: ir.Node = made[-1]
    return node


# --- what the nodes hold -----------------------------------------------------------------


@cache
def _classes() -> list[type[Any]]:
    """All kinds of nodes; a node's tag is its place here."""
    found = [
        value
        for value in vars(ir).values()
        if isinstance(value, type) and issubclass(value, ir.Node) and value is not ir.Node
    ]
    return sorted(found, key=lambda cls: cls.__name__)


@cache
def _layouts() -> dict[type[Any], tuple[int, _Layout]]:
    """For each kind of node its tag, and the fields but ``span`` with what each holds."""
    layouts = {}
    for tag, cls in enumerate(_classes()):
        hints = typing.get_type_hints(cls)
        names = [field.name for field in fields(cls) if field.name != "span"]
        layouts[cls] = tag, tuple((name, _kind(hints[name])) for name in names)
    return layouts


def _kind(hint: Any) -> int:
    if hint == ir.Span:
        return _SPAN
    if typing.get_origin(hint) is list:
        return _NODES if _has_nodes(typing.get_args(hint)[0]) else _PLAIN
    return _NODE if _has_nodes(hint) else _PLAIN


def _has_nodes(hint: Any) -> bool:
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        return any(map(_has_nodes, typing.get_args(hint)))
    return isinstance(hint, type) and issubclass(hint, ir.Node)
