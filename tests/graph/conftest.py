"""What the tests of the graph witness share: the graphs that TensorFlow 1.15 made, with facts."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

GRAPHS = Path(__file__).parents[2] / "fixtures" / "graphs"

# The interpreter of an environment with TensorFlow 1.15; without it, what needs it is skipped.
TF1 = os.environ.get("BNLINT_TF1_PYTHON")


def facts() -> dict[str, Any]:
    """What was observed when the programs of ``make.py`` were run."""
    document: dict[str, Any] = json.loads((GRAPHS / "facts.json").read_text("utf-8"))
    programs: dict[str, Any] = document["programs"]
    return programs


@pytest.fixture
def tf1() -> str:
    if TF1 is None:
        pytest.skip("BNLINT_TF1_PYTHON names no interpreter with TensorFlow 1.15")
    return TF1
