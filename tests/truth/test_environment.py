"""How an interpreter for TensorFlow 1.15 is found; nothing is built here."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from . import environment

FAKE = "#!/bin/sh\necho {version}\n"


@pytest.fixture(autouse=True)
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No interpreter anywhere, and an empty cache."""
    monkeypatch.delenv(environment.INTERPRETER, raising=False)
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path / "pyenv"))
    monkeypatch.setattr(environment, "_BASE", str(tmp_path / "cache"))
    monkeypatch.setenv("PATH", os.pathsep.join([str(tmp_path / "bin"), "/nowhere"]))


def put(path: Path, version: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(FAKE.format(version=version), encoding="utf-8")
    path.chmod(0o755)
    return path


def test_none() -> None:
    assert environment.find_python() is None
    assert not environment.available()
    with pytest.raises(environment.Unavailable, match=r"no Python 3\.7 in pyenv or on the PATH"):
        environment.interpreter()
    assert not environment.cache().exists()


def test_the_newest_of_pyenv(tmp_path: Path) -> None:
    for name in ("3.7.9", "3.7.16", "3.8.18"):
        put(tmp_path / "pyenv" / "versions" / name / "bin" / "python3.7", "3.7")
    found = environment.find_python()
    assert found == tmp_path / "pyenv" / "versions" / "3.7.16" / "bin" / "python3.7"


def test_on_the_path(tmp_path: Path) -> None:
    python = put(tmp_path / "bin" / "python3.7", "3.7")
    assert environment.find_python() == python


def test_a_shim_that_is_something_else(tmp_path: Path) -> None:
    put(tmp_path / "bin" / "python3.7", "3.12")
    assert environment.find_python() is None


def test_an_interpreter_that_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(environment.INTERPRETER, sys.executable)
    assert environment.interpreter() == Path(sys.executable)
    monkeypatch.setenv(environment.INTERPRETER, "/nowhere/python")
    with pytest.raises(environment.Unavailable, match="/nowhere/python cannot be run"):
        environment.interpreter()


def test_what_cannot_be_built(tmp_path: Path) -> None:
    """It says so, and is not taken for complete the next time."""
    put(tmp_path / "bin" / "python3.7", "3.7")
    for _ in range(2):
        with pytest.raises(environment.Unavailable):
            environment.interpreter()


@pytest.mark.parametrize(("value", "wanted"), [("1", True), ("0", False), ("", False)])
def test_required(value: str, wanted: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(environment.REQUIRED, value)
    assert environment.required() == wanted
