"""``check --fix`` and ``--diff``: the repairs of a report, written or shown."""

from __future__ import annotations

import dataclasses
import difflib
import os
import sys
from collections.abc import Callable, Sequence

from bnlint.finding import Finding, Report
from bnlint.fix.edits import CannotFix, decode
from bnlint.fix.files import replace
from bnlint.fix.repair import repair
from bnlint.printable import printable, without_commands
from bnlint.run import Options, check
from bnlint.source.errors import SourceError
from bnlint.source.read import read_bytes


def run_fixes(
    report: Report, options: Options, unsafe: bool, write: bool, say: Callable[[str], None]
) -> bool:
    """Fix or show; says a line for each finding. False if a file could not be read or written."""

    def judge(overlay: dict[str, bytes]) -> Sequence[Finding]:
        again = dataclasses.replace(options, overlay=overlay, pedantic=True, users=True)
        outcome = check(again)
        if outcome.crashes:
            raise CannotFix("the fixed file could not be analysed again")
        return outcome.report.findings

    try:
        repaired = repair(report.findings, read_bytes, judge, unsafe)
        for path, data in sorted(repaired.files.items()):
            if write:
                replace(path, data)
            else:
                _show(path, data)
    except SourceError as error:
        say(f"error: {error.path}: {error.message}")
        return False
    except OSError as error:
        say(f"error: {error.filename}: {error.strerror or error}")
        return False
    for line in (*sorted(repaired.done if write else ()), *sorted(repaired.left)):
        say(line)
    return True


def _show(path: str, data: bytes) -> None:
    name = printable(os.path.relpath(path))
    old, new = (decode(d)[0].splitlines(True) for d in (read_bytes(path), data))
    for line in difflib.unified_diff(old, new, name, name):
        whole = line.endswith("\n")
        # A terminal is shown what can be shown; whoever pipes it wants the patch as it is.
        shown = f"{printable(line.rstrip())}\n" if sys.stdout.isatty() else without_commands(line)
        sys.stdout.write(shown if whole else f"{shown.rstrip()}\n\\ No newline at end of file\n")
