"""The command line as click reads it."""

from __future__ import annotations

import io
from collections.abc import Sequence
from importlib import import_module

import click

from bnlint.cli.common import CLEAN, FAILED, INTERRUPTED, say_as_it_is, stay_where_we_are
from bnlint.printable import printable

# Where each command is; a run imports its own.
_COMMANDS = {
    "check": "check",
    "rule": "rules",
    "rules": "rules",
    "graph": "graph",
    "checkpoint": "graph",
    "trace": "trace",
    "check-trace": "trace",
    "confirm": "confirm",
    "init": "init",
    "server": "server",
    "clean": "clean",
    "merge": "merge",
}


class _Commands(click.Group):
    def list_commands(self, _context: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, _context: click.Context, name: str) -> click.Command | None:
        if name not in _COMMANDS:
            return None
        command = getattr(import_module(f"bnlint.cli.{_COMMANDS[name]}"), name.replace("-", "_"))
        assert isinstance(command, click.Command)
        return command


def run(argv: Sequence[str] | None) -> int:
    """Do what the command line says, and say what is wrong with it; its exit code."""
    try:
        return cli.main(args=argv, prog_name="bnlint", standalone_mode=False) or CLEAN
    except click.ClickException as error:
        said = io.StringIO()
        error.show(said)
        for line in said.getvalue().splitlines():
            say_as_it_is(printable(line))
        return FAILED
    except click.Abort:
        return INTERRUPTED


def _version(context: click.Context, _option: click.Parameter, wanted: bool) -> None:
    if wanted:
        from importlib.metadata import PackageNotFoundError, version

        try:
            click.echo(f"bnlint {version('bnlint')}")
        except PackageNotFoundError:
            click.echo("bnlint, from sources that are not installed")
        context.exit()


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_version,
    help="Show the version and exit.",
)
def cli() -> None:
    """Find the batch-norm bugs of TensorFlow 1 programs, without running them."""
    stay_where_we_are()
