"""The page of ``bnlint check --html``: each finding with its code, and nothing from elsewhere."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from markup import Page

from bnlint.cli import main
from bnlint.finding import Finding, Location, Related, Rule, Step
from bnlint.outcome import Problem, Report
from bnlint.output.check_page import check_page
from bnlint.output.excerpt import excerpts

CHECKOUT = Path(__file__).parent.parent
RULE = Rule("BN201", "train-op-without-update-ops", "error")


def at(line: int, column: int, end_line: int, end_column: int, path: str = "a.py") -> Location:
    return Location(path, line, column, end_line, end_column)


def shown(text: str | None, place: Location, *related: Related) -> list[str]:
    """The lines of the excerpts, the labels after ``<``, the finding's own marks in ``[]``."""
    html = "".join(excerpts(Finding(RULE, place, "m", related), lambda path, cell: text))
    html = re.sub(r'<mark class="primary">(.*?)</mark>', r"[\1]", html)
    html = re.sub(r"<mark>(.*?)</mark>", r"(\1)", html)
    html = re.sub(r"<em>(.*?)</em>", r" &lt;\1", html)
    found = Page(html.replace("<code>", " ").replace("</code>", "")).texts
    return "".join(text for text in found.get("div", [])).strip().split("\n")


def test_lines_around_and_gaps() -> None:
    text = "\n".join(f"line {n}" for n in range(1, 21))
    here = Related(at(12, 1, 12, 5), "a layer")
    assert shown(text, at(3, 6, 3, 7), here) == [
        "a.py",
        "",
        "1 line 1",
        "2 line 2",
        "3 line [3]",
        "4 line 4",
        "5 line 5",
        "⋮",
        "10 line 10",
        "11 line 11",
        "12 (line) 12 <a layer",
        "13 line 13",
        "14 line 14",
    ]


def test_places_of_several_lines_and_inside_each_other() -> None:
    inner = Related(at(2, 5, 2, 6), "inside")
    assert shown("f(\n    x,\n    y)\n", at(1, 1, 3, 7), inner)[2:] == [
        "1 [f(]",
        "2     [x][,] <inside",
        "3     [y)]",
    ]


def test_a_long_place_is_cut() -> None:
    text = "\n".join("x" for _ in range(100))
    lines = shown(text, at(1, 1, 100, 2))[2:]
    assert [line.split()[0] for line in lines] == [str(n) for n in range(1, 11)]


def test_a_file_that_is_gone_keeps_its_phrases() -> None:
    assert shown(None, at(3, 1, 3, 2), Related(at(9, 1, 9, 2), "a layer"))[2:] == ["9  <a layer"]


def test_a_long_line_is_cut() -> None:
    [line] = shown("x" * 5_000, at(1, 1, 1, 4_000))[2:]
    assert line == "1 [" + "x" * 2_000 + "]…"


def test_a_story_across_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(CHECKOUT)
    file = tmp_path / "page.html"
    assert main(["check", "fixtures/projects/three_files_wrong", "--html", str(file)]) == 1
    found = Page(file.read_text("utf-8"))
    assert found.classes("finding") == ["finding error"]
    assert found.texts["b"] == [
        "fixtures/projects/three_files_wrong/train.py",
        "fixtures/projects/three_files_wrong/network.py",
    ]
    assert found.texts["mark"] == [
        "tf.train.AdamOptimizer(config.LEARNING_RATE).minimize(loss)",
        "slim.arg_scope([slim.fully_connected], normalizer_fn=slim.batch_norm,",
        "normalizer_params=bn)",
    ]
    assert found.texts["em"] == ["a batch-norm layer whose moving statistics never change"]
    assert "1 finding; 3 files checked." in found.texts["p"]
    # And why, as --explain tells it.
    assert "no collection of update ops is read" in found.texts["li"]
    # The rule's page is on it, where the finding's code leads to.
    assert {"BN201", "finding-0"} == {str(a["id"]) for _, a in found.elements if "id" in a}
    assert [a["href"] for tag, a in found.elements if tag == "a"] == ["#BN201"]
    assert "## Why it is a bug" in "".join(found.texts["pre"])


