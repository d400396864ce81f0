"""What a shell completes: through the script that click writes for bash."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from bnlint import pages

pytestmark = pytest.mark.skipif(shutil.which("bash") is None, reason="no bash here")

SCRIPT = """
export PATH="$1:$PATH"; shift
eval "$(_BNLINT_COMPLETE=bash_source bnlint)"
compopt() { printf 'compopt %s\\n' "$2"; }
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMPREPLY=()
_bnlint_completion bnlint
printf '%s\\n' "${COMPREPLY[@]}"
"""


@pytest.fixture
def program(tmp_path: Path) -> Path:
    """A folder with a command ``bnlint`` that is this one."""
    folder = tmp_path / "bin"
    folder.mkdir()
    command = folder / "bnlint"
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m bnlint "$@"\n', encoding="utf-8")
    command.chmod(0o755)
    return folder


def completed(program: Path, *words: str) -> list[str]:
    done = subprocess.run(
        ["bash", "-c", SCRIPT, "bash", str(program), "bnlint", *words],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.stderr == ""
    return done.stdout.split("\n")[:-1]


def test_commands_options_and_values(program: Path) -> None:
    assert completed(program, "che") == ["check", "checkpoint", "check-trace"]
    assert completed(program, "check", "--write") == ["--write-baseline"]
    assert completed(program, "check", "--color", "a") == ["auto", "always"]


def test_rules(program: Path) -> None:
    codes = [code for code in pages.names() if code.startswith("BN20")]
    assert completed(program, "rule", "bn20") == codes
    assert completed(program, "check", "--ignore", "BN3,train-op") == [
        "BN3,train-op-without-update-ops"
    ]


def test_files_and_folders_are_left_to_the_shell(program: Path) -> None:
    assert completed(program, "check", "tr") == ["compopt default", ""]
    assert completed(program, "check", "--baseline", "b") == ["compopt default", ""]
    assert completed(program, "check-trace", "t") == ["compopt dirnames", ""]
