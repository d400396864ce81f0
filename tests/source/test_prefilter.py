"""The bytes of a file tell which files matter, and which files it imports."""

from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bnlint.apis import BUILT_IN
from bnlint.source.prefilter import imported_names, imports_by_value, may_use_batch_norm


@pytest.mark.parametrize(
    "line",
    [
        b"tf.layers.batch_normalization(x)",
        b"slim.batch_norm(x)",
        b"tf.layers.BatchNormalization()",
        b"tf.nn.fused_batch_norm(x)",
        b"normalizer_fn=bn",
        b"net = keras.applications.ResNet50()",
        b"from tensorflow.python.keras import applications",
        b"from layers import batchnorm",
        b"from networks import Batch_Normalization",
        b"m, v = tf.nn.moments(x, [0])",
        b"tf.get_collection(tf.GraphKeys.UPDATE_OPS)",
        b"tf.get_collection('update_ops')",
    ],
)
def test_batch_norm(line: bytes) -> None:
    assert may_use_batch_norm(b"import x\n" + line + b"\n", BUILT_IN.needles)


def test_no_batch_norm() -> None:
    assert not may_use_batch_norm(
        b"import tensorflow as tf\ny = tf.layers.dense(x, 3)\n", BUILT_IN.needles
    )
    assert not may_use_batch_norm(b"", BUILT_IN.needles)
    other = b"import torch.nn as nn\nlayer = nn.BatchNorm2d(3)\n"
    assert not may_use_batch_norm(other, BUILT_IN.needles)
    assert not may_use_batch_norm(other.replace(b"import torch.nn as", b"from mxnet import"), ())
    assert may_use_batch_norm(other + b"import tensorflow as tf\n", BUILT_IN.needles)
    assert may_use_batch_norm(other.replace(b"torch", b"torchless"), BUILT_IN.needles)
    assert not may_use_batch_norm(b"installed_applications = 'moments'\n", BUILT_IN.needles)


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("import a", ["a"]),
        ("import a.b as c, d", ["a.b", "d"]),
        ("from a.b import c, d as e", ["a.b", "a.b.c", "a.b.d"]),
        ("from a import *", ["a"]),
        ("from a import(b)", ["a", "a.b"]),
        ("from . import a", [".", ".a"]),
        ("from .. a . b import c", ["..a.b", "..a.b.c"]),
        ("from ...a import b", ["...a", "...a.b"]),
        ("from.a import b", [".a", ".a.b"]),
        ("from a import (  # (why)\n    b,\n    c as d,  # c)\n)\nx", ["a", "a.b", "a.c"]),
        ("from a import b, \\\n    c\nd", ["a", "a.b", "a.c"]),
        ("from a \\\n  import b", ["a", "a.b"]),
        ("from a import b\r\nimport c\r\n", ["a", "a.b", "c"]),
        ("import a\rimport b\r", ["a", "b"]),
        ("try: import a\nexcept: import b; import c # import d", ["a", "b", "c"]),
        ("if x:\n\timport a  # comment", ["a"]),
        ("import a\nimport a\nfrom a import b", ["a", "a.b"]),
        ("import ünder.a", ["ünder.a"]),
        ("\ufeffimport a\nimport b", ["a", "b"]),
        ("importlib.import_module('a')\nimported = 1\nfromage = 2", []),
        ("x = important\nprint('from a')", []),
        ("yield from a", []),
        ("import 1, a..b, (c", ["c"]),
        ("from a import (b, c", ["a", "a.b", "a.c"]),
        ("", []),
    ],
)
def test_imported_names(source: str, names: list[str]) -> None:
    assert imported_names(source.encode()) == names


WORDS = [
    "from",
    "import",
    "as",
    "a",
    ".",
    ",",
    "(",
    ")",
    "\\",
    "\n",
    "#",
    "'",
    ";",
    ":",
    "*",
    "\xff",
]


@given(st.lists(st.sampled_from(WORDS)))
def test_any_bytes_give_names(parts: list[str]) -> None:
    for name in imported_names(" ".join(parts).encode("latin-1")):
        assert name.lstrip(".").replace(".", "").isidentifier() or not name.strip(".")


def test_long_files_take_no_time() -> None:
    # Each of these would be quadratic with an unbounded expression.
    for piece in (
        b"from a import (\n",
        b"import a, \\\n",
        b"from a ",
        b"import  ",
        b"from a import b,",
    ):
        imported_names(piece * 20_000)


def test_libcst_is_not_imported() -> None:
    code = (
        "import sys, bnlint.source.prefilter, bnlint.source.discover, bnlint.source.read,"
        " bnlint.source.lower, bnlint.source.codec; print('libcst' in sys.modules)"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout == "False\n"


@pytest.mark.parametrize(
    "source",
    [
        "exec(open('net.py').read())\n",
        "exec (code, names)\n",
        "execfile('net.py')\n",
        "exec code in names\n",
        "if x: exec 'import net'\n",
        "a = 1; exec code\n",
        '   "exec code\\n",\n',
        "import_module(name)\n",
    ],
)
def test_what_runs_text_may_import(source: str) -> None:
    assert imports_by_value(source.encode())


@pytest.mark.parametrize(
    "source",
    [
        "def exec(command):\n    pass\n",
        "shell.exec('ls')\n",
        "app.exec_()\n",
        "run('docker exec -it box')\n",
        "os.system('trtexec --onnx net')\n",
        "execute(plan)\n",
        "executor = Executor()\n",
    ],
)
def test_another_s_exec_imports_nothing(source: str) -> None:
    assert not imports_by_value(source.encode())
