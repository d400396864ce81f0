"""Python 2 is read as what it says, and everything in it stays where it is."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ir_shapes import shape, source, walk

from bnlint.source import ir
from bnlint.source.errors import SourceError
from bnlint.source.load import load
from bnlint.source.python2 import lower_python2, rewrite


def calls(text: str) -> list[str]:
    """The original source of every call, in the order of the program."""
    nodes = walk(lower_python2(text, "x.py"))
    return [source(text, node.span) for node in nodes if isinstance(node, ir.Call)]


def only(text: str, *names: str) -> list[str]:
    """The calls of ``names`` alone, without those that the rewriting made."""
    return [call for call in calls(text) if call.startswith(tuple(f"{name}(" for name in names))]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("print f(a), g(b)\n", ["print f(a), g(b)", "f(a)", "g(b)"]),
        ("print f(a),\n", ["print f(a)", "f(a)"]),
        ("print >>err, f(a), g(b)\n", ["print >>err", "f(a)", "g(b)"]),
        ("print\nprint f(a)\n", ["print", "print f(a)", "f(a)"]),
        ("print 'x' % f(a); g(b)\n", ["print 'x' % f(a)", "f(a)", "g(b)"]),
        ("print f(a) # g(b)\nh(c)\n", ["print f(a)", "f(a)", "h(c)"]),
        ("print 'a', \\\n   f(a), \\\n   g(b)\n",
         ["print 'a', \\\n   f(a), \\\n   g(b)", "f(a)", "g(b)"]),
        ("print '''a\nb''', f(a)\ng(b)\nprint h(c)\n",
         ["print '''a\nb''', f(a)", "f(a)", "g(b)", "print h(c)", "h(c)"]),
        ("print f(f(a), f(a)), f(a)\n", ["print f(f(a), f(a)), f(a)", "f(f(a), f(a))", "f(a)",
                                         "f(a)", "f(a)"]),
        ("print(f(a))\nprint g(b)\n", ["print(f(a))", "f(a)", "print g(b)", "g(b)"]),
        ("print (f(a)), g(b)\nprint h(c)\n",
         ["print (f(a)), g(b)", "f(a)", "g(b)", "print h(c)", "h(c)"]),
        ("# f(a)\n\n\nprint g(b)\n", ["print g(b)", "g(b)"]),
        ("print f(a)\r\nprint g(b)\r\n", ["print f(a)", "f(a)", "print g(b)", "g(b)"]),
        ("print u'éé→', f(a)\n", ["print u'éé→', f(a)", "f(a)"]),
        ("if a: print f(a)\nelse: print g(b)", ["print f(a)", "f(a)", "print g(b)", "g(b)"]),
        ("exec f(a) in g(b), h(c)\n", ["exec f(a) in g(b), h(c)", "f(a)", "g(b)", "h(c)"]),
        ("exec 'x'\nf(a)\n", ["exec 'x'", "f(a)"]),
        ("x = `f(a)` + g(b)\n", ["`f(a)`", "f(a)", "g(b)"]),
        ("print '%s' % `f(a)`, g(b)\n",
         ["print '%s' % `f(a)`, g(b)", "`f(a)`", "f(a)", "g(b)"]),
        ("if f(a) <> g(b) <> h(c): i(d)\n", ["f(a)", "g(b)", "h(c)", "i(d)"]),
        ("x = f(0777, 1L, 0xFFL) <> g(b)\n", ["f(0777, 1L, 0xFFL)", "g(b)"]),
        ("f(ur'\\d', u'x', ur\"y\"); print g(b)\n",
         ["f(ur'\\d', u'x', ur\"y\")", "print g(b)", "g(b)"]),
        ("x = [f(a) for a in 1, 2, g(b)]; print x\n", ["g(b)", "f(a)", "print x"]),
    ],
)  # fmt: skip
def test_expressions(text: str, expected: list[str]) -> None:
    assert sorted(calls(text)) == sorted(expected)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("try: f(a)\nexcept E, e: print g(e)\nh(b)\n", ["f(a)", "g(e)", "h(b)"]),
        ("try:\n  f(a)\nexcept (A, B), e:\n  print g(e)\nh(b)\n", ["f(a)", "g(e)", "h(b)"]),
        # Lines are put in: what comes after must not slip down.
        ("try:\n  f(a)\nexcept E, (n, m):\n  g(n)\nh(b)\n", ["f(a)", "g(n)", "h(b)"]),
        ("try:\n  f(a)\nexcept E, x.y:\n  g(n)\nh(b)", ["f(a)", "g(n)", "h(b)"]),
        ("raise E, f(a)\n", ["f(a)"]),
        ("raise E, f(a), g(b)\n", ["f(a)", "g(b)"]),
        ("x.throw(E, f(a))\nprint g(b)\n", ["f(a)", "g(b)"]),
        ("def f((a, b), c): return g(a)\nh(c)\n", ["g(a)", "h(c)"]),
        ("def f(x, (a, b)=g(1), c=g(2)):\n  return g(a)\nh(c)\n",
         ["g(1)", "g(2)", "g(a)", "h(c)"]),
        ("def f(self, ((a, b), c), d):\n  '''doc'''\n  # why\n  return g(a)\nprint h(1)\n",
         ["g(a)", "h(1)"]),
        ("def f((a, b), (c, d)):\n  return g(a)\ndef i((j, k)):\n  return h(j)\nprint h(1)\n",
         ["g(a)", "h(j)", "h(1)"]),
        ("print map(lambda (a, b): f(a), g(c))\n", ["f(a)", "g(c)"]),
    ],
)  # fmt: skip
def test_statements(text: str, expected: list[str]) -> None:
    assert only(text, "f", "g", "h") == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("if a:\n\tf(a)\n        g(b)\nprint h(c)\n", ["f(a)", "g(b)", "h(c)"]),
        ("class A:\n    def i(self):\n\treturn f(b)\n    def j(self):\n        print g(c)\n",
         ["f(b)", "g(c)"]),
        ("def i():\n\tprint f(a)\n\treturn g(\n\t\tb)\n", ["f(a)", "g(\n\t\tb)"]),
        ("if a:\n  \tprint f('''\n\t''', g(b))\n", ["f('''\n\t''', g(b))", "g(b)"]),
        ("if a:\n\tprint f(a)\t,\tg(b)\n", ["f(a)", "g(b)"]),
    ],
)  # fmt: skip
def test_tabs(text: str, expected: list[str]) -> None:
    assert only(text, "f", "g", "h") == expected


def test_tabs_are_as_wide_as_python_2_took_them() -> None:
    text = "if a:\n    if b:\n\tf(a)\n    g(b)\nprint h\n"
    (branch, _) = lower_python2(text, "x.py").body
    assert isinstance(branch, ir.If)
    inner, call = branch.body
    assert isinstance(inner, ir.If)
    assert [source(text, node.span) for node in (*inner.body, call)] == ["f(a)", "g(b)"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("f(async=True)\nprint g(b)\n", ["f(async=True)", "g(b)"]),
        ("print f(x.async, g(b))\n", ["f(x.async, g(b))", "g(b)"]),
        ("async = f(a)\ng(async, b)\n", ["f(a)", "g(async, b)"]),
        ("from f import async\nasync.g(a)\nh(async)\n", ["h(async)"]),
        ("def async(x): return f(x)\ng(async(1))\n", ["f(x)", "g(async(1))"]),
    ],
)
def test_async_is_a_name(text: str, expected: list[str]) -> None:
    assert only(text, "f", "g", "h") == expected


def test_functions_and_comments_keep_their_places() -> None:
    text = (
        "class A:  # bnlint: one\n"
        "    # bnlint: two\n"
        "    def f(self, (a, b)):  # bnlint: three\n"
        "        print a  # bnlint: four\n"
        "# bnlint: five\n"
        "def g((a, b)): print a # bnlint: six\n"
    )
    module = lower_python2(text, "x.py")
    assert [source(text, comment.span) for comment in module.comments] == [
        f"# bnlint: {word}" for word in ("one", "two", "three", "four", "five", "six")
    ]
    functions = [node for node in walk(module) if isinstance(node, ir.FunctionDef)]
    assert [source(text, function.name_span) for function in functions] == ["f", "g"]


def test_what_it_means() -> None:
    text = "x = 0777\ny = 10L\nz = ur'\\d'\nw = `v`\n"
    values = [shape(node)[2] for node in lower_python2(text, "x.py").body]
    assert values[:3] == [("Const", "int", 511), ("Const", "int", 10), ("Const", "str", "\\d")]
    assert values[3][:2] == ("Call", ("Name", "repr"))


@pytest.mark.parametrize(
    ("text", "python2"),
    [
        ("print f(a)\n", True),
        ("print(f(a))\n", False),
        ("print\n", False),
        ("exec('x')\n", False),
        ("async def f(): await g()\n", False),
        ("from __future__ import print_function\nprint(f(a), file=b)\nexec 'x'\n", True),
    ],
)
def test_python_3_is_tried_first(text: str, python2: bool) -> None:
    assert load(text.encode(), "x.py").python2 is python2


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        # Python 3's complaint would be about the statement that is fine in Python 2.
        ("print 'a'\nx = = 3\n", 2, "neither Python 3 nor Python 2 syntax"),
        ("x = 1\nf(a b)\n", 2, "cannot be parsed"),
        ("\tf(a)\n", 1, "cannot be parsed: unexpected indent"),
    ],
)
def test_neither(text: str, line: int, message: str) -> None:
    with pytest.raises(SourceError) as caught:
        load(text.encode(), "x.py")
    assert caught.value.line == line
    assert caught.value.message.startswith(message)


def test_nested_too_deeply() -> None:
    with pytest.raises(SourceError) as caught:
        rewrite("print " + "(" * 5000 + ")" * 5000 + "\n", "x.py")
    assert caught.value.message in (
        "nested too deeply to be read as Python 2",
        "neither Python 3 nor Python 2 syntax",
    )


_CALLS = st.sampled_from(["f(a)", "g(1L, b)", "f(`b`, 0777)", "g(a <> b)", "f(u'é', g(b))"])
_LINES = st.one_of(
    _CALLS,
    st.just("# f(a)"),
    st.just(""),
    st.builds("print {}, {}".format, _CALLS, _CALLS),
    st.builds("print >>{}, {}  # {}".format, _CALLS, _CALLS, _CALLS),
    st.builds("exec {} in {}".format, _CALLS, _CALLS),
    st.builds("def f((a, b), c={}): return {}".format, _CALLS, _CALLS),
    st.builds("def f((a, b)):\n\tprint {}\n        {}".format, _CALLS, _CALLS),
    st.builds("try: {}\nexcept E, (a, b):\n  {}".format, _CALLS, _CALLS),
    st.builds("if a:\n\t{}\n\tprint {}".format, _CALLS, _CALLS),
)


@settings(deadline=None, max_examples=60)
@given(st.lists(_LINES, min_size=1), st.sampled_from(["\n", "\r\n"]))
def test_every_place_is_exact(lines: list[str], newline: str) -> None:
    text = newline.join("\n".join(lines).split("\n")) + newline
    module = lower_python2(text, "x.py")
    for node in walk(module):
        if isinstance(node, ir.Call) and shape(node.func) in (("Name", "f"), ("Name", "g")):
            found = source(text, node.span)
            assert found[:2] in ("f(", "g(")
            assert found.count("(") == found.count(")")
            assert found.endswith(")")
        if isinstance(node, ir.Name) and node.id in ("f", "g", "a", "b"):
            assert source(text, node.span) == node.id
