"""Every fixture says on its lines what bnlint has to find there: nothing more, nothing less.

A mark is a comment at the end of a line: ``# BN201`` for a definite finding, ``# BN201?`` for one
that is only possible, several codes separated by spaces. ``# BN900`` is where a file breaks.
"""

from __future__ import annotations

import ast
import os
import re
from pathlib import Path

import pytest

from bnlint.finding import Location
from bnlint.run import Options, check

FIXTURES = Path(__file__).parent.parent / "fixtures"
SCRIPTS = sorted(p for kind in ("programs", "scripts") for p in (FIXTURES / kind).rglob("*.py"))
PROJECTS = sorted(path for path in (FIXTURES / "projects").iterdir() if path.is_dir())
BROKEN = sorted((FIXTURES / "broken").glob("*.py"))

KNOWN = {
    "broken/endless_recursion.py": "a call too deep to follow is cut off as if it had returned",
    "programs/i03_training_branch_not_taken.py": "BN210 is not looked for in source",
    "scripts/loops/collected_inside_the_loop.py": "layers of one loop count as one",
}
"""Where bnlint is wrong today, and why. The marks of these fixtures say what is true."""

_MARK = re.compile(r"# (BN\d{3}\??(?: BN\d{3}\??)*)$")

Found = set[tuple[str, int, str]]


def expected(path: Path) -> Found:
    """The marks of a file, or of all the files below a folder."""
    files = path.rglob("*.py") if path.is_dir() else [path]
    return {
        (_name(file), number, code)
        for file in files
        for number, line in enumerate(_text(file).split("\n"), 1)
        if (mark := _MARK.search(line.rstrip()))
        for code in mark[1].split()
    }


def found(path: Path) -> Found:
    """What bnlint finds, with a question mark behind what is only possible."""
    outcome = check(Options(paths=[str(path)], pedantic=True, keep=True))
    assert outcome.crashes == []
    about_comments = ("BN901", "BN902")
    for finding in outcome.report.findings:
        assert finding.subject is not None or finding.rule.code in about_comments
    findings = {
        _place(f.location, f.rule.code + ("?" if f.confidence == "possible" else ""))
        for f in outcome.report.findings
    }
    return findings | {(_name(p.path), p.line, "BN900") for p in outcome.report.problems}


def _place(location: Location, code: str) -> tuple[str, int, str]:
    return _name(location.path), location.line, code


def _name(path: str | Path) -> str:
    return Path(os.path.relpath(path, FIXTURES)).as_posix()


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace")


def _cases(paths: list[Path]) -> list[object]:
    cases: list[object] = []
    for path in paths:
        name = _name(path)
        reason = KNOWN.get(name)
        marks = [] if reason is None else [pytest.mark.xfail(strict=True, reason=reason)]
        cases.append(pytest.param(path, id=name, marks=marks))
    return cases


@pytest.mark.parametrize("path", _cases(SCRIPTS))
def test_a_script(path: Path) -> None:
    assert found(path) == expected(path)


@pytest.mark.parametrize("path", _cases(PROJECTS))
def test_a_project(path: Path) -> None:
    assert found(path) == expected(path)


@pytest.mark.parametrize("path", _cases(BROKEN))
def test_a_broken_file(path: Path) -> None:
    assert found(path) == expected(path)


def test_possible_findings_are_for_the_pedantic() -> None:
    possible = [path for path in SCRIPTS if any(code[-1] == "?" for *_, code in expected(path))]
    assert possible
    for path in possible:
        assert [f for f in check(Options(paths=[str(path)])).report.findings if f.reason] == []


@pytest.mark.parametrize("path", [pytest.param(path, id=_name(path)) for path in SCRIPTS])
def test_a_script_says_what_it_shows(path: Path) -> None:
    sentence = ast.get_docstring(ast.parse(_text(path)))
    assert sentence is not None
    assert re.fullmatch(r"[^\n]+\.", sentence)


def test_known_names_fixtures() -> None:
    names = {_name(path) for path in [*SCRIPTS, *PROJECTS, *BROKEN]}
    assert set(KNOWN) <= names
