"""A page is its rule's contract: what it calls bad is found, what it calls good is not."""

from __future__ import annotations

import ast
import os
import re
from pathlib import Path

import pytest
from test_fixtures import FIXTURES, KNOWN

from bnlint import codes, pages
from bnlint.checks import CHECKS
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
_MARK = re.compile(r"# (BN\d{3}(?: BN\d{3})*)$", re.MULTILINE)
_FIXTURE = re.compile(r"`fixtures/([\w./]+)`")
_KNOWN = re.compile(r"`fixtures/([\w./]+)`\s+\(known\s+(?:miss|alarm)\)")

PAGES = pages.all_pages()
EACH_PAGE = pytest.mark.parametrize("page", [pytest.param(page, id=page.code) for page in PAGES])


def blocks(kind: str) -> list[object]:
    return [
        pytest.param(page, code, id=f"{page.code}-{number}")
        for page in PAGES
        for number, code in enumerate(_BLOCK.findall(page.sections.get(kind, "")), 1)
    ]


def found(code: str, directory: Path, *, pedantic: bool) -> set[tuple[int, str]]:
    path = directory / "block.py"
    path.write_text(code, encoding="utf-8")
    outcome = check(Options(paths=[str(path)], pedantic=pedantic))
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
    assert page.code in {word for _, word in marked(code)}
    assert found(code, tmp_path, pedantic=False) == marked(code)


@pytest.mark.parametrize(("page", "code"), blocks("Good"))
def test_a_good_block_is_silent(page: Page, code: str, tmp_path: Path) -> None:
    ast.parse(code)
    assert marked(code) == set()
    assert found(code, tmp_path, pedantic=True) == set()


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
    described = {(page.code, page.name, page.severity) for page in PAGES}
    assert {(c.rule.code, c.rule.name, c.rule.severity) for c in CHECKS} <= described


def test_a_page_for_what_cannot_be_read() -> None:
    assert pages.names()[codes.UNREADABLE] == codes.UNREADABLE_NAME


@EACH_PAGE
def test_the_fixtures_of_a_page_exist(page: Page) -> None:
    for name in _FIXTURE.findall(page.text):
        assert os.path.exists(FIXTURES / name), name


def test_what_bnlint_gets_wrong_is_on_a_page() -> None:
    admitted = {name for page in PAGES for name in _KNOWN.findall(page.sections["Known limits"])}
    assert admitted == set(KNOWN)
