"""Programs made to stop, hang or bloat bnlint: what is said of each, and that nothing else is lost.

Sizes are such that following them would take minutes or all memory.
"""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import Any

import pytest

from bnlint.cli import main

HEAD = """\
import tensorflow as tf
x = tf.placeholder(tf.float32, [None, 4])
h = tf.layers.batch_normalization(x, training=True)
"""
OPTIONS = "import argparse\nargs = argparse.ArgumentParser().parse_args()\n"
STEP = "op = tf.train.AdamOptimizer().minimize(tf.reduce_mean(h))\n"

MUCH = "20000000000"
TWICE = 60  # a value that is doubled so often has 2**60 parts

GROWING = {
    "a list": "d = [0]\nfor i in range(24): d = d + d\nfor i in range(24): d = d + d\n",
    "a tuple": "d = (0,)\n" + "d = d + d\n" * TWICE,
    "a comprehension": "d = [0, 1]\nfor i in range(24): d = [(a, b) for a in d for b in d]\n",
    "a set": "d = {0}\n" + "d = d | {1} | d\n" * TWICE + "e = d - d\ne = d & d\nd -= e\n",
    "pairs": "d = [0]\nfor i in range(24): d = list(zip(d, d)) + d\n",
    "a list in lists": "d = []\nfor i in range(40): d = [d, d]\nprint(d == d, d in [d], str(d))\n",
    "an f-string": "s = 'aaaa'\n" + "s = f'{s}{s}'\n" * TWICE,
    "a format": "s = 'a'\n" + "s = '{0}{0}'.format(s)\ns = '%s%s' % (s, s)\n" * TWICE,
    "bytes": "s = b'a'\n" + "s = s + s\n" * TWICE + f"s = b'a' * {MUCH}\n",
    "a path": "import os\ns = 'a'\n" + "s = os.path.join(s, s)\n" * TWICE,
    "percent": f"s = '%{MUCH}d' % 1\ns = '%.{MUCH}f' % 1.5\ns = '%(a){MUCH}d' % {{'a': 1}}\n",
    "a width": f"s = '{{:>{MUCH}}}'.format(1)\ns = f'{{1:>{MUCH}}}'\ns = format(1, '>{MUCH}')\n",
    "padding": f"s = 'a'.zfill({MUCH})\ns = 'a'.ljust({MUCH})\ns = b'a'.center({MUCH})\n",
    "a pattern": "u = tf.get_collection(tf.GraphKeys.UPDATE_OPS, scope='(a+)+$')\n",
    "a count": "u = tf.get_collection(tf.GraphKeys.UPDATE_OPS, scope='a{99999999999}')\n",
    "a range": "for i in range(10**30): pass\nn = len(range(10**30))\nd = list(range(10**30))\n",
    "places": "n = 10**30\nd = [1, 2]\nd.insert(n, 1)\nd.insert(-n, 1)\nd.index(1, n)\n"
    "s = 'a'.find('a', n)\ns = 'a'.count('a', -n, n)\ns = 'a'.split('a', n)\ns = 'a'[n:]\n"
    "s = 'a'.replace('a', 'b', n)\nd[::n]\nd[-n:]\nd[n:] = d\nd[n]\nd.pop(n)\ndel d[n:]\n",
    "powers": "n = 9**9**9**9\nn = 1 << 10**12\nn = (1 << 9) ** -(10**10)\nn = pow(9, 9**9)\n",
    "digits": "n = 0x" + "f" * 6000 + "\ns = str(n)\ns = '%d' % n\ns = f'{n}'\nd = {n: n + n}\n",
}


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("other.py").write_text(HEAD + STEP, encoding="utf-8")
    return tmp_path


def checked(
    capsys: pytest.CaptureFixture[str], text: str, name: str = "hostile.py", *options: str
) -> tuple[list[tuple[str, int]], list[tuple[int, str]]]:
    """Findings and errors of the hostile file; those of the other one are always there."""
    Path(name).write_bytes(text.encode())
    code = main(["check", "-q", "--no-cache", "--format", "json", *options, "."])
    out, err = capsys.readouterr()
    assert err == ""
    assert code == 1
    document: dict[str, Any] = json.loads(out)
    found = [(f["path"], f["code"], f["line"]) for f in document["findings"]]
    assert ("other.py", "BN201", 4) in found
    errors = [(e["line"], e["message"]) for e in document["errors"] if e["path"] == name]
    assert len(errors) == len(document["errors"])
    return [(c, line) for path, c, line in found if path == name], errors


