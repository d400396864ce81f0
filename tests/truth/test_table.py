"""The page docs/truth.md has been written since a script was added or taken away."""

from __future__ import annotations

from pathlib import Path

from .cases import LEFT_OUT, name_of, programs, scripts

PAGE = Path(__file__).parents[2] / "docs" / "truth.md"


def test_every_script_has_a_row(tensorflow: Path) -> None:
    """Asked only where TensorFlow 1.15 is, since without it the page cannot be written."""
    wanted = [name_of(script) for script in scripts()]
    wanted += [script.stem for script in programs()]
    rows = [
        line.split(" | ")[0].removeprefix("| ") for line in PAGE.read_text("utf-8").splitlines()
    ]
    assert sorted({*wanted, *LEFT_OUT} - {*rows}) == []
