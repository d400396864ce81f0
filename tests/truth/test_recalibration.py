"""Moving statistics that were never updated, repaired in TensorFlow 1.15."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from bnlint import recalibration

PROGRAM = Path(__file__).with_name("recalibrated.py")


@pytest.mark.parametrize("kind", ["unfused", "fused"])
def test_accuracy_before_and_after(kind: str, tensorflow: Path) -> None:
    module = str(Path(recalibration.__file__))
    done = subprocess.run(
        [str(tensorflow), "-W", "ignore", str(PROGRAM), module, kind],
        capture_output=True,
        text=True,
        env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"},
    )
    assert done.returncode == 0, done.stderr[-2000:]
    found = json.loads(done.stdout)
    assert found["before"] < 0.7
    assert found["after"] > 0.95
    assert found["weights"]
    assert found["mean"] < 0.05
    assert found["variance"] < 0.1
    assert found["restored"] == [0.0, 1.0]
    assert found["names"] == [
        "batch_normalization/moving_mean",
        "batch_normalization/moving_variance",
    ]
    assert found["no batches"] == "no batches were given"
    assert "its updates change nothing" in found["flag is False"]
    assert "no update ops" in found["no updates"]
