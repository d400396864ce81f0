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


@dataclass(slots=True)
class Node:
    """Base of every node."""

    span: Span


# --- expressions -------------------------------------------------------------------------


@dataclass(slots=True)
class Const(Node):
    """A literal: ``None``, a bool, a number, ``...`` or (bytes) string.

    ``kind`` tells strings from bytes and keeps ``...`` and complex numbers out of JSON's way:
    one of ``none bool int float str bytes other``. Bytes and ``other`` carry their source text.
    """

    kind: str
    value: bool | int | float | str | None


@dataclass(slots=True)
class Name(Node):
    id: str


@dataclass(slots=True)
class Attr(Node):
    value: Expr
    attr: str


@dataclass(slots=True)
class Arg(Node):
    """One argument of a call. ``star`` is ``""``, ``"*"`` or ``"**"``."""

    value: Expr
    name: str | None
    star: str


@dataclass(slots=True)
class Call(Node):
    func: Expr
    args: list[Arg]


@dataclass(slots=True)
class Subscript(Node):
    value: Expr
    index: Expr


@dataclass(slots=True)
class Slice(Node):
    lower: Expr | None
    upper: Expr | None
    step: Expr | None


@dataclass(slots=True)
class Collection(Node):
    """A list, tuple or set display; ``kind`` is ``list``, ``tuple`` or ``set``."""

    kind: str
    items: list[Expr]


@dataclass(slots=True)
class Starred(Node):
    value: Expr


@dataclass(slots=True)
class DictItem(Node):
    """One entry of a dict display; ``key`` is None for ``**value``."""

    key: Expr | None
    value: Expr


@dataclass(slots=True)
class Dict(Node):
    items: list[DictItem]


@dataclass(slots=True)
class Lambda(Node):
    params: Params
    body: Expr


@dataclass(slots=True)
class Compare(Node):
    """``left op[0] right[0] op[1] right[1] …``; operators as written (``not in``, ``is not``)."""

    left: Expr
    ops: list[str]
    rights: list[Expr]


@dataclass(slots=True)
class BoolOp(Node):
    """``and`` / ``or`` over two operands."""

    op: str
    left: Expr
    right: Expr


@dataclass(slots=True)
class BinOp(Node):
    op: str
    left: Expr
    right: Expr


@dataclass(slots=True)
class UnaryOp(Node):
    op: str
    value: Expr


@dataclass(slots=True)
class IfExp(Node):
    test: Expr
    body: Expr
    orelse: Expr


@dataclass(slots=True)
class Generator(Node):
    """One ``for target in iterable if …`` clause of a comprehension."""

    target: Expr
    iterable: Expr
    ifs: list[Expr]


@dataclass(slots=True)
class Comprehension(Node):
    """``kind`` is ``list``, ``set``, ``dict`` or ``generator``; ``key`` is set for dicts only."""

    kind: str
    key: Expr | None
    element: Expr
    generators: list[Generator]


@dataclass(slots=True)
class Joined(Node):
    """An f-string or implicit concatenation that is not a plain literal; its parts in order."""

    parts: list[Expr]


@dataclass(slots=True)
class Await(Node):
    value: Expr


@dataclass(slots=True)
class Yield(Node):
    value: Expr | None
    is_from: bool


@dataclass(slots=True)
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


@dataclass(slots=True)
class Param(Node):
    """``kind`` is ``pos`` (positional or keyword), ``posonly``, ``kw``, ``*`` or ``**``."""

    name: str
    default: Expr | None
    kind: str


@dataclass(slots=True)
class Params(Node):
    params: list[Param]


# --- statements --------------------------------------------------------------------------


@dataclass(slots=True)
class ExprStmt(Node):
    value: Expr


@dataclass(slots=True)
class Assign(Node):
    """Plain and annotated assignment; an annotation without a value makes no node."""

    targets: list[Expr]
    value: Expr


@dataclass(slots=True)
class AugAssign(Node):
    target: Expr
    op: str
    value: Expr


@dataclass(slots=True)
class Return(Node):
    value: Expr | None


@dataclass(slots=True)
class Raise(Node):
    value: Expr | None


@dataclass(slots=True)
class Assert(Node):
    test: Expr


@dataclass(slots=True)
class Delete(Node):
    targets: list[Expr]


@dataclass(slots=True)
class Jump(Node):
    """``break``, ``continue`` or ``pass``."""

    kind: str


@dataclass(slots=True)
class ScopeDecl(Node):
    """``global`` or ``nonlocal``."""

    kind: str
    names: list[str]


@dataclass(slots=True)
class ImportName(Node):
    """``name`` is dotted; ``*`` in a star import."""

    name: str
    alias: str | None


@dataclass(slots=True)
class Import(Node):
    names: list[ImportName]


@dataclass(slots=True)
class ImportFrom(Node):
    """``level`` counts the leading dots; ``module`` is ``""`` for ``from . import x``."""

    module: str
    level: int
    names: list[ImportName]


@dataclass(slots=True)
class If(Node):
    test: Expr
    body: list[Stmt]
    orelse: list[Stmt]


@dataclass(slots=True)
class For(Node):
    target: Expr
    iterable: Expr
    body: list[Stmt]
    orelse: list[Stmt]


@dataclass(slots=True)
class While(Node):
    test: Expr
    body: list[Stmt]
    orelse: list[Stmt]


@dataclass(slots=True)
class WithItem(Node):
    value: Expr
    target: Expr | None


@dataclass(slots=True)
class With(Node):
    items: list[WithItem]
    body: list[Stmt]


@dataclass(slots=True)
class Handler(Node):
    type: Expr | None
    name: str | None
    body: list[Stmt]


@dataclass(slots=True)
class Try(Node):
    body: list[Stmt]
    handlers: list[Handler]
    orelse: list[Stmt]
    final: list[Stmt]


@dataclass(slots=True)
class Case(Node):
    """One ``case``: the names its pattern binds and, for a literal pattern, the literal."""

    literal: Expr | None
    binds: list[str]
    guard: Expr | None
    body: list[Stmt]


@dataclass(slots=True)
class Match(Node):
    subject: Expr
    cases: list[Case]


@dataclass(slots=True)
class FunctionDef(Node):
    """``name_span`` covers the name only, the place to point at."""

    name: str
    name_span: Span
    params: Params
    body: list[Stmt]
    decorators: list[Expr]


@dataclass(slots=True)
class ClassDef(Node):
    name: str
    name_span: Span
    bases: list[Arg]
    body: list[Stmt]
    decorators: list[Expr]


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


@dataclass(slots=True)
class Comment(Node):
    """A comment that speaks to bnlint (``# bnlint: …``), text from the ``#`` on."""

    text: str


@dataclass(slots=True)
class Module(Node):
    """A whole file. ``comments`` are only those that mention ``bnlint:``."""

    body: list[Stmt]
    comments: list[Comment] = field(default_factory=list)
