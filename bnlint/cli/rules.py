"""``bnlint rule`` and ``bnlint rules``."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from bnlint.cli import completion
from bnlint.cli.common import Failure
from bnlint.cli.options import color_option
from bnlint.output import terminal
from bnlint.output.wording import wrapped
from bnlint.suggest import no_rule

if TYPE_CHECKING:
    from bnlint.pages import Page


# A title that would have less room beside a rule's name goes below it.
_NARROW = 24
_INDENT = 7


@click.command()
@click.argument("code", metavar="RULE", shell_complete=completion.rules)
@color_option
def rule(code: str) -> None:
    """Explain a RULE, given its code or its name, or list a family such as BN2."""
    from bnlint import pages

    wanted = code.strip().upper()
    page = pages.find(code)
    family = [page for page in pages.all_pages() if wanted and page.code.startswith(wanted)]
    if page is not None:
        _show(page)
    elif family:
        if wanted in pages.FAMILIES:
            click.echo(f"{wanted}: {pages.FAMILIES[wanted]}\n")
        _list(family)
        click.echo(f"\nbnlint rule {family[0].code} explains the first of them.")
    else:
        raise Failure(no_rule(code))


@click.command()
def rules() -> None:
    """List the rules."""
    from bnlint import pages

    _list(pages.all_pages())


def _show(page: Page) -> None:
    text = (
        f"# {page.code} {page.title}\n\n"
        f"*{page.name} · {page.severity} · since {page.since}*\n\n{page.text}"
    )
    if not (sys.stdout.isatty() or terminal.coloured(sys.stdout)):
        click.echo(text, nl=False)
        return
    from rich.markdown import Markdown

    terminal.console(sys.stdout).print(Markdown(text))


def _list(found: Sequence[Page]) -> None:
    """A line each for other programs; for people, as many as the title needs."""
    longest = max((len(page.name) for page in found), default=0)
    width = terminal.width(sys.stdout)
    for page in found:
        row = f"{page.code}  {page.severity:<7}  {page.name:<{longest}}  "
        if not sys.stdout.isatty():
            click.echo(row + page.title)
            continue
        if width < len(row) + _NARROW:
            click.echo(row.rstrip())
            row = " " * _INDENT
        for line in wrapped(page.title, width, row):
            click.echo(line)
