"""The folder of the cache: named values, each in a file that is written in one step.

Nothing here fails: what cannot be read is absent, and what cannot be written is not kept. Several
processes may use one folder at once.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import zlib
from typing import Any

from bnlint.regular import MEGABYTE, CannotRead, read_regular
from bnlint.trail import digest

MOST_BYTES = 512 * MEGABYTE
"""How much a folder may hold; beyond it what was not used for the longest time goes."""

_MOST_ENTRY = 64 * MEGABYTE
_KEPT = 0.75  # of what a folder may hold, when room is made
_MAGIC = b"bnlint-cache 1 "
_OURS = re.compile(r"(?:[a-z]+-[0-9a-f]{32}|\.new-[a-z0-9_]+)")
_TAG = (
    "CACHEDIR.TAG",
    "Signature: 8a477f597d28d172789f06886806bc55\n# A cache of bnlint; it may be deleted.\n",
)
_IGNORED = (".gitignore", "# A cache of bnlint\n*\n")


class Store:
    """The entries in ``folder``, which is made when something is written for the first time."""

    def __init__(self, folder: str, most: int = MOST_BYTES) -> None:
        self.folder = folder
        self._most = most
        self._written = False
        self._broken = False

    def get(self, kind: str, key: str) -> Any:
        """The JSON value of an entry, None if there is none or it is not what was written."""
        path = self._path(kind, key)
        try:
            data = read_regular(path, _MOST_ENTRY)
        except CannotRead:
            return None
        head, _, body = data.partition(b"\n")
        if head != _MAGIC + digest(kind.encode(), key.encode(), body).encode():
            return None
        try:
            unpacker = zlib.decompressobj()
            text = unpacker.decompress(body, _MOST_ENTRY)
            value = None if unpacker.unconsumed_tail else json.loads(text)
        except (zlib.error, ValueError, RecursionError, MemoryError):
            return None
        with contextlib.suppress(OSError):
            os.utime(path)  # it was used: others go first
        return value

    def put(self, kind: str, key: str, value: Any) -> None:
        """Keep a JSON value."""
        if self._broken:
            return
        text = json.dumps(value, separators=(",", ":")).encode("ascii")
        body = zlib.compress(text, 1)
        if len(text) > _MOST_ENTRY:
            return
        head = _MAGIC + digest(kind.encode(), key.encode(), body).encode()
        try:
            if not self._written:
                self._prepare()
            _write(self.folder, self._path(kind, key), head + b"\n" + body)
        except OSError:
            self._broken = True  # a full disk, or a folder of somebody else's: it stays so

    def tidy(self) -> None:
        """Make room, if something was written and the folder holds too much."""
        if not self._written:
            return
        found = []
        for path in self._entries():
            with contextlib.suppress(OSError):
                status = os.stat(path)
                found.append((status.st_mtime_ns, status.st_size, path))
        held = sum(size for _, size, _ in found)
        if held <= self._most:
            return
        for _, size, path in sorted(found):
            with contextlib.suppress(OSError):
                os.unlink(path)
            held -= size
            if held <= self._most * _KEPT:
                return

    def clean(self) -> int:
        """Delete the entries, and nothing that is not ours; raises OSError."""
        paths = self._entries()
        for path in paths:
            with contextlib.suppress(FileNotFoundError):  # another process was faster
                os.unlink(path)
        for name, text in (_TAG, _IGNORED):
            path = os.path.join(self.folder, name)
            with contextlib.suppress(CannotRead, FileNotFoundError):
                if read_regular(path, MEGABYTE) == text.encode():
                    os.unlink(path)
        with contextlib.suppress(OSError):  # not empty: others have files there, too
            os.rmdir(self.folder)
        return len(paths)

    def _entries(self) -> list[str]:
        try:
            names = os.listdir(self.folder)
        except (FileNotFoundError, NotADirectoryError):
            return []
        return [os.path.join(self.folder, name) for name in names if _OURS.fullmatch(name)]

    def _path(self, kind: str, key: str) -> str:
        return os.path.join(self.folder, f"{kind}-{key}")

    def _prepare(self) -> None:
        os.makedirs(self.folder, mode=0o700, exist_ok=True)
        self._written = True
        for name, text in (_TAG, _IGNORED):
            path = os.path.join(self.folder, name)
            if not os.path.lexists(path):
                _write(self.folder, path, text.encode())


def _write(folder: str, path: str, data: bytes) -> None:
    import tempfile  # a run that knows its outcome writes nothing

    handle, beside = tempfile.mkstemp(dir=folder, prefix=".new-")
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
        os.replace(beside, path)
    except BaseException:
        os.unlink(beside)
        raise
