"""Batch norm written by hand, in TensorFlow 1.15: the averages move where they are said to."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

from handwritten import programs

PROGRAM = Path(__file__).with_name("moving.py")
EVERY = 37  # no divisor of the number of ways, so all are among them


def test_a_sample_of_all_forms(tensorflow: Path) -> None:
    sample = list(programs())[::EVERY]
    done = subprocess.run(
        [str(tensorflow), "-W", "ignore", str(PROGRAM)],
        input=json.dumps([program.text for program in sample]),
        capture_output=True,
        text=True,
        check=True,
    )
    moved = json.loads(done.stdout.splitlines()[-1])
    wrong = {p.parts: now for p, now in zip(sample, moved, strict=True) if tuple(now) != p.moves}
    assert wrong == {}
