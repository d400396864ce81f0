"""A file of any kind becomes one program whose places are those of the file."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ir_shapes import source, walk

from bnlint.source import ir
from bnlint.source.errors import SourceError
from bnlint.source.load import Loaded, load


def notebook(*sources: str) -> Loaded:
    found: list[dict[str, Any]] = [
        {"cell_type": "code", "source": text.splitlines(keepends=True)} for text in sources
    ]
    return load(json.dumps({"cells": found}, indent=1).encode(), "a.ipynb")


def calls(loaded: Loaded) -> list[ir.Call]:
    return [node for node in walk(loaded.module) if isinstance(node, ir.Call)]


def in_cells(loaded: Loaded) -> list[tuple[int, int, int, str]]:
    """Every call: its cell, its line and column there, and the source of its first line."""
    out = []
    for call in calls(loaded):
        line, column, end_line, end_column = call.span
        place = loaded.cell_at(line)
        assert place is not None
        offset, cell = place
        text = cell.lines[line - offset - 1]
        end = end_column - 1 if end_line == line else None
        out.append((cell.number, line - offset, column, text[column - 1 : end]))
    return out


def errors(loaded: Loaded) -> list[tuple[int, str]]:
    return [(error.line, error.message) for error in loaded.errors]


# --- scripts -----------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["f(a)\n", "\ufefff(a)\n", "# coding: latin-1\nf(a)\n"])
def test_a_script(text: str) -> None:
    loaded = load(text.encode(), "a.py")
    (call,) = calls(loaded)
    assert source(loaded.text, call.span) == "f(a)"
    assert not loaded.python2
    assert loaded.cell_at(1) is None


@pytest.mark.parametrize("text", ["\ufeffprint f(a)\n", "# coding: latin-1\nprint f('é')\n"])
def test_a_script_of_python_2(text: str) -> None:
    data = text.encode("latin-1" if "latin" in text else "utf-8")
    loaded = load(data, "a.py")
    assert loaded.python2
    assert source(loaded.text, calls(loaded)[1].span).startswith("f(")


# --- notebooks ---------------------------------------------------------------------------


def test_cells_are_one_program() -> None:
    loaded = notebook("def f(a):\n    return g(a)", "", "f(1)\n", "def f(a): pass\nf(2)")
    assert in_cells(loaded) == [
        (1, 2, 12, "g(a)"),
        (3, 1, 1, "f(1)"),
        (4, 2, 1, "f(2)"),
    ]
    # In order, so that the second function is the one that the last call means.
    kinds = [type(node).__name__ for node in loaded.module.body]
    assert kinds == ["FunctionDef", "ExprStmt", "FunctionDef", "ExprStmt"]


def test_magics_keep_columns() -> None:
    loaded = notebook("%cd x\nif a:\n    %time f(a)\n%timeit -n 2 g(b)", "x = !ls f(a)\nh(c)")
    assert in_cells(loaded) == [
        (1, 3, 11, "f(a)"),
        (1, 4, 14, "g(b)"),
        (2, 1, 5, "!ls f(a)"),
        (2, 2, 1, "h(c)"),
    ]
    assert not loaded.errors


def test_cells_of_python_2() -> None:
    loaded = notebook("print f(a)", "print(g(b))", "try: h(c)\nexcept E, (a, b):\n  i(d)\nj(e)")
    assert loaded.python2
    found = in_cells(loaded)
    assert (1, 1, 7, "f(a)") in found
    assert (2, 1, 7, "g(b)") in found
    assert found[-2:] == [(3, 3, 3, "i(d)"), (3, 4, 1, "j(e)")]


def test_a_bad_cell_does_not_hide_the_others() -> None:
    loaded = notebook("f(a)", "g(b)\nx = = 1\nh(c)", "i(d)")
    assert [text for *_, text in in_cells(loaded)] == ["f(a)", "g(b)", "h(c)", "i(d)"]
    ((line, message),) = errors(loaded)
    assert message.startswith("cell 2, line 2: cannot be parsed")
    assert loaded.text.split("\n")[line - 1].strip() == '"x = = 1\\n",'


def test_a_cell_that_cannot_be_mended() -> None:
    loaded = notebook("f(a)", "\n".join(f"x{i} = = 1" for i in range(20)), "g(b)")
    assert [text for *_, text in in_cells(loaded)] == ["f(a)", "g(b)"]
    ((_, message),) = errors(loaded)
    assert message.startswith("cell 2, line 1: ")


def test_an_error_at_the_end_of_a_cell() -> None:
    loaded = notebook("f(a)", "if a:\n", "g(b)")
    assert [text for *_, text in in_cells(loaded)] == ["f(a)", "g(b)"]
    assert len(loaded.errors) == 1


def test_a_notebook_without_code() -> None:
    loaded = load(b'{"cells": []}', "a.ipynb")
    assert loaded.module.body == []
    assert loaded.cell_at(1) is None


def test_a_damaged_notebook() -> None:
    with pytest.raises(SourceError) as caught:
        load(b'{"cells": [', "a.ipynb")
    assert caught.value.message == "not a notebook: its JSON is damaged"


# --- Markdown ----------------------------------------------------------------------------

PAGE = """\
# Title

```python
f(a)
```

1. In a list:

   ```python
   if a:
       g(b)
   ```

~~~ py
print h(c)
~~~

```python
x = = 1
```
"""


def test_blocks_are_one_program() -> None:
    loaded = load(PAGE.encode(), "a.md")
    found = [(call.span[:2], source(PAGE, call.span)) for call in calls(loaded)]
    assert ((4, 1), "f(a)") in found
    assert ((11, 8), "g(b)") in found
    assert ((15, 7), "h(c)") in found
    assert loaded.python2
    assert [line for line, _ in errors(loaded)] == [19]


def test_places_in_crlf() -> None:
    page = PAGE.replace("\n", "\r\n")
    loaded = load(page.encode(), "a.markdown")
    found = {source(page, call.span) for call in calls(loaded)}
    assert {"f(a)", "g(b)", "h(c)"} <= found


def test_a_long_octal_number_is_read_at_once() -> None:
    assert load(("x = 0" + "1" * 60_000 + "\n").encode(), "long.py").python2


def test_a_long_expression_is_refused_at_once() -> None:
    with pytest.raises(SourceError) as caught:
        load(("x = " + "-" * 20_000 + "1\n").encode(), "long.py")
    assert caught.value.line == 1
    assert caught.value.message == "an expression of thousands of terms; split this code up"