def test_a_notebook_and_an_unreadable_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    layer = "import tensorflow as tf\ntf.layers.batch_normalization(x)\n"
    cells: list[dict[str, Any]] = [
        {"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": None, "source": s}
        for s in ("x = 1", layer)
    ]
    notebook = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    Path("n.ipynb").write_text(json.dumps(notebook), "utf-8")
    Path("broken.py").write_text("tf.layers.batch_normalization(\n", "utf-8")
    assert main(["check", "--select", "BN1", "--html", "page.html"]) == 1
    found = Page(Path("page.html").read_text("utf-8"))
    assert found.texts["b"] == ["n.ipynb, cell 2"]
    assert found.texts["mark"] == ["tf.layers.batch_normalization(x)"]
    assert "broken.py:1" in found.texts["code"]
    assert [a["id"] for tag, a in found.elements if tag == "pre"] == ["BN101", "BN900"]


def test_nothing_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a.py").write_text("import os\n", "utf-8")
    assert main(["check", "--html", "page.html"]) == 0
    found = Page(Path("page.html").read_text("utf-8"))
    assert found.texts["p"] == ["No findings; 0 files checked, 1 without batch norm."]
    assert not {"table", "section", "details"} & {tag for tag, _ in found.elements}


def test_three_hundred() -> None:
    report = Report(checked=1)
    report.findings = [Finding(RULE, at(n, 1, n, 2), f"message {n}") for n in range(1, 301)]
    text = "\n".join("x" for _ in range(300))
    found = Page(check_page(report, lambda path, cell: text))
    assert len(found.classes("finding")) == 300
    assert len([tag for tag, _ in found.elements if tag == "tr"]) == 301
    links = [str(a["href"]) for tag, a in found.elements if tag == "a" and "href" in a]
    targets = {f"#{a['id']}" for _, a in found.elements if "id" in a}
    assert set(links) == targets
    assert [a["id"] for tag, a in found.elements if tag == "pre"] == ["BN201"]


def test_possible_findings_say_why() -> None:
    finding = Finding(RULE, at(1, 1, 1, 2), "m", confidence="possible", reason="a loop")
    found = Page(check_page(Report(checked=1, findings=[finding]), lambda path, cell: "x"))
    assert "possible only: a loop" in found.texts["p"]
    assert " train-op-without-update-ops (possible) " in found.texts["h3"]


@pytest.mark.parametrize(
    "text", ["</code><script>alert(1)</script>", "\"'><img src=x onerror=y>", "&lt;b", "\x1b[31m"]
)
def test_what_others_wrote_is_only_text(text: str) -> None:
    place = at(1, 1, 1, 3, path=text)
    related, why = (Related(place, text),), (Step(text, place),)
    finding = Finding(RULE, place, text, related, "possible", text, reasoning=why)
    report = Report(checked=1, findings=[finding] * 2, problems=[Problem(text, 1, text)])
    html = check_page(report, lambda path, cell: text)
    found = Page(html)
    assert [tag for tag, _ in found.elements if tag in ("script", "img")] == ["script"]
    assert not any(key.startswith("on") for _, attrs in found.elements for key in attrs)
    assert "\x1b" not in html
    assert not re.search(r"\bsrc(?:set)?=|@import|url\(", html.replace("img src=x", ""))


def test_bad_use(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a.py").write_text("import tensorflow as tf\ntf.layers.batch_normalization(x)\n", "utf-8")
    assert main(["check", "--html", "none/page.html"]) == 2
    out, err = capsys.readouterr()
    assert "BN101" in out
    assert err == "bnlint: error: none/page.html: no such file or directory\n"
    for other in (["--diff"], ["--show-files"], ["--write-baseline", "b"]):
        assert main(["check", "--html", "page.html", *other]) == 2
        said = "--html goes without --diff, --show-files and --write-baseline"
        assert said in capsys.readouterr().err
    assert not Path("page.html").exists()
