"""The README says what the program does."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from bnlint import cli, pages

CHECKOUT = Path(__file__).parent.parent
README = (CHECKOUT / "README.md").read_text(encoding="utf-8")


def section(heading: str) -> str:
    return README.split(f"\n## {heading}\n", 1)[1].split("\n## ", 1)[0]


def code_blocks(text: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)


def command(tool: str) -> str:
    """The one set-up command of the README that ends in running the tool."""
    (line,) = [
        line
        for block in code_blocks(README, "sh")
        for line in block.splitlines()
        if re.search(rf"&& \.venv/bin/{tool}\b", line)
    ]
    return line


def test_the_rule_table_is_that_of_the_pages() -> None:
    rows = re.findall(
        r"^\| \[(BN\d+)\]\((\S+)\) \| `(\S+)` \| (\w+) \| (.+) \|$",
        section("Rules"),
        re.MULTILINE,
    )
    assert rows == [
        (page.code, f"rules/{page.path.name}", page.name, page.severity, page.title)
        for page in pages.all_pages()
    ]


def test_the_example_is_what_the_command_prints(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(CHECKOUT)
    *_, words = (shlex.split(part) for part in command("bnlint").split("&&"))
    assert words[0] == ".venv/bin/bnlint"
    assert cli.main(words[1:]) == 1
    (example,) = code_blocks(README, "text")
    assert capsys.readouterr() == (example, "")


def test_the_commands_do_all_set_up() -> None:
    for tool in ("bnlint", "pytest"):
        assert command(tool).startswith("python3 -m venv .venv && .venv/bin/pip install -q ")


def test_ci_runs_the_test_command_of_the_readme() -> None:
    ci = (CHECKOUT / ".ci" / "run").read_text(encoding="utf-8")
    assert 'test_command=$(grep -m 1 "bin/pytest" README.md)' in ci
    assert next(line for line in README.splitlines() if "bin/pytest" in line) == command("pytest")


@pytest.mark.parametrize("code", ["0", "1", "2", "130"])
def test_the_exit_codes_are_documented(code: str) -> None:
    assert re.search(rf"^\| {code} \|", section("Exit codes"), re.MULTILINE)


def test_the_baseline_of_the_readme(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it says to do with a project that has findings, in its words."""
    monkeypatch.chdir(tmp_path)
    layer = "import tensorflow as tf\nh = tf.layers.batch_normalization(x)\n"
    Path("old.py").write_text(layer, encoding="utf-8")
    (words,) = re.findall(r"`bnlint (check --write-baseline [^`]+)`", README)
    assert cli.main(shlex.split(words)) == 0
    (table,) = code_blocks(README, "toml")
    Path("pyproject.toml").write_text(table, encoding="utf-8")
    assert cli.main(["check"]) == 0
    assert "0 new findings, 1 in the baseline" in capsys.readouterr().out
    Path("new.py").write_text(layer, encoding="utf-8")
    assert cli.main(["check"]) == 1
    assert "1 new finding, 1 in the baseline" in capsys.readouterr().out
