"""``bnlint graph`` and ``bnlint checkpoint``."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from bnlint.cli import completion
from bnlint.cli.common import CLEAN, Failure, verdict, write_page
from bnlint.cli.options import rule_options
from bnlint.output.formats import OWN, write

if TYPE_CHECKING:
    from bnlint.reports import Drawing


@click.command()
@click.argument("path", shell_complete=completion.files)
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
@click.option("--html", metavar="FILE", help="Also write a page with a drawing to FILE.")
@rule_options
def graph(
    path: str,
    html: str | None,
    train_ops: tuple[str, ...],
    fetches: tuple[str, ...],
    select: tuple[str, ...],
    ignore: tuple[str, ...],
    output_format: str,
    fail_possible: bool,
) -> int:
    """Judge the graph in PATH: .meta, .pb, .pbtxt, a SavedModel, an events file or a checkpoint."""
    from bnlint.graph.errors import GraphError
    from bnlint.output import graph as output

    drawings: list[Drawing] = []
    try:
        if html is None:
            from bnlint.graph.command import inspect

            reports = inspect(path, train_ops, fetches, select, ignore)
        else:
            from bnlint.graph.edges import draw

            drawings = draw(path, train_ops, fetches, select, ignore)
            reports = [drawing.report for drawing in drawings]
    except GraphError as error:
        raise Failure(str(error)) from None
    whole = output.merged(reports)
    if output_format in OWN:
        (output.write_json if output_format == "json" else output.write)(reports, sys.stdout)
    else:
        write(output_format, whole, sys.stdout)
    if html is not None:
        from bnlint.output.graph_page import graph_page

        write_page(html, graph_page(drawings))
    code = max((report.exit_code for report in reports), default=CLEAN)
    return verdict(code, whole.findings, fail_possible)


@click.command()
@click.argument("path", shell_complete=completion.files)
@click.argument("later", required=False, shell_complete=completion.files)
@rule_options
def checkpoint(
    path: str,
    later: str | None,
    select: tuple[str, ...],
    ignore: tuple[str, ...],
    output_format: str,
    fail_possible: bool,
) -> int:
    """Judge the moving statistics saved in the checkpoint PATH (a prefix or a directory).

    With LATER, that one is judged, and it is told which statistics moved since PATH.
    """
    from bnlint.graph.checkpoint import inspect_checkpoint
    from bnlint.graph.errors import GraphError
    from bnlint.output import checkpoint as output

    try:
        earlier = None if later is None else path
        report = inspect_checkpoint(later or path, select, ignore, earlier=earlier)
    except GraphError as error:
        raise Failure(str(error)) from None
    if output_format in OWN:
        (output.write_json if output_format == "json" else output.write)(report, sys.stdout)
    else:
        write(output_format, report.report, sys.stdout)
    return verdict(report.exit_code, report.report.findings, fail_possible)
