"""The progress bar, which only long runs at a terminal have."""

from __future__ import annotations

import io
import sys

import pytest

from bnlint.output import progress
from bnlint.output.progress import ProgressBar


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(("delay", "shown"), [(0.0, True), (60.0, False)])
def test_a_bar_on_standard_error_after_a_while(
    monkeypatch: pytest.MonkeyPatch, delay: float, shown: bool
) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setattr(progress, "DELAY", delay)
    monkeypatch.setenv("TERM", "xterm")
    with ProgressBar() as bar:
        bar(0, 3)
        bar(3, 3)
    assert ("Analysing" in terminal.getvalue()) is shown
