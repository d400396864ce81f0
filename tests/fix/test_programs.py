"""Each kind of fix makes of a broken program exactly the one that is meant, and that only once."""

from __future__ import annotations

from pathlib import Path

import pytest

from bnlint.cli import main
from bnlint.run import Options, check

from .programs import PROGRAMS


@pytest.mark.parametrize("name", PROGRAMS)
def test_the_program_is_fixed(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    broken = PROGRAMS[name]
    Path("train.py").write_text(broken.program)
    for path, (before, _) in broken.files.items():
        Path(path).write_text(before)
    assert {f.rule.code for f in check(Options(users=True)).report.findings} == set(broken.codes)
    for _ in range(2):
        assert main(["check", "-q", "--fix", "--unsafe-fixes"]) == 0, capsys.readouterr()
        assert Path("train.py").read_text() == broken.fixed
        for path, (_, after) in broken.files.items():
            assert Path(path).read_text() == after
