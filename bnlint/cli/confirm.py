"""``bnlint confirm``."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from bnlint.cli.common import FAILED, Failure, say_crashed, there, verdict
from bnlint.cli.options import rule_options
from bnlint.output.formats import OWN, write


@click.command()
@click.argument("script")
@click.argument("graph", metavar="GRAPH_OR_TRACE")
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
@rule_options
def confirm(
    script: str,
    graph: str,
    train_ops: tuple[str, ...],
    fetches: tuple[str, ...],
    select: tuple[str, ...],
    ignore: tuple[str, ...],
    output_format: str,
    fail_possible: bool,
) -> int:
    """Hold what check says of SCRIPT against the graph it built, or what trace recorded.

    Each finding is confirmed, refuted or undecided; what only the graph shows is listed too.
    """
    from bnlint import confirm as both
    from bnlint.config import ConfigError, load
    from bnlint.graph.errors import GraphError
    from bnlint.output import confirm as output

    there([script])
    try:
        start = script if os.path.isdir(script) else os.path.dirname(script)
        apis = load(Path(start)).apis
        found = both.confirm(script, graph, train_ops, fetches, select, ignore, apis)
    except (ConfigError, GraphError) as error:
        raise Failure(str(error)) from None
    say_crashed(found.crashes)
    whole = output.merged(found)
    if output_format in OWN:
        (output.write_json if output_format == "json" else output.write)(found, sys.stdout)
    else:
        write(output_format, whole, sys.stdout)
    code = FAILED if found.crashes else found.exit_code
    return verdict(code, whole.findings, fail_possible)
