"""``[tool.bnlint]``: where it is found, and what is said of one that cannot be followed."""

from __future__ import annotations

from pathlib import Path

import pytest
from hostile import make_no_file

from bnlint import config
from bnlint.config import Config, ConfigError


def write(directory: Path, text: str) -> Path:
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / "pyproject.toml"
    path.write_text(text, encoding="utf-8")
    return path


def error(directory: Path, text: str) -> str:
    """What is said of a wrong configuration, without the path that it always starts with."""
    path = write(directory, text)
    with pytest.raises(ConfigError) as raised:
        config.load(directory)
    said = str(raised.value)
    assert said.startswith(f"{path}: ")
    return said.removeprefix(f"{path}: ")


@pytest.mark.usefixtures("two_rules")
def test_every_key(tmp_path: Path) -> None:
    write(
        tmp_path,
        "[tool.bnlint]\n"
        'select = ["BN2", "missing-training-flag"]\n'
        'ignore = ["BN900"]\nexclude = ["old/*.py"]\npedantic = true\n',
    )
    assert config.load(tmp_path) == Config(
        ("BN2", "BN101"), ("BN900",), ("old/*.py",), True, str(tmp_path)
    )


def test_no_configuration(tmp_path: Path) -> None:
    assert config.load(tmp_path) == Config()


def test_the_nearest_table_upwards_counts(tmp_path: Path) -> None:
    write(tmp_path, "[tool.bnlint]\npedantic = false\n")
    write(tmp_path / "a", "[tool.bnlint]\npedantic = true\n")
    assert config.load(tmp_path / "a" / "b").directory == str(tmp_path / "a")
    assert config.load(tmp_path / "c").directory == str(tmp_path)


def test_a_pyproject_without_the_table_does_not_end_the_search(tmp_path: Path) -> None:
    write(tmp_path, "[tool.bnlint]\npedantic = true\n")
    write(tmp_path / "a", "[tool.ruff]\nline-length = 100\n")
    write(tmp_path / "a" / "b", "this is not TOML, and not ours to complain about")
    assert config.load(tmp_path / "a" / "b").directory == str(tmp_path)


def test_a_byte_order_mark(tmp_path: Path) -> None:
    write(tmp_path, "\ufeff[tool.bnlint]\npedantic = true\n")
    assert config.load(tmp_path).pedantic


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('selct = ["BN2"]', "tool.bnlint.selct: no such key; did you mean select?"),
        ("line-length = 100", "tool.bnlint.line-length: no such key"),
        ('select = "BN2"', "tool.bnlint.select: must be a list of strings"),
        ("ignore = [201]", "tool.bnlint.ignore: must be a list of strings"),
        ("exclude = {}", "tool.bnlint.exclude: must be a list of strings"),
        ("pedantic = 1", "tool.bnlint.pedantic: must be true or false"),
        (
            'select = ["BN901"]',
            "tool.bnlint.select: no rule 'BN901'; did you mean BN900 or BN201 or BN101?",
        ),
        (
            'ignore = ["missing-training-flags"]',
            "tool.bnlint.ignore: no rule 'missing-training-flags'; "
            "did you mean missing-training-flag?",
        ),
        ('ignore = [""]', "tool.bnlint.ignore: no rule ''"),
    ],
)
@pytest.mark.usefixtures("two_rules")
def test_what_cannot_be_followed(tmp_path: Path, line: str, said: str) -> None:
    assert error(tmp_path, f"[tool.bnlint]\n{line}\n") == said


def test_not_a_table(tmp_path: Path) -> None:
    assert error(tmp_path, "[tool]\nbnlint = 1\n") == "tool.bnlint must be a table"


def test_not_toml(tmp_path: Path) -> None:
    assert error(tmp_path, "[tool.bnlint\n").startswith("not valid TOML: ")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[tool.bnlint]\nx = " + "9" * 5_000, "a number of thousands of digits"),
        ("[tool.bnlint]\nselect = " + "[" * 5_000 + "]" * 5_000, "nested too deeply"),
        ("[tool.bnlint]\n" + "a." * 20_000 + "b = 1", "a key of more than 64 parts"),
        ("[tool.bnlint]\nx = {" + "a ." * 20_000 + "b = 1}", "a key of more than 64 parts"),
        ("[tool.bnlint]\nexclude = [" + "'a'," * 20_000 + "]", "tool.bnlint.exclude: more than"),
        ("[tool.bnlint]\n" + "#" * (1 << 20), "cannot be read: larger than 1 MB"),
        ("[tool.Bnlint]", "tool.Bnlint: no such table; did you mean tool.bnlint?"),
        ("[tool.bn-lint]", "tool.bn-lint: no such table; did you mean tool.bnlint?"),
        ("[bnlint]", "bnlint: no such table; did you mean tool.bnlint?"),
    ],
)
def test_hostile_configurations(tmp_path: Path, text: str, said: str) -> None:
    assert error(tmp_path, text).startswith(said)


@pytest.mark.parametrize("kind", ["pipe", "device", "directory", "sparse"])
def test_a_configuration_that_is_no_file(tmp_path: Path, kind: str) -> None:
    make_no_file(tmp_path / "pyproject.toml", kind)
    with pytest.raises(ConfigError, match=r"pyproject.toml: cannot be read: (not a|is a|larger)"):
        config.load(tmp_path)


@pytest.mark.parametrize(
    ("pattern", "here", "moved"),
    [
        ("old", "/p", "old"),
        ("old/", "/p/a", "old/"),
        ("*.gen.py", "/p/a/b", "*.gen.py"),
        ("**/old/x.py", "/p/a", "**/old/x.py"),
        ("a/old", "/p", "/a/old"),
        ("/old", "/p", "/old"),
        ("/a/old/", "/p/a", "/old/"),
        ("*/old", "/p/a", "/old"),
        ("a/**/x.py", "/p/a/b", "**/x.py"),
        ("c/old", "/p/a", "../c/old"),
        ("!a/old/keep.py", "/p/a", "!/old/keep.py"),
        ("/a/", "/p/a", None),
        ("a/old", "/", "/p/a/old"),
        ("a/old", "/q", "../p/a/old"),
    ],
)
def test_excludes_are_relative_to_the_configuration(
    pattern: str, here: str, moved: str | None
) -> None:
    settings = Config(exclude=(pattern,), directory="/p")
    assert settings.excludes(here) == ([] if moved is None else [moved])


def test_excludes_that_are_not_there() -> None:
    assert Config().excludes("/p") == []
