"""Writes ``docs/reference.md`` from the code: ``python tests/reference.py``."""

from __future__ import annotations

from collections.abc import Iterator
from inspect import cleandoc
from pathlib import Path

import click
from settings import SETTINGS

from bnlint.cli.commands import cli

PAGE = Path(__file__).parent.parent / "docs" / "reference.md"

_HEAD = """\
# Reference

This page is written from the code by `python tests/reference.py`; a test compares them.

## Configuration

The nearest `pyproject.toml` that has the table `[tool.bnlint]`, upwards from the first path that is
checked; `--config FILE` names a file, `--isolated` follows none. An option of the command line
replaces the key, where nothing else is said. One run has one configuration, as a finding can span
files of several folders: projects that are configured apart are checked apart. A key that is not
known or holds what it cannot is an error: [exit code](../README.md#exit-codes) 2, and one line that
says which.
"""


def reference() -> str:
    return "\n".join((_HEAD, *_configuration(), "## Commands\n", *_commands()))


def configuration() -> str:
    """A configuration with every key."""
    plain = [s.example for s in SETTINGS if not s.example.startswith("[")]
    tables = [s.example for s in SETTINGS if s.example.startswith("[")]
    return "\n".join(("[tool.bnlint]", *plain)) + "".join(f"\n\n{table}" for table in tables) + "\n"


def _configuration() -> Iterator[str]:
    yield "| key | holds | without it | option | meaning |\n|---|---|---|---|---|"
    for s in SETTINGS:
        option = f"`{s.option}`" if s.option else ""
        yield f"| `{s.key}` | {s.holds} | {s.absent} | {option} | {s.meaning} |"
    yield f"\n```toml\n{configuration()}```\n"


def _commands() -> Iterator[str]:
    context = click.Context(cli, info_name="bnlint")
    for name in cli.list_commands(context):
        command = cli.get_command(context, name)
        assert command is not None
        inner = click.Context(command, parent=context, info_name=name)
        arguments = [piece for piece in command.collect_usage_pieces(inner) if piece != "[OPTIONS]"]
        told = " ".join(cleandoc(command.help or "").split())
        yield f"### `bnlint {' '.join((name, *arguments))}`\n\n{told}\n"
        options = [p for p in command.params if isinstance(p, click.Option)]
        if options:
            yield "| option | meaning |\n|---|---|"
        for option in options:
            yield f"| {_named(option)} | {_meaning(option)} |"
        if options:
            yield ""


def _named(option: click.Option) -> str:
    takes = option.metavar
    if takes is None and not option.is_flag:
        takes = "WHICH" if isinstance(option.type, click.Choice) else option.type.name.upper()
    last = f"{option.opts[-1]} {takes}" if takes else option.opts[-1]
    return ", ".join(f"`{name}`" for name in (*option.opts[:-1], last))


def _meaning(option: click.Option) -> str:
    said = option.help or ""
    if isinstance(option.type, click.Choice):
        said += " One of " + ", ".join(f"`{choice}`" for choice in option.type.choices) + "."
    if option.show_default and option.default is not None:
        said += f" By default `{option.default}`."
    return said.replace("|", "\\|")


if __name__ == "__main__":
    PAGE.write_text(reference(), encoding="utf-8")
