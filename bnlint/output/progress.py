"""A progress bar for long runs at a terminal."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import TYPE_CHECKING

from bnlint.output import terminal

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

# A run that ends before this never shows a bar, nor pays for importing one.
DELAY = 1.0


class ProgressBar:
    """Called with (done, total); draws on stderr once the run has taken ``DELAY`` seconds."""

    def __init__(self) -> None:
        self._start = time.monotonic()
        self._bar: Progress | None = None
        self._task: TaskID | None = None

    def __enter__(self) -> ProgressBar:
        return self

    def __call__(self, done: int, total: int) -> None:
        if self._bar is None:
            if time.monotonic() - self._start < DELAY:
                return
            from rich.progress import Progress

            self._bar = Progress(console=terminal.console(sys.stderr), transient=True)
            self._task = self._bar.add_task("Analysing", total=total)
            self._bar.start()
        assert self._task is not None
        self._bar.update(self._task, completed=done, total=total)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._bar is not None:
            self._bar.stop()
