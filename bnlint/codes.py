"""Sets of rules, as a user names them: whole codes, or prefixes such as ``BN2``."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

# What a file that cannot be read or parsed is reported as. No check finds it, so no check owns it.
UNREADABLE = "BN900"
UNREADABLE_NAME = "unreadable-file"


def matches(code: str, prefixes: Iterable[str]) -> bool:
    return any(code.startswith(prefix) for prefix in prefixes)


def selected(code: str, select: Sequence[str], ignore: Sequence[str]) -> bool:
    """Whether a rule is on: nothing selected is everything, and ``ignore`` has the last word."""
    return (not select or matches(code, select)) and not matches(code, ignore)


def unknown(prefixes: Iterable[str]) -> list[str]:
    """Those of the prefixes that no rule's code starts with."""
    every = known()
    known_prefixes = {code[:length] for code in every for length in range(1, len(code) + 1)}
    return [prefix for prefix in prefixes if prefix not in known_prefixes]


def known() -> list[str]:
    from bnlint import pages

    return sorted({*pages.names(), UNREADABLE})
