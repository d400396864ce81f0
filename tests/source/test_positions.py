"""A node's span is where its source is."""

from __future__ import annotations

import ast
import functools
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ir_shapes import expression, low, shape, source, statement, walk

from bnlint.source import ir
from bnlint.source.codec import decode, encode
from bnlint.source.errors import SourceError
from bnlint.source.lower import lower


def places(text: str, kind: type[ir.Node]) -> list[str]:
    """The source of every node of one kind."""
    return [source(text, node.span) for node in walk(low(text)) if type(node) is kind]


@pytest.mark.parametrize(
    ("text", "calls"),
    [
        ("f(a)\n", ["f(a)"]),
        ("(f)(a)\n", ["(f)(a)"]),
        ("( f(a) )\n", ["f(a)"]),
        ("f(g(a), (h(b)))[0](c)\n", ["f(g(a), (h(b)))[0](c)", "f(g(a), (h(b)))", "g(a)", "h(b)"]),
        ("a.b().c(\n  d # )\n  ,\n)\n", ["a.b().c(\n  d # )\n  ,\n)", "a.b()"]),
        ("f(')', \"(\", '''\n)''')\n", ["f(')', \"(\", '''\n)''')"]),
        ("f \\\n (a)\n", ["f \\\n (a)"]),
        ("x = f(a); y = g(b) # f(c)\n", ["f(a)", "g(b)"]),
        ("\tif_(a)\n".lstrip("\t"), ["if_(a)"]),
        ("if f(a):\n\tg(b)\n", ["f(a)", "g(b)"]),
        ("\f\nf(a)\n\f\ndef g():\n\f\n  h(b)\n", ["f(a)", "h(b)"]),
        ("f(a)\r\ng(\r\n  b)\r\n", ["f(a)", "g(\r\n  b)"]),
        ("naïve(ε, '→')(क्षेत्र)\n", ["naïve(ε, '→')(क्षेत्र)", "naïve(ε, '→')"]),
        ("x: f(a) = g(b)\ndef h(p: f(c) = i(d)) -> f(e): j(k)\n", ["g(b)", "i(d)", "j(k)"]),
        ("f'{f(a)!r:>{g(b)}} f(c)' f'{h(d)}'\n", ["f(a)", "g(b)", "h(d)"]),
        ("raise f(a) from g(b)\nassert h(c), i(d)\nj(e)\n", ["f(a)", "h(c)", "j(e)"]),
        ("f(a for b in g(c) if h(d))\n", ["f(a for b in g(c) if h(d))", "g(c)", "h(d)"]),
        ("class A(f(a), b=g(c)): x = h(d)\n", ["f(a)", "g(c)", "h(d)"]),
        ("match f(a):\n  case K(x=1) if g(b): h(c)\n  case 'a' 'b': i(d)\n",
         ["f(a)", "g(b)", "h(c)", "i(d)"]),
        ("from ... import a\nfrom .. .. b import c\n".replace(".. ..", "...") + "f(a)\n", ["f(a)"]),
        ("global a, b; f(a)\n", ["f(a)"]),
        ("def f[T: (int, str), *U](a: T) -> T: return g(a)\n", ["g(a)"]),
        ("with (f(a) as b, g(c),): h(d)\n", ["f(a)", "g(c)", "h(d)"]),
        ("with (f(a)), (g(c)) as d: h(d)\n", ["f(a)", "g(c)", "h(d)"]),
        ("a[1:f(b), ::g(c)]; a[:]; h(d)\n", ["f(b)", "g(c)", "h(d)"]),
        ("lambda a=f(b), /, *, c=g(d), **e: h(i)\n", ["f(b)", "g(d)", "h(i)"]),
        ("try: f(a)\nexcept g(b) as c: h(d)\nelse: i(e)\nfinally: j(k)\n",
         ["f(a)", "g(b)", "h(d)", "i(e)", "j(k)"]),
    ],
)  # fmt: skip
def test_calls(text: str, calls: list[str]) -> None:
    assert places(text, ir.Call) == calls


