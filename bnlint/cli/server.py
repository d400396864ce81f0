"""``bnlint server``."""

from __future__ import annotations

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
    make().start_io()
    return CLEAN
