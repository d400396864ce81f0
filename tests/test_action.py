"""``action.yml``: its shell steps as they are; and the commands of the snippets."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parent.parent
BROKEN = """\
import tensorflow as tf
h = tf.layers.batch_normalization(tf.placeholder(tf.float32, [None, 4]), training=True)
train = tf.train.AdamOptimizer().minimize(tf.reduce_mean(h))
tf.Session().run(train)
"""


def steps() -> dict[str, str]:
    action = yaml.safe_load((ROOT / "action.yml").read_text())
    return {step["name"]: step["run"] for step in action["runs"]["steps"] if "run" in step}


def run(script: str, temp: Path, **variables: str) -> tuple[int, str]:
    """Exit code and standard error of a step, run as a GitHub runner does."""
    environment = os.environ | {
        "RUNNER_TEMP": str(temp),
        "GITHUB_OUTPUT": str(temp / "output"),
        **variables,
    }
    command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script]
    done = subprocess.run(command, env=environment, cwd=temp / "repo", capture_output=True)
    return done.returncode, done.stderr.decode()


@pytest.fixture
def runner(tmp_path: Path) -> Path:
    """A runner's folder in which bnlint is installed and the repository is checked out."""
    (tmp_path / "repo" / "a b").mkdir(parents=True)
    (tmp_path / "bnlint" / "bin").mkdir(parents=True)
    program = tmp_path / "bnlint" / "bin" / "bnlint"
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m bnlint "$@"\n')
    program.chmod(0o755)
    return tmp_path


def test_findings_are_written_and_fail_the_last_step_only(runner: Path) -> None:
    (runner / "repo" / "a b" / "train.py").write_text(BROKEN)
    assert run(steps()["Check"], runner, PATHS="a b\n", ARGS="--select\nBN201\n")[0] == 0
    outputs = dict(line.split("=") for line in (runner / "output").read_text().splitlines())
    assert outputs == {"sarif": str(runner / "bnlint.sarif"), "code": "1"}
    document = json.loads((runner / "bnlint.sarif").read_text())
    assert [result["ruleId"] for result in document["runs"][0]["results"]] == ["BN201"]
    assert run(steps()["Result"], runner, CODE=outputs["code"])[0] == 1


def test_clean_code_passes(runner: Path) -> None:
    (runner / "repo" / "train.py").write_text("import tensorflow\n")
    assert run(steps()["Check"], runner, PATHS=".", ARGS="")[0] == 0
    assert "code=0\n" in (runner / "output").read_text()
    assert run(steps()["Result"], runner, CODE="0")[0] == 0


def test_wrong_usage_fails_before_the_upload(runner: Path) -> None:
    code, said = run(steps()["Check"], runner, PATHS=".", ARGS="--no-such-option")
    assert code != 0
    assert "--no-such-option" in said


def test_inputs_are_no_shell_text() -> None:
    assert not any("${{" in script for script in steps().values())


@pytest.mark.parametrize("name", ["github", "gitlab", "junit", "sarif"])
def test_the_formats_of_the_snippets_exist(name: str, runner: Path) -> None:
    assert f"--format {name}" in (ROOT / "docs" / "ci.md").read_text()
    (runner / "repo" / "train.py").write_text(BROKEN)
    script = f'"$RUNNER_TEMP/bnlint/bin/bnlint" check --format {name} > out || test $? -eq 1'
    assert run(script, runner) == (0, run("true", runner)[1])
    assert re.search("BN201", (runner / "repo" / "out").read_text())


def snippet(language: str, begins: str) -> str:
    text = (ROOT / "docs" / "ci.md").read_text()
    blocks = re.findall(rf"^```{language}\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
    (found,) = (block for block in blocks if block.startswith(begins))
    return str(found)


def installs(line: str) -> bool:
    return re.search(r"pip install git\+https://HOST/OWNER/bnlint@COMMIT$", line) is not None


def test_the_gitlab_job(runner: Path) -> None:
    job = yaml.safe_load(snippet("yaml", "# .gitlab-ci.yml"))["bnlint"]
    (install, *lines) = job["script"]
    assert installs(install)
    (runner / "repo" / "train.py").write_text(BROKEN)
    code, said = run("\n".join(lines), runner, PATH=f"{runner}/bnlint/bin:{os.environ['PATH']}")
    # The job fails, and its report is there all the same.
    assert code == 1, said
    assert job["artifacts"]["when"] == "always"
    report = runner / "repo" / job["artifacts"]["reports"]["codequality"]
    assert [entry["check_name"] for entry in json.loads(report.read_text())] == ["BN201"]


def test_the_jenkins_stage(runner: Path) -> None:
    text = snippet("groovy", "pipeline")
    (install, *lines) = re.findall(r"^ +sh '(.+)'$", text, re.MULTILINE)
    assert installs(install)
    (runner / "bnlint").rename(runner / "repo" / ".bnlint")
    (runner / "repo" / "train.py").write_text(BROKEN)
    code, said = run("\n".join(lines), runner)
    # The findings are the plugin's to count; what goes wrong otherwise fails the stage.
    assert code == 0, said
    (results,) = re.findall(r"junit testResults: '(.+?)'", text)
    assert "BN201" in (runner / "repo" / results).read_text()
    (runner / "repo" / "pyproject.toml").write_text("[tool.bnlint]\nno-such-key = 1\n")
    assert run("\n".join(lines), runner)[0] != 0
