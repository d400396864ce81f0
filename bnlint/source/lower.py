"""Lowering: from a libcst tree to the IR, with positions, in one walk.

The walk passes every token of the file in source order and counts them (``_at`` is the index of
the next one); the lexer knows where the n-th token lies. That makes positions nearly free, at the
price of a rule for everybody who changes a method here: it must advance ``_at`` over exactly the
tokens of its node, in their order.
"""

from __future__ import annotations

import ast
import warnings
from bisect import bisect_right
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, TypeVar

from bnlint.source import ir
from bnlint.source.errors import SourceError
from bnlint.source.lexer import Tokens, line_starts
from bnlint.source.parse import parse

# Tokens to look through, either way, for one that is not where the count says.
_SEARCH = 64

_T = TypeVar("_T")

# A decimal literal this long cannot be turned back into text by every Python; keep it as source.
_INT_BITS = 4096


def lower(text: str, path: str) -> ir.Module:
    """The IR of the Python 3 source ``text``; ``path`` is for messages only.

    Raises ``SourceError`` if the text does not parse or is nested too deeply.
    """
    text = text.removeprefix("\ufeff")
    tree, tokens = parse(text, path)
    walk = _Walk(text, tokens)
    try:
        with warnings.catch_warnings():
            # Evaluating a string literal warns of escapes such as "\d"; they are not our subject.
            warnings.simplefilter("ignore")
            return walk.module(tree)
    except RecursionError:
        line = walk.line()
        raise SourceError(path, line, "nested too deeply to analyse; split this code up") from None
    except (IndexError, AttributeError, KeyError, TypeError, ValueError) as error:
        detail = f"cannot be analysed (internal error: {type(error).__name__})"
        raise SourceError(path, walk.line(), f"{detail}; please report it") from error


