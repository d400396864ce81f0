"""How findings are worded for people, in whatever report: their first line, and what they say."""

from __future__ import annotations

from collections.abc import Iterator

from bnlint.finding import Finding
from bnlint.printable import printable

STYLES = {"error": "bold red", "warning": "bold yellow"}
# A piece of a line to print, with the name of its style.
Piece = tuple[str, str]


def heading(finding: Finding, place: str) -> list[Piece]:
    """Where it is, how bad it is, and which rule it is of; certain unless it says otherwise."""
    rule = finding.rule
    only = " [possible]" if finding.confidence == "possible" else ""
    return [
        (place, "bold"),
        (": ", ""),
        (f"{rule.severity}: {rule.code}", STYLES[rule.severity]),
        (f" {rule.name}{only}", ""),
    ]


class Messages:
    """The messages of one report, in which what follows from a mistake is said once a rule."""

    def __init__(self) -> None:
        self._said: set[tuple[str, str]] = set()

    def of(self, finding: Finding) -> str:
        key = finding.rule.code, finding.consequence
        if key in self._said:
            return printable(finding.brief)
        self._said.add(key)
        return printable(finding.message)


def wrapped(text: str, width: int, first: str = "", rest: str | None = None) -> Iterator[str]:
    """Lines of at most ``width`` cells, broken between words only; a longer word has its own.

    They start with ``first``, and from the second on with ``rest``, or as many blanks.
    """
    from rich.cells import cell_len  # a run that finds nothing has nothing to wrap

    line, empty = first, True
    rest = " " * cell_len(first) if rest is None else rest
    for word in text.split():
        if not empty and cell_len(line) + 1 + cell_len(word) > width:
            yield line
            line, empty = rest, True
        line += word if empty else f" {word}"
        empty = False
    yield line
