"""The commands, their exit codes and what they print, around a fake analysis."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from bnlint.cli import main

pytestmark = pytest.mark.usefixtures("fake_analysis", "project")

# What makes a file worth analysing; the fake analysis looks for the codes of its rules in the text.
NORM = "import tensorflow as tf\ny = tf.layers.batch_normalization(x)"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    directory = tmp_path / "project"
    directory.mkdir()
    monkeypatch.chdir(directory)
    monkeypatch.delenv("BNLINT_TRACEBACK", raising=False)
    return directory


def write(name: str, *lines: str) -> None:
    path = Path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join((NORM, *lines, "")), encoding="utf-8")


def found(capsys: pytest.CaptureFixture[str], *arguments: str) -> list[str]:
    """The findings of a check, as ``path:line CODE confidence``."""
    main(["check", "--format", "json", *arguments])
    return [
        f"{finding['path']}:{finding['line']} {finding['code']} {finding['confidence']}"
        for finding in json.loads(capsys.readouterr().out)["findings"]
    ]


def test_findings(capsys: pytest.CaptureFixture[str]) -> None:
    write("train.py", "train('BN201')")
    write("right.py")
    Path("other.py").write_text("print('hello')\n", encoding="utf-8")
    assert main(["check"]) == 1
    out, err = capsys.readouterr()
    assert out == (
        "train.py:3:8: error: BN201 train-op-without-update-ops\n"
        "  a train-op-without-update-ops\n"
        "  |\n"
        "1 | import tensorflow as tf\n"
        "  | - the first line\n"
        "2 | y = tf.layers.batch_normalization(x)\n"
        "3 | train('BN201')\n"
        "  |        ^^^^^\n"
        "  = help: bnlint rule BN201\n"
        "\n"
        "1 finding; 2 files checked, 1 without batch norm.\n"
    )
    assert err == ""


def test_no_findings(capsys: pytest.CaptureFixture[str]) -> None:
    write("right.py")
    assert main(["check", "right.py"]) == 0
    assert capsys.readouterr() == ("No findings; 1 file checked.\n", "")


def test_no_files(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check"]) == 0
    out, err = capsys.readouterr()
    assert out == "No findings; 0 files checked.\n"
    assert err == "bnlint: note: no Python files to check in .\n"


def test_quiet(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "-q"]) == 0
    assert capsys.readouterr() == ("", "")
    write("train.py", "train('BN201')")
    assert main(["check", "--quiet"]) == 1
    out, err = capsys.readouterr()
    assert out.endswith("  = help: bnlint rule BN201\n\n")
    assert err == ""


def test_exit_zero(capsys: pytest.CaptureFixture[str]) -> None:
    write("train.py", "train('BN201')")
    assert main(["check", "--exit-zero", "-q"]) == 0
    assert "BN201" in capsys.readouterr().out


def test_the_paths_that_are_given_are_the_ones_checked(capsys: pytest.CaptureFixture[str]) -> None:
    write("a.py", "'BN201'")
    write("b/c.py", "'BN201'")
    write("d.py", "'BN201'")
    assert found(capsys, "b", "d.py", "./d.py") == [
        "b/c.py:3 BN201 definite",
        "d.py:3 BN201 definite",
    ]


def test_paths_are_relative_to_the_working_directory(
    capsys: pytest.CaptureFixture[str], project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write("sub/a.py", "'BN201'")
    assert found(capsys, str(project / "sub" / "a.py")) == ["sub/a.py:3 BN201 definite"]
    (project / "elsewhere").mkdir()
    monkeypatch.chdir("elsewhere")
    assert found(capsys, "../sub") == [f"{project}/sub/a.py:3 BN201 definite"]


def test_select_and_ignore(capsys: pytest.CaptureFixture[str]) -> None:
    write("a.py", "'BN101'", "'BN201'")
    flag, update = "a.py:3 BN101 definite", "a.py:4 BN201 definite"
    assert found(capsys) == [flag, update]
    assert found(capsys, "--select", "bn2") == [update]
    assert found(capsys, "--select", "BN201,BN101") == [flag, update]
    assert found(capsys, "--select", "BN101", "--select", "BN2") == [flag, update]
    assert found(capsys, "--ignore", "BN2") == [flag]
    assert found(capsys, "--select", "BN", "--ignore", "BN101,BN900") == [update]


def test_rules_are_selected_by_name(capsys: pytest.CaptureFixture[str]) -> None:
    write("a.py", "'BN101'", "'BN201'")
    flag, update = "a.py:3 BN101 definite", "a.py:4 BN201 definite"
    assert found(capsys, "--select", "train-op-without-update-ops") == [update]
    assert found(capsys, "--select", "Missing-Training-Flag, bn2") == [flag, update]
    assert found(capsys, "--ignore", "train-op-without-update-ops,unreadable-file") == [flag]
    assert main(["check", "--ignore", "train-op-without-updates"]) == 2
    assert capsys.readouterr().err.endswith(
        "no rule 'train-op-without-updates'; did you mean train-op-without-update-ops?\n"
    )


def test_the_command_line_replaces_a_key_of_the_configuration(
    capsys: pytest.CaptureFixture[str],
) -> None:
    write("a.py", "'BN101'", "'BN201'")
    Path("pyproject.toml").write_text('[tool.bnlint]\nignore = ["BN1"]\n', encoding="utf-8")
    assert found(capsys) == ["a.py:4 BN201 definite"]
    assert found(capsys, "--ignore", "BN2") == ["a.py:3 BN101 definite"]


def test_the_configuration_excludes(capsys: pytest.CaptureFixture[str]) -> None:
    write("a.py", "'BN201'")
    write("old/a.py", "'BN201'")
    Path("pyproject.toml").write_text('[tool.bnlint]\nexclude = ["old"]\n', encoding="utf-8")
    assert found(capsys) == ["a.py:3 BN201 definite"]


def test_the_command_line_excludes_too(capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("a.py", "third_party/b.py", "old/c.py"):
        write(name, "'BN201'")
    Path("pyproject.toml").write_text('[tool.bnlint]\nexclude = ["old/"]\n', encoding="utf-8")
    assert found(capsys, "--exclude", "third_party/") == ["a.py:3 BN201 definite"]
    assert found(capsys, "--exclude", "/a.py", "--exclude", "b.*") == []


def test_what_is_excluded_and_named(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a.py", "old/b.py", "old/gen/c.py"):
        write(name, "'BN201'")
    Path("pyproject.toml").write_text('[tool.bnlint]\nexclude = ["old/", "gen"]\n', "utf-8")
    rows = {name: f"{name}:3 BN201 definite" for name in ("a.py", "old/b.py", "old/gen/c.py")}
    told = "bnlint: note: excluded, but checked as it was named (--force-exclude leaves it out): "

    def said(*arguments: str) -> tuple[list[str], str]:
        main(["check", "--format", "json", *arguments])
        out, err = capsys.readouterr()
        return [
            f"{f['path']}:{f['line']} {f['code']} {f['confidence']}"
            for f in json.loads(out)["findings"]
        ], err

    assert said() == ([rows["a.py"]], "")
    assert said("a.py", "old/b.py") == ([rows["a.py"], rows["old/b.py"]], f"{told}old/b.py\n")
    assert said("old") == ([rows["old/b.py"]], f"{told}old\n")
    assert said("old/b.py", "old/gen") == (
        [rows["old/b.py"], rows["old/gen/c.py"]],
        f"{told}old/b.py, old/gen\n",
    )
    assert said("-q", "old/b.py") == ([rows["old/b.py"]], "")
    assert said("--force-exclude", "a.py", "old/b.py") == ([rows["a.py"]], "")
    assert said("--force-exclude", "old", "old/gen/c.py") == ([], "")
    stdin = ("--stdin-filename", "old/x.py", "-")
    read_from(monkeypatch, f"{NORM}\n'BN201'\n")
    assert said(*stdin) == (["old/x.py:3 BN201 definite"], f"{told}old/x.py\n")
    read_from(monkeypatch, f"{NORM}\n'BN201'\n")
    assert said("--force-exclude", *stdin) == ([], "")
    assert main(["check", "--force-exclude", "--show-files", "old/b.py", "a.py"]) == 0
    assert capsys.readouterr() == ("a.py\n", "")
    assert main(["check", "--force-exclude", "old/b.py"]) == 0
    assert capsys.readouterr() == ("No findings; 0 files checked.\n", "")


def test_a_wrong_configuration(capsys: pytest.CaptureFixture[str], project: Path) -> None:
    Path("pyproject.toml").write_text("[tool.bnlint]\nselct = []\n", encoding="utf-8")
    assert main(["check"]) == 2
    assert capsys.readouterr() == (
        "",
        f"bnlint: error: {project / 'pyproject.toml'}: tool.bnlint.selct: no such key; "
        "did you mean select?\n",
    )


def test_possible_findings_are_for_pedants(capsys: pytest.CaptureFixture[str]) -> None:
    write("a.py", "'BN201?'")
    assert found(capsys) == []
    assert found(capsys, "--pedantic") == ["a.py:3 BN201 possible"]
    assert main(["check", "--pedantic", "--fail-possible"]) == 1
    capsys.readouterr()
    assert main(["check", "--pedantic"]) == 0
    assert "  = possible only: the value of `x` is unknown\n" in capsys.readouterr().out


def test_pedantic_remarks(capsys: pytest.CaptureFixture[str]) -> None:
    write("a.py", "# REMARK", "pass  # bnlint: ignroe[BN201]")
    assert main(["check"]) == 0
    assert capsys.readouterr().err == ""
    assert main(["check", "--pedantic"]) == 0
    assert capsys.readouterr().err == (
        "bnlint: note: a.py: a remark\n"
        "bnlint: note: a.py:4: not a bnlint comment: 'ignroe[BN201]' "
        "(write `# bnlint: ignore[CODE] reason`)\n"
    )
    assert main(["check", "--pedantic", "-q"]) == 0
    assert capsys.readouterr() == ("", "")


def test_programs_that_were_not_read_to_their_end(capsys: pytest.CaptureFixture[str]) -> None:
    write("a.py", "# BUDGET")
    write("b.py", "# BUDGET")
    assert main(["check"]) == 0
    assert capsys.readouterr() == (
        "No findings; 2 files checked.\n"
        "2 programs were not read to the end: --show-incomplete tells why.\n",
        "",
    )
    assert main(["check", "--show-incomplete", "-q", "b.py"]) == 0
    assert capsys.readouterr() == ("", "bnlint: incomplete: b.py:1: gave up after 5 steps\n")
    assert main(["check", "--fail-incomplete"]) == 1
    assert main(["check", "--fail-incomplete", "--exit-zero"]) == 0
    capsys.readouterr()
    assert main(["check", "--format", "json", "a.py"]) == 0
    assert json.loads(capsys.readouterr().out)["incomplete"] == [
        {"path": "a.py", "line": 1, "reason": "gave up after 5 steps"}
    ]
    assert main(["check", "--format", "github", "a.py"]) == 0
    assert capsys.readouterr().out == (
        "::notice file=a.py,line=1,title=not read to its end::"
        "a.py:1: not read to its end: gave up after 5 steps\n"
    )


def test_ignore_comments(capsys: pytest.CaptureFixture[str]) -> None:
    write("a.py", "'BN201'")
    assert found(capsys) == ["a.py:3 BN201 definite"]
    # On the line of a related place; the fake's findings all have the first line as theirs.
    Path("a.py").write_text(
        NORM.replace("tf\n", "tf  # bnlint: ignore[BN201] batch statistics on purpose\n", 1)
        + "\n'BN201'\n'BN101'\n",
        encoding="utf-8",
    )
    assert found(capsys) == ["a.py:4 BN101 definite"]


def read_from(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))


def test_standard_input(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    read_from(monkeypatch, f"{NORM}\n'BN201'\n")
    assert found(capsys, "-") == ["<stdin>:3 BN201 definite"]


def test_standard_input_stands_for_a_file(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    write("sub/a.py", "saved, with 'BN101'")
    Path("sub/pyproject.toml").write_text('[tool.bnlint]\nselect = ["BN2"]\n', encoding="utf-8")
    read_from(monkeypatch, f"{NORM}\nunsaved = 'BN101'\n'BN201'\n")
    assert found(capsys, "--stdin-filename", "sub/a.py", "-") == ["sub/a.py:4 BN201 definite"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["check", "-", "a.py"], "Error: - cannot be given together with other paths\n"),
        (
            ["check", "--stdin-filename", "a.py"],
            "Error: --stdin-filename goes with -, which reads standard input\n",
        ),
        (
            ["check", "--select", "BN202"],
            "Error: Invalid value for '--select': no rule 'BN202'; did you mean BN201?\n",
        ),
        (
            ["check", "--format", "xml"],
            "'xml' is not one of 'text', 'concise', 'json', 'jsonl', 'sarif', ",
        ),
        (["chekc"], "Error: No such command 'chekc'"),
    ],
)
def test_wrong_usage(capsys: pytest.CaptureFixture[str], arguments: list[str], said: str) -> None:
    assert main(arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert said in err


def test_a_crash_in_one_file_does_not_hide_the_others(capsys: pytest.CaptureFixture[str]) -> None:
    write("bad.py", "# ANALYSIS CRASH", "'BN201'")
    write("good.py", "'BN201'")
    assert main(["check", "-q", "--format", "github"]) == 2
    out, err = capsys.readouterr()
    assert [line.split(",")[0] for line in out.splitlines()] == ["::error file=good.py"]
    assert err == (
        "bnlint: internal error: bad.py: RecursionError: maximum recursion depth exceeded\n"
        "bnlint: this is a bug in bnlint; please report it with the output of BNLINT_TRACEBACK=1\n"
    )


def test_a_crash_in_a_check_does_not_hide_what_it_found(
    capsys: pytest.CaptureFixture[str],
) -> None:
    write("a.py", "'BN101'  # CHECK CRASH", "'BN101'", "'BN201'")
    assert main(["check", "-q", "--format", "github"]) == 2
    out, err = capsys.readouterr()
    assert [line.split(",")[1] for line in out.splitlines()] == ["line=3", "line=5"]
    assert err.startswith("bnlint: internal error: BN101: ZeroDivisionError: division by zero\n")


def test_a_crash_anywhere_else_is_a_line_too(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise LookupError("no such thing")

    monkeypatch.setattr("bnlint.run.find_entries", broken)
    assert main(["check"]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("bnlint: internal error: LookupError: no such thing\n")
    monkeypatch.setenv("BNLINT_TRACEBACK", "1")
    assert main(["check"]) == 2
    assert "Traceback (most recent call last):" in capsys.readouterr().err


def test_an_interrupt_is_quiet(capsys: pytest.CaptureFixture[str]) -> None:
    write("a.py", "# INTERRUPT")
    assert main(["check"]) == 130
    out, err = capsys.readouterr()
    assert (out, err.strip()) == ("", "")


def test_rules(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rules"]) == 0
    assert capsys.readouterr().out == (
        "BN101  warning  missing-training-flag        A layer without its flag\n"
        "BN201  error    train-op-without-update-ops  A train op without the updates\n"
    )


@pytest.mark.parametrize("wanted", ["BN201", "bn201", "train-op-without-update-ops"])
def test_rule(capsys: pytest.CaptureFixture[str], wanted: str) -> None:
    assert main(["rule", wanted]) == 0
    assert capsys.readouterr().out == (
        "# BN201 A train op without the updates\n"
        "\n"
        "*train-op-without-update-ops · error · since 0.1.0*\n"
        "\n"
        "## What it finds\n"
        "\n"
        "A train-op-without-update-ops.\n"
        "\n"
        "## Bad\n"
        "\n"
        "```python\n"
        "## not a heading\n"
        "```\n"
    )


@pytest.mark.parametrize("wanted", ["BN2", "bn2"])
def test_a_family_of_rules(capsys: pytest.CaptureFixture[str], wanted: str) -> None:
    assert main(["rule", wanted]) == 0
    assert capsys.readouterr().out == (
        "BN2: the update ops\n"
        "\n"
        "BN201  error    train-op-without-update-ops  A train op without the updates\n"
        "\n"
        "bnlint rule BN201 explains the first of them.\n"
    )
    assert main(["rule", "BN"]) == 0
    assert capsys.readouterr().out.splitlines()[:2] == [
        "BN101  warning  missing-training-flag        A layer without its flag",
        "BN201  error    train-op-without-update-ops  A train op without the updates",
    ]


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        ("BN202", "no rule 'BN202'; did you mean BN201?"),
        ("BN3", "no rule 'BN3'"),
        ("", "no rule ''"),
        (
            "missing-trainings-flag",
            "no rule 'missing-trainings-flag'; did you mean missing-training-flag?",
        ),
        ("E501", "no rule 'E501'"),
    ],
)
def test_no_such_rule(capsys: pytest.CaptureFixture[str], wanted: str, said: str) -> None:
    assert main(["rule", wanted]) == 2
    assert capsys.readouterr() == ("", f"bnlint: error: {said}\n")


def run(*arguments: str, **options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "bnlint", *arguments],
        capture_output=True,
        text=True,
        env={**os.environ, **options},
        check=False,
    )


def test_version() -> None:
    process = run("--version")
    assert (process.returncode, process.stderr) == (0, "")
    assert process.stdout == "bnlint 0.1.0\n"


def test_a_tree_without_batch_norm_imports_neither_libcst_nor_the_interpreter() -> None:
    Path("a.py").write_text("import tensorflow as tf\nimport b\n", encoding="utf-8")
    Path("b.py").write_text("import a\n", encoding="utf-8")
    code = (
        "import sys; from bnlint.cli import main; assert main(['check', '-q']) == 0; "
        "print([m for m in ('libcst', 'bnlint.interp', 'bnlint.checks', 'rich') "
        "if m in sys.modules])"
    )
    process = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (process.stdout, process.stderr) == ("[]\n", "")


@pytest.mark.parametrize("arguments", [["check"], ["rules"]])
def test_a_reader_that_leaves_early(arguments: list[str]) -> None:
    Path("a.py").write_text("pass\n", encoding="utf-8")
    reader, writer = os.pipe()
    os.close(reader)
    process = subprocess.run(
        [sys.executable, "-m", "bnlint", *arguments], stdout=writer, stderr=subprocess.PIPE
    )
    os.close(writer)
    assert (process.returncode, process.stderr) == (0, b"")


def test_an_encoding_that_lacks_the_characters() -> None:
    Path("ü.py").write_bytes(b"batch_norm(")
    process = run("check", "ü.py", "-q", PYTHONIOENCODING="ascii", PYTHONUTF8="0")
    assert process.returncode == 1
    assert process.stdout.startswith("\\xfc.py:1: error: BN900 unreadable-file\n")


def test_the_files_that_would_be_checked(capsys: pytest.CaptureFixture[str], project: Path) -> None:
    for name in ("b.py", "a/b.py", "old/c.py"):
        write(name, "ANALYSIS CRASH")
    Path("page.md").write_text("```python\n```\n", encoding="utf-8")
    assert main(["check", "--show-files", "--exclude", "old/"]) == 0
    assert capsys.readouterr() == ("a/b.py\nb.py\n", "")
    assert main(["check", "--show-files", "--markdown", str(project / "page.md"), "a"]) == 0
    assert capsys.readouterr() == ("a/b.py\npage.md\n", "")
    assert main(["check", "--show-files", "a", "gone"]) == 2
    out, err = capsys.readouterr()
    assert (out, err) == ("a/b.py\n", "bnlint: error: gone: no such file or directory\n")


def test_a_configuration_that_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    write("a.py", "'BN101'", "'BN201'")
    write("sub/old/a.py", "'BN201'")
    Path("pyproject.toml").write_text('[tool.bnlint]\nignore = ["BN1"]\n', encoding="utf-8")
    Path("etc").mkdir()
    Path("etc/strict.toml").write_text(
        '[tool.bnlint]\nselect = ["BN1"]\nexclude = ["/sub/old"]\n', encoding="utf-8"
    )
    named = ("--config", "etc/strict.toml")
    assert found(capsys, *named) == ["a.py:3 BN101 definite"]
    assert found(capsys, *named, "--select", "BN2") == ["a.py:4 BN201 definite"]
    assert found(capsys, "--isolated", "a.py") == ["a.py:3 BN101 definite", "a.py:4 BN201 definite"]


def test_a_configuration_that_cannot_be_followed(capsys: pytest.CaptureFixture[str]) -> None:
    write("a.py", "'BN201'")
    Path("other.toml").write_text("[tool.ruff]\n", encoding="utf-8")
    for arguments, said in (
        (("--config", "other.toml"), "bnlint: error: other.toml: no table tool.bnlint\n"),
        (
            ("--config", "gone.toml"),
            "bnlint: error: gone.toml: cannot be read: no such file or directory\n",
        ),
    ):
        assert main(["check", *arguments]) == 2
        assert capsys.readouterr() == ("", said)
    assert main(["check", "--config", "other.toml", "--isolated"]) == 2
    assert capsys.readouterr().err.endswith("Error: --isolated goes without --config\n")
