"""Each construct of Python becomes the node that says the same."""

from __future__ import annotations

import pytest
from ir_shapes import expression, low, shape, statement, walk

from bnlint.source import ir

A, B, C = ("Name", "a"), ("Name", "b"), ("Name", "c")
ONE = ("Const", "int", 1)
PASS = [("Jump", "pass")]


def text(value: str) -> tuple[str, str, str]:
    return ("Const", "str", value)


def arg(value: object, name: str | None = None, star: str = "") -> tuple[object, ...]:
    return ("Arg", value, name, star)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("None", ("Const", "none", None)),
        ("True", ("Const", "bool", True)),
        ("False", ("Const", "bool", False)),
        ("0x1F", ("Const", "int", 31)),
        ("1_000", ("Const", "int", 1000)),
        ("00", ("Const", "int", 0)),
        ("1_0.5e1", ("Const", "float", 105.0)),
        ("1e999", ("Const", "float", float("inf"))),
        ("2j", ("Const", "other", "2j")),
        ("...", ("Const", "other", "...")),
        ("9" * 5000, ("Const", "other", "9" * 5000)),
        ("a.b", ("Attr", A, "b")),
        ("a(b, *b, c=1, **c)", ("Call", A, [arg(B), arg(B, star="*"), arg(ONE, "c"),
                                             arg(C, star="**")])),
        ("a[1]", ("Subscript", A, ONE)),
        ("a[1,]", ("Subscript", A, ("Collection", "tuple", [ONE]))),
        ("a[:]", ("Subscript", A, ("Slice", None, None, None))),
        ("a[b:1:c]", ("Subscript", A, ("Slice", B, ONE, C))),
        ("a[::1, *b]", ("Subscript", A, ("Collection", "tuple", [
            ("Slice", None, None, ONE), ("Starred", B)]))),
        ("()", ("Collection", "tuple", [])),
        ("((a, b))", ("Collection", "tuple", [A, B])),
        ("a, *b", ("Collection", "tuple", [A, ("Starred", B)])),
        ("[a, *b]", ("Collection", "list", [A, ("Starred", B)])),
        ("{a, b,}", ("Collection", "set", [A, B])),
        ("{a: b, **c}", ("Dict", [("DictItem", A, B), ("DictItem", None, C)])),
        ("a < b not in c is not a", ("Compare", A, ["<", "not in", "is not"], [B, C, A])),
        ("a and b or c", ("BoolOp", "or", ("BoolOp", "and", A, B), C)),
        ("a + b * c", ("BinOp", "+", A, ("BinOp", "*", B, C))),
        ("(a + b) * c", ("BinOp", "*", ("BinOp", "+", A, B), C)),
        ("a ** -b", ("BinOp", "**", A, ("UnaryOp", "-", B))),
        ("not a", ("UnaryOp", "not", A)),
        ("a if b else c", ("IfExp", B, A, C)),
        ("(yield)", ("Yield", None, False)),
        ("(yield a)", ("Yield", A, False)),
        ("(yield from a)", ("Yield", A, True)),
        ("(a := 1)", ("NamedExpr", A, ONE)),
        ("[a for a in b if c if 1]",
         ("Comprehension", "list", None, A, [("Generator", A, B, [C, ONE])])),
        ("{a async for a in b for b in c}",
         ("Comprehension", "set", None, A, [("Generator", A, B, []), ("Generator", B, C, [])])),
        ("{a: b for a in c}", ("Comprehension", "dict", A, B, [("Generator", A, C, [])])),
        ("a(b for b in c)",
         ("Call", A, [arg(("Comprehension", "generator", None, B, [("Generator", B, C, [])]))])),
        ("lambda: a", ("Lambda", ("Params", []), A)),
        ("lambda a, /, b=1, *c, d, **e: a", ("Lambda", ("Params", [
            ("Param", "a", None, "posonly"), ("Param", "b", ONE, "pos"), ("Param", "c", None, "*"),
            ("Param", "d", None, "kw"), ("Param", "e", None, "**")]), A)),
        ("lambda *, a: a", ("Lambda", ("Params", [("Param", "a", None, "kw")]), A)),
    ],
)  # fmt: skip
def test_expressions(source: str, expected: object) -> None:
    assert shape(expression(source)) == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (r"'a\tb'", text("a\tb")),
        (r"r'a\tb'", text(r"a\tb")),
        (r"'\d'", text(r"\d")),
        (r"'\x1'", text(r"\x1")),
        ("'''a\r\nb\rc'''", text("a\nb\nc")),
        ("'a' \"b\" r'''c'''", text("abc")),
        ("('a'\n  'b')", text("ab")),
        ("''", text("")),
        ("''''a'''", text("'a")),
        ("u'é'", text("é")),
        ("'\\ud800'", text("\ud800")),
        (r"b'\x00'", ("Const", "bytes", r"b'\x00'")),
        ("b'a' rb'b'", ("Const", "bytes", "b'a' rb'b'")),
        ("f'a{{b}}'", text("a{b}")),
        ("f'a' 'b'", text("ab")),
        ("f'a{b}\\n'", ("Joined", [text("a"), B, text("\n")])),
        ("rf'\\n{b}'", ("Joined", [text("\\n"), B])),
        ("f'{a}' 'x' f'{b}y'", ("Joined", [A, text("x"), B, text("y")])),
        ("f'{a!r}'", ("Joined", [("UnaryOp", "!r", A)])),
        ("f'{a=}'", ("Joined", [A])),
        ("f'{a:03d}'", ("Joined", [("BinOp", "format", A, text("03d"))])),
        ("f'{a!s:>{b}}'", ("Joined", [
            ("BinOp", "format", ("UnaryOp", "!s", A), ("Joined", [text(">"), B]))])),
        ("f'{a:=5}{b}'", ("Joined", [("BinOp", "format", A, text("=5")), B])),
        ('f"{a["x"]}"', ("Joined", [("Subscript", A, text("x"))])),
        ("f'{a:%H:%M}'", ("Joined", [("BinOp", "format", A, text("%H:%M"))])),
    ],
)  # fmt: skip
def test_strings(source: str, expected: object) -> None:
    assert shape(expression(source)) == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("a", [("ExprStmt", A)]),
        ("a = b = 1", [("Assign", [A, B], ONE)]),
        ("a: int = 1", [("Assign", [A], ONE)]),
        ("a: b[c]; c", [("ExprStmt", C)]),
        ("a //= b", [("AugAssign", A, "//", B)]),
        ("a @= b", [("AugAssign", A, "@", B)]),
        ("pass; break; continue", [("Jump", "pass"), ("Jump", "break"), ("Jump", "continue")]),
        ("del a, b", [("Delete", [A, B])]),
        ("del (a, b)", [("Delete", [("Collection", "tuple", [A, B])])]),
        ("raise", [("Raise", None)]),
        ("raise a from b", [("Raise", A)]),
        ("assert a, b; c", [("Assert", A), ("ExprStmt", C)]),
        ("global a, b", [("ScopeDecl", "global", ["a", "b"])]),
        ("import a.b as c, d", [("Import", [("ImportName", "a.b", "c"),
                                             ("ImportName", "d", None)])]),
        ("from a.b import (c as d,\n e,)", [("ImportFrom", "a.b", 0, [
            ("ImportName", "c", "d"), ("ImportName", "e", None)])]),
        ("from . import a", [("ImportFrom", "", 1, [("ImportName", "a", None)])]),
        ("from ....a import *", [("ImportFrom", "a", 4, [("ImportName", "*", None)])]),
        ("if a: pass\nelif b: pass\nelse: c",
         [("If", A, PASS, [("If", B, PASS, [("ExprStmt", C)])])]),
        ("for a, in b: pass\nelse: c",
         [("For", ("Collection", "tuple", [A]), B, PASS, [("ExprStmt", C)])]),
        ("while a: pass\nelse: c", [("While", A, PASS, [("ExprStmt", C)])]),
        ("with a as b, c: pass", [("With", [("WithItem", A, B), ("WithItem", C, None)], PASS)]),
        ("with (a as b, c,): pass",
         [("With", [("WithItem", A, B), ("WithItem", C, None)], PASS)]),
        ("with (a): pass", [("With", [("WithItem", A, None)], PASS)]),
        ("with (a, b) as c: pass",
         [("With", [("WithItem", ("Collection", "tuple", [A, B]), C)], PASS)]),
        ("try: pass\nexcept a as b: pass\nexcept: pass\nelse: a\nfinally: b",
         [("Try", PASS, [("Handler", A, "b", PASS), ("Handler", None, None, PASS)],
           [("ExprStmt", A)], [("ExprStmt", B)])]),
        ("try: pass\nexcept* a: pass", [("Try", PASS, [("Handler", A, None, PASS)], [], [])]),
        ("type X[T: a] = b", [("Assign", [("Name", "X")], B)]),
    ],
)  # fmt: skip
def test_statements(source: str, expected: object) -> None:
    assert shape(low(source + "\n").body) == expected


