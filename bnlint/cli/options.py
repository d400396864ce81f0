"""Options that several commands have."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import click

from bnlint import codes
from bnlint.output.formats import FORMATS
from bnlint.suggest import near

if TYPE_CHECKING:
    from bnlint.cache.store import Store


def rule_codes(
    _context: click.Context, option: click.Parameter, values: tuple[str, ...]
) -> tuple[str, ...]:
    words = [word.strip().upper() for value in values for word in value.split(",")]
    prefixes = tuple(word for word in words if word)
    for prefix in codes.unknown(prefixes):
        hint = near(prefix, codes.known())
        raise click.BadParameter(f"no rule's code is or starts with {prefix!r}{hint}", param=option)
    return prefixes


def rule_options(command: Callable[..., int]) -> Callable[..., int]:
    """``--select``, ``--ignore``, ``--format`` and ``--fail-possible``, which all commands have."""
    for option in (
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
        click.option(
            "--ignore",
            multiple=True,
            metavar="CODE[,CODE]",
            callback=rule_codes,
            help="Do not report these rules, even if selected.",
        ),
        click.option(
            "--select",
            multiple=True,
            metavar="CODE[,CODE]",
            callback=rule_codes,
            help="Report these rules only; BN2 stands for all BN2xx.",
        ),
    ):
        command = option(command)
    return command


def cache_folder(command: Callable[..., int]) -> Callable[..., int]:
    """``--cache-dir``."""
    return click.option(
        "--cache-dir",
        metavar="DIR",
        help="Where results are kept; without it, in the user's cache directory.",
    )(command)


def opened_cache(folder: str | None) -> Store:
    """The cache in a folder, or in the user's own place for such."""
    from bnlint.cache.store import Store

    if folder is None:
        from platformdirs import user_cache_dir

        folder = user_cache_dir("bnlint", appauthor=False)
    return Store(folder)
