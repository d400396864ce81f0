"""Options that several commands have."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TypeVar

import click

from bnlint import codes
from bnlint.cli import completion
from bnlint.output import terminal
from bnlint.output.formats import FORMATS
from bnlint.suggest import no_rule

Command = TypeVar("Command", bound=Callable[..., object])


def rule_codes(
    _context: click.Context, option: click.Parameter, values: tuple[str, ...]
) -> tuple[str, ...]:
    words = [word.strip() for value in values for word in value.split(",")]
    prefixes = []
    for word, prefix in codes.meant(filter(None, words)).items():
        if prefix is None:
            raise click.BadParameter(no_rule(word), param=option)
        prefixes.append(prefix)
    return tuple(prefixes)


def _use_colours(
    context: click.Context, _option: click.Parameter, when: terminal.When
) -> terminal.When:
    context.with_resource(terminal.colours(when))
    return when


def color_option(command: Command) -> Command:
    """``--color``, which holds for all that the command writes."""
    return click.option(
        "--color",
        type=click.Choice(["auto", "always", "never"]),
        default="auto",
        show_default=True,
        expose_value=False,
        callback=_use_colours,
        help="Whether to use colours; auto asks NO_COLOR, FORCE_COLOR and the terminal.",
    )(command)


def report_options(command: Command) -> Command:
    """``--color``, ``--fail-possible`` and ``--format``, which all commands with a report have."""
    for option in (
        color_option,
        click.option(
            "--fail-possible",
            is_flag=True,
            help="Exit with 1 for findings that are only possible, too.",
        ),
        click.option(
            "--format",
            "output_format",
            type=click.Choice(FORMATS),
            default="text",
            show_default=True,
            help="How to print the report.",
        ),
    ):
        command = option(command)
    return command


def rule_options(command: Command) -> Command:
    """Those of a report, ``--ignore`` and ``--select``, which the commands that judge have."""
    for option in (
        report_options,
        click.option(
            "--ignore",
            multiple=True,
            metavar="RULE[,RULE]",
            shell_complete=completion.rules,
            callback=rule_codes,
            help="Do not report these rules, even if selected.",
        ),
        click.option(
            "--select",
            multiple=True,
            metavar="RULE[,RULE]",
            shell_complete=completion.rules,
            callback=rule_codes,
            help="Report these rules only, by code or name; BN2 stands for all BN2xx.",
        ),
    ):
        command = option(command)
    return command


def config_options(command: Command) -> Command:
    """``--config`` and ``--isolated``."""
    for option in (
        click.option("--isolated", is_flag=True, help="Follow no configuration file."),
        click.option(
            "--config",
            "config_file",
            metavar="FILE",
            shell_complete=completion.files,
            help="Follow this TOML file, as if it lay in the working directory.",
        ),
    ):
        command = option(command)
    return command


def cache_folder(command: Command) -> Command:
    """``--cache-dir``."""
    return click.option(
        "--cache-dir",
        metavar="DIR",
        shell_complete=completion.folders,
        help="Where results are kept; without it, in the user's cache directory.",
    )(command)


def shard_of(
    _context: click.Context, option: click.Parameter, value: str | None
) -> tuple[int, int] | None:
    if value is None:
        return None
    found = re.fullmatch(r"([0-9]{1,4})/([0-9]{1,4})", value)
    if found is None or not 1 <= int(found[1]) <= int(found[2]):
        raise click.BadParameter("must be K/N, with K from 1 to N, as in 2/4", param=option)
    return int(found[1]), int(found[2])
