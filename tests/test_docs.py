"""The guides and the reference say what the program does."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
import reference
import yaml
from settings import SETTINGS
from test_readme import code_blocks

from bnlint import api_rows, config
from bnlint.cli import main
from bnlint.cli.commands import cli
from bnlint.starter import TABLE

CHECKOUT = Path(__file__).parent.parent
DOCS = CHECKOUT / "docs"
PAGES = [CHECKOUT / "README.md", CHECKOUT / "CONTRIBUTING.md", *sorted(DOCS.glob("*.md"))]
# Options of other programs.
OTHERS = {"--all-files", "--write"}


def texts(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def commands() -> dict[str, click.Command]:
    context = click.Context(cli)
    found = {name: cli.get_command(context, name) for name in cli.list_commands(context)}
    return {name: command for name, command in found.items() if command is not None}


def test_the_reference_is_that_of_the_code() -> None:
    assert texts(reference.PAGE) == reference.reference(), "run python tests/reference.py"


def test_every_key_is_in_the_reference_and_every_example_is_read(tmp_path: Path) -> None:
    file = tmp_path / "pyproject.toml"
    file.write_text(reference.configuration(), encoding="utf-8")
    found = config.load(tmp_path)
    readers = config._readers(str(file), str(tmp_path), b"")
    assert [setting.key for setting in SETTINGS] == sorted(readers, key=_place)
    assert found.select == ("BN1", "BN2", "BN302")
    assert found.ignore == ("BN103",)
    assert found.exclude == ("third_party/",)
    assert found.baseline is not None
    assert found.baseline.endswith("bnlint-baseline.json")
    assert [entry.pattern for entry in found.per_file] == ["tests/"]
    assert found.apis != config.Config().apis


def test_what_init_writes_are_keys() -> None:
    shown = re.findall(r"^# ([a-z-]+) = ", TABLE, re.MULTILINE)
    assert shown
    assert set(shown) <= {setting.key for setting in SETTINGS}


def _place(key: str) -> int:
    return [setting.key for setting in SETTINGS].index(key)


def test_options_of_the_reference_are_those_of_check() -> None:
    options = {name for option in commands()["check"].params for name in option.opts}
    assert {setting.option for setting in SETTINGS if setting.option} <= options


def test_the_keys_of_a_row_are_in_their_guide() -> None:
    rows = re.findall(r"^\| (`.*?) \|", texts(DOCS / "own-libraries.md"), re.MULTILINE)
    documented = {key for row in rows for key in re.findall(r"`([a-z-]+)`", row)}
    assert documented == {"kind", *api_rows._NORM, *api_rows._TRAIN_OP}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.name))
def test_options_that_are_named_exist(page: Path) -> None:
    options = {name for c in commands().values() for option in c.params for name in option.opts}
    prose = re.sub(r"^```.*?^```$", "", texts(page), flags=re.DOTALL | re.MULTILINE)
    named = {
        option
        for code in re.findall(r"`([^`]+)`", prose)
        if code.startswith(("--", "bnlint ", "args: ["))
        for option in re.findall(r"(?<![\w-])--[a-z][a-z-]+", code)
    }
    assert named - options - OTHERS == set()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.name))
def test_commands_that_are_named_exist(page: Path) -> None:
    code = "\n".join((*re.findall(r"`([^`\n]+)`", texts(page)), *code_blocks(texts(page), "sh")))
    named = set(re.findall(r"(?:^|&& |/)bnlint ([a-z][a-z-]*)", code, re.MULTILINE))
    assert named - set(commands()) == set()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.name))
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", texts(page)):
        if "://" in target:
            continue
        path, _, anchor = target.partition("#")
        there = (page.parent / path).resolve() if path else page
        assert there.exists(), target
        if anchor:
            assert anchor in set(_anchors(there)), target


def _anchors(page: Path) -> Iterator[str]:
    for heading in re.findall(r"^#+ (.+)$", texts(page), re.MULTILINE):
        yield re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")


def test_configurations_that_are_shown_are_read(tmp_path: Path) -> None:
    shown = [block for page in PAGES for block in code_blocks(texts(page), "toml")]
    assert len(shown) > 3
    for block in shown:
        (tmp_path / "pyproject.toml").write_text(block, encoding="utf-8")
        assert config.load(tmp_path) != config.Config(), block


def test_hooks_that_are_shown_and_listed_are_there() -> None:
    hooks = yaml.safe_load(texts(CHECKOUT / ".pre-commit-hooks.yaml"))
    names = [hook["id"] for hook in hooks]
    for page in (CHECKOUT / "README.md", DOCS / "hook.md"):
        assert re.findall(r"^\| `(bnlint[a-z-]*)` \| ", texts(page), re.MULTILINE) == names
        (block,) = code_blocks(texts(page), "yaml")
        (repo,) = yaml.safe_load(block)["repos"]
        assert set(repo) == {"repo", "rev", "hooks"}
        assert [hook["id"] for hook in repo["hooks"]] == ["bnlint"]


def test_the_commands_about_graphs_are_those_there_are() -> None:
    rows = re.findall(r"^\| `bnlint ([^`]+)` \|", texts(DOCS / "graphs.md"), re.MULTILINE)
    assert [row.split()[0] for row in rows] == [
        "graph",
        "checkpoint",
        "trace",
        "check-trace",
        "confirm",
    ]


@pytest.mark.parametrize("number", range(4))
def test_the_comments_silence(
    number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = re.findall(r"^\| `(# bnlint: [^`]+)` \|", texts(DOCS / "old-code.md"), re.MULTILINE)
    assert len(rows) == 4
    comment, layer = rows[number], "tf.layers.batch_normalization(x, name='a')"
    comment = comment.replace("BN102", "BN101")
    source = f"{layer}  {comment}" if "ignore[" in comment else f"{comment}\n{layer}"
    monkeypatch.chdir(tmp_path)
    script = f"import tensorflow as tf\nx = tf.placeholder(tf.float32, [None, 4])\n{source}\n"
    Path("a.py").write_text(script, encoding="utf-8")
    assert main(["check", "--select", "BN1,BN9"]) == 0
    assert main(["check", "--select", "BN1,BN9", "--no-ignores"]) == 1
    assert capsys.readouterr().out.count("BN101") >= 1


def test_the_graph_that_is_shown_is_what_the_command_prints(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(CHECKOUT)
    guide = texts(DOCS / "graphs.md")
    words = code_blocks(guide, "sh")[0].split()
    assert words[0] == "bnlint"
    assert main(words[1:]) == 1
    (example,) = code_blocks(guide, "text")
    assert capsys.readouterr() == (example, "")


def test_every_guide_is_found_from_the_readme() -> None:
    found, left = set[Path](), [CHECKOUT / "README.md"]
    while left:
        page = left.pop()
        found.add(page)
        for target in re.findall(r"\]\(([^)#\s]+\.md)[)#]", texts(page)):
            if "://" not in target and (there := (page.parent / target).resolve()) not in found:
                left.append(there)
    assert set(PAGES) - found == set()


@pytest.mark.parametrize("page", [*PAGES, CHECKOUT / "CHANGELOG.md"], ids=lambda page: page.name)
def test_no_merge_is_left_half_done(page: Path) -> None:
    assert re.findall(r"^(?:<{7}|={7}|>{7})(?: .*)?$", texts(page), re.MULTILINE) == []
