"""``bnlint check``, as click reads it; ``checking.py`` does it."""

from __future__ import annotations

from typing import Any

import click

from bnlint.cli import completion
from bnlint.cli.checking import Asked
from bnlint.cli.checking import check as checked
from bnlint.cli.common import Misuse
from bnlint.cli.options import cache_folder, config_options, rule_options, shard_of


@click.command(
    epilog="Exit codes: 0 nothing found; 1 findings, or files that could not be read; "
    "2 wrong usage or configuration, or an error in bnlint itself."
)
@click.argument("paths", nargs=-1, metavar="[PATHS]...", shell_complete=completion.files)
@rule_options
@config_options
@click.option(
    "--pedantic",
    is_flag=True,
    help="Also report what is possible but not certain, and remarks on the analysis.",
)
@click.option(
    "--stdin-filename",
    metavar="FILE",
    shell_complete=completion.files,
    help="The name of the file that - stands for; its imports are followed from there.",
)
@click.option("--markdown", is_flag=True, help="Also check fenced Python blocks in Markdown files.")
@click.option(
    "--baseline",
    metavar="FILE",
    shell_complete=completion.files,
    help="Report only what is not in this baseline, and count what is; replaces the key baseline.",
)
@click.option(
    "--write-baseline",
    metavar="FILE",
    shell_complete=completion.files,
    help="Write all findings of today to a baseline, and exit with 0.",
)
@click.option(
    "--prune-baseline",
    is_flag=True,
    help="With --baseline: take out of it what is no longer found.",
)
@click.option(
    "--exclude",
    multiple=True,
    metavar="PATTERN",
    help="Leave out what matches, as a line of .gitignore; repeatable.",
)
@click.option(
    "--force-exclude",
    is_flag=True,
    help="Leave out what is excluded even if it is named, as hooks name all changed files.",
)
@click.option(
    "--no-ignores", is_flag=True, help="Also report what comments and per-file-ignores silence."
)
@click.option(
    "--require-reason",
    is_flag=True,
    help="Comments without a reason silence nothing.",
)
@click.option("--exit-zero", is_flag=True, help="Exit with 0 even if there are findings.")
@click.option(
    "--show-incomplete",
    is_flag=True,
    help="Also say which programs were not read to their end, and why.",
)
@click.option(
    "--fail-incomplete",
    is_flag=True,
    help="Exit with 1 if a program was not read to its end.",
)
@click.option(
    "--explain",
    is_flag=True,
    help="Also say what leads to each finding: calls, where flags come from, what waits for what.",
)
@click.option(
    "--show-silenced",
    is_flag=True,
    help="With --format sarif: also what is silenced, as suppressed results.",
)
@click.option(
    "--statistics",
    is_flag=True,
    help="Say how many findings there are of each rule, and not which.",
)
@click.option(
    "--show-files",
    is_flag=True,
    help="Print the files that would be checked, and check nothing.",
)
@click.option(
    "--html",
    metavar="FILE",
    shell_complete=completion.files,
    help="Also write the findings as a page to FILE.",
)
@click.option("-q", "--quiet", is_flag=True, help="Print findings only: no summary, no remarks.")
@click.option(
    "--fix",
    is_flag=True,
    help="Repair what can be repaired safely (BN101, BN109, BN201 to BN205).",
)
@click.option("--diff", is_flag=True, help="Print the repairs as a diff, and write nothing.")
@click.option(
    "--unsafe-fixes", is_flag=True, help="With --fix or --diff: also repairs that may do too much."
)
@cache_folder
@click.option("--no-cache", is_flag=True, help="Neither read nor keep results.")
@click.option(
    "--jobs",
    type=click.IntRange(min=1),
    metavar="N",
    help="Use up to N processes; without it, one for each processor, at most 8.",
)
@click.option(
    "--shard",
    metavar="K/N",
    callback=shard_of,
    help="Check the K-th of N shares of the files, for N machines; bnlint merge joins the reports.",
)
def check(**asked: Any) -> int:
    """Check Python files and notebooks, and those of a project below a directory.

    Without PATHS, the working directory is checked; - reads a file from standard input.
    """
    try:
        return checked(Asked(**asked))
    except Misuse as error:
        raise click.UsageError(str(error)) from None
