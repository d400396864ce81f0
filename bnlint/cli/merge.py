"""``bnlint merge``."""

from __future__ import annotations

import click

from bnlint.cli import completion
from bnlint.cli.common import CLEAN, Failure
from bnlint.cli.options import report_options
from bnlint.cli.reports import exit_code, write_report
from bnlint.regular import CannotRead, read_regular

_MOST_BYTES = 500_000_000


@click.command()
@click.argument("reports", nargs=-1, required=True, shell_complete=completion.files)
@report_options
@click.option("--exit-zero", is_flag=True, help="Exit with 0 even if there are findings.")
def merge(
    reports: tuple[str, ...], output_format: str, fail_possible: bool, exit_zero: bool
) -> int:
    """Print what several reports say, each thing once.

    REPORTS are files that check --format json wrote, perhaps each of another share (--shard).
    """
    from bnlint.merging import BadReport, merged, read
    from bnlint.workspace import Workspace

    found = []
    for path in reports:
        try:
            found.append(read(read_regular(path, _MOST_BYTES).decode()))
        except (CannotRead, UnicodeDecodeError, BadReport) as error:
            raise Failure(f"{path}: {error}") from None
    whole = merged(found)
    write_report(whole, Workspace().source, output_format, quiet=False)
    return CLEAN if exit_zero else exit_code(whole, fail_possible)
