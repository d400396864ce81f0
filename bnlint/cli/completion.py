"""What a shell offers for an argument, where click does not know it by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import click
    from click.shell_completion import CompletionItem


def files(
    _context: click.Context, _parameter: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """What the shell itself offers: files."""
    from click.shell_completion import CompletionItem

    return [CompletionItem(incomplete, type="file")]


def folders(
    _context: click.Context, _parameter: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """What the shell itself offers: folders."""
    from click.shell_completion import CompletionItem

    return [CompletionItem(incomplete, type="dir")]


def rules(
    _context: click.Context, _parameter: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Codes and names of rules, for the last of several that commas separate."""
    from click.shell_completion import CompletionItem

    from bnlint import pages

    before, comma, word = incomplete.rpartition(",")
    known = pages.names()
    offered = [code for code in known if code.startswith(word.upper())]
    offered += [name for name in known.values() if word and name.startswith(word.lower())]
    titles = {**known, **{name: code for code, name in known.items()}}
    return [CompletionItem(before + comma + text, help=titles[text]) for text in offered]
