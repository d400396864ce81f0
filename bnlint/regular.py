"""Reading files that are files: a pipe, a device or a socket is refused before it is opened.

Whatever lies in a repository may be read by name: a source, a configuration, a graph. To open a
named pipe waits for somebody to write to it, ``/dev/zero`` behind a link never ends, and a sparse
file of a terabyte costs its maker nothing.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

MEGABYTE = 1 << 20


class CannotRead(Exception):
    """A file that cannot or should not be read. The text is the reason, without the path."""


class TooLarge(CannotRead):
    """A file that is larger than what its kind may be."""


def read_regular(path: str | os.PathLike[str], most: int) -> bytes:
    """The content of a regular file of at most ``most`` bytes; raises ``CannotRead``."""
    handle, size = _opened(path)
    try:
        if size > most:
            raise TooLarge(f"larger than {shown_size(most)}")
        data = os.read(handle, size + 1)
        # Less than was asked for is the end of it, but for files of /proc, which claim to be empty.
        if len(data) > size or not size:
            parts = [data]
            while parts[-1] and sum(map(len, parts)) <= most:
                parts.append(os.read(handle, MEGABYTE))
            data = b"".join(parts)
    except (OSError, ValueError, MemoryError) as error:
        raise CannotRead(reason(error)) from None
    finally:
        os.close(handle)
    if len(data) > most:
        raise TooLarge(f"larger than {shown_size(most)}")
    return data


@contextmanager
def open_regular(path: str | os.PathLike[str]) -> Iterator[BinaryIO]:
    """A regular file, open for reading; raises ``CannotRead``."""
    handle, _ = _opened(path)
    with open(handle, "rb") as file:
        yield file


def _opened(path: str | os.PathLike[str]) -> tuple[int, int]:
    """A handle of a regular file, and its size."""
    try:
        _regular(os.stat(path))  # to open a device may be to use it
        # The path may lead elsewhere by now; and a file of /proc may make its reader wait.
        handle = os.open(path, os.O_RDONLY | _NO_WAIT)
    except (OSError, ValueError) as error:
        raise CannotRead(reason(error)) from None
    try:
        status = os.fstat(handle)
        _regular(status)
    except BaseException:
        os.close(handle)
        raise
    return handle, status.st_size


_NO_WAIT = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)


_NOTHING = (errno.ENOENT, errno.ENOTDIR, errno.ENAMETOOLONG, errno.ELOOP)


def is_there(path: str | os.PathLike[str]) -> bool:
    """Whether something has this name, be it a file or not; never raises."""
    try:
        os.stat(path)
    except OSError as error:
        return error.errno not in _NOTHING
    except ValueError:
        return False
    return True


def _regular(status: os.stat_result) -> None:
    if stat.S_ISDIR(status.st_mode):
        raise CannotRead("is a directory")
    if not stat.S_ISREG(status.st_mode):
        raise CannotRead("not a regular file")


def reason(error: BaseException) -> str:
    """What an error of the operating system says, as part of a line."""
    return (getattr(error, "strerror", None) or str(error) or type(error).__name__).lower()


def shown_size(size: int) -> str:
    return f"{size // MEGABYTE:,} MB" if size >= MEGABYTE else f"{size // 1024:,} kB"
