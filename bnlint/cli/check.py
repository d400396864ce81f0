"""``bnlint check``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bnlint.cli.common import CLEAN, FAILED, FOUND, Failure, reader_may_leave, say, say_crashed
from bnlint.cli.options import rule_codes

if TYPE_CHECKING:
    from bnlint.run import Options, Outcome

STDIN = "<stdin>"


@click.command(
    epilog="Exit codes: 0 nothing found; 1 findings, or files that could not be read; "
    "2 wrong usage or configuration, or an error in bnlint itself."
)
@click.argument("paths", nargs=-1, metavar="[PATHS]...")
@click.option(
    "--select",
    multiple=True,
    metavar="CODE[,CODE]",
    callback=rule_codes,
    help="Report these rules only; BN2 stands for all BN2xx.",
)
@click.option(
    "--ignore",
    multiple=True,
    metavar="CODE[,CODE]",
    callback=rule_codes,
    help="Do not report these rules, even if selected.",
)
@click.option(
    "--pedantic",
    is_flag=True,
    help="Also report what is possible but not certain, and remarks on the analysis.",
)
@click.option(
    "--format",
    "output_format",
    type=click.Choice(["text", "json", "github"]),
    default="text",
    show_default=True,
    help="How to print the findings.",
)
@click.option(
    "--stdin-filename",
    metavar="FILE",
    help="The name of the file that - stands for; its imports are followed from there.",
)
@click.option("--markdown", is_flag=True, help="Also check fenced Python blocks in Markdown files.")
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
def check(
    paths: tuple[str, ...],
    select: tuple[str, ...],
    ignore: tuple[str, ...],
    pedantic: bool,
    output_format: str,
    stdin_filename: str | None,
    markdown: bool,
    exit_zero: bool,
    show_incomplete: bool,
    fail_incomplete: bool,
    quiet: bool,
    fix: bool,
    diff: bool,
    unsafe_fixes: bool,
) -> int:
    """Check Python files and notebooks, and those of a project below a directory.

    Without PATHS, the working directory is checked; - reads a file from standard input.
    """
    if (fix or diff) and "-" in paths:
        raise Failure("standard input cannot be fixed: name the file")
    options = _options(paths, select, ignore, pedantic, stdin_filename, markdown)
    outcome = _run(options, quiet)
    if fix or diff:
        from bnlint.fixing import run_fixes

        if not run_fixes(outcome.report, options, unsafe_fixes, write=not diff, say=say):
            return FAILED
        if diff:
            say_crashed(outcome.crashes)
            if outcome.crashes:
                return FAILED
            unclean = bool(outcome.report.findings or outcome.report.problems)
            return FOUND if unclean and not exit_zero else CLEAN
        outcome = _run(options, quiet)
    report = outcome.report
    if not quiet:
        for note in report.notes:
            say(f"note: {note}")
        if not outcome.files and not report.problems:
            say(f"note: no Python files to check in {', '.join(options.paths)}")
    if show_incomplete:
        for item in report.incomplete:
            say(f"incomplete: {item.path}:{item.line}: {item.reason}")
    say_crashed(outcome.crashes)
    with reader_may_leave():
        _write(outcome, output_format, quiet)
    if outcome.crashes:
        return FAILED
    bad = report.findings or report.problems or (fail_incomplete and report.incomplete)
    return FOUND if bad and not exit_zero else CLEAN


def _options(
    paths: tuple[str, ...],
    select: tuple[str, ...],
    ignore: tuple[str, ...],
    pedantic: bool,
    stdin_filename: str | None,
    markdown: bool,
) -> Options:
    from bnlint.config import ConfigError, load
    from bnlint.run import Options

    overlay = {}
    if "-" in paths:
        if len(paths) > 1:
            raise click.UsageError("- cannot be given together with other paths")
        stdin_filename = stdin_filename or STDIN
        overlay[stdin_filename] = sys.stdin.buffer.read()
        paths = (stdin_filename,)
    elif stdin_filename is not None:
        raise click.UsageError("--stdin-filename goes with -, which reads standard input")
    paths = paths or (".",)
    start = Path(paths[0])
    try:
        config = load(start if start.is_dir() else start.parent)
    except ConfigError as error:
        raise Failure(str(error)) from None
    return Options(
        paths=paths,
        exclude=config.excludes(Path.cwd()),
        select=select or config.select,
        ignore=ignore or config.ignore,
        pedantic=pedantic or config.pedantic,
        users=True,
        markdown=markdown,
        overlay=overlay,
    )


def _run(options: Options, quiet: bool) -> Outcome:
    from bnlint import run

    if quiet or not sys.stderr.isatty():
        return run.check(options)
    from bnlint.output.progress import ProgressBar

    with ProgressBar() as progress:
        return run.check(options, progress)


def _write(outcome: Outcome, output_format: str, quiet: bool) -> None:
    if output_format == "json":
        from bnlint.output import json

        json.write(outcome.report, sys.stdout)
    elif output_format == "github":
        from bnlint.output import github

        github.write(outcome.report, sys.stdout)
    else:
        from bnlint.output import text

        text.write(outcome.report, outcome.source, sys.stdout, summary=not quiet)
