"""The command line. Only this package knows of click; what is slow to import waits for its use.

Click itself takes three times as long to import as Python takes to start, so the command lines that
people and hooks write most are understood without it (``plain.py``).
"""

from __future__ import annotations

import atexit
import gc
import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from bnlint.cli import plain
from bnlint.cli.common import (
    FAILED,
    INTERRUPTED,
    Failure,
    say,
    say_as_it_is,
    say_crashed,
    say_failed,
    stay_where_we_are,
)
from bnlint.cli.streams import outlets

if TYPE_CHECKING:
    from bnlint.cli.checking import Asked

# By this variable a shell asks for what may come next on the command line (click's protocol).
_COMPLETE = "_BNLINT_COMPLETE"


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code; no exception leaves here."""
    # Imports and abstract runs make many objects and little garbage: look for it less often.
    gc.set_threshold(50_000, 20, 20)
    atexit.register(gc.freeze)  # a process that ends needs no last look
    if _COMPLETE in os.environ:
        return _run(argv, None)  # click answers a shell in bytes, which our streams do not take
    with outlets() as (out, _):
        code = _run(argv, plain.understood(sys.argv[1:] if argv is None else argv))
        out.flush()
        if out.complaint:
            say(f"error: standard output: {out.complaint}")
            code = code or FAILED  # nothing else would tell that the report is not whole
    return code


def _run(argv: Sequence[str] | None, asked: Asked | None) -> int:
    try:
        if asked is None:
            from bnlint.cli import commands

            return commands.run(argv)
        from bnlint.cli.checking import check

        stay_where_we_are()
        return check(asked)
    except Failure as failure:
        say(f"error: {failure}")
        return FAILED
    except KeyboardInterrupt:
        say_as_it_is("")  # as click does: what a terminal shows of the keys is no line
        return INTERRUPTED
    except (OSError, MemoryError) as error:
        # A disk that is full, a folder that went away: not ours to mend.
        say_failed(error)
        return FAILED
    except Exception as error:
        say_crashed([("", error)])
        return FAILED
