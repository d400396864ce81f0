"""Writing a file so that it is at all times the old one or the new one, or not there yet."""

from __future__ import annotations

import contextlib
import os
import stat
import tempfile


def replace(path: str, data: bytes) -> None:
    """Replace a file that is there (behind a link, what it points to), its mode kept.

    Raises OSError.
    """
    path = os.path.realpath(path)
    if not os.access(path, os.W_OK):
        raise PermissionError(13, "Permission denied", path)
    _put(path, data, os.stat(path).st_mode)


def write(path: str, data: bytes) -> None:
    """Write a file that may be there already. What is no file, as a pipe that is given as
    ``/dev/fd/9``, is written to if somebody reads it. Raises OSError.
    """
    try:
        mode = os.stat(path).st_mode
    except FileNotFoundError:
        _put(os.path.realpath(path), data, None)
        return
    if stat.S_ISREG(mode):
        replace(path, data)
    else:
        _pour(path, data)


def _put(path: str, data: bytes, mode: int | None) -> None:
    try:
        handle, beside = tempfile.mkstemp(dir=os.path.dirname(path), prefix=".bnlint-")
    except OSError as error:
        error.filename = path  # nobody knows the other name
        raise
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        os.chmod(beside, _usual() if mode is None else stat.S_IMODE(mode))
        os.replace(beside, path)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):  # interrupted after the last step
            os.unlink(beside)
        raise


def _usual() -> int:
    """The mode of a new file."""
    mask = os.umask(0o077)
    os.umask(mask)
    return 0o666 & ~mask


def _pour(path: str, data: bytes) -> None:
    # To open a pipe that nobody reads would wait for a reader; this says that there is none.
    handle = os.open(path, os.O_WRONLY | getattr(os, "O_NONBLOCK", 0))
    with open(handle, "wb") as stream:
        os.set_blocking(handle, True)
        stream.write(data)
