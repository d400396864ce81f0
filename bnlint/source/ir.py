"""The intermediate representation: what one Python file says, as plain data.

A file is lowered once from its libcst tree and the tree is dropped. Every node holds only
strings, numbers, tuples, lists and other nodes, so a file's IR can be written as JSON (see
``codec``), cached, sent to another process and printed in a test.

Spans are ``(line, column, end_line, end_column)``, all 1-based; ``end_column`` is exclusive,
as in ruff's JSON.
"""

from __future__ import annotations

from dataclasses import dataclass, field

Span = tuple[int, int, int, int]


@dataclass(slots=True, eq=False, repr=False)
class Node:
    """Base of every node.

    Equality and ``repr`` are written once here: letting ``dataclass`` make them for each of the
    classes below would double the time it takes to import this module.
    """

    span: Span

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and all(
            getattr(self, name) == getattr(other, name) for name in fields_of(type(self))
        )

    __hash__ = object.__hash__

    def __repr__(self) -> str:
        inside = (f"{name}={getattr(self, name)!r}" for name in fields_of(type(self)))
        return f"{type(self).__name__}({', '.join(inside)})"


def fields_of(kind: type[Node]) -> tuple[str, ...]:
    """The field names of a node class, the span first."""
    return tuple(kind.__dataclass_fields__)


# --- expressions -------------------------------------------------------------------------


@dataclass(slots=True, eq=False, repr=False)
class Const(Node):
    """A literal: ``None``, a bool, a number, ``...`` or (bytes) string.

    ``kind`` tells strings from bytes and keeps ``...`` and complex numbers out of JSON's way:
    one of ``none bool int float str bytes other``. Bytes and ``other`` carry their source text.
    """

    kind: str
    value: bool | int | float | str | None


@dataclass(slots=True, eq=False, repr=False)
class Name(Node):
    id: str


@dataclass(slots=True, eq=False, repr=False)
class Attr(Node):
    value: Expr
    attr: str


@dataclass(slots=True, eq=False, repr=False)
class Arg(Node):
    """One argument of a call. ``star`` is ``""``, ``"*"`` or ``"**"``."""

    value: Expr
    name: str | None
    star: str


@dataclass(slots=True, eq=False, repr=False)
class Call(Node):
    func: Expr
    args: list[Arg]


@dataclass(slots=True, eq=False, repr=False)
class Subscript(Node):
    value: Expr
    index: Expr


@dataclass(slots=True, eq=False, repr=False)
class Slice(Node):
    lower: Expr | None
    upper: Expr | None
    step: Expr | None


@dataclass(slots=True, eq=False, repr=False)
class Collection(Node):
    """A list, tuple or set display; ``kind`` is ``list``, ``tuple`` or ``set``."""

    kind: str
    items: list[Expr]


@dataclass(slots=True, eq=False, repr=False)
class Starred(Node):
    value: Expr


@dataclass(slots=True, eq=False, repr=False)
class DictItem(Node):
    """One entry of a dict display; ``key`` is None for ``**value``."""

    key: Expr | None
    value: Expr


@dataclass(slots=True, eq=False, repr=False)
class Dict(Node):
    items: list[DictItem]


@dataclass(slots=True, eq=False, repr=False)
class Lambda(Node):
    params: Params
    body: Expr


@dataclass(slots=True, eq=False, repr=False)
class Compare(Node):
    """``left op[0] right[0] op[1] right[1] …``; operators as written (``not in``, ``is not``)."""

    left: Expr
    ops: list[str]
    rights: list[Expr]


@dataclass(slots=True, eq=False, repr=False)
class BoolOp(Node):
    """``and`` / ``or`` over two operands."""

    op: str
    left: Expr
    right: Expr


@dataclass(slots=True, eq=False, repr=False)
class BinOp(Node):
    op: str
    left: Expr
    right: Expr


@dataclass(slots=True, eq=False, repr=False)
class UnaryOp(Node):
    op: str
    value: Expr


@dataclass(slots=True, eq=False, repr=False)
class IfExp(Node):
    test: Expr
    body: Expr
    orelse: Expr


@dataclass(slots=True, eq=False, repr=False)
class Generator(Node):
    """One ``for target in iterable if …`` clause of a comprehension."""

    target: Expr
    iterable: Expr
    ifs: list[Expr]


@dataclass(slots=True, eq=False, repr=False)
class Comprehension(Node):
    """``kind`` is ``list``, ``set``, ``dict`` or ``generator``; ``key`` is set for dicts only."""

    kind: str
    key: Expr | None
    element: Expr
    generators: list[Generator]


@dataclass(slots=True, eq=False, repr=False)
class Joined(Node):
    """An f-string or implicit concatenation that is not a plain literal; its parts in order."""

    parts: list[Expr]


@dataclass(slots=True, eq=False, repr=False)
class Await(Node):
    value: Expr


@dataclass(slots=True, eq=False, repr=False)
class Yield(Node):
    value: Expr | None
    is_from: bool


@dataclass(slots=True, eq=False, repr=False)
class NamedExpr(Node):
    target: Expr
    value: Expr


