"""What makes something bigger is not followed beyond a bound, in whatever way it grows."""

from __future__ import annotations

from pathlib import Path

import pytest

from bnlint.checks import CHECKS
from bnlint.interp import analyse
from bnlint.workspace import Workspace

HEAD = "import tensorflow as tf\nx = tf.placeholder(tf.float32, [None, 4])\n"
TAIL = "\ny = tf.layers.batch_normalization(x)\ntrain = tf.train.AdamOptimizer().minimize(y)\n"


@pytest.mark.parametrize(
    "body",
    [
        "d = [0]\nfor i in range(24): d = d + d\nfor i in range(24): d = d + d",
        "d = [0]\nfor i in range(24): d += d\nfor i in range(24): d.extend(d)",
        "d = [0]\nfor i in range(24): d = d * 60",
        "d = [0]\nfor i in range(24): d = [*d, *d]",
        "s = 'ab'\n" + "s = f'{s}{s}'\n" * 40,
        "s = 'ab'\n" + "s = s + s\n" * 40,
        "s = 'ab'\n" + "s = s.replace('a', s)\n" * 40,
        "s = 'ab'\n" + "s = s.join([s, s, s])\n" * 40,
        "s = '%20000000000d' % 1",
        "s = '%*d' % (20000000000, 1)",
        "s = '{:>20000000000}'.format(1)",
        "s = '{:>{}}'.format(1, 20000000000)",
        "s = 'a'.zfill(20000000000) + 'a'.ljust(20000000000) + 'a'.center(20000000000)",
        "s = 'a' * 20000000000",
        "n = 1 << 20000000000",
        "n = 9 ** 9 ** 9 ** 9",
        "for i in range(10 ** 30): s = i",
        "u = tf.get_collection(tf.GraphKeys.UPDATE_OPS, scope='(a+)+$')",
        "u = tf.get_collection(tf.GraphKeys.UPDATE_OPS, scope='a{99999999999}')",
        "\n".join(
            ["class C0:\n    def f(self, t): return t"]
            + [
                f"class C{i}(C{i - 1}):\n    def f(self, t): return super(C{i}, self).f(t)"
                for i in range(1, 400)
            ]
            + ["z = C399().f(x)"]
        ),
    ],
)
def test_what_grows_ends(tmp_path: Path, body: str) -> None:
    path = tmp_path / "program.py"
    text = HEAD + body + TAIL
    path.write_text(text, encoding="utf-8")
    project = analyse([str(path)], Workspace())
    assert project.crashes == []
    found = [(f.rule.code, f.location.line) for c in CHECKS for f in c.check(project)]
    assert found == [("BN101", text.count("\n", 0, text.index("y = tf.layers")) + 1)]
