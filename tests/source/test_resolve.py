"""Which file an import means."""

from __future__ import annotations

from pathlib import Path

import pytest

from bnlint.source.resolve import ByName, Candidates, Resolver

FILES = (
    "pyproject.toml",
    "top.py",
    "json.py",
    "pkg/__init__.py",
    "pkg/net.py",
    "pkg/sub/layers.py",
    "pkg/sub/json.py",
    "both.py",
    "both/__init__.py",
    "scripts/train.py",
    "lib/far/away.py",
    "data/readme.txt",
)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    project = tmp_path / "project"
    for name in FILES:
        path = project / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    (tmp_path / "outside.py").touch()
    return project


@pytest.mark.parametrize(
    ("importer", "level", "dotted", "expected"),
    [
        ("top.py", 0, "pkg.net", "pkg/net.py"),
        ("scripts/train.py", 0, "pkg.net", "pkg/net.py"),
        ("scripts/train.py", 0, "pkg", "pkg/__init__.py"),
        ("scripts/train.py", 0, "pkg.sub", "pkg/sub"),
        ("pkg/net.py", 1, "sub.layers", "pkg/sub/layers.py"),
        ("pkg/net.py", 1, "", "pkg/__init__.py"),
        ("pkg/sub/layers.py", 2, "net", "pkg/net.py"),
        ("pkg/sub/layers.py", 1, "net", None),
        ("scripts/train.py", 0, "both", "both.py"),
        ("pkg/sub/layers.py", 0, "json", "pkg/sub/json.py"),
        ("scripts/train.py", 0, "json", None),
        ("scripts/train.py", 0, "far.away", None),
        ("scripts/train.py", 0, "data", None),
        ("top.py", 0, "outside", None),
        ("top.py", 0, "tensorflow", None),
    ],
)
def test_one_import(
    root: Path, importer: str, level: int, dotted: str, expected: str | None
) -> None:
    resolver = Resolver()
    found = resolver.resolve(dotted, level, str(root / importer))
    assert found == (None if expected is None else str(root / expected))
    # The selection of files must not leave out what the interpreter runs.
    if found is not None and found.endswith(".py") and found != str(root / importer):
        name = "." * level + dotted
        assert found in resolver.candidates(str(root / importer), [name], ByName([])).near


def test_what_the_program_adds_to_the_path(root: Path) -> None:
    importer = str(root / "scripts" / "train.py")
    found = Resolver().resolve("far.away", 0, importer, [str(root / "lib")])
    assert found == str(root / "lib/far/away.py")
    known = ByName(str(root / name) for name in FILES)
    assert Resolver().candidates(importer, ["far.away.name"], known) == Candidates(set(), {found})


def test_files_that_are_not_on_disk(root: Path) -> None:
    unsaved = str(root / "pkg" / "unsaved.py")
    assert Resolver().resolve("pkg.unsaved", 0, str(root / "top.py")) is None
    assert Resolver([unsaved]).resolve("pkg.unsaved", 0, str(root / "top.py")) == unsaved


def test_a_root_that_nothing_marks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    (tmp_path / "net.py").touch()
    monkeypatch.chdir(tmp_path / "a")
    assert Resolver().resolve("net", 0, str(inner / "train.py")) is None
    monkeypatch.chdir(tmp_path)
    assert Resolver().resolve("net", 0, str(inner / "train.py")) == str(tmp_path / "net.py")


def test_a_stub_of_the_library_is_not_what_others_import(root: Path) -> None:
    stubs = [root / "stubs/tensorflow/__init__.py", root / "stubs/os.py"]
    known = ByName(map(str, stubs))
    names = ["tensorflow", "tensorflow.python", "os", "os.path"]
    assert Resolver().candidates(str(root / "top.py"), names, known) == Candidates(set(), set())
