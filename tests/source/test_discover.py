"""The files that are checked are those a person would mean."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hostile import NO_FILES, make_no_file

from bnlint.source.discover import discover, excluded

Tree = Callable[..., None]


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Tree:
    """Make files in a working directory; one may be given its content."""
    # A directory in between, so that nothing above the test's own has a say.
    root = tmp_path / "work"
    root.mkdir()
    monkeypatch.chdir(root)

    def make(*names: str, **contents: str) -> None:
        for name in names:
            path, _, content = name.partition(":")
            file = root / path
            file.parent.mkdir(parents=True, exist_ok=True)
            if path.endswith("/"):
                file.mkdir()
            else:
                file.write_text(content.replace(" ", "\n") + "\n", encoding="utf-8")

    return make


def found(*paths: str, exclude: tuple[str, ...] = ()) -> list[str]:
    files, errors = discover(paths or (".",), exclude=exclude)
    assert errors == []
    return [file.replace(os.sep, "/") for file in files]


def test_python_files_below_a_directory_sorted(tree: Tree) -> None:
    tree("b.py", "a.py", "p/z.py", "p/q/y.py", "p/data.txt", "p/x.pyc", "setup.cfg", "noext")
    assert found() == ["a.py", "b.py", "p/q/y.py", "p/z.py"]
    assert found("p") == ["p/q/y.py", "p/z.py"]
    assert found("./p/") == ["p/q/y.py", "p/z.py"]
    assert found(os.path.abspath("p/q")) == [os.path.abspath("p/q/y.py")]


def test_paths_above_the_working_directory(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    tree("a.py", "p/b.py")
    monkeypatch.chdir("p")
    assert found("..") == ["../a.py", "../p/b.py"]
    assert found("../a.py", ".") == ["../a.py", "b.py"]


def test_code_of_others_is_skipped(tree: Tree) -> None:
    others = (".git", ".tox", ".venv", "venv", "node_modules", "build", "dist", "__pycache__")
    tree("a.py", "._a.py", *(f"{name}/x.py" for name in others), "lib/site-packages/x.py")
    tree("myenv/pyvenv.cfg", "myenv/lib/x.py", ".hidden.py", "p/build/x.py")
    assert found() == [".hidden.py", "a.py"]


def test_what_is_named_is_taken(tree: Tree) -> None:
    tree("script", ".git/", ".gitignore:ignored.py", "ignored.py", "build/x.py", ".hidden/y.py")
    assert found("script", "ignored.py") == ["ignored.py", "script"]
    assert found("build", ".hidden") == [".hidden/y.py", "build/x.py"]


def test_a_file_is_given_once(tree: Tree) -> None:
    tree("p/a.py", "p/b.py")
    assert found("p", "p/a.py", "./p/../p/b.py", os.path.abspath("p"), "p") == ["p/a.py", "p/b.py"]


def test_missing_paths(tree: Tree) -> None:
    tree("a.py")
    files, errors = discover(["gone.py", "a.py", "gone", ""])
    assert files == ["a.py"]
    assert [(e.path, e.line, e.message) for e in errors] == [
        ("gone.py", 1, "no such file or directory"),
        ("gone", 1, "no such file or directory"),
        ("", 1, "no such file or directory"),
    ]


def test_nothing_to_check(tree: Tree) -> None:
    assert discover([]) == ([], [])
    assert found() == []


def test_links(tree: Tree) -> None:
    tree("p/a.py", "p/q/b.py")
    try:
        Path("p/q/loop").symlink_to(Path("p").resolve(), target_is_directory=True)
        Path("p/0.py").symlink_to(Path("p/q/b.py").resolve())
        Path("p/broken.py").symlink_to("gone.py")
        Path("link").symlink_to("p", target_is_directory=True)
    except OSError:
        pytest.skip("no links here")
    assert found("p") == ["p/a.py", "p/q/b.py"]
    assert found("link") == ["link/a.py", "link/q/b.py"]
    assert found() == ["p/a.py", "p/q/b.py"]
    assert found("p/0.py") == ["p/0.py"]


def test_special_files(tree: Tree) -> None:
    if not hasattr(os, "mkfifo"):
        pytest.skip("no pipes here")
    os.mkfifo("pipe.py")
    assert found() == []
    assert [error.message for error in discover(["pipe.py"])[1]] == ["not a regular file"]


def test_exclude(tree: Tree) -> None:
    tree("a.py", "p/a.py", "p/b_gen.py", "tests/c.py", "p/tests/d.py")
    assert found(exclude=("tests",)) == ["a.py", "p/a.py", "p/b_gen.py"]
    assert found(exclude=("/tests/", "*_gen.py")) == ["a.py", "p/a.py", "p/tests/d.py"]
    assert found(exclude=("./p/a.py", "p/tests/**")) == ["a.py", "p/b_gen.py", "tests/c.py"]
    assert found(exclude=(os.path.abspath("p"),)) == ["a.py", "tests/c.py"]
    assert found("a.py", "tests", exclude=("a.py", "tests")) == ["a.py", "tests/c.py"]
    assert found("p/tests", exclude=("p/", "d.py")) == []
    assert excluded(["a.py", "tests", "p/tests/d.py", "p/a.py"], ["/a.py", "tests/"]) == [
        "a.py",
        "tests",
        "p/tests/d.py",
    ]
    assert excluded([".", "tests", "../tests"], ["*.py"]) == []
    assert found(os.path.abspath("p"), exclude=("p/tests", "b*")) == [os.path.abspath("p/a.py")]


def test_gitignore(tree: Tree) -> None:
    tree(".git/", ".gitignore:#*.py /top.py gen/ *_pb2.py !keep_pb2.py docs/*.py p/**/deep.py")
    tree("top.py", "p/top.py", "p/gen/x.py", "x_pb2.py", "keep_pb2.py", "docs/a.py", "docs/d/a.py")
    tree("p/q/r/deep.py", "gen.py")
    assert found() == ["docs/d/a.py", "gen.py", "keep_pb2.py", "p/top.py"]


def test_nested_gitignore(tree: Tree) -> None:
    tree(".gitignore:*.py", "p/.gitignore:!a.py /b.py", "p/a.py", "p/b.py", "p/q/a.py", "p/q/b.py")
    assert found() == ["p/a.py", "p/q/a.py"]


def test_gitignore_above_the_argument(tree: Tree) -> None:
    tree(".git/", ".gitignore:a.py /p/b.py /out/", "p/a.py", "p/b.py", "p/c.py", "out/a.py")
    assert found("p") == ["p/c.py"]
    # Who names an ignored directory wants it checked.
    assert found("out") == ["out/a.py"]


def test_gitignore_above_the_repository(tree: Tree) -> None:
    tree(".gitignore:a.py", "repo/.git/", "repo/a.py", "loose/a.py")
    assert found("repo") == ["repo/a.py"]
    assert found("loose") == ["loose/a.py"]


def test_broken_gitignore(tree: Tree) -> None:
    tree(".gitignore:\\ a.py !", "a.py", "b.py")
    assert found() == ["b.py"]


@pytest.mark.parametrize("kind", [*NO_FILES, "long", "lines"])
def test_a_gitignore_that_is_not_followed(tree: Tree, kind: str) -> None:
    tree("a.py", "p/b.py")
    if kind == "long":
        Path(".gitignore").write_text("#" * 2_000_000)
    elif kind == "lines":
        Path(".gitignore").write_text("x\n" * 20_000)
    else:
        make_no_file(Path(".gitignore"), kind)
    files, errors = discover(["."])
    assert files == ["a.py", "p/b.py"]
    assert [os.path.basename(error.path) for error in errors] == [".gitignore"]


@pytest.mark.parametrize("pattern", ["foo[5-3]", "*a*a*a*a*a*a*a*a*b", "[[:nope:]]", "[", "\\"])
def test_a_hostile_pattern(
    tree: Tree, pattern: str, recwarn: pytest.WarningsRecorder, capfd: pytest.CaptureFixture[str]
) -> None:
    long = "a" * 200 + ".py"
    tree(long, "b.py")
    Path(".gitignore").write_text(f"{pattern}\nb.py\n")
    assert found() == [long]
    assert found(exclude=(pattern,)) == [long]
    assert [*recwarn] == []
    assert capfd.readouterr() == ("", "")
