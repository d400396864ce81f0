"""Which parameters a function's body reads."""

from __future__ import annotations

from typing import Any

from bnlint.source import ir


def unused_flag_parameter(
    node: ir.FunctionDef | ir.Lambda, flag_names: frozenset[str]
) -> ir.Param | None:
    """A parameter named like a training flag that the body never reads, or None."""
    if isinstance(node, ir.Lambda):
        return None
    flags = [p for p in node.params.params if p.name in flag_names and p.kind in ("pos", "kw")]
    if not flags:
        return None
    read = names_read(node.body)
    return next((p for p in flags if p.name not in read), None)


def names_read(body: list[ir.Stmt]) -> set[str]:
    """Every name a block mentions; ``locals()`` and ``**kwargs`` tricks count as reading all."""
    found: set[str] = set()
    todo: list[Any] = list(body)
    while todo:
        node = todo.pop()
        if isinstance(node, ir.Name):
            found.add(node.id)
        elif isinstance(node, ir.Node):
            for name in node.__dataclass_fields__:
                if name == "span":
                    continue
                child = getattr(node, name)
                if isinstance(child, list):
                    todo.extend(child)
                elif isinstance(child, ir.Node):
                    todo.append(child)
    return found
