"""Batch norm that is written by hand is judged like a layer, in every form of it."""

from __future__ import annotations

from itertools import groupby
from pathlib import Path

import pytest
from handwritten import MISTAKE, NORMALISE, Program, programs

from bnlint.checks import CHECKS
from bnlint.interp import analyse
from bnlint.workspace import Workspace

GROUPS = {key: list(found) for key, found in groupby(programs(), lambda p: p.parts.normal)}


def found(program: Program, path: Path) -> list[tuple[str, int, str]]:
    path.write_text(program.text, encoding="utf-8")
    project = analyse([str(path)], Workspace())
    assert not project.crashes
    assert not project.incomplete
    return sorted(
        (f.rule.code, f.location.line, f.confidence) for c in CHECKS for f in c.check(project)
    )


@pytest.mark.parametrize("normal", NORMALISE)
def test_each_form_right_and_with_each_mistake(normal: str, tmp_path: Path) -> None:
    wrong = {}
    for program in GROUPS[normal]:
        told = found(program, tmp_path / "program.py")
        expected = [(code, line, "definite") for code, line in program.expected]
        if told != expected:
            wrong[program.parts] = (told, expected)
    assert wrong == {}


def test_there_is_every_mistake_and_every_form() -> None:
    made = {(p.parts.normal, p.parts.mistake) for p in programs()}
    missing = {(n, m) for n in NORMALISE for m in MISTAKE} - made
    # The kernel takes the moments itself, so it is never one of two branches.
    assert missing == {("fused", "fed"), ("fused", "moved in evaluation")}
