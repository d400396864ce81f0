"""``bnlint check``."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import click

from bnlint.cli import baseline as baselines
from bnlint.cli import completion
from bnlint.cli.common import (
    CLEAN,
    FAILED,
    FOUND,
    Failure,
    crash,
    say,
    say_crashed,
    write_page,
)
from bnlint.cli.inputs import inputs
from bnlint.cli.options import (
    cache_folder,
    config_options,
    configuration,
    opened_cache,
    processors,
    rule_options,
    shard_of,
)
from bnlint.cli.reports import (
    exit_code,
    print_files,
    write_report,
    write_sarif,
    write_statistics,
)
from bnlint.source.discover import excluded

if TYPE_CHECKING:
    from bnlint.run import Options, Outcome


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
def check(
    paths: tuple[str, ...],
    select: tuple[str, ...],
    ignore: tuple[str, ...],
    config_file: str | None,
    isolated: bool,
    pedantic: bool,
    output_format: str,
    fail_possible: bool,
    stdin_filename: str | None,
    markdown: bool,
    baseline: str | None,
    write_baseline: str | None,
    prune_baseline: bool,
    exclude: tuple[str, ...],
    force_exclude: bool,
    no_ignores: bool,
    require_reason: bool,
    exit_zero: bool,
    show_incomplete: bool,
    fail_incomplete: bool,
    explain: bool,
    show_silenced: bool,
    statistics: bool,
    show_files: bool,
    html: str | None,
    quiet: bool,
    fix: bool,
    diff: bool,
    unsafe_fixes: bool,
    cache_dir: str | None,
    jobs: int | None,
    shard: tuple[int, int] | None,
    no_cache: bool,
) -> int:
    """Check Python files and notebooks, and those of a project below a directory.

    Without PATHS, the working directory is checked; - reads a file from standard input.
    """
    from bnlint.run import Options

    if (fix or diff) and "-" in paths:
        raise Failure("standard input cannot be fixed: name the file")
    if statistics and output_format != "text":
        raise click.UsageError("--statistics goes with --format text")
    if explain and output_format not in ("text", "json", "jsonl"):
        raise click.UsageError("--explain goes with --format text, json and jsonl")
    if show_silenced and output_format != "sarif":
        raise click.UsageError("--show-silenced goes with --format sarif")
    if html is not None and (diff or show_files or write_baseline is not None):
        raise click.UsageError("--html goes without --diff, --show-files and --write-baseline")
    if shard is not None and (fix or diff or write_baseline is not None or prune_baseline):
        raise click.UsageError("--shard goes with nothing that is written of the whole")
    named, overlay = inputs(paths, stdin_filename)
    config = configuration(named[0], config_file, isolated)
    known = baselines.opened(baseline, config.baseline, write_baseline, prune_baseline)
    missing = [path for path in paths if path not in named and path != "-"]
    exclude = (*config.excludes(os.getcwd()), *exclude)
    left_out = excluded(named, exclude)
    if force_exclude:
        named = tuple(path for path in named if path not in left_out)
        overlay = {path: data for path, data in overlay.items() if path in named}
    elif left_out and not quiet:
        what = "excluded, but checked as it was named"
        say(f"note: {what} (--force-exclude leaves it out): {', '.join(left_out)}")
    options = Options(
        paths=named,
        exclude=exclude,
        select=select or config.select,
        ignore=ignore or config.ignore,
        pedantic=pedantic or config.pedantic,
        apis=config.apis,
        per_file=config.per_file,
        users=True,
        markdown=markdown,
        overlay=overlay,
        ignores=not no_ignores,
        require_reason=require_reason,
        # What is written to files is decided by what they say now, and by nothing that is kept.
        cache=None if no_cache or fix else lambda: opened_cache(cache_dir),
        jobs=jobs or processors(),
        shard=shard,
    )
    if show_files:
        return max(print_files(options), FAILED if missing else CLEAN)
    outcome = _run(options, quiet)
    if fix or diff:
        from bnlint.fixing import run_fixes

        if not run_fixes(outcome.report, options, unsafe_fixes, write=not diff, say=say):
            return FAILED
        if diff:
            say_crashed(outcome.crashes)
            if outcome.crashes or missing:
                return FAILED
            if known is not None:
                baselines.leave_new(outcome.report, known, options, prune=False)
            return CLEAN if exit_zero else exit_code(outcome.report, fail_possible)
        outcome = _run(options, quiet)
    report = outcome.report
    if known is not None and not outcome.crashes:
        if write_baseline is None:
            baselines.leave_new(report, known, options, prune_baseline and not missing)
        elif not missing:
            return baselines.write(known, report)
    if not quiet:
        for note in report.notes:
            say(f"note: {note}")
        if options.paths and not (outcome.files or report.problems or shard):
            say(f"note: no Python files to check in {', '.join(options.paths)}")
    if show_incomplete:
        for item in report.incomplete:
            say(f"incomplete: {item.path}:{item.line}: {item.reason}")
    say_crashed(outcome.crashes)
    report.explained = explain
    report.failures = [f"{path}: no such file or directory" for path in missing]
    report.failures += [crash(*item) for item in outcome.crashes]
    if statistics:
        write_statistics(report, quiet)
    elif output_format == "sarif":
        write_sarif(report, options, show_silenced)
    else:
        write_report(report, outcome.source, output_format, quiet)
    if html is not None:
        from bnlint.output.check_page import check_page

        write_page(html, check_page(report, outcome.source))
    if outcome.crashes or missing:
        return FAILED
    code = exit_code(report, fail_possible)
    if fail_incomplete and report.incomplete:
        code = FOUND
    return CLEAN if exit_zero else code


def _run(options: Options, quiet: bool) -> Outcome:
    from bnlint import run

    if quiet or not sys.stderr.isatty():
        return run.check(options)
    from bnlint.output.progress import ProgressBar

    with ProgressBar() as progress:
        return run.check(options, progress)
