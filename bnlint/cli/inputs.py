"""What a check is asked to look at: paths, or standard input in the place of one."""

from __future__ import annotations

import sys

from bnlint.cli.common import Failure, Misuse, there
from bnlint.regular import reason

STDIN = "<stdin>"


def inputs(
    paths: tuple[str, ...], stdin_filename: str | None
) -> tuple[tuple[str, ...], dict[str, bytes]]:
    """The paths to check, at least one, and what standard input holds of them."""
    if "-" in paths:
        if len(paths) > 1:
            raise Misuse("- cannot be given together with other paths")
        name = stdin_filename or STDIN
        return (name,), {name: _stdin()}
    if stdin_filename is not None:
        raise Misuse("--stdin-filename goes with -, which reads standard input")
    return there(paths) or (".",), {}


def _stdin() -> bytes:
    """Standard input, as much of it as a source may have and a byte more, which is refused."""
    from bnlint.source.read import MAX_BYTES

    if sys.stdin is None:
        raise Failure("standard input is closed: name a file, or give one with <")
    try:
        return sys.stdin.buffer.read(MAX_BYTES + 1)
    except OSError as error:
        raise Failure(f"standard input: {reason(error)}") from None
