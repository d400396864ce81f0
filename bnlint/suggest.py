"""What a mistyped word was probably meant to be."""

from __future__ import annotations

from collections.abc import Iterable

from bnlint import codes


def near(word: str, known: Iterable[str]) -> str:
    """``; did you mean …?``, or nothing where no known word resembles it."""
    import difflib  # several milliseconds to import, and needed only after a mistake

    close = difflib.get_close_matches(word, list(known), n=3, cutoff=0.7)
    return f"; did you mean {' or '.join(close)}?" if close else ""


def no_rule(word: str, to: str = "") -> str:
    """What is said of a word that stands for no rule, with the codes or names it resembles.

    ``to`` says what it was wanted for.
    """
    rules = codes.known()
    return f"no rule {word!r}{to}{near(word.upper(), rules) or near(word.lower(), rules.values())}"
