"""Writing a file so that it is at all times the old one or the new one."""

from __future__ import annotations

import errno
import os
import shutil
import stat
import tempfile


def replace(path: str, data: bytes) -> None:
    """Replace a regular file (behind a link, what it points to), its mode kept; raises OSError."""
    path = os.path.realpath(path)
    if not stat.S_ISREG(os.stat(path).st_mode):  # root may put a file in place of a device
        raise OSError(errno.EINVAL, "Not a regular file", path)
    if not os.access(path, os.W_OK):
        raise PermissionError(13, "Permission denied", path)
    handle, beside = tempfile.mkstemp(dir=os.path.dirname(path), prefix=".bnlint-")
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        shutil.copymode(path, beside)
        os.replace(beside, path)
    except BaseException:
        os.unlink(beside)
        raise