Expr = (
    Const
    | Name
    | Attr
    | Call
    | Subscript
    | Slice
    | Collection
    | Starred
    | Dict
    | Lambda
    | Compare
    | BoolOp
    | BinOp
    | UnaryOp
    | IfExp
    | Comprehension
    | Joined
    | Await
    | Yield
    | NamedExpr
)


# --- parameters --------------------------------------------------------------------------


@dataclass(slots=True, eq=False, repr=False)
class Param(Node):
    """``kind`` is ``pos`` (positional or keyword), ``posonly``, ``kw``, ``*`` or ``**``."""

    name: str
    default: Expr | None
    kind: str


@dataclass(slots=True, eq=False, repr=False)
class Params(Node):
    params: list[Param]


# --- statements --------------------------------------------------------------------------


@dataclass(slots=True, eq=False, repr=False)
class ExprStmt(Node):
    value: Expr


@dataclass(slots=True, eq=False, repr=False)
class Assign(Node):
    """Plain and annotated assignment; an annotation without a value makes no node."""

    targets: list[Expr]
    value: Expr


@dataclass(slots=True, eq=False, repr=False)
class AugAssign(Node):
    target: Expr
    op: str
    value: Expr


@dataclass(slots=True, eq=False, repr=False)
class Return(Node):
    value: Expr | None


@dataclass(slots=True, eq=False, repr=False)
class Raise(Node):
    value: Expr | None


@dataclass(slots=True, eq=False, repr=False)
class Assert(Node):
    test: Expr


@dataclass(slots=True, eq=False, repr=False)
class Delete(Node):
    targets: list[Expr]


@dataclass(slots=True, eq=False, repr=False)
class Jump(Node):
    """``break``, ``continue`` or ``pass``."""

    kind: str


@dataclass(slots=True, eq=False, repr=False)
class ScopeDecl(Node):
    """``global`` or ``nonlocal``."""

    kind: str
    names: list[str]


@dataclass(slots=True, eq=False, repr=False)
class ImportName(Node):
    """``name`` is dotted; ``*`` in a star import."""

    name: str
    alias: str | None


@dataclass(slots=True, eq=False, repr=False)
class Import(Node):
    names: list[ImportName]


@dataclass(slots=True, eq=False, repr=False)
class ImportFrom(Node):
    """``level`` counts the leading dots; ``module`` is ``""`` for ``from . import x``."""

    module: str
    level: int
    names: list[ImportName]


@dataclass(slots=True, eq=False, repr=False)
class If(Node):
    test: Expr
    body: list[Stmt]
    orelse: list[Stmt]


@dataclass(slots=True, eq=False, repr=False)
class For(Node):
    target: Expr
    iterable: Expr
    body: list[Stmt]
    orelse: list[Stmt]


@dataclass(slots=True, eq=False, repr=False)
class While(Node):
    test: Expr
    body: list[Stmt]
    orelse: list[Stmt]


@dataclass(slots=True, eq=False, repr=False)
class WithItem(Node):
    value: Expr
    target: Expr | None


@dataclass(slots=True, eq=False, repr=False)
class With(Node):
    items: list[WithItem]
    body: list[Stmt]


@dataclass(slots=True, eq=False, repr=False)
class Handler(Node):
    type: Expr | None
    name: str | None
    body: list[Stmt]


@dataclass(slots=True, eq=False, repr=False)
class Try(Node):
    body: list[Stmt]
    handlers: list[Handler]
    orelse: list[Stmt]
    final: list[Stmt]


@dataclass(slots=True, eq=False, repr=False)
class Case(Node):
    """One ``case``: the names its pattern binds and, for a literal pattern, the literal."""

    literal: Expr | None
    binds: list[str]
    guard: Expr | None
    body: list[Stmt]


@dataclass(slots=True, eq=False, repr=False)
class Match(Node):
    subject: Expr
    cases: list[Case]


@dataclass(slots=True, eq=False, repr=False)
class FunctionDef(Node):
    """``name_span`` covers the name only, the place to point at."""

    name: str
    name_span: Span
    params: Params
    body: list[Stmt]
    decorators: list[Expr]


@dataclass(slots=True, eq=False, repr=False)
class ClassDef(Node):
    """``fields`` are the names that the body annotates, in order, also those without a value."""

    name: str
    name_span: Span
    bases: list[Arg]
    body: list[Stmt]
    decorators: list[Expr]
    fields: list[str]


Stmt = (
    ExprStmt
    | Assign
    | AugAssign
    | Return
    | Raise
    | Assert
    | Delete
    | Jump
    | ScopeDecl
    | Import
    | ImportFrom
    | If
    | For
    | While
    | With
    | Try
    | Match
    | FunctionDef
    | ClassDef
)


# --- a file ------------------------------------------------------------------------------


@dataclass(slots=True, eq=False, repr=False)
class Comment(Node):
    """A comment that speaks to bnlint (``# bnlint: …``), text from the ``#`` on."""

    text: str


@dataclass(slots=True, eq=False, repr=False)
class Module(Node):
    """A whole file. ``comments`` are only those that mention ``bnlint:``."""

    body: list[Stmt]
    comments: list[Comment] = field(default_factory=list)
