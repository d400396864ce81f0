"""``[tool.bnlint.per-file-ignores]``: rules that are not reported in files of some pattern.

A pattern is a line of a ``.gitignore`` beside the configuration; with a ``!`` before it, it is
about all files that do not match. An entry is about findings that are reported in such a file, not
about those that merely show a line of it, so that it hides nothing that is wrong elsewhere.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from typing import NamedTuple

from bnlint import codes
from bnlint.finding import Finding, Location
from bnlint.source.gitignore import Patterns
from bnlint.suggest import no_rule

KEY = "per-file-ignores"
_MOST_ENTRIES = 1_000


class BadEntry(ValueError):
    """An entry that cannot be followed; the text names the key and what was expected."""


class PerFile(NamedTuple):
    """One entry: ``location`` is where it is written, ``root`` the folder that it is about."""

    pattern: str
    prefixes: tuple[str, ...]
    location: Location
    root: str


def read(value: object, where: str, path: str, root: str, text: str) -> tuple[PerFile, ...]:
    """The entries of the table at ``where`` in the file ``path``, which says ``text``; the patterns
    are those of the folder ``root``. Raises BadEntry."""
    if not isinstance(value, dict):
        raise BadEntry(f"{where}: must be a table of patterns, each with a list of rules")
    if len(value) > _MOST_ENTRIES:
        raise BadEntry(f"{where}: more than {_MOST_ENTRIES:,} patterns")
    found = []
    for pattern, words in value.items():
        here = f"{where}.{pattern!r}"
        if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
            raise BadEntry(f"{here}: must be a list of rules")
        prefixes = []
        for word, prefix in codes.meant(words).items():
            if prefix is None:
                raise BadEntry(f"{here}: {no_rule(word)}")
            prefixes.append(prefix)
        place = _place(pattern, path, text)
        found.append(PerFile(pattern, tuple(prefixes), place, os.path.abspath(root)))
    return tuple(found)


def _place(pattern: str, path: str, text: str) -> Location:
    """Where an entry is written; the parser does not tell, so its key is looked for."""
    table = max(text.find(KEY), 0)
    key = re.escape(pattern)
    match = re.compile(rf"""(?:"{key}"|'{key}'|(?<!\S){key})(?=[ \t]*=)""").search(text, table)
    start, end = match.span() if match is not None else (table, table + len(KEY))
    line = text.count("\n", 0, start) + 1
    first = text.rfind("\n", 0, start) + 1
    return Location(path, line, start - first + 1, line, end - first + 1)


class PerFileIgnores:
    """The entries of a run."""

    def __init__(self, entries: Sequence[PerFile]) -> None:
        self._entries = [
            (entry, Patterns([entry.pattern.removeprefix("!")]), entry.pattern.startswith("!"))
            for entry in entries
        ]

    def silencing(self, code: str, path: str) -> PerFile | None:
        """An entry by which a rule is not reported in a file, given by its absolute path."""
        return next((entry for entry, _ in self._silencing(code, path)), None)

    def unused(
        self,
        files: Collection[str],
        left_out: Collection[str],
        folders: Iterable[str],
        findings: Iterable[Finding],
        looked_for: Callable[[str], bool],
    ) -> Iterator[tuple[Location, str]]:
        """The entries that silence none of the ``findings``, with what is said of each.

        Only entries about what lies below one of the ``folders``, all of whose ``files`` were
        checked, are judged, and of their rules those that were ``looked_for``. One about a file
        that was ``left_out`` may well have its use where that is named.
        """
        used = {
            hit
            for found in findings
            for hit in self._silencing(found.rule.code, found.location.path)
        }
        above = tuple(os.path.join(folder, "") for folder in folders)
        for entry, patterns, other in self._entries:
            if not os.path.join(entry.root, "").startswith(above):
                continue
            idle = [p for p in entry.prefixes if (entry, p) not in used and looked_for(p)]
            if not idle or any(_matches(entry, patterns, other, path) for path in left_out):
                continue
            if any(_matches(entry, patterns, other, path) for path in files):
                said = f"there is no {' or '.join(idle)} in the files that it is about"
            else:
                said = "no file that is checked matches it"
            yield entry.location, f"this entry silences nothing: {said}"

    def _silencing(self, code: str, path: str) -> Iterator[tuple[PerFile, str]]:
        for entry, patterns, other in self._entries:
            hits = [prefix for prefix in entry.prefixes if code.startswith(prefix)]
            if hits and _matches(entry, patterns, other, path):
                yield from ((entry, prefix) for prefix in hits)


def _matches(entry: PerFile, patterns: Patterns, other: bool, path: str) -> bool:
    below = os.path.relpath(path, entry.root)
    if below.startswith(os.pardir + os.sep):
        return False
    return patterns.hides(below, False) is not other