def line_of(text: str, part: str) -> int:
    return text.count("\n", 0, text.rindex(part)) + 1


@pytest.mark.parametrize(
    "scope", ["[[a]", "a--b[a--b]", "a(?i)", "(", "[", "(?P<a>b)(?P<a>c)", "\\\\"]
)
def test_a_pattern_that_python_warns_of(capsys: pytest.CaptureFixture[str], scope: str) -> None:
    text = HEAD + f"u = tf.get_collection(tf.GraphKeys.UPDATE_OPS, scope='{scope}')\n" + STEP
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        assert checked(capsys, text) == ([("BN201", 5)], [])
    assert told == []


@pytest.mark.parametrize("body", GROWING.values(), ids=GROWING)
def test_what_grows_is_followed_within_bounds(
    capsys: pytest.CaptureFixture[str], body: str
) -> None:
    text = HEAD + body + STEP
    assert checked(capsys, text) == ([("BN201", line_of(text, "op ="))], [])


@pytest.mark.parametrize(
    "use",
    [
        "tf.Session().run(d)",
        "tf.Session().run({'a': d, 'b': [d, op]})",
        "tf.group(*d)",
        "tf.cond(h > 0, lambda: d, lambda: d)",
        "tf.control_dependencies(d).__enter__()",
        "tf.Session().run(wide)",
        "tf.group(*wide)",
        "tf.Session().run(own)",
        "tf.group(*own)",
        "tf.cond(h > 0, lambda: own, lambda: own)",
    ],
)
def test_lists_that_share_what_they_hold(capsys: pytest.CaptureFixture[str], use: str) -> None:
    """A list of 2**40 places, one of 4000**5, and lists that hold themselves."""
    lists = (
        "d = []\nfor i in range(40): d = [d, {'a': d}]\n"
        "wide = []\nfor i in range(5): wide = [wide] * 60 * 60\n"
        "own = [x] if args.a else [h]\nown.append(own)\n"
    )
    text = HEAD + OPTIONS + STEP + lists + use + "\n"
    found, errors = checked(capsys, text)
    assert errors == []
    assert ("BN201", line_of(text, "op =")) in found


@pytest.mark.parametrize(
    "next_ok",
    [
        "(ok and args.b) or (not ok and args.c)",
        "(ok and args.b) != (not ok and args.c)",
        "not (ok and (args.b or not ok)) if args.c else (ok or args.d)",
    ],
)
def test_a_condition_that_doubles(capsys: pytest.CaptureFixture[str], next_ok: str) -> None:
    body = f"ok = args.a\nfor i in range(24):\n    ok = {next_ok}\n"
    layer = "if ok: h = tf.layers.batch_normalization(h, training=True)\n"
    text = HEAD + OPTIONS + body + layer + STEP
    assert checked(capsys, text) == ([("BN201", line_of(text, "op ="))], [])


@pytest.mark.parametrize("graph", ["tf.GraphDef()", "3", "'a'", "x", "tf.Graph", "None", "tf"])
def test_what_is_no_graph_in_its_place(capsys: pytest.CaptureFixture[str], graph: str) -> None:
    """``Session(graph=…)`` takes anything; TensorFlow complains later."""
    text = HEAD + f"with tf.Session(graph={graph}) as sess:\n    " + STEP
    assert checked(capsys, text) == ([("BN201", 5)], [])


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("z = 0" + "1" * 60_000 + "8", "neither Python 3 nor Python 2 syntax"),
        ("z = 0o" + "1" * 60_000 + "8", "cannot be parsed: invalid digit '8' in octal literal"),
        ("z = " + "-" * 20_000 + "1", "an expression of thousands of terms; split this code up"),
        ("z = " + "-" * 5_900 + "1", "an expression of thousands of terms; split this code up"),
        ("z = 2" + " * +~-1" * 400, "an expression of thousands of terms; split this code up"),
        ("z = " + "not " * 20_000 + "1", "an expression of thousands of terms; split this code up"),
        ("z = 1" + " + 1" * 20_000, "an expression of thousands of terms; split this code up"),
        ("z = a" + ".a" * 20_000, "an expression of thousands of terms; split this code up"),
        ("z = a" + "()" * 20_000, "an expression of thousands of terms; split this code up"),
        ("z = " + "(" * 300 + ")" * 300, "more than 200 nested brackets; split this code up"),
        ("except" + " " * 40_000, "cannot be parsed: invalid syntax"),
    ],
)
def test_a_line_that_is_too_much(
    capsys: pytest.CaptureFixture[str], line: str, message: str
) -> None:
    assert checked(capsys, HEAD + line + "\n" + STEP) == ([], [(4, message)])


