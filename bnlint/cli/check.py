"""``bnlint check``."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bnlint.cli.common import (
    CLEAN,
    FAILED,
    FOUND,
    Failure,
    say,
    say_crashed,
    there,
    verdict,
)
from bnlint.cli.options import cache_folder, opened_cache, rule_options
from bnlint.output import formats
from bnlint.regular import reason

if TYPE_CHECKING:
    from bnlint.baseline import Baseline, Entry
    from bnlint.finding import Report
    from bnlint.run import Options, Outcome

STDIN = "<stdin>"


@click.command(
    epilog="Exit codes: 0 nothing found; 1 findings, or files that could not be read; "
    "2 wrong usage or configuration, or an error in bnlint itself."
)
@click.argument("paths", nargs=-1, metavar="[PATHS]...")
@rule_options
@click.option(
    "--pedantic",
    is_flag=True,
    help="Also report what is possible but not certain, and remarks on the analysis.",
)
@click.option(
    "--stdin-filename",
    metavar="FILE",
    help="The name of the file that - stands for; its imports are followed from there.",
)
@click.option("--markdown", is_flag=True, help="Also check fenced Python blocks in Markdown files.")
@click.option(
    "--baseline",
    metavar="FILE",
    help="Report only what is not in this baseline, and count what is.",
)
@click.option(
    "--write-baseline",
    metavar="FILE",
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
@click.option("--no-ignores", is_flag=True, help="Also report what comments silence.")
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
@click.option("-q", "--quiet", is_flag=True, help="Print findings only: no summary, no remarks.")
@click.option(
    "--fix",
    is_flag=True,
    help="Repair what can be repaired safely (BN101, BN109, BN201 to BN205).",
)
@cache_folder
@click.option("--no-cache", is_flag=True, help="Neither read nor keep results.")
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
    fail_possible: bool,
    stdin_filename: str | None,
    markdown: bool,
    baseline: str | None,
    write_baseline: str | None,
    prune_baseline: bool,
    exclude: tuple[str, ...],
    no_ignores: bool,
    require_reason: bool,
    exit_zero: bool,
    show_incomplete: bool,
    fail_incomplete: bool,
    quiet: bool,
    fix: bool,
    diff: bool,
    unsafe_fixes: bool,
    cache_dir: str | None,
    no_cache: bool,
) -> int:
    """Check Python files and notebooks, and those of a project below a directory.

    Without PATHS, the working directory is checked; - reads a file from standard input.
    """
    if (fix or diff) and "-" in paths:
        raise Failure("standard input cannot be fixed: name the file")
    known = _baseline(baseline, write_baseline, prune_baseline)
    options = _options(paths, select, ignore, pedantic, stdin_filename, markdown)
    options = replace(
        options,
        exclude=(*options.exclude, *exclude),
        ignores=not no_ignores,
        require_reason=require_reason,
        # What is written to files is decided by what they say now, and by nothing that is kept.
        cache=None if no_cache or fix else lambda: opened_cache(cache_dir),
    )
    missing = len(options.paths) < len(paths)
    outcome = _run(options, quiet)
    if fix or diff:
        from bnlint.fixing import run_fixes

        if not run_fixes(outcome.report, options, unsafe_fixes, write=not diff, say=say):
            return FAILED
        if diff:
            say_crashed(outcome.crashes)
            if outcome.crashes or missing:
                return FAILED
            return CLEAN if exit_zero else _exit_code(outcome.report, fail_possible)
        outcome = _run(options, quiet)
    report = outcome.report
    if known is not None and not outcome.crashes:
        if write_baseline is None:
            _leave_new(report, known, options, prune_baseline and not missing)
        elif not missing:
            return _write_baseline(known, report)
    if not quiet:
        for note in report.notes:
            say(f"note: {note}")
        if not outcome.files and not report.problems:
            say(f"note: no Python files to check in {', '.join(options.paths)}")
    if show_incomplete:
        for item in report.incomplete:
            say(f"incomplete: {item.path}:{item.line}: {item.reason}")
    say_crashed(outcome.crashes)
    if output_format == "sarif":
        from bnlint.fixing import with_fixes

        with_fixes(report, options)
    _write(outcome, output_format, quiet)
    if outcome.crashes or missing:
        return FAILED
    code = _exit_code(report, fail_possible)
    if fail_incomplete and report.incomplete:
        code = FOUND
    return CLEAN if exit_zero else code


def _baseline(path: str | None, written: str | None, prune: bool) -> Baseline | None:
    """The baseline that is to be used or written; what is wrong with it is said before the run."""
    if written is not None and (path is not None or prune):
        raise click.UsageError("--write-baseline goes without --baseline and --prune-baseline")
    if prune and path is None:
        raise click.UsageError("--prune-baseline goes with --baseline")
    if path is None and written is None:
        return None
    from bnlint import baseline

    try:
        return baseline.read(path) if path is not None else baseline.Baseline(written or "")
    except baseline.BaselineError as error:
        raise Failure(str(error)) from None


def _write_baseline(known: Baseline, report: Report) -> int:
    """Unreadable files do not go into a baseline: nothing is known about them."""
    _store(known, map(known.entry, report.findings))
    number = len(report.findings)
    say(f"{number} finding{'' if number == 1 else 's'} written to {known.path}")
    for problem in report.problems:
        say(f"not in the baseline: {problem.path}:{problem.line}: {problem.message}")
    return FOUND if report.problems else CLEAN


def _leave_new(report: Report, known: Baseline, options: Options, prune: bool) -> None:
    from bnlint.baseline import Scope

    scope = Scope(options.paths, options.select, options.ignore, options.pedantic)
    gone = known.gone(report.findings, scope)
    report.findings, old = known.split(report.findings)
    report.known = len(old)
    if prune and gone:
        _store(known, known.entries - gone)
        say(f"{len(gone)} taken out of {known.path}")
    elif gone:
        report.gone = len(gone)


def _store(known: Baseline, entries: Iterable[Entry]) -> None:
    from bnlint.baseline import BaselineError

    try:
        known.write(entries)
    except BaselineError as error:
        raise Failure(str(error)) from None


def _exit_code(report: Report, fail_possible: bool) -> int:
    definite = any(finding.confidence == "definite" for finding in report.findings)
    code = FOUND if definite or report.problems else CLEAN
    return verdict(code, report.findings, fail_possible)


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
        overlay[stdin_filename] = _stdin()
        paths = (stdin_filename,)
    elif stdin_filename is not None:
        raise click.UsageError("--stdin-filename goes with -, which reads standard input")
    else:
        paths = there(paths)
    paths = paths or (".",)
    start = paths[0]
    try:
        config = load(Path(start if os.path.isdir(start) else os.path.dirname(start)))
    except ConfigError as error:
        raise Failure(str(error)) from None
    return Options(
        paths=paths,
        exclude=config.excludes(Path.cwd()),
        select=select or config.select,
        ignore=ignore or config.ignore,
        pedantic=pedantic or config.pedantic,
        apis=config.apis,
        users=True,
        markdown=markdown,
        overlay=overlay,
    )


def _stdin() -> bytes:
    """Standard input, as much of it as a source may have and a byte more, which is refused."""
    from bnlint.source.read import MAX_BYTES

    if sys.stdin is None:
        raise Failure("standard input is closed: name a file, or give one with <")
    try:
        return sys.stdin.buffer.read(MAX_BYTES + 1)
    except OSError as error:
        raise Failure(f"standard input: {reason(error)}") from None


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
    elif output_format == "text":
        from bnlint.output import text

        text.write(outcome.report, outcome.source, sys.stdout, summary=not quiet)
    else:
        formats.write(output_format, outcome.report, sys.stdout)
