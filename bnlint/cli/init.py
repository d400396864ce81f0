"""``bnlint init``."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bnlint.cli.common import CLEAN, FAILED, Failure, say
from bnlint.printable import printable
from bnlint.regular import CannotRead, is_there, read_regular, reason

if TYPE_CHECKING:
    from bnlint.starter import Addition

_MAX_BYTES = 1 << 20


@click.command(
    epilog="Exit codes: 0 both are there now; 2 a file could not be read, written or understood."
)
def init() -> int:
    """Add a table for bnlint to pyproject.toml and a hook to .pre-commit-config.yaml.

    What is there already stays as it is. The hook goes to the root of the git repository, and so
    does pyproject.toml, unless one is nearer.
    """
    from bnlint.starter import hook, table

    here = Path.cwd()
    root = next((folder for folder in (here, *here.parents) if is_there(folder / ".git")), None)
    config = next((path for path in _up(here, root) if is_there(path)), _up(here, root)[-1])
    done = [_added(config, "the table [tool.bnlint]", table)]
    if root is None:
        say("note: no git repository here, so no hook")
    else:
        done.append(_added(root / ".pre-commit-config.yaml", "the hook bnlint", hook))
    return CLEAN if all(done) else FAILED


def _up(here: Path, root: Path | None) -> list[Path]:
    """Where the configuration may be, the nearest first."""
    folders = [here]
    while root is not None and folders[-1] != root:
        folders.append(folders[-1].parent)
    return [folder / "pyproject.toml" for folder in folders]


def _added(path: Path, what: str, lacks: Callable[[str], Addition | None]) -> bool:
    """Add what a file lacks and show it; False, and a line, if that cannot be done."""
    from bnlint.starter import NotUnderstood
    from bnlint.writing import write

    name = printable(os.path.relpath(path))
    new = not is_there(path)
    try:
        before = "" if new else read_regular(path, _MAX_BYTES).decode("utf-8")
        addition = lacks(before)
        if addition is None:
            click.echo(f"{name}: has {what} already")
            return True
        data = addition.to(before).encode("utf-8")
        if new and os.path.islink(path):
            raise CannotRead("a link that leads nowhere")
        write(str(path), data)
    except (CannotRead, UnicodeDecodeError, NotUnderstood) as error:
        why = "not UTF-8" if isinstance(error, UnicodeDecodeError) else str(error)
        say(f"error: {os.path.relpath(path)}: not changed: {why}")
        return False
    except OSError as error:
        raise Failure(f"{os.path.relpath(path)}: {reason(error)}") from None
    click.echo(f"{name}: {'made, with' if new else 'now has'} {what}")
    for line in addition.text.strip().splitlines():
        click.echo(f"  {line}")
    return True
