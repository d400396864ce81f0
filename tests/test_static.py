"""Nothing but ``bnlint.runtime`` imports TensorFlow, though it is installed where the tests run."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parent.parent
SCRIPT = "fixtures/scripts/guides/contrib_adam_nothing_else.py"
GRAPH = "fixtures/graphs/ref_unfused_true_no_updates.meta"

AFTERWARDS = """
import sys
from bnlint.cli import main
code = main(sys.argv[1:])
loaded = {name.partition(".")[0] for name in sys.modules}
bad = loaded & {"tensorflow", "keras", "tf_keras", "tf_slim", "numpy"}
sys.exit(f"imported {bad}" if bad else code)
"""


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["check", SCRIPT], 1),
        (["graph", GRAPH], 1),
        (["checkpoint", "fixtures/graphs/checkpoint-untouched"], 1),
        (["confirm", SCRIPT, GRAPH], 1),
        (["rules"], 0),
    ],
)
def test_no_command_imports_tensorflow(arguments: list[str], code: int) -> None:
    done = subprocess.run(
        [sys.executable, "-c", AFTERWARDS, *arguments],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stderr) == (code, "")


def test_to_import_the_live_api_imports_no_tensorflow() -> None:
    code = "import sys, bnlint.runtime; sys.exit('tensorflow' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=CHECKOUT).returncode == 0
