"""The pre-commit hook, installed and run by pre-commit itself."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parent.parent
PACKAGED = (
    "bnlint",
    "rules",
    "pyproject.toml",
    "README.md",
    "LICENSE",
    ".pre-commit-hooks.yaml",
)

WRONG = """\
import tensorflow as tf

x = tf.placeholder(tf.float32, [None, 4])
is_training = tf.placeholder(tf.bool)
y = tf.layers.batch_normalization(tf.layers.dense(x, 1), training=is_training)
loss = tf.reduce_mean(tf.square(y))
train_op = tf.train.AdamOptimizer(1e-3).minimize(loss)
with tf.Session() as sess:
    sess.run(train_op, {x: [[1, 2, 3, 4]], is_training: True})
"""
RIGHT = WRONG.replace(
    "train_op = ",
    "with tf.control_dependencies(tf.get_collection(tf.GraphKeys.UPDATE_OPS)):\n    train_op = ",
)


def git(directory: Path, *arguments: str) -> str:
    identity = ("-c", "user.name=a", "-c", "user.email=a@example.org")
    return subprocess.run(
        ["git", "-C", str(directory), *identity, *arguments],
        check=True,
        capture_output=True,
        text=True,
    ).stdout.strip()


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """A home for pre-commit, and no sign of any repository that the tests themselves run in."""
    inherited = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
    return {**inherited, "PRE_COMMIT_HOME": str(tmp_path_factory.mktemp("pre-commit"))}


@pytest.fixture(scope="module")
def hook(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A git repository that offers the hook, as this checkout would, and its tag."""
    repository = tmp_path_factory.mktemp("hook")
    for name in PACKAGED:
        source, target = CHECKOUT / name, repository / name
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, target)
    git(repository, "init", "-q")
    git(repository, "add", "-A")
    git(repository, "commit", "-q", "-m", "the hook")
    git(repository, "tag", "v0.1.0")
    return repository, "v0.1.0"


@pytest.fixture
def project(tmp_path: Path, hook: tuple[Path, str]) -> Path:
    repository, revision = hook
    git(tmp_path, "init", "-q")
    (tmp_path / ".pre-commit-config.yaml").write_text(
        f"repos:\n- repo: {repository}\n  rev: {revision}\n  hooks:\n"
        "  - id: bnlint\n  - id: bnlint-all\n  - id: bnlint-fix\n    stages: [manual]\n",
        encoding="utf-8",
    )
    return tmp_path


def run(project: Path, environment: dict[str, str], *arguments: str) -> tuple[int, str]:
    git(project, "add", "-A")
    process = subprocess.run(
        [sys.executable, "-m", "pre_commit", "run", "--color=never", *arguments],
        cwd=project,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    return process.returncode, process.stdout + process.stderr


def test_no_matching_file(project: Path, environment: dict[str, str]) -> None:
    (project / "notes.txt").write_text(WRONG, encoding="utf-8")
    code, output = run(project, environment)
    assert code == 0, output
    assert output.count("(no files to check)Skipped") == 2


def test_a_passing_file(project: Path, environment: dict[str, str]) -> None:
    (project / "train.py").write_text(RIGHT, encoding="utf-8")
    (project / "setup.py").write_text("print('no batch norm here')\n", encoding="utf-8")
    code, output = run(project, environment)
    assert code == 0, output
    assert "Passed" in output


def test_an_excluded_file(project: Path, environment: dict[str, str]) -> None:
    (project / "old").mkdir()
    (project / "old" / "train.py").write_text(WRONG, encoding="utf-8")
    (project / "pyproject.toml").write_text('[tool.bnlint]\nexclude = ["old/"]\n', "utf-8")
    code, output = run(project, environment)
    assert code == 0, output
    assert output.count("Passed") == 2


def test_a_failing_file(project: Path, environment: dict[str, str]) -> None:
    (project / "train.py").write_text(WRONG, encoding="utf-8")
    code, output = run(project, environment)
    assert code == 1, output
    assert "Failed" in output
    assert "- exit code: 1" in output
    assert "train.py:7:12: error: BN201 " in output
    assert "1 finding; 1 file checked." in output


def test_a_helper_that_loses_its_guard_in_one_commit(
    project: Path, environment: dict[str, str]
) -> None:
    helper = "def train_op(opt, loss, tf):\n"
    guard = "    with tf.control_dependencies(tf.get_collection(tf.GraphKeys.UPDATE_OPS)):\n    "
    step = "    return opt.minimize(loss)\n"
    (project / "step.py").write_text(helper + guard + step, encoding="utf-8")
    script = WRONG.replace("import tensorflow as tf\n", "import tensorflow as tf\nimport step\n")
    script = script.replace(
        "tf.train.AdamOptimizer(1e-3).minimize(loss)",
        "step.train_op(tf.train.AdamOptimizer(1e-3), loss, tf)",
    )
    (project / "train.py").write_text(script, encoding="utf-8")
    code, output = run(project, environment)
    assert code == 0, output
    git(project, "commit", "-q", "--no-verify", "-m", "right")
    (project / "step.py").write_text(helper + step, encoding="utf-8")
    code, output = run(project, environment)
    assert code == 1, output
    assert output.count("step.py:2:12: error: BN201 ") == 2
    assert "1 finding; 1 file checked." in output  # by the hook of the changed files
    assert "1 finding; 2 files checked." in output  # by the hook of the whole project


def test_a_notebook(project: Path, environment: dict[str, str]) -> None:
    cells = [{"cell_type": "code", "metadata": {}, "outputs": [], "source": WRONG}]
    notebook = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    (project / "train.ipynb").write_text(json.dumps(notebook), encoding="utf-8")
    code, output = run(project, environment)
    assert code == 1, output
    assert output.count("train.ipynb:cell 1:7:12: error: BN201 ") == 2


def test_fixing(project: Path, environment: dict[str, str]) -> None:
    (project / "train.py").write_text(WRONG, encoding="utf-8")
    code, output = run(project, environment, "--hook-stage", "manual", "bnlint-fix")
    assert code == 1, output
    assert "files were modified by this hook" in output
    assert (project / "train.py").read_text(encoding="utf-8") != WRONG
    assert run(project, environment)[0] == 0


def test_a_file_that_cannot_be_parsed(project: Path, environment: dict[str, str]) -> None:
    (project / "train.py").write_text(RIGHT + "def f(:\n", encoding="utf-8")
    code, output = run(project, environment)
    assert code == 1, output
    assert "train.py:11: error: BN900 unreadable-file" in output


def test_what_is_installed_has_the_pages_and_no_package_of_that_name(
    project: Path, environment: dict[str, str]
) -> None:
    run(project, environment)
    (program,) = Path(environment["PRE_COMMIT_HOME"]).glob("*/py_env-*/bin/bnlint")
    shown = subprocess.run([program, "rules"], capture_output=True, text=True, check=True).stdout
    pages = (CHECKOUT / "rules").glob("BN*.md")
    assert [line.split()[0] for line in shown.splitlines()] == sorted(
        page.name.split("-")[0] for page in pages
    )
    code = "import importlib.util as u; print(u.find_spec('rules'))"
    python = program.with_name("python")
    assert subprocess.run([python, "-c", code], capture_output=True, cwd="/").stdout == b"None\n"
