"""Writing a file so that it is at all times the old one or the new one, or not there yet."""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import tempfile


def replace(path: str, data: bytes) -> None:
    """Replace a regular file (behind a link, what it points to); raises OSError.

    Its mode is kept, and its owner where we may give files away.
    """
    path = os.path.realpath(path)
    before = os.stat(path)
    if not stat.S_ISREG(before.st_mode):  # root may put a file in place of a device
        raise OSError(errno.EINVAL, "Not a regular file", path)
    if not os.access(path, os.W_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), path)
    _put(path, data, before)


def write(path: str, data: bytes) -> None:
    """Write a regular file, be it there already or not; raises OSError."""
    if os.path.exists(path):
        replace(path, data)
    else:
        _put(os.path.realpath(path), data, None)


def write_out(path: str, data: bytes) -> None:
    """Write to where somebody wants to have something: a file, a pipe that is read (as a shell's
    ``>(...)``), or what was named below ``/dev``. Raises OSError.
    """
    try:
        mode = os.stat(path).st_mode
    except FileNotFoundError:
        mode = 0
    named = os.path.abspath(path).startswith("/dev/")  # and is no link that a repository holds
    if stat.S_ISFIFO(mode) or (named and stat.S_ISCHR(mode)):
        _pour(path, data)
    else:
        write(path, data)


def _put(path: str, data: bytes, before: os.stat_result | None) -> None:
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
        if before is not None and hasattr(os, "chown"):
            with contextlib.suppress(PermissionError):
                os.chown(beside, before.st_uid, before.st_gid)
        os.chmod(beside, _usual() if before is None else stat.S_IMODE(before.st_mode))
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
