"""Fixes in TensorFlow 1.15: the broken program leaves its moving mean alone, the fixed moves it."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from bnlint.cli import main

HEAD = """\
import numpy as np
import tensorflow as tf
x = tf.placeholder(tf.float32, [None, 4])
h = tf.layers.dense(x, 4)
"""
TAIL = """
sess = tf.Session()
sess.run(tf.global_variables_initializer())
for _ in range(3):
    sess.run(train, {x: np.arange(32.0).reshape(8, 4)})
mean = [v for v in tf.global_variables() if 'moving_mean' in v.name][0]
print('MOVED' if np.any(sess.run(mean) != 0) else 'STILL')
"""
GUARD = "with tf.control_dependencies(tf.get_collection(tf.GraphKeys.UPDATE_OPS)):\n    "
STEP = "train = tf.train.AdamOptimizer(1e-3).minimize(tf.reduce_mean(h ** 2))\n"
GRADIENTS = """\
optimizer = tf.train.AdamOptimizer(1e-3)
pairs = optimizer.compute_gradients(tf.reduce_mean(h ** 2))
train = optimizer.apply_gradients(pairs)
"""
RIGHT = "h = tf.layers.batch_normalization(h, training=True)\n"
CONTRIB = "h = tf.contrib.layers.batch_norm(h, {})\n"

PROGRAMS = {
    "minimize": RIGHT + STEP,
    "apply_gradients": RIGHT + GRADIENTS,
    "keyword": CONTRIB.format("True") + GUARD + STEP,
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_the_fixed_program_moves_its_statistics(
    name: str, tensorflow: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    script = tmp_path / "train.py"
    script.write_text(HEAD + PROGRAMS[name] + TAIL)
    assert _run(tensorflow, script) == "STILL"
    assert main(["check", "-q", "--fix", "--select", "BN109,BN201", "train.py"]) == 0
    assert _run(tensorflow, script) == "MOVED"


def _run(python: Path, script: Path) -> str:
    done = subprocess.run([python, script], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout.strip()
