"""``bnlint confirm``."""

from __future__ import annotations

import sys

import click

from bnlint.cli import completion
from bnlint.cli.common import FAILED, Failure, Misuse, crash, say_crashed, there, verdict
from bnlint.cli.options import config_options, rule_options
from bnlint.cli.settings import configuration
from bnlint.output.formats import OWN, write


@click.command()
@click.argument("script", shell_complete=completion.files)
@click.argument("graph", metavar="GRAPH_OR_TRACE", shell_complete=completion.files)
@click.option(
    "--train-op", "train_ops", multiple=True, metavar="NAME", help="Judge this op; repeatable."
)
@click.option(
    "--fetch",
    "fetches",
    multiple=True,
    metavar="NAME",
    help="Judge the fetches of one session.run together; repeatable.",
)
@config_options
@rule_options
def confirm(
    script: str,
    graph: str,
    train_ops: tuple[str, ...],
    fetches: tuple[str, ...],
    config_file: str | None,
    isolated: bool,
    select: tuple[str, ...],
    ignore: tuple[str, ...],
    output_format: str,
    fail_possible: bool,
) -> int:
    """Hold what check says of SCRIPT against the graph it built, or what trace recorded.

    Each finding is confirmed, refuted or undecided; what only the graph shows is listed too.
    """
    from bnlint import confirm as both
    from bnlint.graph.errors import GraphError
    from bnlint.output import confirm as output

    there([script])
    try:
        apis = configuration(script, config_file, isolated).apis
    except Misuse as error:
        raise click.UsageError(str(error)) from None
    try:
        found = both.confirm(script, graph, train_ops, fetches, select, ignore, apis)
    except GraphError as error:
        raise Failure(str(error)) from None
    say_crashed(found.crashes)
    whole = output.merged(found)
    whole.failures = [crash(*item) for item in found.crashes]
    if output_format in OWN:
        (output.write_json if output_format == "json" else output.write)(found, sys.stdout)
    else:
        write(output_format, whole, sys.stdout)
    code = FAILED if found.crashes else found.exit_code
    return verdict(code, whole.findings, fail_possible)