@pytest.mark.parametrize("digits", ["9", "0x" + "f", "0b" + "1", "1."])
def test_a_number_of_many_digits(capsys: pytest.CaptureFixture[str], digits: str) -> None:
    text = HEAD + "z = " + digits + digits[-1].replace(".", "5") * 60_000 + "\n" + STEP
    assert checked(capsys, text) == ([("BN201", 5)], [])


def test_a_notebook_with_many_lines(capsys: pytest.CaptureFixture[str]) -> None:
    cells = [{"cell_type": "code", "source": "\n" * 40_000 + cell} for cell in (HEAD, "f(")]
    text = json.dumps({"cells": cells, "nbformat": 4, "nbformat_minor": 2})
    message = "cell 2, line 40001: cannot be parsed: '(' was never closed"
    assert checked(capsys, text, "hostile.ipynb") == ([], [(1, message)])


def test_a_page_with_many_broken_blocks(capsys: pytest.CaptureFixture[str]) -> None:
    text = f"```python\n{HEAD}{STEP}```\n" + "```python\na b\n```\n" * 1_010
    found, errors = checked(capsys, text, "hostile.md", "--markdown")
    assert found == [("BN201", 5)]
    assert len(errors) == 1_002
    said = "more than 1,000 parts cannot be parsed; the rest is not looked at"
    assert errors[0] == (8, "cannot be parsed: invalid syntax")
    assert errors[-1] == (8 + 3 * 1_001, said)


def test_a_notebook_with_a_line_of_spaces(capsys: pytest.CaptureFixture[str]) -> None:
    cells = [HEAD, " " * 60_000 + "z = 1\n", STEP]
    document = {
        "cells": [{"cell_type": "code", "source": cell} for cell in cells],
        "nbformat": 4,
        "nbformat_minor": 2,
    }
    found, errors = checked(capsys, json.dumps(document), "hostile.ipynb")
    assert (found, errors) == ([("BN201", 1)], [])


LAYER = "h = tf.layers.batch_normalization(h, training=True)\n"


@pytest.mark.parametrize(
    ("length", "start", "link", "end"),
    [
        (
            200,
            "class C0:\n  def f(self, x): return tf.layers.batch_normalization(x, training=True)\n",
            "class C{0}(C{1}):\n  def f(self, x): return super(C{0}, self).f(x)\n",
            "h = C199().f(h)\n",
        ),
        (400, "class C0: pass\n", "class C{0}(C{1}): pass\n", LAYER),
        (400, "class A: pass\nclass C0(A): pass\n", "class C{0}(C{1}, A): pass\n", LAYER),
    ],
)
def test_hundreds_of_classes_each_of_the_other(
    capsys: pytest.CaptureFixture[str], length: int, start: str, link: str, end: str
) -> None:
    links = "".join(link.format(i, i - 1) for i in range(1, length))
    text = HEAD + start + links + end + STEP
    assert checked(capsys, text) == ([("BN201", line_of(text, "op ="))], [])


@pytest.mark.parametrize("networks", [17, 40])
def test_a_dict_of_networks(capsys: pytest.CaptureFixture[str], networks: int) -> None:
    nets = "".join(
        f"def net{i}(x): return tf.layers.batch_normalization(x, training=True)\n"
        for i in range(networks)
    )
    table = "NETS = {" + ", ".join(f"'n{i}': net{i}" for i in range(networks)) + "}\n"
    text = HEAD + OPTIONS + nets + table + "h = NETS[args.net](x)\n" + STEP
    assert checked(capsys, text) == ([("BN201", line_of(text, "op ="))], [])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("z = [" + "1, " * 700_000 + "]\n", "more than 200,000 tokens"),
        ("a = b\n" * 350_000, "more than 200,000 tokens"),
        ("z = [" + "f'{a}{b}', " * 190_000 + "]\n", "more than 200,000 tokens"),
        ("z = f'''" + "{a}" * 700_000 + "'''\n", "more than 200,000 tokens"),
        ("print a, b\n" * 190_000, "more than 200,000 tokens"),
        ("''\n" * 60_000, "more than 50,000 lines"),
        ("\n" * 2_000_000, "more than 50,000 lines"),
        ("\r\n" * 1_000_000, "more than 50,000 lines"),
        ("# a\n" * 500_000, "more than 50,000 lines"),
    ],
    ids=[
        "list",
        "lines",
        "f-strings",
        "f-string",
        "Python 2",
        "short",
        "blank",
        "crlf",
        "comments",
    ],
)
def test_two_megabytes_are_too_much(
    capsys: pytest.CaptureFixture[str], text: str, message: str
) -> None:
    end = f"{message}; exclude it or split this code up"
    assert checked(capsys, HEAD + text + STEP) == ([], [(1, end)])


