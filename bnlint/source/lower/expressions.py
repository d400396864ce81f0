"""Lowering of expressions, and of parameters, which a lambda has too."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

from bnlint.source import ir
from bnlint.source.lexer import Tokens
from bnlint.source.lower.cursor import Cursor
from bnlint.source.lower.literals import format_text, joined, string_const
from bnlint.source.lower.tables import by_class

# A decimal literal this long cannot be turned back into text by every Python; keep it as source.
_INT_BITS = 4096


class Expressions(Cursor):
    """The part of a walk that lowers expressions."""

    __slots__ = ("_expr",)

    def __init__(self, text: str, tokens: Tokens) -> None:
        super().__init__(text, tokens)
        self._expr = _table()

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
            return string_const(self._span(first), source)
        return string_const(self._word(source), source)

    def _formatted(self, node: Any) -> ir.Expr:
        first = self._at
        self._at += 1
        quote = node.end
        raw = "r" in node.start.lower()
        parts = self._format_parts(node.parts, quote, raw)
        self._at += 1
        return joined(self._span(first), parts)

    def _format_parts(self, nodes: Sequence[Any], quote: str, raw: bool) -> list[ir.Expr]:
        parts: list[ir.Expr] = []
        for node in nodes:
            if type(node).__name__ in ("FormattedStringText", "TemplatedStringText"):
                start = self._ends[self._at - 1]
                span = self._offsets(start, start + len(node.value))
                parts.append(ir.Const(span, "str", format_text(node.value, quote, raw)))
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
            spec = joined(self._offsets(start, end), parts)
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
        return joined(span, flat)

    # --- parameters ----------------------------------------------------------------------

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

_EXPRESSIONS: dict[str, Callable[[Expressions, Any], ir.Expr]] = {
    "Name": Expressions._name,
    "Ellipsis": Expressions._ellipsis,
    "Integer": Expressions._integer,
    "Float": Expressions._float,
    "Imaginary": Expressions._imaginary,
    "SimpleString": Expressions._string,
    "ConcatenatedString": Expressions._concatenated,
    "FormattedString": Expressions._formatted,
    "TemplatedString": Expressions._formatted,
    "Attribute": Expressions._spine,
    "Call": Expressions._spine,
    "Subscript": Expressions._spine,
    "BinaryOperation": Expressions._spine,
    "BooleanOperation": Expressions._spine,
    "Comparison": Expressions._comparison,
    "UnaryOperation": Expressions._unary,
    "Lambda": Expressions._lambda,
    "IfExp": Expressions._if_exp,
    "Tuple": Expressions._tuple,
    "List": Expressions._list,
    "Set": Expressions._list,
    "Dict": Expressions._dict,
    "StarredElement": Expressions._starred,
    "ListComp": Expressions._comprehension,
    "SetComp": Expressions._comprehension,
    "DictComp": Expressions._comprehension,
    "StarredDictComp": Expressions._comprehension,
    "GeneratorExp": Expressions._comprehension,
    "Await": Expressions._await,
    "Yield": Expressions._yield,
    "NamedExpr": Expressions._named_expr,
}

_SPINES = {
    "Attribute": "attr",
    "Call": "call",
    "Subscript": "subscript",
    "BinaryOperation": "binary",
    "BooleanOperation": "boolean",
}


@cache
def _table() -> dict[type, Callable[[Expressions, Any], ir.Expr]]:
    """The methods by libcst class; imports libcst."""
    return by_class(_EXPRESSIONS)


@cache
def _spine_kinds() -> dict[type, str]:
    return by_class(_SPINES)