@pytest.mark.parametrize(
    ("text", "kind", "spans"),
    [
        ("x = 1, 2\n", ir.Collection, [(1, 5, 1, 9)]),
        ("x = ((1), 2,)\n", ir.Collection, [(1, 5, 1, 14)]),
        ("x = (1), 2\n", ir.Collection, [(1, 5, 1, 11)]),
        ("(a) + (b)\n", ir.BinOp, [(1, 1, 1, 10)]),
        ("f(x for x in y)\n", ir.Comprehension, [(1, 3, 1, 15)]),
        ("f((x for x in y))\n", ir.Comprehension, [(1, 3, 1, 17)]),
        ("f(a, *b, c=(d))\n", ir.Arg, [(1, 3, 1, 4), (1, 6, 1, 8), (1, 10, 1, 15)]),
        ("a[:]\n", ir.Slice, [(1, 3, 1, 4)]),
        ("if a: b\nelif (c): d\n", ir.If, [(1, 1, 1, 6), (2, 1, 2, 10)]),
        ("with a as b: c\n", ir.With, [(1, 1, 1, 13)]),
        ("a = (1); b = 2 ;\n", ir.Assign, [(1, 1, 1, 8), (1, 10, 1, 15)]),
        ("x = '''a\nb'''\n", ir.Const, [(1, 5, 2, 5)]),
        ("f'a{b}cd'\n", ir.Const, [(1, 3, 1, 4), (1, 7, 1, 9)]),
        ("x = ('a'\n     'b')\n", ir.Const, [(1, 6, 2, 9)]),
        ("import a.b as c, d\n", ir.ImportName, [(1, 8, 1, 16), (1, 18, 1, 19)]),
        ("def f(): pass\n", ir.Params, [(1, 7, 1, 7)]),
        ("return_ = lambda: 0\n", ir.Params, [(1, 17, 1, 17)]),
        ("é = 'ü'; y\n", ir.Name, [(1, 1, 1, 2), (1, 10, 1, 11)]),
        ("x\ry\r\nz\n\fw\n", ir.Name, [(1, 1, 1, 2), (2, 1, 2, 2), (3, 1, 3, 2), (4, 2, 4, 3)]),
    ],
)
def test_spans(text: str, kind: type[ir.Node], spans: list[ir.Span]) -> None:
    assert [node.span for node in walk(low(text)) if type(node) is kind] == spans


def test_a_byte_order_mark_takes_no_column() -> None:
    assert statement("\ufefff(a)\n").span == (1, 1, 1, 5)


# --- generated programs ------------------------------------------------------------------

GAPS = st.sampled_from(["", " ", "  ", "\t", " \\\n ", "\f"])
# Inside brackets lines may end, and comments may hold anything.
INNER = st.sampled_from(["", " ", "\n", "\r\n", " # it's ) \"here\n", "\t"])
NAMES = st.sampled_from(["a", "tf", "ε", "x1", "match", "type", "print", "_"])
ATOMS = st.one_of(
    NAMES,
    st.sampled_from(
        [
            *("1", "0x1f", "1.", ".5e1", "2j", "...", "None", "True"),
            *("'('", '"it\'s"', "r'\\\\'", "b'#'", "'''\n)'''", "'a' \"b\""),
            *("f'{a}'", "f'{x1(a)!r:>{tf}} {{'", "rf'{{' '}'"),
        ]
    ),
)


