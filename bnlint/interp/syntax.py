"""What the syntax of a piece of code tells without running it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bnlint.source import ir

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

EXITS = frozenset({"exit", "_exit", "quit", "abort", "print_help", "error", "fatal"})
"""Calls that end a program, by the last part of their name."""

REMARKS = frozenset({"print", "print_help", "print_usage", "usage", "write", "info", "warning"})
"""Calls that only say something, by the last part of their name."""


def unused_flag_parameter(
    node: ir.FunctionDef | ir.Lambda, flag_names: frozenset[str]
) -> ir.Param | None:
    """A parameter named like a training flag that the body never reads, or None."""
    if isinstance(node, ir.Lambda):
        return None
    flags = [p for p in node.params.params if p.name in flag_names and p.kind in ("pos", "kw")]
    if not flags:
        return None
    if any(not _keeps_the_call(decorator) for decorator in node.decorators):
        return None  # what is wrapped round it may read the flag
    read = names_read(node.body)
    if "locals" in read:
        return None
    return next((p for p in flags if p.name not in read), None)


_KEEPING = frozenset(
    ["staticmethod", "classmethod", "property", "add_arg_scope", "contextmanager", "abstractmethod"]
)


def _keeps_the_call(decorator: ir.Expr) -> bool:
    """Whether a decorator is one that hands arguments on and does nothing else with them."""
    name = decorator.attr if isinstance(decorator, ir.Attr) else None
    return (decorator.id if isinstance(decorator, ir.Name) else name) in _KEEPING


def last_line(node: ir.FunctionDef | ir.Lambda) -> int:
    """The line on which a function ends; its own span is that of its head."""
    if isinstance(node, ir.Lambda):
        return node.span[2]
    return max(found.span[2] for found in nodes(node.body))


def nodes(body: Iterable[ir.Node]) -> Iterator[ir.Node]:
    """A block's statements and all that they are made of."""
    todo: list[Any] = list(body)
    while todo:
        node = todo.pop()
        yield node
        for name in node.__dataclass_fields__:
            child = None if name == "span" else getattr(node, name)
            for one in child if isinstance(child, list) else (child,):
                if isinstance(one, ir.Node):
                    todo.append(one)


def names_read(body: list[ir.Stmt]) -> set[str]:
    """Every name a block mentions."""
    return {node.id for node in nodes(body) if isinstance(node, ir.Name)}


def refuses(body: list[ir.Stmt]) -> bool:
    """Whether a block does nothing but complain and end the program."""
    if not body or not all(_is_remark(stmt) for stmt in body[:-1]):
        return False
    return isinstance(body[-1], ir.Raise) or _called(body[-1]) in EXITS


def _is_remark(stmt: ir.Stmt) -> bool:
    """Whether a statement only says something, which takes no work to find out."""
    if _called(stmt) not in REMARKS:
        return False
    assert isinstance(stmt, ir.ExprStmt)
    assert isinstance(stmt.value, ir.Call)
    return not any(isinstance(arg.value, ir.Call) for arg in stmt.value.args)


def _called(stmt: ir.Stmt) -> str | None:
    """The last part of the name that a statement calls, None if it is no call."""
    if not isinstance(stmt, ir.ExprStmt) or not isinstance(stmt.value, ir.Call):
        return None
    return _last_of(stmt.value.func)


def is_unwritten(stmt: ir.Raise | ir.ExprStmt) -> bool:
    """Whether a statement stands for code that is still to be written, as in an exercise.

    That is ``raise NotImplementedError``, if code follows it, and ``...``.
    """
    value = stmt.value
    if isinstance(stmt, ir.ExprStmt):
        return isinstance(value, ir.Const) and value.kind == "other" and value.value == "..."
    value = value.func if isinstance(value, ir.Call) else value
    return isinstance(value, ir.Name) and value.id == "NotImplementedError"


def only_sorts(body: list[ir.Stmt]) -> bool:
    """Whether a loop's body only puts what it is given into lists, so that a turn is no work."""
    for node in nodes(body):
        if isinstance(node, (ir.For, ir.While, ir.With, ir.Try, ir.FunctionDef, ir.Lambda)):
            return False
        if isinstance(node, (ir.Comprehension, ir.Yield, ir.Await)):
            return False
        if isinstance(node, ir.Call) and _last_of(node.func) not in _SORTING:
            return False
    return True


_SORTING = frozenset(
    (
        *("append", "extend", "insert", "add", "update", "remove", "add_to_collection"),
        *("startswith", "endswith", "find", "rfind", "index", "count", "match", "search"),
        *("split", "rsplit", "strip", "lower", "upper", "replace", "format", "join", "get"),
        *("isinstance", "len", "str", "any", "all", "print"),
    )
)
"""Calls that build no graph, by the last part of their name: of lists, sets, dicts and strings."""


def _last_of(func: ir.Expr) -> str | None:
    if isinstance(func, ir.Attr):
        return func.attr
    return func.id if isinstance(func, ir.Name) else None


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
