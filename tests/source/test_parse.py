"""What does not parse is refused with its line, and nothing ends the process."""

from __future__ import annotations

import subprocess
import sys
import threading

import pytest
from ir_shapes import low, shape

from bnlint.source import ir
from bnlint.source.codec import encode
from bnlint.source.errors import SourceError
from bnlint.source.lower import lower


def refusal(text: str) -> tuple[int, str]:
    with pytest.raises(SourceError) as caught:
        lower(text, "x.py")
    error = caught.value
    assert error.path == "x.py"
    assert "\n" not in error.message
    assert str(error) == f"x.py:{error.line}: {error.message}"
    return error.line, error.message


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a = 1\nb = = 2\nc\n", 2),
        ("a\r\nb\r\nc d\r\n", 3),
        ("\f\na\n\fb c\n", 3),
        ("def f(:\n", 1),
        ("if a:\nb\n", 2),
        ("a\n  b\n", 2),
        ("x = 'abc\n", 1),
        ("a\n" * 5 + "x = $\n", 6),
        ('"a" b"b"\n', 1),
        # Legal, but not for libcst.
        ("a\n(b): int\nc\n", 2),
    ],
)
def test_a_syntax_error_has_its_line(text: str, line: int) -> None:
    found, message = refusal(text)
    assert found == line
    assert message.startswith("cannot be parsed: ")


def test_levels_of_indentation() -> None:
    text = "a\n\n" + " " * 120 + "\n" + "".join(" " * i + "if a:\n" for i in range(120))
    assert refusal(text) == (104, "more than 100 levels of indentation; split this code up")


@pytest.mark.parametrize(
    ("statement", "what"),
    [
        ("print 'x'", "print statement"),
        ("print x, y", "print statement"),
        ("if a: print 'x'", "print statement"),
        ("print ('%d') % 1, 2 print", "print statement"),
        ("exec 'x'", "exec statement"),
        ("raise ValueError, 'x'", "raise X, value"),
        ("a = b <> c", "<> operator"),
        ("a = `b`", "backticks"),
        ("a = 0777", "octal number 0777"),
        ("a = 10L", "long number 10L"),
        ("a = ur'x'", "ur'' string"),
        ("def f(a, (b, c)): pass", "tuple parameter"),
    ],
)
def test_python_2_is_named(statement: str, what: str) -> None:
    line, message = refusal(f"import a\n{statement}\n")
    assert line == 2
    assert message == f"Python 2 syntax: {what}; port it with 2to3"


# The sizes are far beyond what the native parser survives without the guards.
DEEP = {
    "brackets": "(" * 5000 + ")" * 5000,
    "unclosed": "[" * 100_000,
    "calls": "f(" * 5000 + ")" * 5000,
    "sum": " + ".join(["a"] * 20_000),
    "and": " and ".join(["a"] * 50_000),
    "chain": "a" + ".b(1)" * 5000,
    "power": "**".join(["a"] * 5000),
    "not": "not " * 20_000 + "a",
    "lambda": "lambda: " * 5000 + "a",
    "ternary": "a if b else " * 5000 + "c",
    "elif": "if a: b\n" + "elif a: b\n" * 100_000,
    "indent": "".join(" " * i + "if a:\n" for i in range(500)),
    "pattern": "match a:\n  case " + "[" * 40 + "]" * 40 + ": pass",
    "grouped pattern": "match a:\n  case " + "(" * 40 + "a" + ")" * 40 + ": pass",
    "fstring": "f'{f\"{" * 300 + "a" + "}\"}'" * 300,
    "import": "import a" + ".a" * 5000,
}


@pytest.mark.parametrize("name", DEEP)
def test_deep_nesting_is_refused(name: str) -> None:
    # In a process of its own: what is tested is that it does not die.
    code = (
        "import sys; from bnlint.source.errors import SourceError\n"
        "from bnlint.source.lower import lower\n"
        "try: lower(sys.stdin.read(), 'x.py')\n"
        "except SourceError as error: print(error.message)\n"
    )
    command = [sys.executable, "-c", code]
    run = subprocess.run(
        command, input=DEEP[name] + "\n", capture_output=True, text=True, timeout=60, check=False
    )
    assert (run.returncode, run.stderr) == (0, "")
    assert run.stdout.count("\n") == 1


def test_the_message_says_what_is_too_much() -> None:
    line, message = refusal("a\nx = (\n" + "(" * 300 + ")" * 300 + ")\n")
    assert (line, message) == (3, "more than 200 nested brackets; split this code up")
    line, message = refusal("a\nx = " + "+".join(["a"] * 5000) + "\n")
    assert (line, message) == (2, "an expression of thousands of terms; split this code up")
    line, message = refusal("a\n" + "not " * 900 + "a\n")
    assert message == "nested too deeply to analyse; split this code up"


def test_deep_but_bearable_code_is_lowered_in_any_thread() -> None:
    # In a thread other than the main one the parser gets a stack of its own.
    text = "x = " + "f(" * 150 + "1" + ")" * 150 + "\n"
    found: list[ir.Module] = []
    thread = threading.Thread(target=lambda: found.append(low(text)))
    thread.start()
    thread.join()
    assert [encode(module) for module in found] == [encode(low(text))]


def test_many_statements_are_no_long_expression() -> None:
    text = "".join(f"a{i} = b(c, [d]) \\\n  + e; f\n" for i in range(1000))
    assert len(low(text).body) == 2000


def test_a_table_is_no_long_expression() -> None:
    text = "x = [" + "(1, 'a', -2.5),\n" * 2000 + "]\n"
    assert len(shape(low(text).body[0])[2][2]) == 2000
