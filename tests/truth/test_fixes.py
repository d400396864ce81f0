"""Fixes in TensorFlow 1.15: the broken program leaves its moving mean alone, the fixed moves it."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from fix.programs import PROGRAMS

from bnlint.cli import main

# One import of TensorFlow for all; each program runs in a process and a folder of its own.
DRIVER = """\
import os, runpy, sys
import tensorflow
for folder in sys.argv[1:]:
    print(os.path.basename(folder), end=' ', flush=True)
    child = os.fork()
    if not child:
        os.chdir(folder)
        sys.path.insert(0, folder)
        runpy.run_path('train.py', run_name='__main__')
        sys.stdout.flush()
        os._exit(0)
    if os.waitpid(child, 0)[1]:
        print('FAILED', flush=True)
"""


def test_the_fixed_programs_move_their_statistics(
    tensorflow: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folders = [tmp_path / name for name in PROGRAMS]
    for folder, broken in zip(folders, PROGRAMS.values(), strict=True):
        folder.mkdir()
        (folder / "train.py").write_text(broken.program)
        for path, (before, _) in broken.files.items():
            (folder / path).write_text(before)
    driver = tmp_path / "driver.py"
    driver.write_text(DRIVER)
    assert set(_run(tensorflow, driver, folders).values()) == {"STILL"}
    for folder in folders:
        monkeypatch.chdir(folder)
        assert main(["check", "-q", "--fix", "--unsafe-fixes"]) == 0
    assert set(_run(tensorflow, driver, folders).values()) == {"MOVED"}


def _run(python: Path, driver: Path, folders: list[Path]) -> dict[str, str]:
    done = subprocess.run(
        [python, driver, *folders], capture_output=True, text=True, timeout=1200, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    out = dict(line.split() for line in done.stdout.splitlines())
    assert out.keys() == {folder.name for folder in folders}
    return {name: word.removeprefix("x") for name, word in out.items()}
