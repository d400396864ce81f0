"""A page is its rule's contract: what it calls bad is found, what it calls good is not."""

from __future__ import annotations

import ast
import json
import os
import re
import shutil
from functools import cache
from pathlib import Path

import pytest
from test_fixtures import FIXTURES, KNOWN

from bnlint import codes, pages, suppressions
from bnlint.checks import CHECKS
from bnlint.cli import main
from bnlint.finding import Finding
from bnlint.graph import trace
from bnlint.graph.checkpoint import inspect_checkpoint
from bnlint.graph.command import inspect
from bnlint.graph.rules import GRAPH_CHECKS
from bnlint.pages import Page
from bnlint.run import Options, check

SECTIONS = (
    "What it finds",
    "Why it is a bug",
    "Bad",
    "Good",
    "Fix safety",
    "Known limits",
    "In a graph",
    "References",
)

_BLOCK = re.compile(r"^```python\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_MARK = re.compile(r"# (BN\d{3}\??(?: BN\d{3}\??)*)$", re.MULTILINE)
_FIXTURE = re.compile(r"`fixtures/([\w./-]+)`")
_KNOWN = re.compile(r"`fixtures/([\w./]+)`\s+\(known\s+(?:miss|alarm)\)")
# What a page says of a graph: (found), (possible) or (silent), "as BNxxx" if another rule speaks,
# and "in a run" if it is judged with what facts.json says that one training step fetches and feeds.
_VERDICT = re.compile(
    r"`fixtures/graphs/([\w./-]+)` "
    r"\((found|possible|silent)(?:\s+as\s+(BN\d{3}))?(\s+in\s+a\s+run)?\)"
)
_GRAPH = re.compile(r"`fixtures/graphs/")
GRAPHS = FIXTURES / "graphs"

PAGES = pages.all_pages()
EACH_PAGE = pytest.mark.parametrize("page", [pytest.param(page, id=page.code) for page in PAGES])


def blocks(kind: str) -> list[object]:
    return [
        pytest.param(page, code, id=f"{page.code}-{number}")
        for page in PAGES
        for number, code in enumerate(_BLOCK.findall(page.sections.get(kind, "")), 1)
    ]


def found(
    code: str, directory: Path, *, pedantic: bool, select: tuple[str, ...] = ()
) -> set[tuple[int, str]]:
    path = directory / "block.py"
    path.write_text(code, encoding="utf-8")
    outcome = check(Options(paths=[str(path)], pedantic=pedantic, select=select))
    assert outcome.crashes == []
    unreadable = {(problem.line, codes.UNREADABLE) for problem in outcome.report.problems}
    return unreadable | {(f.location.line, f.rule.code) for f in outcome.report.findings}


def marked(code: str) -> set[tuple[int, str]]:
    return {
        (number, word)
        for number, line in enumerate(code.split("\n"), 1)
        if (mark := _MARK.search(line))
        for word in mark[1].split()
    }


@pytest.mark.parametrize(("page", "code"), blocks("Bad"))
def test_a_bad_block_yields_its_marks(page: Page, code: str, tmp_path: Path) -> None:
    marks = marked(code)
    assert page.code in {word.rstrip("?") for _, word in marks}
    if page.code in codes.ON_REQUEST:
        assert found(code, tmp_path, pedantic=True) == set()
        assert found(code, tmp_path, pedantic=True, select=(page.code[:3],)) == set()
        assert found(code, tmp_path, pedantic=False, select=("BN", page.code)) == marks
        return
    expected = {(line, word) for line, word in marks if not word.endswith("?")}
    if expected != marks:  # what is possible only is shown on demand
        possible = {(line, word.rstrip("?")) for line, word in marks}
        assert found(code, tmp_path, pedantic=True) == possible
    if page.witness == "graph":  # once the source decides it too, the page has to say so
        ast.parse(code)
        expected = {(line, word) for line, word in expected if word != page.code}
    assert found(code, tmp_path, pedantic=False) == expected


@pytest.mark.parametrize(("page", "code"), blocks("Good"))
def test_a_good_block_is_silent(page: Page, code: str, tmp_path: Path) -> None:
    ast.parse(code)
    assert marked(code) == set()
    assert found(code, tmp_path, pedantic=True) == set()
    if page.code in codes.ON_REQUEST:
        assert found(code, tmp_path, pedantic=True, select=(page.code,)) == set()


@EACH_PAGE
def test_a_page_has_all_its_parts(page: Page) -> None:
    assert tuple(page.sections) == SECTIONS
    assert all(page.sections.values())
    assert page.path.name == f"{page.code}-{page.name}.md"
    assert page.since == "0.1.0"
    assert page.fix in ("none", "safe", "unsafe")
    assert _BLOCK.search(page.sections["Bad"])
    assert _BLOCK.search(page.sections["Good"])
    for kind in ("Bad", "Good"):
        assert not _BLOCK.sub("", page.sections[kind]).strip()


def test_every_rule_has_its_page() -> None:
    described = {(page.code, page.name, page.severity, page.witness) for page in PAGES}
    for checks, witness in ((CHECKS, "both"), (GRAPH_CHECKS, "graph")):
        rules = {(c.rule.code, c.rule.name, c.rule.severity, witness) for c in checks}
        assert rules <= described
        described -= rules
    for rule in suppressions.RULES:
        described.remove((rule.code, rule.name, rule.severity, "both"))
    assert {code for code, *_ in described} == {codes.UNREADABLE}


def test_every_family_of_rules_has_a_title() -> None:
    assert {code[:3] for code in pages.names()} == set(pages.FAMILIES)


def test_a_page_for_what_cannot_be_read() -> None:
    assert pages.names()[codes.UNREADABLE] == codes.UNREADABLE_NAME


def test_its_page_is_shown_however_its_code_is_written(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rule", codes.UNREADABLE.lower()]) == 0
    assert codes.UNREADABLE_NAME in capsys.readouterr().out


@EACH_PAGE
def test_the_fixtures_of_a_page_exist(page: Page) -> None:
    for name in _FIXTURE.findall(page.text):
        assert os.path.exists(FIXTURES / name), name


def test_what_bnlint_gets_wrong_is_on_a_page() -> None:
    admitted = {name for page in PAGES for name in _KNOWN.findall(page.sections["Known limits"])}
    assert admitted == set(KNOWN)


def claims(page: Page) -> list[tuple[str, str, str, bool]]:
    """The graphs of a page: file, what it says of it, the rule that is meant, whether in a run."""
    return [
        (name, verdict, other or page.code, bool(run))
        for name, verdict, other, run in _VERDICT.findall(page.sections.get("In a graph", ""))
    ]


def shown(findings: list[Finding]) -> set[tuple[str, str]]:
    return {(f.rule.code, "possible" if f.confidence == "possible" else "found") for f in findings}


@cache
def alone(name: str) -> set[tuple[str, str]]:
    """What bnlint finds in a graph or checkpoint, with nothing known of what is fed."""
    path = GRAPHS / name
    if name.startswith("checkpoint-") and path.is_dir():
        return shown(inspect_checkpoint(str(path)).report.findings)
    return shown([f for report in inspect(str(path)) for f in report.report.findings])


def in_a_run(name: str, directory: Path) -> set[tuple[str, str]]:
    """What bnlint finds in a recording of the step that facts.json describes."""
    facts = json.loads((GRAPHS / "facts.json").read_text("utf-8"))["programs"]
    fact = facts[name.removesuffix(".meta")]
    shutil.copy(GRAPHS / name, directory)
    failed = "error" in fact
    run = {
        "graph": 0,
        "fetches": fact["fetches"],
        "feeds": fact["feeds"],
        "count": 0 if failed else 3,
        "errors": 3 if failed else 0,
        "error": fact.get("error"),
    }
    recording = {"format": trace.FORMAT, "graphs": [name], "runs": [run]}
    (directory / "trace.json").write_text(json.dumps(recording), "utf-8")
    return shown(trace.check(str(directory)).findings)


@pytest.mark.parametrize(
    ("page", "claim"),
    [
        pytest.param(page, claim, id="-".join((page.code, *map(str, claim))))
        for page in PAGES
        for claim in claims(page)
    ],
)
def test_what_a_page_says_of_a_graph(
    page: Page, claim: tuple[str, str, str, bool], tmp_path: Path
) -> None:
    name, verdict, code, run = claim
    expected = set() if verdict == "silent" else {(code, verdict)}
    assert (in_a_run(name, tmp_path) if run else alone(name)) == expected


@EACH_PAGE
def test_a_page_says_what_becomes_of_every_graph_it_names(page: Page) -> None:
    assert len(_GRAPH.findall(page.text)) == len(claims(page))


def test_a_rule_that_some_graph_breaks_names_one_that_does_and_one_that_does_not() -> None:
    folders = {p for p in GRAPHS.iterdir() if p.is_dir()} - {GRAPHS / "__pycache__"}
    graphs = [*folders, *(p for p in GRAPHS.iterdir() if p.suffix in (".meta", ".pb", ".pbtxt"))]
    broken = {code for path in graphs for code, _ in alone(path.name)}
    assert {check.rule.code for check in GRAPH_CHECKS} <= broken
    for page in PAGES:
        named = {verdict for _, verdict, code, run in claims(page) if code == page.code and not run}
        if page.code in broken:
            assert "silent" in named, page.code
            assert named & {"found", "possible"}, page.code
        else:
            assert named <= {"silent"}, page.code


PAGE = """---
code: BN999
name: nothing
severity: error
since: 0.1.0
fix: none
{}---
# Nothing
"""


@pytest.mark.parametrize(
    ("line", "witness"), [("", "both"), ("witness: both\n", "both"), ("witness: graph\n", "graph")]
)
def test_the_witness_of_a_page(line: str, witness: str) -> None:
    assert pages.parse(PAGE.format(line), Path("BN999-nothing.md")).witness == witness


@pytest.mark.parametrize("line", ["witness: source\n", "witness:\n", "other: graph\n"])
def test_no_other_witness(line: str) -> None:
    with pytest.raises(pages.PageError, match=r"BN999-nothing\.md: "):
        pages.parse(PAGE.format(line), Path("BN999-nothing.md"))
