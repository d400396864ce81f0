"""Notebooks, Markdown and Python 2 through the command line: what is said, and of which place."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from bnlint.cli import main

IMPORT = "import tensorflow as tf"
INPUT = "x = tf.placeholder(tf.float32, [None, 3])"
LAYER = "y = tf.layers.batch_normalization(x)"


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def notebook(name: str, *cells: Sequence[str], single: bool = False) -> str:
    """Write a notebook of nbformat 4, a Markdown cell first; its text."""
    found: list[dict[str, Any]] = [{"cell_type": "markdown", "source": ["# Title"]}]
    for lines in cells:
        text = "\n".join(lines)
        source = text if single else text.splitlines(keepends=True)
        found.append({"cell_type": "code", "outputs": [], "source": source})
    document = {"cells": found, "metadata": {}, "nbformat": 4, "nbformat_minor": 2}
    text = json.dumps(document, indent=1) + "\n"
    Path(name).write_text(text, encoding="utf-8")
    return text


def script(name: str, *lines: str, newline: str = "\n") -> None:
    Path(name).write_bytes("".join(line + newline for line in lines).encode())


def report(capsys: pytest.CaptureFixture[str], *arguments: str) -> Any:
    main(["check", "--format", "json", *arguments])
    return json.loads(capsys.readouterr().out)


def places(capsys: pytest.CaptureFixture[str], *arguments: str) -> list[tuple[Any, ...]]:
    return [
        (finding["code"], finding["path"], finding["cell"], finding["line"], finding["column"])
        for finding in report(capsys, *arguments)["findings"]
    ]


# --- notebooks ---------------------------------------------------------------------------


def test_a_notebook_in_text(capsys: pytest.CaptureFixture[str]) -> None:
    notebook("nb.ipynb", [IMPORT, "%matplotlib inline"], [], [INPUT], ["!ls", f"if 1: {LAYER}"])
    assert main(["check"]) == 1
    out, err = capsys.readouterr()
    assert err == ""
    first, _message, *rest = out.split("\n")
    assert first == "nb.ipynb:cell 4:2:11: error: BN101 missing-training-flag"
    assert f"2 | if 1: {LAYER}" in rest
    assert "1 finding; 1 file checked." in rest


def test_a_notebook_in_json(capsys: pytest.CaptureFixture[str]) -> None:
    text = notebook("nb.ipynb", [IMPORT], [INPUT, "", LAYER])
    (finding,) = report(capsys)["findings"]
    assert (finding["path"], finding["cell"]) == ("nb.ipynb", 2)
    assert (finding["line"], finding["column"]) == (3, 5)
    assert (finding["end_line"], finding["end_column"]) == (3, len(LAYER) + 1)
    assert LAYER in text.split("\n")[finding["raw_line"] - 1]


def test_a_source_in_one_string(capsys: pytest.CaptureFixture[str]) -> None:
    text = notebook("nb.ipynb", [IMPORT], [INPUT, "", LAYER], single=True)
    (finding,) = report(capsys)["findings"]
    assert (finding["cell"], finding["line"]) == (2, 3)
    assert LAYER in text.split("\n")[finding["raw_line"] - 1]


def test_a_call_of_several_lines(capsys: pytest.CaptureFixture[str]) -> None:
    text = notebook(
        "nb.ipynb", [IMPORT, INPUT], ["y = tf.layers.batch_normalization(", "    x,", ")"]
    )
    (finding,) = report(capsys)["findings"]
    assert (finding["line"], finding["end_line"], finding["end_column"]) == (1, 3, 2)
    assert "batch_normalization" in text.split("\n")[finding["raw_line"] - 1]


def test_places_in_other_cells(capsys: pytest.CaptureFixture[str]) -> None:
    text = notebook(
        "nb.ipynb",
        [IMPORT, INPUT],
        ["def net(x):", "    return tf.layers.batch_normalization(x)"],
        ["print('built')", "y = net(x)"],
    )
    (finding,) = report(capsys)["findings"]
    related = [other for other in finding["related"] if other["line"] == 2]
    assert [(other["cell"], other["column"]) for other in related] == [(3, 5)]
    assert "y = net(x)" in text.split("\n")[related[0]["raw_line"] - 1]
    main(["check"])
    out = capsys.readouterr().out
    assert "\n::: nb.ipynb:cell 3:2:5\n" in out
    assert "\n2 | y = net(x)\n" in out


def test_a_later_cell_defines_a_name_again(capsys: pytest.CaptureFixture[str]) -> None:
    layer = "    return tf.layers.batch_normalization(x{})"
    notebook(
        "nb.ipynb",
        [IMPORT, INPUT, "flag = tf.placeholder_with_default(False, [])"],
        ["def net(x):", layer.format(", training=flag")],
        ["y = net(x)"],
        ["def net(x):", layer.format("")],
        ["z = net(x)"],
    )
    assert places(capsys) == [("BN101", "nb.ipynb", 4, 2, 12)]


@pytest.mark.parametrize("indent", [" ", "    ", "\t"])
def test_an_indented_cell(capsys: pytest.CaptureFixture[str], indent: str) -> None:
    lines = ["", f"{indent}for _ in range(2):", f"{indent}    {LAYER}", "z = y"]
    notebook("nb.ipynb", [f"{indent}{IMPORT}", f"{indent}%matplotlib inline", INPUT], lines)
    document = report(capsys)
    assert document["errors"] == []
    (finding,) = document["findings"]
    assert (finding["cell"], finding["line"]) == (2, 3)
    assert finding["column"] == len(indent) + len("    y = ") + 1


def test_a_cell_that_is_indented_wrongly(capsys: pytest.CaptureFixture[str]) -> None:
    notebook("nb.ipynb", [IMPORT, INPUT], ["a = 1", f"  {LAYER}"])
    assert len(report(capsys)["errors"]) == 1


def test_an_unreadable_cell(capsys: pytest.CaptureFixture[str]) -> None:
    text = notebook("nb.ipynb", [IMPORT, INPUT], ["a = = 1"], [LAYER])
    document = report(capsys)
    assert [(found["cell"], found["line"]) for found in document["findings"]] == [(3, 1)]
    (error,) = document["errors"]
    assert error["message"].startswith("cell 2, line 1: cannot be parsed")
    assert "a = = 1" in text.split("\n")[error["line"] - 1]


def test_a_damaged_notebook(capsys: pytest.CaptureFixture[str]) -> None:
    Path("nb.ipynb").write_text('{"cells": [\n"batch_norm"\n"minimize"]}', encoding="utf-8")
    script("net.py", IMPORT, INPUT, LAYER)
    document = report(capsys)
    assert [found["path"] for found in document["findings"]] == ["net.py"]
    (error,) = document["errors"]
    assert (error["path"], error["line"]) == ("nb.ipynb", 3)
    assert error["message"] == "not a notebook: its JSON is damaged"


def test_version_3(capsys: pytest.CaptureFixture[str]) -> None:
    cell = {"cell_type": "code", "input": [f"{IMPORT}\n", f"{INPUT}\n", LAYER], "outputs": []}
    document = {"worksheets": [{"cells": [cell]}], "nbformat": 3, "metadata": {}}
    Path("nb.ipynb").write_text(json.dumps(document), encoding="utf-8")
    assert places(capsys) == [("BN101", "nb.ipynb", 1, 3, 5)]


def test_a_notebook_imports_a_script(capsys: pytest.CaptureFixture[str]) -> None:
    script("net.py", IMPORT, "def build(x, flag):", "    return tf.layers.batch_normalization(x)")
    notebook("nb.ipynb", [IMPORT, "import net"], [INPUT, "y = net.build(x, True)"])
    assert ("BN101", "net.py", None, 3, 12) in places(capsys)


def test_ignores_in_a_notebook(capsys: pytest.CaptureFixture[str]) -> None:
    notebook("nb.ipynb", [IMPORT, INPUT], ["", f"{LAYER}  # bnlint: ignore[BN101]"], [LAYER])
    assert places(capsys) == [("BN101", "nb.ipynb", 3, 1, 5)]


# --- Python 2 ----------------------------------------------------------------------------


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_python_2(capsys: pytest.CaptureFixture[str], newline: str) -> None:
    script(
        "old.py",
        IMPORT,
        "def show((a, b)):",
        "    print a",
        INPUT,
        f"{LAYER}  # after a line that the rewriting put in",
        "print 'shape', tf.layers.batch_normalization(x)",
        newline=newline,
    )
    assert places(capsys) == [("BN101", "old.py", None, 5, 5), ("BN101", "old.py", None, 6, 16)]
    script("new.py", IMPORT, INPUT, "y = tf.layers.batch_normalization(x, training=True)")
    main(["check"])
    assert "2 findings; 2 files checked, 1 read as Python 2.\n" in capsys.readouterr().out


def test_tabs_of_python_2(capsys: pytest.CaptureFixture[str]) -> None:
    script(
        "old.py", IMPORT, INPUT, "if 1:", f"\t{LAYER}", "        z = y", "print z  # a mix of both"
    )
    assert places(capsys) == [("BN101", "old.py", None, 4, 6)]


def test_ignores_in_python_2(capsys: pytest.CaptureFixture[str]) -> None:
    script(
        "old.py",
        IMPORT,
        "def show((a, b)):",
        "    print a",
        INPUT,
        f"{LAYER}  # bnlint: ignore[BN101]",
        f"print {LAYER[4:]}  # bnlint: ignore[BN101]",
        LAYER,
    )
    assert places(capsys) == [("BN101", "old.py", None, 7, 5)]


def test_a_notebook_of_python_2(capsys: pytest.CaptureFixture[str]) -> None:
    notebook("nb.ipynb", [IMPORT, INPUT], ["print 'a'", LAYER])
    main(["check"])
    out = capsys.readouterr().out
    assert out.startswith("nb.ipynb:cell 2:2:5: error: BN101 ")
    assert out.endswith("1 finding; 1 file checked, 1 read as Python 2.\n")


def test_neither_python(capsys: pytest.CaptureFixture[str]) -> None:
    script("old.py", IMPORT, "print 'a'", f"{LAYER} = = 1")
    (error,) = report(capsys)["errors"]
    assert (error["line"], error["message"]) == (3, "neither Python 3 nor Python 2 syntax")


# --- Markdown ----------------------------------------------------------------------------

PAGE = (
    "# Title",
    "",
    "```python",
    IMPORT,
    INPUT,
    "```",
    "",
    "- in a list:",
    "",
    "  ```python",
    f"  {LAYER}",
    "  ```",
    "",
    "```sh",
    "batch_normalization",
    "```",
)


def test_markdown_is_only_read_when_asked(capsys: pytest.CaptureFixture[str]) -> None:
    script("page.md", *PAGE)
    assert places(capsys) == []
    assert places(capsys, "--markdown") == [("BN101", "page.md", None, 11, 7)]


def test_a_page_that_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    script("page.md", *PAGE)
    assert places(capsys, "page.md") == [("BN101", "page.md", None, 11, 7)]


def test_markdown_in_text(capsys: pytest.CaptureFixture[str]) -> None:
    script("page.markdown", *PAGE)
    assert main(["check", "--markdown"]) == 1
    out = capsys.readouterr().out
    assert out.startswith("page.markdown:11:7: error: BN101 missing-training-flag\n")
    assert f"11 |   {LAYER}\n" in out


def test_a_block_that_does_not_parse(capsys: pytest.CaptureFixture[str]) -> None:
    script("page.md", "```python", ">>> batch_norm", "...", "```", "", *PAGE)
    document = report(capsys, "--markdown")
    assert [found["line"] for found in document["findings"]] == [16]
    assert [(error["path"], error["line"]) for error in document["errors"]] == [("page.md", 2)]
