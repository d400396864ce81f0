"""What a mistyped word was probably meant to be."""

from __future__ import annotations

from collections.abc import Iterable


def near(word: str, known: Iterable[str]) -> str:
    """``; did you mean …?``, or nothing where no known word resembles it."""
    import difflib  # several milliseconds to import, and needed only after a mistake

    close = difflib.get_close_matches(word, list(known), n=3, cutoff=0.7)
    return f"; did you mean {' or '.join(close)}?" if close else ""
