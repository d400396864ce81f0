"""``bnlint rule`` and ``bnlint rules``."""

from __future__ import annotations

import sys

import click

from bnlint.cli.common import Failure
from bnlint.cli.options import color_option
from bnlint.output import terminal
from bnlint.output.wording import wrapped
from bnlint.suggest import near


@click.command()
@click.argument("code")
@color_option
def rule(code: str) -> None:
    """Explain a rule, given its CODE or its name."""
    from bnlint import pages

    if page := pages.find(code):
        text = (
            f"# {page.code} {page.title}\n\n"
            f"*{page.name} · {page.severity} · since {page.since}*\n\n{page.text}"
        )
    else:
        names = pages.names()
        raise Failure(f"no rule {code!r}{near(code.upper(), names) or near(code, names.values())}")
    if not (sys.stdout.isatty() or terminal.coloured(sys.stdout)):
        click.echo(text, nl=False)
        return
    from rich.markdown import Markdown

    terminal.console(sys.stdout).print(Markdown(text))


@click.command()
def rules() -> None:
    """List the rules."""
    from bnlint import pages

    found = pages.all_pages()
    longest = max((len(page.name) for page in found), default=0)
    at_terminal = sys.stdout.isatty()
    for page in found:
        row = f"{page.code}  {page.severity:<7}  {page.name:<{longest}}  "
        # A line each for other programs; for people, as many as the title needs.
        lines = wrapped(page.title, terminal.width(sys.stdout), row) if at_terminal else ()
        for line in lines or (row + page.title,):
            click.echo(line)
