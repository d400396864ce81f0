"""How a report about sources ends: what is printed, and the exit code."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

from bnlint.cli.common import CLEAN, FOUND, verdict
from bnlint.output import formats

if TYPE_CHECKING:
    from bnlint.finding import Report


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