def _combine(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    def fill(template: str, *parts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
        return st.tuples(*parts).map(lambda values: template.format(*values))

    return st.one_of(
        fill("({1}{0}{1})", inner, INNER),
        fill("tf{3}({2}{0}{2},{1}{2})", inner, inner, INNER, GAPS),
        fill("(({0})({2}*{1}, k{2}={2}{0},{2}**{1}{2}))", inner, inner, INNER),
        fill("a.b{1}.{1}c({0})[{0}]", inner, GAPS),
        fill("a[{0}:{1}, ::{2}, :]", inner, inner, INNER),
        fill("({0}) +{2}({1})", inner, inner, GAPS),
        fill("({0} if {1} else {0})", inner, inner),
        fill("({0} not in {1} and not {0})", inner, inner),
        fill("[{0},{2}{1},{2}]", inner, inner, INNER),
        fill("{{{0}:{2}{1}, **{0}}}", inner, inner, INNER),
        fill("[{0}{2}for x1 in ({1}) if ({0})]", inner, inner, st.sampled_from([" ", "\n"])),
        fill("tf({0} for a in ({1}))", inner, inner),
        fill("(lambda a, *b, k=({0}): {1})", inner, inner),
        fill("({0}, {1})", inner, inner),
    )


EXPRESSIONS = st.recursive(ATOMS, _combine, max_leaves=12)


def _fill(form: str, parts: tuple[str, str]) -> str:
    return form.format(*parts)


STATEMENTS = st.one_of(
    *(
        st.tuples(EXPRESSIONS, EXPRESSIONS).map(functools.partial(_fill, form))
        for form in (
            "{0}\n",
            "a = b.c = {0}; d += {1};\n",
            "a: {0} = {1}\n",
            "if {0}:\n  {1}\nelif {1}: {0}\nelse:\n\ta\n",
            "for a in {0}:\n  pass # {{\n  b({1})\n",
            "with ({0}) as a, ({1}): pass\n",
            "@a\ndef f(a, b: ({0}) = {1}, *c) -> ({0}): return {1}\n",
            "class A(b, c={0}):\n\n  # (\n  x = {1}\n",
            "try: {0}\nexcept ({1}) as e: raise ({0}) from ({1})\n",
            "assert ({0}), ({1})\ndel a.b, c\n",
        )
    )
)
PROGRAMS = st.lists(STATEMENTS, max_size=4).map("".join)

_KINDS = {ast.Call: ir.Call, ast.Name: ir.Name, ast.Attribute: ir.Attr, ast.Lambda: ir.Lambda}


@settings(deadline=None)
@given(PROGRAMS)
def test_positions_are_those_of_python(text: str) -> None:
    """Python's own parser is the judge, for the kinds of nodes that findings point at."""
    module = low(text)
    lines = [line.encode() for line in re.split(r"(?<=\n)", text)]
    expected = set()
    for node in ast.walk(_without_dropped(ast.parse(text))):
        if isinstance(node, ast.Call | ast.Name | ast.Attribute | ast.Lambda):
            span: list[int] = []
            for line, offset in (
                (node.lineno, node.col_offset),
                (node.end_lineno or 0, node.end_col_offset or 0),
            ):
                span += [line, len(lines[line - 1][:offset].decode()) + 1]
            expected.add((_KINDS[type(node)], tuple(span)))
    joined = [part for node in walk(module) if isinstance(node, ir.Joined) for part in walk(node)]
    inside = {id(part) for part in joined}
    found = {
        (type(node), node.span)
        for node in walk(module)
        if isinstance(node, tuple(_KINDS.values())) and id(node) not in inside
    }
    assert found == expected


class _Dropping(ast.NodeTransformer):
    """Drops what the IR drops: annotations, causes, the messages of assertions."""

    def visit_arg(self, node: ast.arg) -> ast.AST:
        node.annotation = None
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        node.returns = None
        return self.generic_visit(node)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        node.annotation = ast.Constant(0)
        return self.generic_visit(node)

    def visit_Raise(self, node: ast.Raise) -> ast.AST:
        node.cause = None
        return self.generic_visit(node)

    def visit_Assert(self, node: ast.Assert) -> ast.AST:
        node.msg = None
        return self.generic_visit(node)

    def visit_JoinedStr(self, node: ast.JoinedStr) -> ast.AST:
        return ast.Constant(0)  # before Python 3.12 the positions in an f-string are wrong


def _without_dropped(tree: ast.Module) -> ast.AST:
    return _Dropping().visit(tree)  # type: ignore[no-any-return]


@settings(deadline=None)
@given(EXPRESSIONS)
def test_the_source_at_a_span_lowers_to_the_same_node(text: str) -> None:
    text = f"x = (\n{text}\n)\n"
    for node in walk(low(text)):
        if isinstance(node, ir.Name):
            assert source(text, node.span) == node.id
        elif _is_expression(node):
            assert shape(expression(source(text, node.span))) == shape(node)


def _is_expression(node: ir.Node) -> bool:
    """Whether the source of ``node`` is one: not ``1:2, 3`` of an index, ``a:>3`` of a field."""
    if isinstance(node, ir.BinOp):
        return node.op != "format"
    if isinstance(node, ir.Collection):
        return not any(isinstance(item, ir.Slice) for item in node.items)
    return isinstance(node, ir.Call | ir.Attr | ir.Dict | ir.Lambda | ir.Compare)


@settings(deadline=None)
@given(PROGRAMS)
def test_json_and_back(text: str) -> None:
    module = low(text)
    assert decode(encode(module)) == module


TEXTS = st.one_of(
    st.text(max_size=40),
    st.lists(
        st.sampled_from(
            [
                *("def ", "f", "(", ")", "[", "]", "{", "}", ":", "\n", "  ", "\t", "'", '"', "f'"),
                *('"""', "if ", "else", "lambda ", "#", "\\", "\r", "*", "=", ",", ".", "1", "\f"),
                *("match ", "case ", "import ", "from ", "print 'x'", "\0", "é", "@", "class "),
            ]
        ),
        max_size=25,
    ).map("".join),
)


@settings(deadline=None, max_examples=300)
@given(TEXTS)
def test_any_text_is_lowered_or_refused(text: str) -> None:
    try:
        module = lower(text, "x.py")
    except SourceError as error:
        refused = error
    else:
        assert decode(encode(module)) == module
        return
    assert refused.line >= 1
    assert "\n" not in refused.message
    assert "internal error" not in refused.message
