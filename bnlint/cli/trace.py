"""``bnlint trace`` and ``bnlint check-trace``."""

from __future__ import annotations

import sys

import click

from bnlint.cli import completion
from bnlint.cli.common import Failure, say, verdict
from bnlint.cli.options import color_option, rule_options
from bnlint.output.formats import OWN, write


@click.command(context_settings={"ignore_unknown_options": True})
@click.option(
    "--out",
    default="bnlint-trace",
    show_default=True,
    metavar="DIR",
    help="Where to put the recording, in place of an earlier one.",
)
@click.option(
    "--watch-statistics",
    is_flag=True,
    help="Also compare the moving statistics before and after: the last word.",
)
@color_option
@click.argument(
    "command",
    nargs=-1,
    required=True,
    type=click.UNPROCESSED,
    shell_complete=completion.files,
)
def trace(out: str, watch_statistics: bool, command: tuple[str, ...]) -> int:
    """Run COMMAND (after --), record its graphs and what its sessions run, and judge them.

    This is the only command of bnlint that runs the code it is about. If COMMAND fails, its own
    exit code is passed on, whatever was recorded.
    """
    from bnlint.graph import trace as tracing
    from bnlint.graph.errors import GraphError

    try:
        code = tracing.run(command, out, watch=watch_statistics)
    except GraphError as error:
        raise Failure(str(error)) from None
    if code:
        say(f"note: the command failed with exit code {code}, which is passed on")
    try:
        verdict = _report_trace(out, (), (), "text", False)
    except Failure as failure:
        if not code:
            raise
        say(f"error: {failure}")
        return code
    return code or verdict


@click.command("check-trace")
@click.argument("directory", shell_complete=completion.folders)
@rule_options
def check_trace(
    directory: str,
    select: tuple[str, ...],
    ignore: tuple[str, ...],
    output_format: str,
    fail_possible: bool,
) -> int:
    """Judge again what bnlint trace recorded in DIRECTORY."""
    return _report_trace(directory, select, ignore, output_format, fail_possible)


def _report_trace(
    directory: str,
    select: tuple[str, ...],
    ignore: tuple[str, ...],
    output_format: str,
    fail_possible: bool,
) -> int:
    from bnlint.graph import trace as tracing
    from bnlint.graph.errors import GraphError
    from bnlint.output import trace as output
    from bnlint.output.graph import merged

    try:
        report = tracing.check(directory, select, ignore)
    except GraphError as error:
        raise Failure(str(error)) from None
    if output_format in OWN:
        (output.write_json if output_format == "json" else output.write)(report, sys.stdout)
    else:
        write(output_format, merged(report.graphs), sys.stdout)
    return verdict(report.exit_code, report.findings, fail_possible)
