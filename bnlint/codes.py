"""Sets of rules, as a user names them: codes, prefixes of codes such as ``BN2``, or names."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

# What a file that cannot be read or parsed is reported as. No check finds it, so no check owns it.
UNREADABLE = "BN900"
UNREADABLE_NAME = "unreadable-file"

# What is no mistake, and is told only to those who ask for it by its code.
ON_REQUEST = frozenset({"BN306"})


def matches(code: str, prefixes: Iterable[str]) -> bool:
    return any(code.startswith(prefix) for prefix in prefixes)


def selected(code: str, select: Sequence[str], ignore: Sequence[str]) -> bool:
    """Whether a rule is on: nothing selected is everything, and ``ignore`` has the last word.

    What is told on request only is on if its whole code is selected.
    """
    if code in ON_REQUEST and code not in select:
        return False
    return (not select or matches(code, select)) and not matches(code, ignore)


def meant(words: Iterable[str]) -> dict[str, str | None]:
    """What each word stands for: the code of a rule that it names, or a code or the start of
    codes, in whatever case; None where there is no such rule."""
    words = list(words)
    if not words:
        return {}  # as for most: the names of all pages are not needed
    by_name = {name: code for code, name in known().items()}
    starts = {code[:length] for code in known() for length in range(1, len(code) + 1)}
    found: dict[str, str | None] = {}
    for word in words:
        prefix = by_name.get(word.strip().lower(), word.strip().upper())
        found[word] = prefix if prefix in starts else None
    return found


def known() -> dict[str, str]:
    """Every rule's name by its code, in order of codes."""
    from bnlint import pages

    return dict(sorted({**pages.names(), UNREADABLE: UNREADABLE_NAME}.items()))
