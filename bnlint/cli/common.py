"""What all commands share: exit codes, and what is said on standard error."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from bnlint.printable import printable
from bnlint.regular import reason

if TYPE_CHECKING:
    from bnlint.finding import Finding

CLEAN, FOUND, FAILED, INTERRUPTED = 0, 1, 2, 130

TRACEBACK = "BNLINT_TRACEBACK"

# Names and messages of strangers can be of any length; a line for people is not.
_LONGEST = 2_000


class Failure(Exception):
    """A run that cannot start: one line, without the usage of the command."""


class Misuse(Exception):
    """Options that do not go together; click says it with the usage of the command."""


def say(line: str) -> None:
    """A line on standard error, whatever is in it."""
    if len(line) > _LONGEST:
        line = f"{line[:_LONGEST]}…"
    say_as_it_is(f"bnlint: {printable(line)}")


def say_as_it_is(line: str) -> None:
    """The same without a name before it, of what is fit to be printed."""
    sys.stderr.write(line + "\n")
    sys.stderr.flush()


def crash(where: str, error: Exception) -> str:
    """A line on an error of ours, or on what the system refused in the midst of the work."""
    if isinstance(error, OSError | MemoryError):
        refused = "out of memory" if isinstance(error, MemoryError) else reason(error)
        return f"{where}: {refused}" if where else refused
    said = str(error).strip().splitlines()
    parts = [where, type(error).__name__, said[0] if said else ""]
    return f"internal error: {': '.join(part for part in parts if part)}"


def say_crashed(crashes: Sequence[tuple[str, Exception]]) -> None:
    ours = False
    for where, error in crashes:
        if isinstance(error, OSError | MemoryError):
            say(f"error: {crash(where, error)}")
        else:
            ours = True
            say(crash(where, error))
        if os.environ.get(TRACEBACK):
            _say_traceback(error)
    if ours:
        say(f"this is a bug in bnlint; please report it with the output of {TRACEBACK}=1")


def say_failed(error: OSError | MemoryError) -> None:
    """A line on what the system refused, and where."""
    name = getattr(error, "filename", None)
    say_crashed([(os.fsdecode(name) if isinstance(name, str | bytes) else "", error)])


def _say_traceback(error: BaseException) -> None:
    import traceback

    for line in "".join(traceback.format_exception(error)).split("\n"):
        say_as_it_is(printable(line))


def stay_where_we_are() -> None:
    """Raises Failure where the working directory is none, as nothing could be found from there."""
    try:
        os.getcwd()
    except OSError:
        raise Failure("the working directory is gone or closed to you: go to another") from None


def there(paths: Sequence[str]) -> tuple[str, ...]:
    """Those of the paths that exist; the others are said to be missing. Raises Failure where none
    is left."""
    found = tuple(path for path in paths if os.path.lexists(path))
    said = f"{', '.join(path for path in paths if path not in found)}: no such file or directory"
    if paths and not found:
        raise Failure(said)
    if len(found) < len(paths):
        say(f"error: {said}")
    return found


def write_page(path: str, page: str) -> None:
    """Write what ``--html`` asked for. Raises Failure."""
    from bnlint.writing import write_out

    try:
        write_out(path, page.encode("utf-8", "backslashreplace"))
    except OSError as error:
        raise Failure(f"{path}: {reason(error)}") from None


def verdict(code: int, findings: Sequence[Finding], fail_possible: bool) -> int:
    """The exit code of a report: possible findings cost something only if they are to."""
    return FOUND if code == CLEAN and fail_possible and findings else code
