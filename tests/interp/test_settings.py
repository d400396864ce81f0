"""Settings of many parts that one option chooses: as many combinations as there are settings."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from test_options import findings

from bnlint.interp import analyse
from bnlint.workspace import Workspace

PARTS = ("units", "rate", "momentum", "depth", "scale", "name")
HEAD = """\
import tensorflow as tf
tf.app.flags.DEFINE_string('size', 's0', 'which settings')
FLAGS = tf.app.flags.FLAGS
x = tf.placeholder(tf.float32, [None, 8])
flag = tf.placeholder(tf.bool)
def build(units, rate, momentum, depth, scale, name, training):
    h = x
    for _ in range(depth):
        h = tf.layers.dense(h, units)
        kept = dict(momentum=momentum, epsilon=rate, scale=scale)
        h = tf.layers.batch_normalization(h, training=training, **kept)
    return h
"""
TRAIN = """
loss = tf.reduce_mean(h)
{block}
    train = tf.train.AdamOptimizer().minimize(loss)
with tf.Session() as sess:
    sess.run(train, {{x: first(), flag: True}})
    print(sess.run(h, {{x: second(), flag: False}}))
"""
UPDATES = "with tf.control_dependencies(tf.get_collection(tf.GraphKeys.UPDATE_OPS)):"


def _values(number: int) -> list[object]:
    return [8 + number, number / 10, 0.9 - number / 100, 1 + number, bool(number % 2), f"n{number}"]


def _ladder(count: int) -> str:
    lines = []
    for number in range(count):
        lines.append(f"{'el' if number else ''}if FLAGS.size == 's{number}':")
        lines.append(f"    {', '.join(PARTS)} = {', '.join(map(repr, _values(number)))}")
    return "\n".join(
        [*lines, "else:", "    raise ValueError", f"h = build({', '.join(PARTS)}, flag)"]
    )


def _tuples(count: int) -> str:
    rows = ", ".join(f"'s{number}': {tuple(_values(number))}" for number in range(count))
    parts = ", ".join(PARTS)
    return f"SIZES = {{{rows}}}\n{parts} = SIZES[FLAGS.size]\nh = build({parts}, flag)"


def _dicts(count: int) -> str:
    rows = ", ".join(
        f"'s{number}': {dict(zip(PARTS, _values(number), strict=True))}" for number in range(count)
    )
    return f"SIZES = {{{rows}}}\nh = build(training=flag, **SIZES[FLAGS.size])"


def _classes(count: int) -> str:
    lines = []
    for number in range(count):
        lines.append(f"class S{number}:")
        lines += [f"    {p} = {v!r}" for p, v in zip(PARTS, _values(number), strict=True)]
    given = ", ".join(f"s.{part}" for part in PARTS)
    names = ", ".join(f"'s{number}': S{number}" for number in range(count))
    return "\n".join([*lines, f"s = {{{names}}}[FLAGS.size]()", f"h = build({given}, flag)"])


@pytest.mark.parametrize("write", [_ladder, _tuples, _dicts, _classes])
@pytest.mark.parametrize("right", [True, False])
def test_settings_of_many_parts_are_read_to_their_end(
    tmp_path: Path, write: Callable[[int], str], right: bool
) -> None:
    text = HEAD + write(8) + TRAIN.format(block=UPDATES if right else "if True:")
    path = tmp_path / "program.py"
    path.write_text(text, encoding="utf-8")
    project = analyse([str(path)], Workspace())
    line = text[: text.index("    train = ")].count("\n") + 1
    assert findings(project) == ([] if right else [("BN201", line, "definite")])
    assert project.incomplete == set()
