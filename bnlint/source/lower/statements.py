"""Lowering of statements."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

from bnlint.source import ir
from bnlint.source.lexer import Tokens
from bnlint.source.lower.expressions import Expressions
from bnlint.source.lower.tables import by_class


class Statements(Expressions):
    """One walk over one file's tree."""

    __slots__ = ("_stmt",)

    def __init__(self, text: str, tokens: Tokens) -> None:
        super().__init__(text, tokens)
        self._stmt = _table()

    def module(self, tree: Any) -> ir.Module:
        body = self._body(tree.body)
        comments = [
            ir.Comment(self._offsets(start, end), self._text[start:end])
            for start, end in self._tokens.comments
        ]
        return ir.Module(self._offsets(0, len(self._text)), body, comments)

    def _body(self, statements: Sequence[Any]) -> list[ir.Stmt]:
        out: list[ir.Stmt] = []
        table = self._stmt
        for statement in statements:
            if type(statement).__name__ == "SimpleStatementLine":
                self._line(statement, out)
            else:
                out.append(table[type(statement)](self, statement))
        return out

    def _line(self, line: Any, out: list[ir.Stmt]) -> None:
        table = self._stmt
        for small in line.body:
            node = table[type(small)](self, small)
            if node is not None:
                out.append(node)
            if self._text.startswith(";", self._starts[self._at]):
                self._at += 1

    def _suite(self, suite: Any) -> list[ir.Stmt]:
        if type(suite).__name__ == "IndentedBlock":
            return self._body(suite.body)
        out: list[ir.Stmt] = []
        self._line(suite, out)
        return out

    def _orelse(self, clause: Any) -> list[ir.Stmt]:
        """An ``else`` or ``finally`` clause, or nothing."""
        if clause is None:
            return []
        self._at += 2
        return self._suite(clause.body)

    def _expr_stmt(self, node: Any) -> ir.Stmt:
        first = self._at
        value = self._value(node.value)
        return ir.ExprStmt(self._span(first), value)

    def _assign(self, node: Any) -> ir.Stmt:
        first = self._at
        targets = []
        for target in node.targets:
            targets.append(self._value(target.target))
            self._at += 1
        value = self._value(node.value)
        return ir.Assign(self._span(first), targets, value)

    def _ann_assign(self, node: Any) -> ir.Stmt | None:
        first = self._at
        target = self._value(node.target)
        self._annotation(node.annotation)
        if node.value is None:
            return None
        self._at += 1
        value = self._value(node.value)
        return ir.Assign(self._span(first), [target], value)

    def _aug_assign(self, node: Any) -> ir.Stmt:
        first = self._at
        target = self._value(node.target)
        operator = self._peek().removesuffix("=")
        self._at += 1
        value = self._value(node.value)
        return ir.AugAssign(self._span(first), target, operator, value)

    def _return(self, node: Any) -> ir.Stmt:
        first = self._at
        self._at += 1
        value = None if node.value is None else self._value(node.value)
        return ir.Return(self._span(first), value)

    def _raise(self, node: Any) -> ir.Stmt:
        first = self._at
        self._at += 1
        value = None if node.exc is None else self._value(node.exc)
        if node.cause is not None:
            self._at += 1
            self._value(node.cause.item)
        return ir.Raise(self._span(first), value)

    def _assert(self, node: Any) -> ir.Stmt:
        first = self._at
        self._at += 1
        test = self._value(node.test)
        if node.msg is not None:
            self._at += 1
            self._value(node.msg)
        return ir.Assert(self._span(first), test)

    def _delete(self, node: Any) -> ir.Stmt:
        first = self._at
        self._at += 1
        target = self._value(node.target)
        bare = type(node.target).__name__ == "Tuple" and not node.target.lpar
        if bare and isinstance(target, ir.Collection):
            return ir.Delete(self._span(first), target.items)
        return ir.Delete(self._span(first), [target])

    def _jump(self, node: Any) -> ir.Stmt:
        first = self._at
        self._at += 1
        return ir.Jump(self._span(first), type(node).__name__.lower())

    def _scope_decl(self, node: Any) -> ir.Stmt:
        first = self._at
        self._at += 1
        names = []
        for item in node.names:
            self._word(item.name.value)
            self._comma()
            names.append(item.name.value)
        return ir.ScopeDecl(self._span(first), type(node).__name__.lower(), names)

    def _type_alias(self, node: Any) -> ir.Stmt:
        first = self._at
        self._at += 1
        target = self._value(node.name)
        self._type_parameters(node)
        self._at += 1
        value = self._value(node.value)
        return ir.Assign(self._span(first), [target], value)

    def _import(self, node: Any) -> ir.Stmt:
        first = self._at
        self._at += 1 if type(node).__name__ == "Import" else 2
        names = self._import_names(node.names)
        return ir.Import(self._span(first), names)

    def _import_from(self, node: Any) -> ir.Stmt:
        first = self._at
        self._at += 1 if type(node).__name__ == "ImportFrom" else 2
        while self._text.startswith(".", self._starts[self._at]):
            self._at += 1  # "..." is one token but three dots: the level comes from the tree
        module = "" if node.module is None else self._dotted(node.module)
        self._at += 1
        if type(node.names).__name__ == "ImportStar":
            at = self._at
            self._at += 1
            names = [ir.ImportName(self._span(at), "*", None)]
        else:
            bracket = 0 if node.lpar is None else 1
            self._at += bracket
            names = self._import_names(node.names)
            self._at += bracket
        return ir.ImportFrom(self._span(first), module, len(node.relative), names)

    def _import_names(self, aliases: Sequence[Any]) -> list[ir.ImportName]:
        names = []
        for alias in aliases:
            first = self._at
            name = self._dotted(alias.name)
            asname = None
            if alias.asname is not None:
                self._at += 1
                asname = alias.asname.name.value
                self._word(asname)
            names.append(ir.ImportName(self._span(first), name, asname))
            self._comma()
        return names

    def _dotted(self, node: Any) -> str:
        """Pass a dotted name and return it."""
        parts = []
        while type(node).__name__ == "Attribute":
            parts.append(node.attr.value)
            node = node.value
        parts.append(node.value)
        parts.reverse()
        self._word(parts[0])
        for part in parts[1:]:
            self._at += 1
            self._word(part)
        return ".".join(parts)

    def _if(self, node: Any) -> ir.Stmt:
        # Iterates over `elif`: chains of hundreds are real, and each is a level of the tree.
        branches = []
        orelse: list[ir.Stmt] = []
        while True:
            first = self._at
            self._at += 1
            test = self._value(node.test)
            self._at += 1
            span = self._span(first)
            branches.append((span, test, self._suite(node.body)))
            node = node.orelse
            if type(node).__name__ != "If":
                orelse = self._orelse(node)
                break
        for span, test, body in reversed(branches):
            orelse = [ir.If(span, test, body, orelse)]
        return orelse[0]

    def _for(self, node: Any) -> ir.Stmt:
        first = self._at
        self._at += 1 if node.asynchronous is None else 2
        target = self._value(node.target)
        self._at += 1
        iterable = self._value(node.iter)
        self._at += 1
        span = self._span(first)
        body = self._suite(node.body)
        return ir.For(span, target, iterable, body, self._orelse(node.orelse))

    def _while(self, node: Any) -> ir.Stmt:
        first = self._at
        self._at += 1
        test = self._value(node.test)
        self._at += 1
        span = self._span(first)
        body = self._suite(node.body)
        return ir.While(span, test, body, self._orelse(node.orelse))

    def _with(self, node: Any) -> ir.Stmt:
        first = self._at
        self._at += 1 if node.asynchronous is None else 2
        bracket = 1 if type(node.lpar).__name__ == "LeftParen" else 0
        self._at += bracket
        items = []
        for item in node.items:
            at = self._at
            value = self._value(item.item)
            target = None
            if item.asname is not None:
                self._at += 1
                target = self._value(item.asname.name)
            items.append(ir.WithItem(self._span(at), value, target))
            self._comma()
        self._at += bracket + 1
        return ir.With(self._span(first), items, self._suite(node.body))

    def _try(self, node: Any) -> ir.Stmt:
        first = self._at
        self._at += 2
        span = self._span(first)
        body = self._suite(node.body)
        handlers = [self._handler(handler) for handler in node.handlers]
        orelse = self._orelse(node.orelse)
        return ir.Try(span, body, handlers, orelse, self._orelse(node.finalbody))

    def _handler(self, node: Any) -> ir.Handler:
        first = self._at
        self._at += 1 if type(node).__name__ == "ExceptHandler" else 2
        caught = None if node.type is None else self._value(node.type)
        name = None
        if node.name is not None:
            self._at += 1
            name = node.name.name.value
            self._word(name)
        self._at += 1
        return ir.Handler(self._span(first), caught, name, self._suite(node.body))

    def _function(self, node: Any) -> ir.Stmt:
        decorators = self._decorators(node)
        first = self._at
        self._at += 1 if node.asynchronous is None else 2
        name_span = self._word(node.name.value)
        self._type_parameters(node)
        self._at += 1
        params = self._params(node.params)
        self._at += 1
        if node.returns is not None:
            self._annotation(node.returns)
        self._at += 1
        span = self._span(first)
        body = self._suite(node.body)
        return ir.FunctionDef(span, node.name.value, name_span, params, body, decorators)

    def _class(self, node: Any) -> ir.Stmt:
        decorators = self._decorators(node)
        first = self._at
        self._at += 1
        name_span = self._word(node.name.value)
        self._type_parameters(node)
        bases: list[ir.Arg] = []
        if type(node.lpar).__name__ == "LeftParen":
            self._at += 1
            bases = self._args([*node.bases, *node.keywords])
            self._at += 1
        self._at += 1
        span = self._span(first)
        body = self._suite(node.body)
        fields = _annotated(node.body)
        return ir.ClassDef(span, node.name.value, name_span, bases, body, decorators, fields)

    def _decorators(self, node: Any) -> list[ir.Expr]:
        decorators = []
        for decorator in node.decorators:
            self._at += 1
            decorators.append(self._value(decorator.decorator))
        return decorators

    def _match(self, node: Any) -> ir.Stmt:
        first = self._at
        self._at += 1
        subject = self._value(node.subject)
        self._at += 1
        span = self._span(first)
        return ir.Match(span, subject, [self._case(case) for case in node.cases])

    def _case(self, node: Any) -> ir.Case:
        first = self._at
        self._at += 1
        pattern = node.pattern
        literal = None
        if type(pattern).__name__ in ("MatchValue", "MatchSingleton"):
            value = self._value(pattern.value)
            if not isinstance(value, ir.Attr | ir.Name):
                literal = value
        else:
            self._skip_pattern()
        binds: list[str] = []
        _bound_names(pattern, binds)
        guard = None
        if node.guard is not None:
            self._at += 1
            guard = self._value(node.guard)
        self._at += 1
        return ir.Case(self._span(first), literal, binds, guard, self._suite(node.body))

    def _skip_pattern(self) -> None:
        """Pass a pattern: it ends at the ``:`` or ``if`` outside brackets."""
        depth = 0
        while True:
            token = self._peek()
            if token in ("(", "[", "{"):
                depth += 1
            elif token in (")", "]", "}"):
                depth -= 1
            elif not depth and token in (":", "if"):
                return
            self._at += 1

    def _type_parameters(self, node: Any) -> None:
        """Pass ``[T, *Ts, **P]`` if ``node`` has them."""
        if node.type_parameters is None:
            return
        depth = 0
        while True:
            token = self._peek()
            self._at += 1
            if token in ("(", "[", "{"):
                depth += 1
            elif token in (")", "]", "}"):
                depth -= 1
                if not depth:
                    return


