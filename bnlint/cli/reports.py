"""What is printed about sources, and the exit code."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

from bnlint.cli.common import CLEAN, FOUND, say, verdict
from bnlint.output import formats
from bnlint.printable import printable

if TYPE_CHECKING:
    from bnlint.outcome import Report
    from bnlint.run import Options


def write_report(
    report: Report,
    source: Callable[[str, int | None], str | None],
    output_format: str,
    quiet: bool,
) -> None:
    """Print a report; ``source`` gives the text of a file or of a cell, for code frames."""
    if output_format == "json":
        from bnlint.output import json

        json.write(report, sys.stdout)
    elif output_format == "text":
        from bnlint.output import text

        text.write(report, source, sys.stdout, summary=not quiet)
    else:
        formats.write(output_format, report, sys.stdout)


def exit_code(report: Report, fail_possible: bool) -> int:
    """1 for what is definite or cannot be read."""
    definite = any(finding.confidence == "definite" for finding in report.findings)
    code = FOUND if definite or report.problems else CLEAN
    return verdict(code, report.findings, fail_possible)


def print_files(options: Options) -> int:
    """Print what would be checked, a path a line, and say what cannot be searched."""
    from bnlint.run import files

    found, problems = files(options)
    for path in found:
        sys.stdout.write(printable(path) + "\n")
    for problem in problems:
        say(f"error: {problem.path}: {problem.message}")
    return FOUND if problems else CLEAN


def write_statistics(report: Report, quiet: bool) -> None:
    """Print how many findings there are of each rule."""
    from bnlint.output import statistics, text

    statistics.write(report, sys.stdout)
    if not quiet:
        text.write_summary(report, sys.stdout)


def write_sarif(report: Report, options: Options, show_silenced: bool) -> None:
    """Print a report with the fixes of its findings, on request with what is silenced."""
    from bnlint.fixing import with_fixes
    from bnlint.output import sarif

    with_fixes(report, options)
    (sarif.write_with_silenced if show_silenced else sarif.write)(report, sys.stdout)
