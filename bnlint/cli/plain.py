"""Plain command lines of ``bnlint check``, understood without click.

Paths, and options that take no value, written as they are documented: what hooks and most people
write. All else, be it right or wrong, is left to click, which means the same by these.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bnlint.cli.checking import Asked

FLAGS = {
    "--exit-zero": "exit_zero",
    "--force-exclude": "force_exclude",
    "--isolated": "isolated",
    "--no-cache": "no_cache",
    "--pedantic": "pedantic",
    "--quiet": "quiet",
    "-q": "quiet",
}
"""What the options are called in ``Asked``."""


def understood(argv: Sequence[str]) -> Asked | None:
    """What a command line asks for; None where click has to tell."""
    # On Windows click itself expands the patterns that a shell expands elsewhere.
    if argv[:1] != ["check"] or sys.platform == "win32":
        return None
    options = [word for word in argv[1:] if word.startswith("-")]
    if any(option not in FLAGS for option in options):
        return None
    from bnlint.cli.checking import Asked

    paths = tuple(word for word in argv[1:] if not word.startswith("-"))
    given: dict[str, Any] = {FLAGS[option]: True for option in options}
    return Asked(paths, **given)