def _bound_names(pattern: Any, binds: list[str]) -> None:
    """Append the names that a ``case`` pattern binds, in source order."""
    kind = type(pattern).__name__
    if kind == "MatchAs":
        if pattern.pattern is not None:
            _bound_names(pattern.pattern, binds)
        if pattern.name is not None:
            binds.append(pattern.name.value)
    elif kind == "MatchStar":
        if pattern.name is not None:
            binds.append(pattern.name.value)
    elif kind == "MatchOr":
        # Every alternative binds the same names.
        _bound_names(pattern.patterns[0].pattern, binds)
    elif kind == "MatchMapping":
        for element in pattern.elements:
            _bound_names(element.pattern, binds)
        if pattern.rest is not None:
            binds.append(pattern.rest.value)
    elif kind == "MatchClass":
        for element in pattern.patterns:
            _bound_names(element.value, binds)
        for element in pattern.kwds:
            _bound_names(element.pattern, binds)
    elif kind in ("MatchList", "MatchTuple"):
        for element in pattern.patterns:
            _bound_names(element if type(element).__name__ == "MatchStar" else element.value, binds)


def _annotated(body: Any) -> list[str]:
    """The names that the statements of a class annotate, but for class variables."""
    small = [body]
    if type(body).__name__ == "IndentedBlock":
        small = [line for line in body.body if type(line).__name__ == "SimpleStatementLine"]
    statements = [one for line in small for one in line.body]
    found = []
    for one in statements:
        if type(one).__name__ == "AnnAssign" and type(one.target).__name__ == "Name":
            said = one.annotation.annotation
            said = said.value if type(said).__name__ == "Subscript" else said
            last = said.attr if type(said).__name__ == "Attribute" else said
            if getattr(last, "value", None) != "ClassVar":
                found.append(str(one.target.value))
    return found


_STATEMENTS: dict[str, Callable[[Statements, Any], Any]] = {
    "Expr": Statements._expr_stmt,
    "Assign": Statements._assign,
    "AnnAssign": Statements._ann_assign,
    "AugAssign": Statements._aug_assign,
    "Return": Statements._return,
    "Raise": Statements._raise,
    "Assert": Statements._assert,
    "Del": Statements._delete,
    "Pass": Statements._jump,
    "Break": Statements._jump,
    "Continue": Statements._jump,
    "Global": Statements._scope_decl,
    "Nonlocal": Statements._scope_decl,
    "TypeAlias": Statements._type_alias,
    "Import": Statements._import,
    "ImportFrom": Statements._import_from,
    "LazyImport": Statements._import,
    "LazyImportFrom": Statements._import_from,
    "If": Statements._if,
    "For": Statements._for,
    "While": Statements._while,
    "With": Statements._with,
    "Try": Statements._try,
    "TryStar": Statements._try,
    "FunctionDef": Statements._function,
    "ClassDef": Statements._class,
    "Match": Statements._match,
}


@cache
def _table() -> dict[type, Callable[[Statements, Any], Any]]:
    """The methods by libcst class; imports libcst."""
    return by_class(_STATEMENTS)
