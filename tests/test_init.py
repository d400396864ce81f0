"""``bnlint init``: what it adds, where, and what it leaves alone."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from bnlint import config, starter
from bnlint.cli import main

PACKAGE = Path(__file__).parent.parent


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "project"
    (folder / ".git").mkdir(parents=True)
    monkeypatch.chdir(folder)
    return folder


def test_in_an_empty_project(capsys: pytest.CaptureFixture[str], project: Path) -> None:
    assert main(["init"]) == 0
    table = Path("pyproject.toml").read_text(encoding="utf-8")
    hook = Path(".pre-commit-config.yaml").read_text(encoding="utf-8")
    assert (table, hook) == (starter.TABLE, f"repos:\n{starter.HOOK}")
    out, err = capsys.readouterr()
    shown = "pyproject.toml: made, with the table [tool.bnlint]\n"
    shown += "".join(f"  {line}\n" for line in table.splitlines())
    shown += ".pre-commit-config.yaml: made, with the hook bnlint\n"
    shown += "".join(f"  {line}\n" for line in hook.splitlines())
    assert (out, err) == (shown, "")
    assert config.load(project) == config.Config(directory=str(project))
    assert main(["init"]) == 0
    assert capsys.readouterr().out == (
        "pyproject.toml: has the table [tool.bnlint] already\n"
        ".pre-commit-config.yaml: has the hook bnlint already\n"
    )
    assert Path("pyproject.toml").read_text(encoding="utf-8") == table
    assert Path(".pre-commit-config.yaml").read_text(encoding="utf-8") == hook


@pytest.mark.parametrize(
    "text",
    [
        b'[project]\nname = "a"\n',
        b"[tool.ruff]\nline-length = 100  # as ever",
        b"# only a comment\r\n[tool]\r\nx = 1\r\n\r\n",
        b"\xef\xbb\xbf[a]\n",
        b"\n\n",
    ],
)
def test_what_a_pyproject_says_stays(text: bytes, project: Path) -> None:
    path = Path("pyproject.toml")
    path.write_bytes(text)
    path.chmod(0o640)
    assert main(["init"]) == 0
    data = path.read_bytes()
    assert data.startswith(text)
    assert data.count(b"\r\n") in (0, data.count(b"\n"))
    assert path.stat().st_mode & 0o777 == 0o640
    assert config.load(project).directory == str(project)


HOOKS = [
    "repos:\n- repo: a\n  rev: b\n  hooks:\n  - id: c\n",
    "repos:\n  - repo: a\n    rev: b\n    hooks: [{id: c}]",
    "# ours\n---\nrepos:   # all of them\n\n  # first\n  - repo: a\n    hooks:\n      - id: c\n"
    "\n# end\n",
    "repos:\n- repo: a\n  hooks:\n  - id: c\n    entry: |\n      x\n\n      # y\n"
    "fail_fast: true\nci: {}\n",
    "fail_fast: true\r\nrepos:\r\n- repo: a\r\n  hooks:\r\n  - id: c\r\n"
    "- repo: d\r\n  hooks: []\r\n",
    "minimum_pre_commit_version: '3'\nrepos:\n- repo: a\n  hooks: []\n# last\nexclude: x\n",
    "# empty so far\n",
]


@pytest.mark.parametrize("text", HOOKS)
def test_a_hook_is_added_and_nothing_changed(text: str) -> None:
    path = Path(".pre-commit-config.yaml")
    path.write_bytes(text.encode())
    assert main(["init"]) == 0
    data = path.read_bytes().decode()
    before: dict[str, Any] = yaml.safe_load(text) or {"repos": []}
    (hook,) = yaml.safe_load(starter.HOOK)
    assert yaml.safe_load(data) == {**before, "repos": [*before["repos"], hook]}
    # Without the new lines it is the old file, byte for byte.
    addition = starter.hook(text)
    assert addition is not None
    assert data == addition.to(text)
    assert data[: addition.at] + data[addition.at + len(addition.text) :] == text
    assert data.count("\r\n") in (0, data.count("\n"))


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("repos: []\n", "there is no line that says repos: and nothing else"),
        ("- repo: a\n", "there is no line that says repos: and nothing else"),
        ("repos:\n", "its list of repos is empty"),
        ("repos:\n  a: b\n", "its repos are not a list with a line for each"),
        ("repos:\n- repo: a\n  hooks: [\n{id: b}\n]\n", "line 4 is neither in its repos nor "),
    ],
)
def test_a_layout_that_is_not_understood(
    capsys: pytest.CaptureFixture[str], text: str, why: str
) -> None:
    path = Path(".pre-commit-config.yaml")
    path.write_text(text, encoding="utf-8")
    assert main(["init"]) == 2
    said = f"bnlint: error: .pre-commit-config.yaml: not changed: {why}"
    assert capsys.readouterr().err.startswith(said)
    assert path.read_text(encoding="utf-8") == text
    assert Path("pyproject.toml").exists()


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (b"[tool\n", "not valid TOML: "),
        (b"tool = {ruff = {}}\n", "a table [tool.bnlint] cannot be added at its end\n"),
        (b"tool = 1\n", "a table [tool.bnlint] cannot be added at its end\n"),
        (b"x = " + b"[" * 5_000 + b"]" * 5_000, "nested too deeply\n"),
        (b"# \xff\n", "not UTF-8\n"),
        (b"#" * (1 << 21), "larger than 1 MB\n"),
    ],
)
def test_a_pyproject_that_is_not_understood(
    capsys: pytest.CaptureFixture[str], text: bytes, why: str
) -> None:
    path = Path("pyproject.toml")
    path.write_bytes(text)
    assert main(["init"]) == 2
    said = f"bnlint: error: pyproject.toml: not changed: {why}"
    assert capsys.readouterr().err.startswith(said)
    assert path.read_bytes() == text
    assert Path(".pre-commit-config.yaml").exists()


def test_from_a_folder_of_the_repository(
    capsys: pytest.CaptureFixture[str], project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("a/b").mkdir(parents=True)
    Path("a/pyproject.toml").write_text("[project]\n", encoding="utf-8")
    monkeypatch.chdir("a/b")
    assert main(["init"]) == 0
    heads = [line for line in capsys.readouterr().out.splitlines() if not line.startswith(" ")]
    assert heads == [
        "../pyproject.toml: now has the table [tool.bnlint]",
        "../../.pre-commit-config.yaml: made, with the hook bnlint",
    ]
    Path("../pyproject.toml").unlink()
    assert main(["init"]) == 0
    assert (project / "pyproject.toml").exists()


def test_without_a_repository(
    capsys: pytest.CaptureFixture[str], project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (project / ".git").rmdir()
    (project.parent / "pyproject.toml").write_text("", encoding="utf-8")
    assert main(["init"]) == 0
    assert capsys.readouterr().err == "bnlint: note: no git repository here, so no hook\n"
    assert sorted(os.listdir()) == ["pyproject.toml"]


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is closed to root")
def test_a_folder_that_is_closed(capsys: pytest.CaptureFixture[str], project: Path) -> None:
    project.chmod(0o500)
    assert main(["init"]) == 2
    assert capsys.readouterr().err == "bnlint: error: pyproject.toml: permission denied\n"
    project.chmod(0o700)


def test_a_link_that_leads_nowhere_is_not_followed(capsys: pytest.CaptureFixture[str]) -> None:
    Path("pyproject.toml").symlink_to("../elsewhere.toml")
    assert main(["init"]) == 2
    assert (
        capsys.readouterr().err
        == "bnlint: error: pyproject.toml: not changed: a link that leads nowhere\n"
    )
    assert not Path("../elsewhere.toml").exists()


def test_the_hook_runs(project: Path, tmp_path: Path) -> None:
    """With real pre-commit: the step without its updates is caught, the excluded one is not."""
    (project / ".git").rmdir()

    def run(*command: str) -> subprocess.CompletedProcess[str]:
        inherited = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
        program = tmp_path / "bin"
        program.mkdir(exist_ok=True)
        (program / "bnlint").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m bnlint "$@"\n')
        (program / "bnlint").chmod(0o755)
        environment = {
            **inherited,
            "PATH": f"{program}{os.pathsep}{inherited['PATH']}",
            "PYTHONPATH": str(PACKAGE),
            "PRE_COMMIT_HOME": str(tmp_path / "pre-commit"),
        }
        return subprocess.run(
            command, cwd=project, env=environment, capture_output=True, text=True, check=False
        )

    assert run("git", "init", "-q").returncode == 0
    assert main(["init"]) == 0
    source = (
        "import tensorflow as tf\nx = tf.placeholder(tf.float32, [None, 4])\n"
        "y = tf.layers.batch_normalization(x, training=True)\n"
        "tf.train.AdamOptimizer().minimize(tf.reduce_mean(y))\n"
    )
    Path("train.py").write_text(source, encoding="utf-8")
    Path("third_party").mkdir()
    Path("third_party/old.py").write_text(source, encoding="utf-8")
    config = Path("pyproject.toml").read_text(encoding="utf-8").replace("# exclude", "exclude")
    Path("pyproject.toml").write_text(config, encoding="utf-8")
    run("git", "add", "-A")
    done = run(sys.executable, "-m", "pre_commit", "run", "--color=never")
    assert done.returncode == 1, done.stdout + done.stderr
    assert "train.py:4:1: error: BN201" in done.stdout
    assert "old.py" not in done.stdout
