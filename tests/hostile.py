"""Things with the name of a file that are none, or none that anybody wants to read."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

NO_FILES = ("pipe", "device", "directory", "socket", "sparse")


def make_no_file(path: Path, kind: str) -> None:
    """Put something under a name that only looks like a file; skips where it cannot be made."""
    if os.name != "posix":
        pytest.skip("no such files here")
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "device":
        path.symlink_to("/dev/zero")
    elif kind == "directory":
        path.mkdir()
    elif kind == "socket":
        here = os.getcwd()
        os.chdir(path.parent)  # the name of a socket must be short
        try:
            with socket.socket(socket.AF_UNIX) as made:
                made.bind(path.name)
        finally:
            os.chdir(here)
    else:
        with path.open("wb") as file:
            file.truncate(1 << 40)