def test_functions() -> None:
    node = statement(
        "@a\n@b(1)\nasync def f[T: int](x: int, /, y: 'T' = 1, *z: a, w=b, **k) -> c[1]:\n"
        "    async with a as b: pass\n"
        "    async for a in b: await c\n"
        "    return a\n"
    )
    params = [
        ("Param", "x", None, "posonly"),
        ("Param", "y", ONE, "pos"),
        ("Param", "z", None, "*"),
        ("Param", "w", B, "kw"),
        ("Param", "k", None, "**"),
    ]
    body = [
        ("With", [("WithItem", A, B)], PASS),
        ("For", A, B, [("ExprStmt", ("Await", C))], []),
        ("Return", A),
    ]
    decorators = [A, ("Call", B, [arg(ONE)])]
    assert shape(node) == ("FunctionDef", "f", ("Params", params), body, decorators)
    assert node.span == (3, 1, 3, 69)
    assert node.name_span == (3, 11, 3, 12)
    assert node.params.span == (3, 21, 3, 59)


def test_parameters_with_trailing_commas() -> None:
    for head in ("a, b,", "a, /,", "*a, b,", "*, a,", "**a,", "a, /, b, *, c,"):
        node = statement(f"def f({head}) -> a: return b\n")
        assert shape(node.body) == [("Return", B)]
        assert node.body[0].value.span[1] == len(f"def f({head}) -> a: return b")


