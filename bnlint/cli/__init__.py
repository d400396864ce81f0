"""The command line. Only this package knows of click; what is slow to import waits for its use."""

from __future__ import annotations

import atexit
import gc
import io
import os
from collections.abc import Sequence
from importlib import import_module

import click

from bnlint.cli.common import CLEAN, FAILED, INTERRUPTED, Failure, say, say_crashed, say_failed
from bnlint.cli.streams import outlets
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

# By this variable a shell asks for what may come next on the command line (click's protocol).
_COMPLETE = "_BNLINT_COMPLETE"


class _Commands(click.Group):
    def list_commands(self, _context: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, _context: click.Context, name: str) -> click.Command | None:
        if name not in _COMMANDS:
            return None
        command = getattr(import_module(f"bnlint.cli.{_COMMANDS[name]}"), name.replace("-", "_"))
        assert isinstance(command, click.Command)
        return command


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code; no exception leaves here."""
    # Imports and abstract runs make many objects and little garbage: look for it less often.
    gc.set_threshold(50_000, 20, 20)
    atexit.register(gc.freeze)  # a process that ends needs no last look
    if _COMPLETE in os.environ:
        return _run(argv)  # click answers a shell in bytes, which our streams do not take
    with outlets() as (out, _):
        code = _run(argv)
        out.flush()
        if out.complaint:
            say(f"error: standard output: {out.complaint}")
            code = code or FAILED  # nothing else would tell that the report is not whole
    return code


def _run(argv: Sequence[str] | None) -> int:
    try:
        return cli.main(args=argv, prog_name="bnlint", standalone_mode=False) or CLEAN
    except click.ClickException as error:
        said = io.StringIO()
        error.show(said)
        for line in said.getvalue().splitlines():
            click.echo(printable(line), err=True)
        return FAILED
    except (click.Abort, KeyboardInterrupt):
        return INTERRUPTED
    except (OSError, MemoryError) as error:
        # A disk that is full, a folder that went away: not ours to mend.
        say_failed(error)
        return FAILED
    except Exception as error:
        say_crashed([("", error)])
        return FAILED


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
    try:
        os.getcwd()
    except OSError:
        raise Failure("the working directory is gone or closed to you: go to another") from None
