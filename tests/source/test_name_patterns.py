"""Which files a name may mean of which only parts are known."""

from __future__ import annotations

from pathlib import Path

import pytest

from bnlint.source.name_patterns import NamePattern, of_name, of_path
from bnlint.source.resolve import Resolver

FILES = (
    "train.py",
    "nets/__init__.py",
    "nets/small.py",
    "nets/wide.py",
    "nets/deep/__init__.py",
    "nets/deep/small.py",
    "other/nets/small.py",
    "other/small.txt",
    ".hidden/small.py",
    "site-packages/nets/small.py",
)


def first(pattern: NamePattern, root: Path) -> str:
    """What fits in the first folder where something does."""
    tried = (pattern.files_below(Resolver(), folder) for folder in pattern.folders)
    found = next((files for files in tried if files), [])
    return " ".join(Path(path).relative_to(root).as_posix() for path in found)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name in FILES:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    return tmp_path


@pytest.mark.parametrize(
    ("pieces", "found"),
    [
        (["nets.", ""], "nets/small.py nets/wide.py nets/deep/__init__.py nets/deep/small.py"),
        (["nets.", "small"], "nets/small.py nets/deep/small.py"),
        (["nets.deep.", ""], "nets/deep/small.py"),
        (["", ".small"], "nets/small.py nets/deep/small.py other/nets/small.py"),
        (["net"], ""),
        (["nets.sm", ""], "nets/small.py"),
        (["train"], "train.py"),
        (["n[a-z]ts.", ""], ""),
    ],
)
def test_names(root: Path, pieces: list[str], found: str) -> None:
    assert first(of_name(pieces, [str(root)]), root) == found


@pytest.mark.parametrize(
    ("pieces", "found"),
    [
        (
            ["nets/", ".py"],
            "nets/__init__.py nets/small.py nets/wide.py nets/deep/__init__.py nets/deep/small.py",
        ),
        (["./nets/s", ".py"], "nets/small.py"),
        (["/elsewhere/nets/s", ".py"], ""),
        (["/nets/s", ".py"], "nets/small.py other/nets/small.py"),
        (["", "/deep/", ".py"], "nets/deep/__init__.py nets/deep/small.py"),
        (["../nets/wide.py"], "nets/wide.py"),
        (["", ".txt"], ""),
    ],
)
def test_paths(root: Path, pieces: list[str], found: str) -> None:
    assert first(of_path(pieces, [str(root)]), root) == found


def test_a_nearer_folder_hides_the_others(root: Path) -> None:
    folders = [str(root / "other"), str(root)]
    assert first(of_name(["nets.", ""], folders), root) == "other/nets/small.py"
    assert first(of_name(["nets.w", ""], folders), root) == "nets/wide.py"