def test_classes() -> None:
    node = statement("@a\nclass K[T](a, *b, metaclass=c, **d): pass\n")
    bases = [arg(A), arg(B, star="*"), arg(C, "metaclass"), arg(("Name", "d"), star="**")]
    assert shape(node) == ("ClassDef", "K", bases, PASS, [A], [])
    assert node.name_span == (2, 7, 2, 8)
    assert shape(statement("class K: pass\n")) == ("ClassDef", "K", [], PASS, [], [])
    assert shape(statement("class K(): pass\n")) == ("ClassDef", "K", [], PASS, [], [])


def test_fields_of_a_class() -> None:
    annotated = statement(
        "class K:\n  a: int\n  b: x.y = 1; c: 'C'\n  d = 2\n  e: ClassVar[int] = 3\n"
        "  f: t.ClassVar\n  self.g: int\n  def h(self):\n    i: int = 4\n"
    )
    assert annotated.fields == ["a", "b", "c"]
    assert statement("class K: a: int; b: int = 1\n").fields == ["a", "b"]


def test_match() -> None:
    node = statement(
        "match a, b:\n"
        "  case -1: pass\n"
        "  case 'x' 'y': pass\n"
        "  case None: pass\n"
        "  case a.b: pass\n"
        "  case 1 | 2: pass\n"
        "  case [x, *y, {'k': (z as w), **r}] if a: pass\n"
        "  case K(p, q=s) | K(p, s): b\n"
        "  case _: pass\n"
    )
    assert shape(node.subject) == ("Collection", "tuple", [A, B])
    assert [shape(case)[1:4] for case in node.cases] == [
        (("UnaryOp", "-", ONE), [], None),
        (text("xy"), [], None),
        (("Const", "none", None), [], None),
        (None, [], None),
        (None, [], None),
        (None, ["x", "y", "z", "w", "r"], A),
        (None, ["p", "s"], None),
        (None, [], None),
    ]
    assert node.cases[6].body[0].span == (8, 29, 8, 30)


def test_soft_keywords_are_names() -> None:
    assert shape(low("match = case = type = print\nmatch(case)\ntype.x\n").body) == [
        ("Assign", [("Name", "match"), ("Name", "case"), ("Name", "type")], ("Name", "print")),
        ("ExprStmt", ("Call", ("Name", "match"), [arg(("Name", "case"))])),
        ("ExprStmt", ("Attr", ("Name", "type"), "x")),
    ]


def test_comments() -> None:
    module = low("a  # bnlint: ignore[BN101]\n# nothing\nb = '# bnlint: x'\n")
    assert module.comments == [ir.Comment((1, 4, 1, 27), "# bnlint: ignore[BN101]")]
    assert module.span == (1, 1, 4, 1)


def test_an_empty_module() -> None:
    assert low("") == ir.Module((1, 1, 1, 1), [], [])
    assert low("# only a comment") == ir.Module((1, 1, 1, 17), [], [])


# Programs that are long in one direction, as generated code is.
@pytest.mark.parametrize(
    ("source", "kind", "count"),
    [
        ("x = " + " + ".join(["a"] * 1000), ir.BinOp, 999),
        ("x = " + " + ".join(["'a'"] * 1000), ir.BinOp, 999),
        ("x = (" + " and ".join(["a"] * 1000) + ")", ir.BoolOp, 999),
        ("x = a" + ".b(1)" * 300, ir.Call, 300),
        ("x = a" + "[0]" * 500, ir.Subscript, 500),
        ("x = " + " ".join(["f'{a}'"] * 900), ir.Joined, 1),
        ("if a: pass\n" + "elif a: pass\n" * 500, ir.If, 501),
        ("x = [" + "1, " * 5000 + "]", ir.Const, 5000),
        ("x = " + "[" * 150 + "]" * 150, ir.Collection, 150),
        ("".join(" " * i + "if a:\n" for i in range(90)) + " " * 90 + "b", ir.If, 90),
        ("x = " + "a if b else " * 150 + "c", ir.IfExp, 150),
    ],
)
def test_long_programs(source: str, kind: type[ir.Node], count: int) -> None:
    assert sum(type(node) is kind for node in walk(low(source + "\n"))) == count
