"""What the tests of the graph witness share: graphs with facts, and interpreters with TensorFlow.

TensorFlow 2 is in the environment of the tests (the extra ``dev``), and always run; so is its
Keras 2, as tf_keras, since ``tf.layers`` needs it. TensorFlow 1.15 needs a Python 3.7.
"""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from truth import environment

GRAPHS = Path(__file__).parents[2] / "fixtures" / "graphs"
LEGACY = "TF_USE_LEGACY_KERAS"

# Before anybody imports TensorFlow: its Keras is to be version 2, and it is to be quiet.
os.environ.setdefault(LEGACY, "1")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

needs_tensorflow_2 = pytest.mark.skipif(
    importlib.util.find_spec("tensorflow") is None,
    reason="TensorFlow 2 is not installed (the extra `dev` has it up to Python 3.13)",
)


def facts() -> dict[str, Any]:
    """What was observed when the programs of ``make.py`` were run in TensorFlow 1.15."""
    document: dict[str, Any] = json.loads((GRAPHS / "facts.json").read_text("utf-8"))
    programs: dict[str, Any] = document["programs"]
    return programs


def make(interpreter: str, directory: Path, **variables: str) -> dict[str, Any]:
    """Run ``make.py``, which builds and runs all programs; what was observed."""
    done = subprocess.run(
        [interpreter, "-W", "ignore", str(GRAPHS / "make.py"), str(directory)],
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    document: dict[str, Any] = json.loads((directory / "facts.json").read_text("utf-8"))
    return document


@pytest.fixture(scope="session")
def tf1() -> str:
    """The interpreter of an environment with TensorFlow 1.15."""
    try:
        return str(environment.interpreter())
    except environment.Unavailable as error:
        if environment.required():
            pytest.fail(f"{environment.REQUIRED} is set, but {error}", pytrace=False)
        pytest.skip(f"TensorFlow 1.15 cannot be run: {error}")


@pytest.fixture(
    scope="session",
    params=[
        pytest.param("1.15", marks=pytest.mark.tf1),
        pytest.param("2", marks=needs_tensorflow_2),
    ],
)
def tensorflow_version(request: pytest.FixtureRequest) -> str:
    version: str = request.param
    return version


@pytest.fixture(scope="session")
def interpreter(tensorflow_version: str, request: pytest.FixtureRequest) -> str:
    """An interpreter with TensorFlow 1.15, and one with TensorFlow 2."""
    if tensorflow_version == "2":
        return sys.executable
    found: str = request.getfixturevalue("tf1")
    return found
