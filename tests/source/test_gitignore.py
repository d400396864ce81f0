"""Patterns mean what git says they mean, and none of them takes long."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from bnlint.source.gitignore import Patterns

# Every name that is worth telling apart, in every folder of a small tree.
NAMES = ("a", "b", "ab", "a.py", "a]b", "[", "-", "a b", "B", "\\", "#a", "!a", "a\nb", "7")
FOLDERS = ("", "a/", "a/b/", "b/", "b/a/", "b/a/b/", "a b/")


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if shutil.which("git") is None:
        pytest.skip("no git here")
    root = tmp_path_factory.mktemp("repository")
    subprocess.run(["git", "init", "-q"], cwd=root, check=True)
    for folder in FOLDERS:
        (root / folder).mkdir(parents=True, exist_ok=True)
    for folder in FOLDERS:
        for name in NAMES:
            if not (root / folder / name).exists():
                (root / folder / name).touch()
    return root


def hidden_by_git(root: Path, patterns: str) -> set[str]:
    (root / ".gitignore").write_bytes(patterns.encode("utf-8", "surrogateescape"))
    paths = [os.path.join(folder, name) for folder in FOLDERS for name in NAMES]
    answer = subprocess.run(
        ["git", "-c", "core.excludesFile=", "check-ignore", "--no-index", "-z", "--stdin"],
        cwd=root,
        input="\0".join(paths).encode(),
        capture_output=True,
        check=False,
    )
    assert answer.stderr == b""
    return set(filter(None, answer.stdout.decode().split("\0")))


def hidden_by_us(root: Path, patterns: str) -> set[str]:
    found = Patterns(patterns.split("\n"))
    paths = [os.path.join(folder, name) for folder in FOLDERS for name in NAMES]
    return {path for path in paths if found.hides(path, (root / path).is_dir())}


PIECES = (
    r"a b B .py * ** **/ / /** ? [ab] [!a] [^a-c] [b-a] [a [] []a] []-a] [[:alpha:]]"
    r" [[:nope:]] [[:] [[:digit:]a] [\]] [a-] [-a] \ \* \! # ! - ]"
)
PATTERN = st.lists(st.sampled_from([*PIECES.split(), " ", "\\ "]), max_size=6).map("".join)


@settings(max_examples=150)
@given(lines=st.lists(PATTERN, min_size=1, max_size=3))
def test_as_git(repository: Path, lines: list[str]) -> None:
    # git compares what stands before the first `*` apart, so that `a**/b` means `a/**/b` to it.
    assume(not any("/" in line and re.search(r"[^/!]\*\*|\*\*[^/]", line) for line in lines))
    text = "\n".join(lines)
    assert hidden_by_us(repository, text) == hidden_by_git(repository, text)


@pytest.mark.parametrize(
    ("pattern", "hidden", "shown"),
    [
        ("*a*b", ["xaxb", "ab", "a/xab"], ["ba", "xabx"]),
        ("a/**/b", ["a/b", "a/x/y/b"], ["x/a/b", "b"]),
        ("**/a/**/b", ["a/b", "x/a/y/b"], ["b", "a/x"]),
        ("a/**", ["a/b", "a/b/c"], ["a", "b/a/c"]),
        ("/a", ["a"], ["b/a"]),
        ("foo[5-3]", ["foo5"], ["foo", "foo3", "foo4"]),
        ("foo[a5-3]", ["fooa", "foo5"], ["foo3"]),
        ("foo[!5-3]", ["foo3"], ["foo", "foo5"]),
        ("foo[[:digit:]]", ["foo5"], ["fooa", "foo:"]),
        ("foo[", [], ["foo", "foo["]),
        ("[a/[b]", ["a", "b", "["], ["x/a", "c"]),
        ("a[!/]b/c", ["axb/c"], ["a/b/c"]),
        ("a\\", [], ["a", "a\\"]),
        ("a  ", ["a"], ["a "]),
        ("a\\ ", ["a "], ["a"]),
        ("a\r", ["a"], ["a\r"]),
    ],
)
def test_a_pattern(pattern: str, hidden: list[str], shown: list[str]) -> None:
    found = Patterns([pattern])
    assert [path for path in hidden if not found.hides(path.replace("/", os.sep), False)] == []
    assert [path for path in shown if found.hides(path.replace("/", os.sep), False)] == []


@pytest.mark.parametrize(
    ("pattern", "path"),
    [
        ("*a" * 60 + "*b", "a" * 255),
        ("*a?" * 60 + "*b", "a" * 255),
        ("*[ab]" * 60 + "*c", "ab" * 127),
        ("*" * 200 + "b", "a" * 255),
        ("**/a/" * 60 + "b", "a/" * 1000 + "c"),
        ("**/*a*a*a*/" * 30 + "b", ("a" * 255 + "/") * 15 + "c"),
    ],
)
def test_no_pattern_is_tried_in_every_way(pattern: str, path: str) -> None:
    # With backtracking each of these would take years.
    assert not Patterns([pattern]).hides(path.replace("/", os.sep), False)
