"""Imports that begin in the project and are not there are named; others are not."""

from __future__ import annotations

from pathlib import Path

import pytest

from bnlint.run import Options, check

LAYER = "h = tf.layers.batch_normalization(tf.placeholder(tf.float32, [3, 3]), training=True)\n"


def project(folder: Path, lines: str) -> Path:
    """A package, a folder that is none, and a script with some imports on its second line."""
    for name in ("pkg/__init__.py", "pkg/here.py", "pkg/fast.pyx", "setup.py"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text("")
    (folder / "pkg" / "dynamic").mkdir()
    (folder / "pkg" / "dynamic" / "__init__.py").write_text("def __getattr__(name): return 1\n")
    (folder / "plain").mkdir()
    (folder / "plain" / "here.py").write_text("value = 1\n")
    script = folder / "train.py"
    script.write_text("import tensorflow as tf\n" + lines + LAYER)
    return script


@pytest.mark.parametrize(
    ("lines", "missing"),
    [
        ("import pkg.gone\n", "pkg.gone"),
        ("import pkg.gone as g\n", "pkg.gone"),
        ("from pkg.gone import x\n", "pkg.gone"),
        ("from pkg.sub.gone import x\n", "pkg.sub.gone"),
        ("from pkg import gone\n", "pkg.gone"),
        ("from .gone import x\n", ".gone"),
        ("from . import gone\n", ".gone"),
        ("from .. import gone\n", "..gone"),
        ("import pkg.here\n", None),
        ("from pkg import here\n", None),
        ("from . import pkg\n", None),
        ("from plain import here\n", None),
        ("from plain.gone import x\n", None),  # it may be a library of that name
        ("import keras.layers\nfrom absl import app\nimport yaml\n", None),
        ("from pkg import fast\nfrom pkg.fast import x\n", None),
        ("from pkg import messages_pb2\nfrom pkg.messages_pb2 import x\n", None),
        ("from pkg.dynamic import x\n", None),
        ("try:\n    import pkg.gone as g\nexcept ImportError:\n    g = None\n", None),
        ("try:\n    from pkg import gone\nexcept Exception:\n    gone = None\n", None),
        (
            "try:\n    from pkg.gone import x\nexcept (ValueError, KeyError):\n    x = 1\n",
            "pkg.gone",
        ),
    ],
)
def test_what_is_named(tmp_path: Path, lines: str, missing: str | None) -> None:
    script = project(tmp_path, lines)
    report = check(Options((str(script),))).report
    named = [(one.line, one.reason) for one in report.incomplete]
    line = 3 if lines.startswith("try") else 2
    wanted = [] if missing is None else [(line, f"the import of {missing} was not found")]
    assert named == wanted


def test_of_a_module_that_is_imported(tmp_path: Path) -> None:
    script = project(tmp_path, "import pkg.here\n")
    (tmp_path / "pkg" / "here.py").write_text("\n\nfrom pkg.gone import x\n")
    report = check(Options((str(script),))).report
    assert [(Path(one.path).name, one.line) for one in report.incomplete] == [("here.py", 3)]


def test_of_a_module_that_the_program_can_do_without(tmp_path: Path) -> None:
    lines = "try:\n    import pkg.here\nexcept ImportError:\n    pass\n"
    script = project(tmp_path, lines)
    (tmp_path / "pkg" / "here.py").write_text("from pkg.gone import x\n")
    assert check(Options((str(script),))).report.incomplete == []
