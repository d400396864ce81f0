"""``bnlint clean``."""

from __future__ import annotations

import click

from bnlint.cli.common import CLEAN, Failure, say
from bnlint.cli.options import cache_folder
from bnlint.cli.settings import opened_cache
from bnlint.regular import reason


@click.command()
@cache_folder
def clean(cache_dir: str | None) -> int:
    """Delete the results that earlier runs kept, and nothing else."""
    store = opened_cache(cache_dir)
    try:
        number = store.clean()
    except OSError as error:
        raise Failure(f"{store.folder}: {reason(error)}") from None
    say(f"{number:,} file{'' if number == 1 else 's'} deleted from {store.folder}")
    return CLEAN