@pytest.mark.parametrize("name", ["hostile.ipynb", "hostile.md"])
def test_many_cells_are_too_much_together(capsys: pytest.CaptureFixture[str], name: str) -> None:
    cell = HEAD + "z = [" + "1, " * 30_000 + "]\n"
    if name.endswith(".md"):
        text = f"```python\n{cell}```\n" * 4
    else:
        cells = [{"cell_type": "code", "source": cell}] * 4
        text = json.dumps({"cells": cells, "nbformat": 4, "nbformat_minor": 2})
    end = "more than 200,000 tokens; exclude it or split this code up"
    assert checked(capsys, text, name, "--markdown") == ([], [(1, end)])


def test_a_long_program_is_read(capsys: pytest.CaptureFixture[str]) -> None:
    """What somebody may well have written, and more: 12,000 lines."""
    text = HEAD + "z = f(1, 2)\n# a comment\n\n" * 4_000 + STEP
    assert checked(capsys, text) == ([("BN201", 12_004)], [])


@pytest.mark.parametrize("block", ["if a:", "def f():", "class A:", "for a in b:"])
def test_a_thousand_levels_of_indentation(capsys: pytest.CaptureFixture[str], block: str) -> None:
    text = HEAD + "".join(" " * level + block + "\n" for level in range(1_000))
    end = " " * 1_000 + "pass\n"
    message = "more than 100 levels of indentation; split this code up"
    assert checked(capsys, text + end + STEP) == ([], [(104, message)])


def test_a_thousand_elifs(capsys: pytest.CaptureFixture[str]) -> None:
    text = HEAD + "if a == 0: pass\n" + "".join(f"elif a == {i}: z = {i}\n" for i in range(1_000))
    assert checked(capsys, text + STEP) == ([("BN201", 1_005)], [])


@pytest.mark.parametrize("name", ["\\0", "\\ud800", "a" * 5_000, "\\x1b[31m", "\\n::error::x"])
def test_names_that_no_file_has(capsys: pytest.CaptureFixture[str], name: str) -> None:
    """Folders that a program searches, and modules that it looks for there."""
    lines = [
        "import importlib, sys",
        f"sys.path.insert(0, '{name}')",
        "import elsewhere",
        f"importlib.import_module('{name}.b')",
        f"__import__('{name}')",
    ]
    text = HEAD + "\n".join(lines) + "\n" + STEP
    assert checked(capsys, text) == ([("BN201", 9)], [])


def test_a_chain_of_star_imports_each_twice(capsys: pytest.CaptureFixture[str]) -> None:
    for number in range(60):
        text = f"from m{number + 1} import *\n" * 2 + "from os import *\n"
        Path(f"m{number}.py").write_text(text, encoding="utf-8")
    assert checked(capsys, "from m0 import *\n" + HEAD + STEP) == ([("BN201", 5)], [])


@pytest.mark.parametrize("links", [{"p/p": "../p"}, {"p/q": "../q", "q/p": "../p"}])
def test_links_that_lead_in_a_circle(
    capsys: pytest.CaptureFixture[str], links: dict[str, str]
) -> None:
    for name in ("p", "q"):
        Path(name).mkdir()
        text = f"from {name} import *\nfrom .p import *\nfrom . import p, q\nimport q.p.q.p.q\n"
        (Path(name) / "__init__.py").write_text(text, encoding="utf-8")
    for link, target in links.items():
        Path(link).symlink_to(target)
    text = "import p.p.p.p, q.p.q, p.q.p\nfrom p import *\n" + HEAD + STEP
    assert checked(capsys, text) == ([("BN201", 6)], [])


def test_a_system_without_memory_is_no_bug(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr("threading.Thread.start", refused)
    assert main(["check", "--no-cache", "-q", "other.py"]) == 2
    assert capsys.readouterr().err == "bnlint: error: other.py: out of memory\n"
