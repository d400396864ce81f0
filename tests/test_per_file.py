"""``per-file-ignores``: which findings an entry silences, and what is said of one without a use."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bnlint.cli import main

pytestmark = pytest.mark.usefixtures("fake_analysis", "project")

NORM = "import tensorflow as tf\ny = tf.layers.batch_normalization(x)"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    directory = tmp_path / "project"
    directory.mkdir()
    monkeypatch.chdir(directory)
    write("a.py", "'BN101'", "'BN201'")
    write("tests/b.py", "'BN101'", "'BN201'")
    return directory


def write(name: str, *lines: str) -> None:
    Path(name).parent.mkdir(parents=True, exist_ok=True)
    Path(name).write_text("\n".join((NORM, *lines, "")), encoding="utf-8")


def configure(*entries: str, folder: str = ".") -> None:
    lines = ["[tool.bnlint]", "pedantic = false", "", "[tool.bnlint.per-file-ignores]", *entries]
    Path(folder, "pyproject.toml").write_text("\n".join(lines), encoding="utf-8")


def found(capsys: pytest.CaptureFixture[str], *arguments: str) -> list[str]:
    capsys.readouterr()
    main(["check", "--format", "json", *arguments])
    document = json.loads(capsys.readouterr().out)
    return [f"{f['path']}:{f['line']} {f['code']}" for f in document["findings"]]


A, B = ["a.py:3 BN101", "a.py:4 BN201"], ["tests/b.py:3 BN101", "tests/b.py:4 BN201"]


@pytest.mark.parametrize(
    ("entry", "left"),
    [
        ('"tests/" = ["BN1"]', [*A, B[1]]),
        ('"tests/*" = ["BN101", "BN201"]', A),
        ('"b.py" = ["train-op-without-update-ops"]', [*A, B[0]]),
        ("'**/b.py' = ['bn']", A),
        ('"/a.py" = ["BN2"]', [A[0], *B]),
        ('"!tests/" = ["BN2"]', [A[0], *B]),
        ('"*.py" = []', [*A, *B]),
    ],
)
def test_what_an_entry_silences(
    capsys: pytest.CaptureFixture[str], entry: str, left: list[str]
) -> None:
    configure(entry)
    assert found(capsys) == left
    assert found(capsys, "--no-ignores") == [*A, *B]
    assert found(capsys, "--isolated") == [*A, *B]


def test_patterns_are_relative_to_the_configuration(
    capsys: pytest.CaptureFixture[str], project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    configure('"tests/b.py" = ["BN2"]')
    monkeypatch.chdir("tests")
    assert found(capsys, "b.py") == ["b.py:3 BN101"]
    monkeypatch.chdir(project.parent)
    assert found(capsys, "project/tests") == ["project/tests/b.py:3 BN101"]


def test_unreadable_files_and_comments(capsys: pytest.CaptureFixture[str]) -> None:
    write("tests/broken.py", "batch_norm(")
    write("tests/c.py", "# bnlint: ignore[XX1] why")
    configure('"tests/" = ["BN1", "BN2", "unreadable-file", "BN9"]')
    assert found(capsys) == A
    assert main(["check", "-q", "tests"]) == 0


def test_an_entry_without_a_use(capsys: pytest.CaptureFixture[str]) -> None:
    configure('"a.py" = ["BN1", "BN2"]', '"tests/b.py" = ["BN101"]', "'old/' = ['BN2']")
    write("a.py", "'BN101'")
    assert main(["check", "--ignore", "BN201"]) == 0  # what was not looked for may be of use
    capsys.readouterr()
    assert main(["check"]) == 1
    out, err = capsys.readouterr()
    assert out == (
        "pyproject.toml:5:1: warning: BN901 unused-suppression\n"
        "  this entry silences nothing: there is no BN2 in the files that it is about\n"
        "  |\n"
        '5 | "a.py" = ["BN1", "BN2"]\n'
        "  | ^^^^^^\n"
        "  = help: bnlint rule BN901\n"
        "\n"
        "pyproject.toml:7:1: warning: BN901 unused-suppression\n"
        "  this entry silences nothing: no file that is checked matches it\n"
        "  |\n"
        "7 | 'old/' = ['BN2']\n"
        "  | ^^^^^^\n"
        "  = help: bnlint rule BN901\n"
        "\n"
        "tests/b.py:4:2: error: BN201 train-op-without-update-ops\n"
        "  a train-op-without-update-ops\n"
        "  |\n"
        "1 | import tensorflow as tf\n"
        "  | - the first line\n"
        "...\n"
        "4 | 'BN201'\n"
        "  |  ^^^^^\n"
        "  = help: bnlint rule BN201\n"
        "\n"
        "3 findings; 2 files checked.\n"
    )
    assert err == ""


def test_it_is_judged_where_all_that_it_may_be_about_is_checked(
    capsys: pytest.CaptureFixture[str], project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    configure('"tests/" = ["BN1"]', '"old/" = ["BN2"]')
    idle = "pyproject.toml:6 BN901"
    assert found(capsys) == [A[0], A[1], idle, B[1]]
    assert found(capsys, "--ignore", "BN9") == [*A, B[1]]
    assert found(capsys, "a.py", "tests") == [*A, B[1]]
    monkeypatch.chdir("tests")
    assert found(capsys, "..") == [f"{project}/{line}" for line in (*A, idle)] + ["b.py:4 BN201"]
    monkeypatch.chdir(project)
    write("broken.py", "batch_norm(")
    assert found(capsys) == [*A, B[1]]


def test_a_share_of_a_project_does_not_tell(capsys: pytest.CaptureFixture[str]) -> None:
    configure('"tests/" = ["BN2"]')
    assert found(capsys) == [*A, B[0]]
    shares = [found(capsys, "--shard", f"{number}/2") for number in (1, 2)]
    assert sorted(line for share in shares for line in share) == [*A, B[0]]


def test_an_entry_that_is_used_by_a_possible_finding(capsys: pytest.CaptureFixture[str]) -> None:
    write("a.py", "'BN201?'")
    configure('"a.py" = ["BN2"]')
    assert found(capsys) == B


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("per-file-ignores = ['BN1']", ": must be a table of patterns, each with a list of rules"),
        ("per-file-ignores.'a.py' = 'BN1'", ".'a.py': must be a list of rules"),
        ("per-file-ignores.'a.py' = [1]", ".'a.py': must be a list of rules"),
        ("per-file-ignores.'a.py' = ['BN210']", ".'a.py': no rule 'BN210'; did you mean BN201"),
        (
            "per-file-ignores = {" + ",".join(f"a{n} = []" for n in range(1_001)) + "}",
            ": more than 1,000 patterns",
        ),
    ],
)
def test_what_cannot_be_followed(
    capsys: pytest.CaptureFixture[str], project: Path, line: str, said: str
) -> None:
    Path("pyproject.toml").write_text(f"[tool.bnlint]\n{line}\n", encoding="utf-8")
    assert main(["check"]) == 2
    where = f"bnlint: error: {project}/pyproject.toml: tool.bnlint.per-file-ignores"
    assert capsys.readouterr().err.startswith(where + said)
