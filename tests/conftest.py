"""Fixtures for the tests of the command line, which are about what surrounds the analysis.

``two_rules`` replaces the rule pages and ``fake_analysis`` the interpreter and the checks, so that
an exact output depends neither on the wording of a rule nor on what the interpreter understands.
"""

from __future__ import annotations

import itertools
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from bnlint import pages
from bnlint.finding import Finding, Location, Related, Rule
from bnlint.outcome import Incomplete

if TYPE_CHECKING:
    from bnlint.workspace import Workspace

# No test depends on the clock. In CI the examples are the same at every run, so that a change is
# judged by itself; elsewhere they are new each time.
settings.register_profile("local", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "local")


def pytest_collection_modifyitems(items: Sequence[pytest.Item]) -> None:
    """Tests of the real TensorFlow 1 are told by what they ask for: ``-m "not tf1"``."""
    for item in items:
        if not {"tf1", "tensorflow"}.isdisjoint(getattr(item, "fixturenames", ())):
            item.add_marker("tf1")


@pytest.fixture(scope="session")
def caches(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Places for the caches of single tests, which know nothing of each other."""
    top = tmp_path_factory.mktemp("caches")
    return (top / str(number) for number in itertools.count())


@pytest.fixture(autouse=True)
def environment_as_it_was(caches: Iterator[Path]) -> Iterator[None]:
    """TensorFlow 2 sets variables when it is imported, and TensorFlow 1 in a child obeys them."""
    before = dict(os.environ)
    os.environ["XDG_CACHE_HOME"] = str(next(caches))
    yield
    os.environ.clear()
    os.environ.update(before)


PAGE = """\
---
code: {code}
name: {name}
severity: {severity}
since: 0.1.0
fix: none
---
# {title}

## What it finds

A {name}.

## Bad

```python
## not a heading
```
"""

RULES = (
    ("BN101", "missing-training-flag", "warning", "A layer without its flag"),
    ("BN201", "train-op-without-update-ops", "error", "A train op without the updates"),
)


@pytest.fixture
def two_rules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    directory = tmp_path / "pages"
    directory.mkdir()
    for code, name, severity, title in RULES:
        page = PAGE.format(code=code, name=name, severity=severity, title=title)
        (directory / f"{code}-{name}.md").write_text(page, encoding="utf-8")
    (directory / "README.md").write_text("not a page", encoding="utf-8")
    monkeypatch.setattr(pages, "directory", lambda: directory)
    pages.names.cache_clear()
    yield directory
    pages.names.cache_clear()


@dataclass
class FakeProject:
    workspace: Workspace
    entries: Sequence[str]
    notes: list[str] = field(default_factory=list)
    incomplete: set[Incomplete] = field(default_factory=set)
    crashes: list[tuple[str, Exception]] = field(default_factory=list)


@dataclass
class FakeCheck:
    """Finds its code in the text of the checked files; ``BN201?`` is possible only."""

    rule: Rule

    def check(self, project: FakeProject) -> Iterable[Finding]:
        for path in project.entries:
            for number, line in enumerate((project.workspace.source(path) or "").split("\n"), 1):
                column = line.find(self.rule.code) + 1
                if not column or "bnlint:" in line:
                    continue
                place = Location(path, number, column, number, column + 5)
                possible = line[column + 4 :].startswith("?")
                yield Finding(
                    self.rule,
                    place,
                    f"a {self.rule.name}",
                    (Related(Location(path, 1, 1, 1, 2), "the first line"),),
                    "possible" if possible else "definite",
                    "the value of `x` is unknown" if possible else None,
                )
                if "CHECK CRASH" in line:
                    raise ZeroDivisionError("division by zero\nin two lines")


@pytest.fixture
def fake_analysis(two_rules: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def analyse(
        entries: Sequence[str],
        workspace: Workspace,
        progress: Callable[[int, int], None] | None = None,
        memory: object = None,
        share: object = None,
    ) -> FakeProject:
        project = FakeProject(workspace, entries)
        for path in entries:
            workspace.module(path)
            if "ANALYSIS CRASH" in (workspace.source(path) or ""):
                raise RecursionError("maximum recursion depth exceeded")
            if "INTERRUPT" in (workspace.source(path) or ""):
                raise KeyboardInterrupt
            if "BUDGET" in (workspace.source(path) or ""):
                project.incomplete.add(Incomplete(path, 1, "gave up after 5 steps"))
            if "REMARK" in (workspace.source(path) or ""):
                project.notes.append(f"{path}: a remark")
        return project

    interp, checks = ModuleType("bnlint.interp"), ModuleType("bnlint.checks")
    vars(interp)["analyse"] = analyse
    vars(checks)["CHECKS"] = tuple(
        FakeCheck(Rule(code, name, "warning" if severity == "warning" else "error"))
        for code, name, severity, _ in RULES
    )
    monkeypatch.setitem(sys.modules, "bnlint.interp", interp)
    monkeypatch.setitem(sys.modules, "bnlint.checks", checks)
