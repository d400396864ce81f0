"""The harness for atheris: it runs where there is one, and finds what breaks a reader."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("atheris", reason="no atheris for this Python or system")

HARNESS = Path(__file__).with_name("guided.py")


@pytest.mark.parametrize("reader", [".gitignore", "baseline", "source"])
def test_a_reader_is_led_by_what_is_reached(reader: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, HARNESS, reader, "--runs", "150", "--keep", tmp_path / "kept"],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    assert "stat::number_of_executed_units: 150" in done.stderr
    reached = [line for line in done.stderr.splitlines() if "DONE" in line]
    assert int(reached[0].split("cov: ")[1].split()[0]) > 30
    assert list((tmp_path / "kept").iterdir()) == []