class _Walk:
    """One walk over one file's tree."""

    __slots__ = ("_at", "_ends", "_expr", "_lines", "_starts", "_stmt", "_text", "_tokens")

    def __init__(self, text: str, tokens: Tokens) -> None:
        self._text = text
        self._tokens = tokens
        # One token past the last, so that the place "before the next token" always exists.
        self._starts = [*tokens.starts, len(text)]
        self._ends = [*tokens.ends, len(text)]
        self._lines = line_starts(text)
        self._at = 0
        self._expr, self._stmt = _tables()

    def module(self, tree: Any) -> ir.Module:
        body = self._body(tree.body)
        comments = [
            ir.Comment(self._offsets(start, end), self._text[start:end])
            for start, end in self._tokens.comments
        ]
        return ir.Module(self._offsets(0, len(self._text)), body, comments)

    def line(self) -> int:
        """The line the walk has come to."""
        return bisect_right(self._lines, self._starts[min(self._at, len(self._starts) - 1)])

    # --- positions -----------------------------------------------------------------------

    def _offsets(self, start: int, end: int) -> ir.Span:
        lines = self._lines
        line = bisect_right(lines, start)
        column = start - lines[line - 1] + 1
        if line == len(lines) or end < lines[line]:
            return line, column, line, column + end - start
        end_line = bisect_right(lines, end)
        return line, column, end_line, end - lines[end_line - 1] + 1

    def _span(self, first: int) -> ir.Span:
        """From token ``first`` to the last token passed."""
        return self._offsets(self._starts[first], self._ends[self._at - 1])

    def _empty(self) -> ir.Span:
        """The place before the next token, for a node without any."""
        start = self._starts[self._at]
        return self._offsets(start, start)

    def _word(self, value: str) -> ir.Span:
        """Pass the token ``value`` and return its span."""
        at = self._at
        start = self._starts[at]
        if not self._text.startswith(value, start):
            at = self._search(value)
            start = self._starts[at]
        self._at = at + 1
        lines = self._lines
        line = bisect_right(lines, start)
        column = start - lines[line - 1] + 1
        return line, column, line, column + len(value)

    def _search(self, value: str) -> int:
        """The nearest token that reads ``value``.

        The count is only ever off if libcst's tokenizer and ours differ on some odd text. Then a
        finding may point at a neighbouring token; it must not lose its file.
        """
        at = self._at
        last = len(self._starts) - 1
        for distance in range(1, _SEARCH):
            for index in (at + distance, at - distance):
                if (
                    0 <= index < last
                    and self._text[self._starts[index] : self._ends[index]] == value
                ):
                    return index
        return min(at, last - 1)

    def _peek(self) -> str:
        return self._text[self._starts[self._at] : self._ends[self._at]]

    def _comma(self) -> None:
        """Pass the next token if it is a comma."""
        if self._text.startswith(",", self._starts[self._at]):
            self._at += 1

    # --- statements ----------------------------------------------------------------------

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
        return ir.ClassDef(span, node.name.value, name_span, bases, body, decorators)

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

    def _annotation(self, node: Any) -> None:
        """Pass ``: annotation`` or ``-> annotation``."""
        self._at += 1
        self._value(node.annotation)

    def _params(self, node: Any) -> ir.Params:
        first = self._at
        params: list[ir.Param] = []
        for param in node.posonly_params:
            self._param(param, "posonly", params)
        if node.posonly_params:
            self._at += 1
            self._comma()
        for param in node.params:
            self._param(param, "pos", params)
        star = node.star_arg
        if type(star).__name__ == "ParamStar":
            self._at += 2
        elif type(star).__name__ == "Param":
            self._param(star, "*", params)
        for param in node.kwonly_params:
            self._param(param, "kw", params)
        if node.star_kwarg is not None:
            self._param(node.star_kwarg, "**", params)
        span = self._empty() if self._at == first else self._span(first)
        return ir.Params(span, params)

    def _param(self, node: Any, kind: str, params: list[ir.Param]) -> None:
        first = self._at
        if kind[0] == "*":
            self._at += 1
        name = node.name.value
        self._word(name)
        if node.annotation is not None:
            self._annotation(node.annotation)
        default = None
        if node.default is not None:
            self._at += 1
            default = self._value(node.default)
        params.append(ir.Param(self._span(first), name, default, kind))
        self._comma()

    # --- expressions ---------------------------------------------------------------------

    def _value(self, node: Any) -> ir.Expr:
        """Lower an expression with the parentheses around it."""
        brackets = len(node.lpar)
        self._at += brackets
        out = self._expr[type(node)](self, node)
        self._at += brackets
        return out

    def _name(self, node: Any) -> ir.Expr:
        value = node.value
        span = self._word(value)
        kind = _SINGLETONS.get(value)
        if kind is not None:
            return ir.Const(span, kind[0], kind[1])
        return ir.Name(span, value)

    def _ellipsis(self, node: Any) -> ir.Expr:
        return ir.Const(self._word("..."), "other", "...")

    def _integer(self, node: Any) -> ir.Expr:
        source: str = node.value
        span = self._word(source)
        if len(source) > _INT_BITS // 4:
            return ir.Const(span, "other", source)
        return ir.Const(span, "int", int(source, 0))

    def _float(self, node: Any) -> ir.Expr:
        return ir.Const(self._word(node.value), "float", float(node.value))

    def _imaginary(self, node: Any) -> ir.Expr:
        return ir.Const(self._word(node.value), "other", node.value)

    def _spine(self, node: Any) -> ir.Expr:
        # Iterates down the left operands: `a.b(c).d(e)…` and `a + b + c …` are levels of the tree.
        kinds = _spine_kinds()
        spine = []
        kind = kinds.get(type(node))
        while kind is not None:
            spine.append((node, kind, self._at))
            if kind == "attr" or kind == "subscript":
                node = node.value
            elif kind == "call":
                node = node.func
            else:
                node = node.left
            self._at += len(node.lpar)
            kind = kinds.get(type(node))
        out = self._expr[type(node)](self, node)
        while spine:
            self._at += len(node.rpar)
            node, kind, first = spine.pop()
            if kind == "attr":
                self._at += 1
                name = node.attr.value
                self._word(name)
                out = ir.Attr(self._span(first), out, name)
            elif kind == "call":
                self._at += 1
                args = self._args(node.args)
                self._at += 1
                out = ir.Call(self._span(first), out, args)
            elif kind == "subscript":
                self._at += 1
                index = self._index(node.slice)
                self._at += 1
                out = ir.Subscript(self._span(first), out, index)
            else:
                operator = self._peek()
                self._at += 1
                right = self._value(node.right)
                make = ir.BinOp if kind == "binary" else ir.BoolOp
                out = make(self._span(first), operator, out, right)
        return out

    def _args(self, args: Sequence[Any]) -> list[ir.Arg]:
        out = []
        for arg in args:
            first = self._at
            name = None
            if arg.star:
                self._at += 1
            elif arg.keyword is not None:
                name = arg.keyword.value
                self._word(name)
                self._at += 1
            value = self._value(arg.value)
            out.append(ir.Arg(self._span(first), value, name, arg.star))
            self._comma()
        return out

    def _index(self, elements: Sequence[Any]) -> ir.Expr:
        first = self._at
        items: list[ir.Expr] = []
        for element in elements:
            items.append(self._slice(element.slice))
            at = self._at
            self._comma()
        if len(items) == 1 and self._at == at and not isinstance(items[0], ir.Starred):
            return items[0]
        return ir.Collection(self._span(first), "tuple", items)

    def _slice(self, node: Any) -> ir.Expr:
        first = self._at
        if type(node).__name__ == "Index":
            if not node.star:
                return self._value(node.value)
            self._at += 1
            value = self._value(node.value)
            return ir.Starred(self._span(first), value)
        lower = None if node.lower is None else self._value(node.lower)
        self._at += 1
        upper = None if node.upper is None else self._value(node.upper)
        if self._text.startswith(":", self._starts[self._at]):
            self._at += 1
        step = None if node.step is None else self._value(node.step)
        return ir.Slice(self._span(first), lower, upper, step)

    def _tuple(self, node: Any) -> ir.Expr:
        # A tuple's innermost brackets are its own, as in Python's ast; `_value` passes them.
        bracket = 1 if node.lpar else 0
        first = self._at - bracket
        items = self._elements(node.elements)
        self._at += bracket
        span = self._span(first)
        self._at -= bracket
        return ir.Collection(span, "tuple", items)

    def _list(self, node: Any) -> ir.Expr:
        first = self._at
        self._at += 1
        items = self._elements(node.elements)
        self._at += 1
        kind = "list" if type(node).__name__ == "List" else "set"
        return ir.Collection(self._span(first), kind, items)

    def _elements(self, elements: Sequence[Any]) -> list[ir.Expr]:
        items: list[ir.Expr] = []
        for element in elements:
            if type(element).__name__ == "StarredElement":
                items.append(self._value(element))
            else:
                items.append(self._value(element.value))
            self._comma()
        return items

    def _starred(self, node: Any) -> ir.Expr:
        first = self._at
        self._at += 1
        value = self._value(node.value)
        return ir.Starred(self._span(first), value)

    def _dict(self, node: Any) -> ir.Expr:
        first = self._at
        self._at += 1
        items = []
        for element in node.elements:
            at = self._at
            key = None
            if type(element).__name__ == "DictElement":
                key = self._value(element.key)
            self._at += 1
            value = self._value(element.value)
            items.append(ir.DictItem(self._span(at), key, value))
            self._comma()
        self._at += 1
        return ir.Dict(self._span(first), items)

    def _lambda(self, node: Any) -> ir.Expr:
        first = self._at
        self._at += 1
        params = self._params(node.params)
        self._at += 1
        body = self._value(node.body)
        return ir.Lambda(self._span(first), params, body)

    def _comparison(self, node: Any) -> ir.Expr:
        first = self._at
        left = self._value(node.left)
        operators: list[str] = []
        rights: list[ir.Expr] = []
        for target in node.comparisons:
            operator = self._peek()
            self._at += 1
            kind = type(target.operator).__name__
            if kind == "NotIn" or kind == "IsNot":
                operator = f"{operator} {self._peek()}"
                self._at += 1
            operators.append(operator)
            rights.append(self._value(target.comparator))
        return ir.Compare(self._span(first), left, operators, rights)

    def _unary(self, node: Any) -> ir.Expr:
        first = self._at
        operator = self._peek()
        self._at += 1
        value = self._value(node.expression)
        return ir.UnaryOp(self._span(first), operator, value)

    def _if_exp(self, node: Any) -> ir.Expr:
        first = self._at
        body = self._value(node.body)
        self._at += 1
        test = self._value(node.test)
        self._at += 1
        orelse = self._value(node.orelse)
        return ir.IfExp(self._span(first), test, body, orelse)

    def _comprehension(self, node: Any) -> ir.Expr:
        kind = type(node).__name__
        # As for a tuple: a generator's brackets were passed by `_value`, a call's are not its own.
        bracket = 1 if kind == "GeneratorExp" and node.lpar else 0
        first = self._at - bracket
        own = 0 if kind == "GeneratorExp" else 1
        self._at += own
        key = None
        if kind == "DictComp":
            key = self._value(node.key)
            self._at += 1
            element = self._value(node.value)
        elif kind == "StarredDictComp":
            self._at += 1
            element = self._value(node.value)
        else:
            element = self._value(node.elt)
        generators = []
        clause = node.for_in
        while clause is not None:
            generators.append(self._generator(clause))
            clause = clause.inner_for_in
        self._at += own + bracket
        span = self._span(first)
        self._at -= bracket
        return ir.Comprehension(span, _COMPREHENSIONS[kind], key, element, generators)

    def _generator(self, clause: Any) -> ir.Generator:
        first = self._at
        self._at += 1 if clause.asynchronous is None else 2
        target = self._value(clause.target)
        self._at += 1
        iterable = self._value(clause.iter)
        ifs = []
        for condition in clause.ifs:
            self._at += 1
            ifs.append(self._value(condition.test))
        return ir.Generator(self._span(first), target, iterable, ifs)

    def _await(self, node: Any) -> ir.Expr:
        first = self._at
        self._at += 1
        value = self._value(node.expression)
        return ir.Await(self._span(first), value)

    def _yield(self, node: Any) -> ir.Expr:
        first = self._at
        self._at += 1
        value = node.value
        is_from = type(value).__name__ == "From"
        if is_from:
            self._at += 1
            value = value.item
        out = None if value is None else self._value(value)
        return ir.Yield(self._span(first), out, is_from)

    def _named_expr(self, node: Any) -> ir.Expr:
        first = self._at
        target = self._value(node.target)
        self._at += 1
        value = self._value(node.value)
        return ir.NamedExpr(self._span(first), target, value)

    # --- strings -------------------------------------------------------------------------

    def _string(self, node: Any) -> ir.Expr:
        source: str = node.value
        first = self._at
        if self._text.startswith(source, self._starts[first]):
            self._at += 1
            return _string_const(self._span(first), source)
        return _string_const(self._word(source), source)

    def _formatted(self, node: Any) -> ir.Expr:
        first = self._at
        self._at += 1
        quote = node.end
        raw = "r" in node.start.lower()
        parts = self._format_parts(node.parts, quote, raw)
        self._at += 1
        return _joined(self._span(first), parts)

    def _format_parts(self, nodes: Sequence[Any], quote: str, raw: bool) -> list[ir.Expr]:
        parts: list[ir.Expr] = []
        for node in nodes:
            if type(node).__name__ in ("FormattedStringText", "TemplatedStringText"):
                start = self._ends[self._at - 1]
                span = self._offsets(start, start + len(node.value))
                parts.append(ir.Const(span, "str", _format_text(node.value, quote, raw)))
            else:
                parts.append(self._field(node, quote, raw))
        return parts

    def _field(self, node: Any, quote: str, raw: bool) -> ir.Expr:
        """``{value!r:spec}``: a conversion is a unary operator, a format spec a binary one."""
        self._at += 1
        first = self._at
        value = self._value(node.expression)
        if node.equal is not None:
            self._at += 1
        if node.conversion is not None:
            self._at += 2
            value = ir.UnaryOp(self._span(first), f"!{node.conversion}", value)
        if node.format_spec is not None:
            self._at += 1
            start = self._ends[self._at - 1]
            parts = self._format_parts(node.format_spec, quote, raw)
            end = self._starts[self._at]
            spec = _joined(self._offsets(start, end), parts)
            span = self._offsets(self._starts[first], end)
            value = ir.BinOp(span, "format", value, spec)
        self._at += 1
        return value

    def _concatenated(self, node: Any) -> ir.Expr:
        first = self._at
        parts: list[ir.Expr] = []
        while type(node).__name__ == "ConcatenatedString":
            parts.append(self._value(node.left))
            node = node.right
        parts.append(self._value(node))
        span = self._span(first)
        if any(isinstance(part, ir.Const) and part.kind == "bytes" for part in parts):
            start, end = self._starts[first], self._ends[self._at - 1]
            return ir.Const(span, "bytes", self._text[start:end])
        flat: list[ir.Expr] = []
        for part in parts:
            flat.extend(part.parts if isinstance(part, ir.Joined) else [part])
        return _joined(span, flat)


