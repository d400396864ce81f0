"""What the syntax of a piece of code tells without running it."""

from __future__ import annotations

from typing import Any

from bnlint.source import ir

EXITS = frozenset({"exit", "_exit", "quit", "abort", "print_help", "error", "fatal"})


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
    if "locals" in read:
        return None
    return next((p for p in flags if p.name not in read), None)


def names_read(body: list[ir.Stmt]) -> set[str]:
    """Every name a block mentions."""
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


def terminal(body: list[ir.Stmt]) -> bool:
    """Whether a block surely ends the program or the attempt: it ends by raising or exiting."""
    if not body:
        return False
    last = body[-1]
    if isinstance(last, ir.Raise):
        return True
    if isinstance(last, ir.ExprStmt) and isinstance(last.value, ir.Call):
        func = last.value.func
        name = (
            func.attr if isinstance(func, ir.Attr) else func.id if isinstance(func, ir.Name) else ""
        )
        return name in EXITS
    return False


def is_unwritten(stmt: ir.Raise | ir.ExprStmt) -> bool:
    """Whether a statement stands for code that is still to be written, as in an exercise.

    That is ``raise NotImplementedError``, if code follows it, and ``...``.
    """
    value = stmt.value
    if isinstance(stmt, ir.ExprStmt):
        return isinstance(value, ir.Const) and value.kind == "other" and value.value == "..."
    value = value.func if isinstance(value, ir.Call) else value
    return isinstance(value, ir.Name) and value.id == "NotImplementedError"


def counted_in(body: list[ir.Stmt]) -> list[ir.Expr]:
    """The names and attributes that a loop's body updates in place."""
    found: list[ir.Expr] = []
    todo: list[Any] = list(body)
    while todo:
        node = todo.pop()
        if isinstance(node, ir.AugAssign) and isinstance(node.target, (ir.Name, ir.Attr)):
            found.append(node.target)
        elif isinstance(node, (ir.If, ir.For, ir.While, ir.With)):
            todo.extend(node.body)
            todo.extend(getattr(node, "orelse", ()))
        elif isinstance(node, ir.Try):
            todo.extend([*node.body, *node.orelse, *node.final])
    return found


def contains_yield(body: list[ir.Stmt]) -> bool:
    """Whether a function body makes its function a generator."""
    todo: list[Any] = list(body)
    while todo:
        node = todo.pop()
        if isinstance(node, ir.Yield):
            return True
        if isinstance(node, (ir.FunctionDef, ir.ClassDef, ir.Lambda)):
            continue
        if isinstance(node, ir.Node):
            for name in node.__dataclass_fields__:
                if name != "span":
                    child = getattr(node, name)
                    if isinstance(child, list):
                        todo.extend(child)
                    elif isinstance(child, ir.Node):
                        todo.append(child)
    return False
