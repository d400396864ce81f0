"""``check --fix`` and ``--diff``: the repairs of a report, written or shown."""

from __future__ import annotations

import difflib
import os
import sys
from collections.abc import Callable, Sequence

from bnlint import suppressions
from bnlint.finding import Finding, Level
from bnlint.fix.edits import CannotFix
from bnlint.fix.repair import Repairer
from bnlint.fix.source import decode
from bnlint.outcome import Report
from bnlint.printable import printable, without_commands
from bnlint.regular import CannotRead, read_regular
from bnlint.run import Options, check
from bnlint.source.read import MAX_BYTES
from bnlint.users import users_of
from bnlint.workspace import Workspace
from bnlint.writing import replace


def repairer(options: Options) -> Repairer:
    """What looks for fixes of the findings of a run."""

    users: dict[tuple[str, ...], list[str]] = {}

    def judge(files: Sequence[str], overlay: dict[str, bytes]) -> Sequence[Finding]:
        # By all rules: a fix is no fix if it breaks what nobody selected. A comment that silenced
        # what is mended has no use any more, which is no harm.
        key = tuple(files)
        if key not in users:
            # No fix changes who imports whom, but to look for it reads the whole project.
            users[key] = users_of(key, options.exclude, Workspace(overlay, options.apis))
        again = options._replace(
            files=files,
            overlay=overlay,
            programs=users[key],
            pedantic=True,
            users=True,
            select=(),
            ignore=(suppressions.UNUSED.code,),
            cache=None,
        )
        outcome = check(again)
        if outcome.crashes:
            raise CannotFix("the fixed file could not be analysed again")
        return outcome.report.findings

    return Repairer(_content, judge)


def _content(path: str) -> bytes:
    try:
        return read_regular(path, MAX_BYTES)
    except CannotRead as error:
        raise OSError(0, str(error), path) from None


def with_fixes(report: Report, options: Options) -> None:
    """Give each finding of a report its fix, if it has one and its files can be read."""
    find = repairer(options)
    found = []
    for finding in report.findings:
        try:
            found.append(find.attached(finding, options.overlay))
        except OSError:
            found.append(finding)
    report.findings = found


def run_fixes(
    report: Report, options: Options, unsafe: bool, write: bool, say: Callable[[str], None]
) -> bool:
    """Fix or show; says a line for each finding. False if a file could not be read or written."""
    limit: Level = "unsafe" if unsafe else "safe"
    if unsafe and not write:
        limit = "shown"
    try:
        repaired = repairer(options).repair(report.findings, limit, options.overlay)
        for path, data in sorted(repaired.files.items()):
            if write:
                replace(path, data)
            else:
                _show(path, data)
    except OSError as error:
        say(f"error: {error.filename}: {error.strerror or error}")
        return False
    for line in (*sorted(repaired.done if write else ()), *sorted(repaired.left)):
        say(line)
    return True


def _show(path: str, data: bytes) -> None:
    name = printable(os.path.relpath(path))
    old, new = (decode(d)[0].splitlines(True) for d in (_content(path), data))
    for line in difflib.unified_diff(old, new, name, name):
        whole = line.endswith("\n")
        # A terminal is shown what can be shown; whoever pipes it wants the patch as it is.
        shown = f"{printable(line.rstrip())}\n" if sys.stdout.isatty() else without_commands(line)
        sys.stdout.write(shown if whole else f"{shown.rstrip()}\n\\ No newline at end of file\n")