def _joined(span: ir.Span, parts: list[ir.Expr]) -> ir.Expr:
    """The concatenation of ``parts``: one literal if they are all literals."""
    values = [part.value for part in parts if isinstance(part, ir.Const) and part.kind == "str"]
    if len(values) == len(parts):
        return ir.Const(span, "str", "".join(map(str, values)))
    return ir.Joined(span, parts)


def _string_const(span: ir.Span, source: str) -> ir.Const:
    quote = source[-1]
    start = source.index(quote)
    prefix = source[:start].lower()
    if "b" in prefix:
        return ir.Const(span, "bytes", source)
    width = 3 if source.startswith(quote * 3, start) and len(source) >= start + 6 else 1
    inner = source[start + width : -width]
    if "\r" in inner:
        # Python reads every line end as one "\n".
        inner = inner.replace("\r\n", "\n").replace("\r", "\n")
    if "\\" in inner and "r" not in prefix:
        inner = _unescape(inner, quote * width)
    return ir.Const(span, "str", inner)


def _format_text(text: str, quote: str, raw: bool) -> str:
    """The value of a text part of an f-string."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if "\\" in text and not raw:
        text = _unescape(text, quote)
    return text.replace("{{", "{").replace("}}", "}")


def _unescape(inner: str, quote: str) -> str:
    try:
        value = ast.literal_eval(quote + inner + quote)
    except (SyntaxError, ValueError, MemoryError):
        # libcst lets "\x1" through. Python would not run the file; its text is as good a value.
        return inner
    return value if isinstance(value, str) else inner


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


_Lower = Callable[[_Walk, Any], _T]

_SINGLETONS: dict[str, tuple[str, bool | None]] = {
    "None": ("none", None),
    "True": ("bool", True),
    "False": ("bool", False),
}

_COMPREHENSIONS = {
    "ListComp": "list",
    "SetComp": "set",
    "DictComp": "dict",
    "StarredDictComp": "dict",
    "GeneratorExp": "generator",
}

_EXPRESSIONS: dict[str, _Lower[ir.Expr]] = {
    "Name": _Walk._name,
    "Ellipsis": _Walk._ellipsis,
    "Integer": _Walk._integer,
    "Float": _Walk._float,
    "Imaginary": _Walk._imaginary,
    "SimpleString": _Walk._string,
    "ConcatenatedString": _Walk._concatenated,
    "FormattedString": _Walk._formatted,
    "TemplatedString": _Walk._formatted,
    "Attribute": _Walk._spine,
    "Call": _Walk._spine,
    "Subscript": _Walk._spine,
    "BinaryOperation": _Walk._spine,
    "BooleanOperation": _Walk._spine,
    "Comparison": _Walk._comparison,
    "UnaryOperation": _Walk._unary,
    "Lambda": _Walk._lambda,
    "IfExp": _Walk._if_exp,
    "Tuple": _Walk._tuple,
    "List": _Walk._list,
    "Set": _Walk._list,
    "Dict": _Walk._dict,
    "StarredElement": _Walk._starred,
    "ListComp": _Walk._comprehension,
    "SetComp": _Walk._comprehension,
    "DictComp": _Walk._comprehension,
    "StarredDictComp": _Walk._comprehension,
    "GeneratorExp": _Walk._comprehension,
    "Await": _Walk._await,
    "Yield": _Walk._yield,
    "NamedExpr": _Walk._named_expr,
}

_STATEMENTS: dict[str, _Lower[Any]] = {
    "Expr": _Walk._expr_stmt,
    "Assign": _Walk._assign,
    "AnnAssign": _Walk._ann_assign,
    "AugAssign": _Walk._aug_assign,
    "Return": _Walk._return,
    "Raise": _Walk._raise,
    "Assert": _Walk._assert,
    "Del": _Walk._delete,
    "Pass": _Walk._jump,
    "Break": _Walk._jump,
    "Continue": _Walk._jump,
    "Global": _Walk._scope_decl,
    "Nonlocal": _Walk._scope_decl,
    "TypeAlias": _Walk._type_alias,
    "Import": _Walk._import,
    "ImportFrom": _Walk._import_from,
    "LazyImport": _Walk._import,
    "LazyImportFrom": _Walk._import_from,
    "If": _Walk._if,
    "For": _Walk._for,
    "While": _Walk._while,
    "With": _Walk._with,
    "Try": _Walk._try,
    "TryStar": _Walk._try,
    "FunctionDef": _Walk._function,
    "ClassDef": _Walk._class,
    "Match": _Walk._match,
}

_SPINES = {
    "Attribute": "attr",
    "Call": "call",
    "Subscript": "subscript",
    "BinaryOperation": "binary",
    "BooleanOperation": "boolean",
}


def _by_class(names: dict[str, _T]) -> dict[type, _T]:
    import libcst

    # A name may be missing: some node types are younger than the oldest libcst that will do.
    return {getattr(libcst, name): value for name, value in names.items() if hasattr(libcst, name)}


@cache
def _tables() -> tuple[dict[type, _Lower[ir.Expr]], dict[type, _Lower[Any]]]:
    """The methods for expressions and statements by libcst class; imports libcst."""
    return _by_class(_EXPRESSIONS), _by_class(_STATEMENTS)


@cache
def _spine_kinds() -> dict[type, str]:
    return _by_class(_SPINES)
