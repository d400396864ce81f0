"""What ``bnlint check`` does, however its command line was understood."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, NamedTuple

from bnlint.cli import baseline as baselines
from bnlint.cli.common import (
    CLEAN,
    FAILED,
    FOUND,
    Failure,
    Misuse,
    crash,
    say,
    say_crashed,
    write_page,
)
from bnlint.cli.inputs import inputs
from bnlint.cli.reports import (
    exit_code,
    print_files,
    write_report,
    write_sarif,
    write_statistics,
)
from bnlint.cli.settings import configuration, opened_cache, processors
from bnlint.source.discover import excluded

if TYPE_CHECKING:
    from bnlint.run import Options, Outcome


class Asked(NamedTuple):
    """The command line: an argument or an option each, with what holds where it is not given."""

    paths: tuple[str, ...] = ()
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    config_file: str | None = None
    isolated: bool = False
    pedantic: bool = False
    output_format: str = "text"
    fail_possible: bool = False
    stdin_filename: str | None = None
    markdown: bool = False
    baseline: str | None = None
    write_baseline: str | None = None
    prune_baseline: bool = False
    exclude: tuple[str, ...] = ()
    force_exclude: bool = False
    no_ignores: bool = False
    require_reason: bool = False
    exit_zero: bool = False
    show_incomplete: bool = False
    fail_incomplete: bool = False
    explain: bool = False
    show_silenced: bool = False
    statistics: bool = False
    show_files: bool = False
    html: str | None = None
    quiet: bool = False
    fix: bool = False
    diff: bool = False
    unsafe_fixes: bool = False
    cache_dir: str | None = None
    jobs: int | None = None
    shard: tuple[int, int] | None = None
    no_cache: bool = False


def check(asked: Asked) -> int:
    """The exit code of a check. Raises Failure and Misuse."""
    from bnlint.run import Options

    if (asked.fix or asked.diff) and "-" in asked.paths:
        raise Failure("standard input cannot be fixed: name the file")
    _together(asked)
    named, overlay = inputs(asked.paths, asked.stdin_filename)
    config = configuration(named[0], asked.config_file, asked.isolated)
    known = baselines.opened(
        asked.baseline, config.baseline, asked.write_baseline, asked.prune_baseline
    )
    missing = [path for path in asked.paths if path not in named and path != "-"]
    exclude = (*config.excludes(os.getcwd()), *asked.exclude)
    left_out = excluded(named, exclude)
    if asked.force_exclude:
        named = tuple(path for path in named if path not in left_out)
        overlay = {path: data for path, data in overlay.items() if path in named}
    elif left_out and not asked.quiet:
        what = "excluded, but checked as it was named"
        say(f"note: {what} (--force-exclude leaves it out): {', '.join(left_out)}")
    options = Options(
        paths=named,
        exclude=exclude,
        select=asked.select or config.select,
        ignore=asked.ignore or config.ignore,
        pedantic=asked.pedantic or config.pedantic,
        apis=config.apis,
        per_file=config.per_file,
        users=True,
        markdown=asked.markdown,
        overlay=overlay,
        ignores=not asked.no_ignores,
        require_reason=asked.require_reason,
        # What is written to files is decided by what they say now, and by nothing that is kept.
        cache=None if asked.no_cache or asked.fix else lambda: opened_cache(asked.cache_dir),
        jobs=asked.jobs or processors(),
        shard=asked.shard,
    )
    if asked.show_files:
        return max(print_files(options), FAILED if missing else CLEAN)
    outcome = _run(options, asked.quiet)
    if asked.fix or asked.diff:
        from bnlint.fixing import run_fixes

        if not run_fixes(
            outcome.report, options, asked.unsafe_fixes, write=not asked.diff, say=say
        ):
            return FAILED
        if asked.diff:
            say_crashed(outcome.crashes)
            if outcome.crashes or missing:
                return FAILED
            if known is not None:
                baselines.leave_new(outcome.report, known, options, prune=False)
            return CLEAN if asked.exit_zero else exit_code(outcome.report, asked.fail_possible)
        outcome = _run(options, asked.quiet)
    report = outcome.report
    if known is not None and not outcome.crashes:
        if asked.write_baseline is None:
            baselines.leave_new(report, known, options, asked.prune_baseline and not missing)
        elif not missing:
            return baselines.write(known, report)
    if not asked.quiet:
        for note in report.notes:
            say(f"note: {note}")
        if options.paths and not (outcome.files or report.problems or asked.shard):
            say(f"note: no Python files to check in {', '.join(options.paths)}")
    if asked.show_incomplete:
        for item in report.incomplete:
            say(f"incomplete: {item.path}:{item.line}: {item.reason}")
    say_crashed(outcome.crashes)
    report.explained = asked.explain
    report.failures = [f"{path}: no such file or directory" for path in missing]
    report.failures += [crash(*item) for item in outcome.crashes]
    if asked.statistics:
        write_statistics(report, asked.quiet)
    elif asked.output_format == "sarif":
        write_sarif(report, options, asked.show_silenced)
    else:
        write_report(report, outcome.source, asked.output_format, asked.quiet)
    if asked.html is not None:
        from bnlint.output.check_page import check_page

        write_page(asked.html, check_page(report, outcome.source))
    if outcome.crashes or missing:
        return FAILED
    code = exit_code(report, asked.fail_possible)
    if asked.fail_incomplete and report.incomplete:
        code = FOUND
    return CLEAN if asked.exit_zero else code


def _together(asked: Asked) -> None:
    """Raises Misuse for options that do not go together."""
    if asked.statistics and asked.output_format != "text":
        raise Misuse("--statistics goes with --format text")
    if asked.explain and asked.output_format not in ("text", "json", "jsonl"):
        raise Misuse("--explain goes with --format text, json and jsonl")
    if asked.show_silenced and asked.output_format != "sarif":
        raise Misuse("--show-silenced goes with --format sarif")
    if asked.html is not None and (
        asked.diff or asked.show_files or asked.write_baseline is not None
    ):
        raise Misuse("--html goes without --diff, --show-files and --write-baseline")
    if asked.shard is not None and (
        asked.fix or asked.diff or asked.write_baseline is not None or asked.prune_baseline
    ):
        raise Misuse("--shard goes with nothing that is written of the whole")


def _run(options: Options, quiet: bool) -> Outcome:
    from bnlint import run

    if quiet or not sys.stderr.isatty():
        return run.check(options)
    from bnlint.output.progress import ProgressBar

    with ProgressBar() as progress:
        return run.check(options, progress)
