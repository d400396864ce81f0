"""A notebook's cells are one program, and every line of it is found again in the JSON file."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bnlint.source.errors import SourceError
from bnlint.source.notebook import Cell, cells, mask


def code(source: Any, **more: Any) -> dict[str, Any]:
    return {"cell_type": "code", "metadata": {}, "outputs": [], "source": source, **more}


def notebook(*found: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"cells": list(found), "metadata": {}, "nbformat": 4, "nbformat_minor": 2, **more}


def read(document: Any, indent: int | None = 1) -> list[Cell]:
    return cells(json.dumps(document, indent=indent), "a.ipynb")


def lines(document: Any) -> list[tuple[str, ...]]:
    return [cell.lines for cell in read(document)]


# --- cells -------------------------------------------------------------------------------


def test_code_cells_are_numbered_among_themselves() -> None:
    text = {"cell_type": "markdown", "metadata": {}, "source": ["f(a)"]}
    raw = {"cell_type": "raw", "metadata": {}, "source": ["f(a)"]}
    found = read(notebook(text, code(["a\n", "b"]), raw, code([]), code(["c"])))
    assert [(cell.number, cell.lines) for cell in found] == [
        (1, ("a", "b")),
        (2, ("",)),
        (3, ("c",)),
    ]


def test_version_3() -> None:
    first = {"cell_type": "code", "input": ["a\n", "b"], "language": "python", "outputs": []}
    heading = {"cell_type": "heading", "level": 1, "source": ["x"]}
    second = {"cell_type": "code", "input": "c\nd", "language": "python", "outputs": []}
    sheets = [{"cells": [first, heading]}, {"cells": [second]}]
    document = {"metadata": {"name": ""}, "nbformat": 3, "worksheets": sheets}
    assert lines(document) == [("a", "b"), ("c", "d")]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("a\nb", ("a", "b")),
        ("a\nb\n", ("a", "b", "")),
        (["a\n", "b"], ("a", "b")),
        (["a\nb\n", "c"], ("a", "b", "c")),
        (["a", "b"], ("ab",)),
        (["a\r\n", "b\rc"], ("a", "b", "c")),
        (["a\u2028b\x0cc\n", "é😀"], ("a\u2028b\x0cc", "é😀")),
        ([], ("",)),
        ("", ("",)),
        ([None, "a"], ("a",)),
    ],
)
def test_sources(source: Any, expected: tuple[str, ...]) -> None:
    assert lines(notebook(code(source))) == [expected]


@pytest.mark.parametrize(
    ("metadata", "count"),
    [
        ({"kernelspec": {"language": "python", "name": "python3"}}, 1),
        ({"kernelspec": {"name": "conda-env"}}, 1),
        ({"language_info": {"name": "ipython"}}, 1),
        ({"kernelspec": {"language": "R"}}, 0),
        ({"language_info": {"name": "julia"}, "kernelspec": {}}, 0),
        ([], 1),
    ],
)
def test_other_languages_are_not_read(metadata: Any, count: int) -> None:
    assert len(read(notebook(code(["f(a)"]), metadata=metadata))) == count


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("", 1),
        ("[]", 1),
        ("{}", 1),
        ('{"cells": 3}', 1),
        ('{"worksheets": [3]}', 1),
        ('{"worksheets": [{"cells": null}]}', 1),
        ('{"cells": [\n{"cell_type": "code"\n"source": []}]}', 3),
        ('{\n"cells": [\n', 1),
        ('{"cells": ["\n', 1),
        ('{"a": nothing}', 1),
        ("[" * 1000, 1),
        ("<<<<<<< HEAD\n{}\n", 1),
    ],
)
def test_damaged(text: str, line: int) -> None:
    with pytest.raises(SourceError) as caught:
        cells(text, "a.ipynb")
    assert caught.value.line == line
    assert caught.value.message == "not a notebook: its JSON is damaged"


# --- places in the file ------------------------------------------------------------------


def test_raw_lines() -> None:
    text = (
        '{"cells": [\n'
        ' {"cell_type": "code", "outputs": [{"text": ["source"]}],\n'
        '  "source": [\n'
        '   "a\\n",\n'
        '   "b",\n'
        '   "c\\n", "d"\n'
        "  ]},\n"
        '  {"source": "e\\nf", "cell_type": "code"}\n'
        "]}\n"
    )
    for newline in ("\n", "\r\n"):
        first, second = cells(text.replace("\n", newline), "a.ipynb")
        assert (first.lines, first.raw_lines) == (("a", "bc", "d"), (4, 5, 6))
        assert (second.lines, second.raw_lines) == (("e", "f"), (8, 8))


_TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\n\r"), max_size=8)
_SOURCES = st.one_of(
    st.lists(_TEXT).map(lambda some: [f"{line}\n" for line in some]),
    st.lists(_TEXT).map("\n".join),
)
_JUNK = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=5),
    lambda some: st.lists(some, max_size=3) | st.dictionaries(st.text(max_size=5), some),
    max_leaves=8,
)


@given(
    st.lists(st.tuples(_SOURCES, _JUNK, st.sampled_from(["code", "markdown"])), max_size=6),
    st.sampled_from([None, 0, 1, 4]),
    st.booleans(),
)
def test_every_line_is_where_the_file_has_it(
    sources: list[tuple[Any, Any, str]], indent: int | None, ascii_only: bool
) -> None:
    document = notebook(
        *(
            {"metadata": junk, "cell_type": kind, "source": source, "outputs": [junk]}
            for source, junk, kind in sources
        )
    )
    text = json.dumps(document, indent=indent, ensure_ascii=ascii_only)
    found = cells(text, "a.ipynb")
    wanted = [source for source, _, kind in sources if kind == "code"]
    assert ["\n".join(cell.lines) for cell in found] == ["".join(source) for source in wanted]
    in_file = text.split("\n")
    for cell in found:
        assert len(cell.lines) == len(cell.raw_lines)
        for line, raw in zip(cell.lines, cell.raw_lines, strict=True):
            # The last line is empty if the last string ends with a line end.
            assert json.dumps(line, ensure_ascii=ascii_only)[1:-1] in in_file[raw - 1]


# --- what is not Python ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "masked"),
    [
        ("%matplotlib inline", "pass"),
        ("!pip install tensorflow==1.15", "pass"),
        ("!!ls", "pass"),
        ("?f", "pass"),
        ("tf.layers?", "pass"),
        ("a[0].b??", "pass"),
        ("*norm*?", "pass"),
        ("%", "pass"),
        ("  !ls", "  pass"),
        ("\t%cd x", "\tpass"),
        ("pip install tensorflow", "pass"),
        ("cd ../data", "pass"),
        ("ls -la", "pass"),
        ("x = !ls", "x = get_ipython()"),
        ("x, y = %sql f(a)", "x, y = get_ipython()"),
        ("self.x = !ls", "self.x = get_ipython()"),
        ("x['a'] = %who_ls", "x['a'] = get_ipython()"),
        ("%time f(a)", "if 1: f(a)"),
        ("    %time x = f(a)", "    if 1: x = f(a)"),
        ("%timeit -n 3 -r2 f(a)", "if 1:            f(a)"),
        ("%prun -s cumulative f(a)", "if 1:               f(a)"),
        ("%memit f(a)", "if 1:  f(a)"),
        ("%%time", ""),
        # Python that looks like it.
        ("x = y % z", None),
        ("x = a != b", None),
        ("print 'a=%d' % x", None),
        ("f('%s=%s' % (x, y))", None),
        ("x = f(a)  # why?", None),
        ("cat = f(a)", None),
        ("ls in x", None),
        ("rm(a)", None),
    ],
)
def test_masked_lines(line: str, masked: str | None) -> None:
    assert mask((line,)) == [line if masked is None else masked]


@pytest.mark.parametrize("statement", ["f(a)", "x = f(a)", "f(a); g(b)"])
@pytest.mark.parametrize("magic", ["%time ", "%timeit -n 1 ", "%timeit  ", "%prun -l 5 "])
def test_what_is_timed_keeps_its_column(magic: str, statement: str) -> None:
    (masked,) = mask((magic + statement,))
    assert masked.index(statement) == len(magic)
    compile(masked, "x", "exec")


@pytest.mark.parametrize(
    ("cell", "masked"),
    [
        ("%%time\nf(a)\n%time g(b)", "\nf(a)\nif 1: g(b)"),
        ("%%capture out\nf(a)", "\nf(a)"),
        ("\n%%timeit\nf(a)", "\n\nf(a)"),
        ("%%bash\nf(a)", "\n"),
        ("%%writefile net.py\nf(a)\ng(b)", "\n\n"),
        ("%%html\n<f(a)>", "\n"),
        # A command that goes on.
        ("!pip install \\\n  a \\\n  b\nf(a)", "pass\n\n\nf(a)"),
        ("if a:\n  !ls \\\n  b\n  f(a)", "if a:\n  pass\n\n  f(a)"),
        # Operators in the middle of a statement.
        ("print('%d'\n      % a)\n%cd x", "print('%d'\n      % a)\npass"),
        ("f(a\n  != b)\n!ls", "f(a\n  != b)\npass"),
        ("x = a \\\n  % b\n!ls", "x = a \\\n  % b\npass"),
        ("x = '''\n%cd\n?\n'''\n%cd", "x = '''\n%cd\n?\n'''\npass"),
        ('x = """a""" + \'("\' # (\n%cd', 'x = """a""" + \'("\' # (\npass'),
        ("x = {'a': [\n%b\n]}\n%cd", "x = {'a': [\n%b\n]}\npass"),
        ("x = a)\n%cd", "x = a)\npass"),
    ],
)
def test_masked_cells(cell: str, masked: str) -> None:
    assert "\n".join(mask(tuple(cell.split("\n")))) == masked


@given(st.lists(st.text(st.sampled_from("a%!?=\"'#()[]\\ \t"), max_size=10)))
def test_masking_keeps_lines(some: list[str]) -> None:
    assert len(mask(tuple(some))) == len(some)
