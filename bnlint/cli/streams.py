"""Standard streams that hold: closed, full, or read by somebody who has left, the run goes on.

What a run found must not depend on whether it could be printed.
"""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, TextIO, cast


class Outlet:
    """A text stream that stops writing at the first error and keeps it as ``lost``."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self.lost: OSError | None = None

    def write(self, text: str) -> int:
        if self.lost is None:
            try:
                self._stream.write(text)
            except OSError as error:
                self._give_up(error)
            except ValueError as error:
                self._was_closed(error)
        elif not isinstance(text, str):
            raise TypeError("a text stream")  # so tells click what a stream is
        return len(text)

    def writelines(self, lines: Iterable[str]) -> None:
        for line in lines:
            self.write(line)

    def flush(self) -> None:
        if self.lost is None:
            try:
                self._stream.flush()
            except OSError as error:
                self._give_up(error)
            except ValueError as error:
                self._was_closed(error)

    def __getattr__(self, name: str) -> Any:
        if name == "buffer":
            raise AttributeError(name)  # nobody writes past us
        return getattr(self._stream, name)

    def _give_up(self, error: OSError) -> None:
        self.lost = error
        # Python flushes what is left once more on its way out, and would complain.
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, self._stream.fileno())
        os.close(nowhere)

    def _was_closed(self, error: ValueError) -> None:
        """The language server closes its streams when an editor says so: that is its end."""
        if not self._stream.closed:
            raise error
        self.lost = BrokenPipeError(errno.EPIPE, "closed")

    @property
    def complaint(self) -> str | None:
        """What to say of the error; a reader that has seen enough is none."""
        if self.lost is None or self.lost.errno == errno.EPIPE:
            return None
        return (self.lost.strerror or str(self.lost)).lower()


@contextmanager
def outlets() -> Iterator[tuple[Outlet, Outlet]]:
    """Standard output and standard error, whatever they are, in place of those of ``sys``."""
    before = sys.stdout, sys.stderr
    if None in before:
        _fill()
    out, err = (Outlet(stream or _nowhere()) for stream in before)
    for stream in (out, err):
        # A character that the stream cannot encode must not lose the report.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    sys.stdout, sys.stderr = cast("tuple[TextIO, TextIO]", (out, err))
    try:
        yield out, err
    finally:
        out.flush()
        err.flush()
        sys.stdout, sys.stderr = before


def _nowhere() -> TextIO:
    return open(os.devnull, "w", encoding="utf-8")


def _fill() -> None:
    """Take the numbers of streams that are closed, or the next file to be opened would get one.

    A program that ``bnlint trace`` starts would then print into that file.
    """
    while (handle := os.open(os.devnull, os.O_RDWR)) <= 2:
        os.set_inheritable(handle, True)
    os.close(handle)
