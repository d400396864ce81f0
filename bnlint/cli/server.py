"""``bnlint server``."""

from __future__ import annotations

import sys
from typing import BinaryIO, cast

import click

from bnlint.cli.common import CLEAN, Failure


@click.command(
    epilog="Exit codes: 0 the editor ended it; 2 pygls is not installed, or wrong usage."
)
def server() -> int:
    """Run the language server, which an editor starts and talks to over standard input and output.

    It needs pip install 'bnlint[server]'.
    """
    try:
        from bnlint.lsp.server import make
    except ImportError:
        raise Failure("the server needs pygls: pip install 'bnlint[server]'") from None
    if sys.__stdin__ is None or sys.__stdout__ is None:
        raise Failure("the server talks over standard input and output, and one is closed")
    source, sink = sys.__stdin__.buffer, sys.__stdout__.buffer
    try:
        make().start_io(cast("BinaryIO", source), cast("BinaryIO", sink))
    except RuntimeError as error:
        if "new thread" not in str(error):
            raise
        raise Failure("the system has no room for the threads of the server") from None
    return CLEAN
