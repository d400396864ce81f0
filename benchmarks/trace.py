"""What ``bnlint trace`` costs a training step: microseconds, with and without the recorder.

    python -m benchmarks.trace --tensorflow PYTHON [--pairs N] [--steps N]

PYTHON is an interpreter with TensorFlow 1 or 2. A toy network of two layers is trained in a plain
Session, in fresh processes that alternate: without, with, with, without. Each tells the processor
time of its blocks of 100 steps (the lower quartile: a busy machine only adds); the table has each
process, the last line the median of the differences of the pairs. What the recorder costs does not
depend on the size of the network.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from bnlint.graph.trace import DIRECTORY, WATCH

ROOT = Path(__file__).resolve().parent.parent
PROGRAM = """\
import os, sys, time
import numpy as np
import tensorflow as tf
if tf.__version__.startswith("2"):
    tf = tf.compat.v1
    tf.disable_v2_behavior()
x = tf.placeholder(tf.float32, [None, 4])
t = tf.placeholder(tf.bool, [])
h = x
for units in (8, 8):
    w = tf.get_variable("w%d" % len(tf.trainable_variables()), [h.shape[1], units])
    h = tf.layers.batch_normalization(tf.matmul(h, w), training=t)
with tf.control_dependencies(tf.get_collection(tf.GraphKeys.UPDATE_OPS)):
    train = tf.train.GradientDescentOptimizer(0.01).minimize(tf.reduce_mean(tf.square(h)))
options = tf.ConfigProto(intra_op_parallelism_threads=1, inter_op_parallelism_threads=1)
session = tf.Session(config=options)
session.run(tf.global_variables_initializer())
data = np.random.RandomState(0).rand(16, 4).astype("f")
for _ in range(300):
    session.run(train, {x: data, t: True})
clock = getattr(time, "process_time", None) or time.clock
blocks = []
for _ in range(int(sys.argv[1]) // 100):
    start = clock()
    for _ in range(100):
        session.run(train, {x: data, t: True})
    blocks.append((clock() - start) * 1e4)
print(sorted(blocks)[len(blocks) // 2])
"""


def measure(python: str, steps: int, folder: str, recorded: bool) -> float:
    """Microseconds a step, in a process of its own."""
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "TF_USE_LEGACY_KERAS": "1"}
    if recorded:
        shim = Path(folder, "shim")
        shim.mkdir(exist_ok=True)
        source = (ROOT / "bnlint" / "graph" / "shim.py").read_bytes()
        (shim / "sitecustomize.py").write_bytes(source)
        environment |= {"PYTHONPATH": str(shim), DIRECTORY: folder, WATCH: "0"}
    done = subprocess.run(
        [python, "-W", "ignore", "-c", PROGRAM, str(steps)],
        env=environment,
        capture_output=True,
        text=True,
    )
    if done.returncode:
        sys.exit(done.stderr.strip().splitlines()[-1])
    return float(done.stdout.split()[-1])


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--tensorflow", required=True, metavar="PYTHON")
    parser.add_argument("--pairs", type=int, default=6)
    parser.add_argument("--steps", type=int, default=5000)
    chosen = parser.parse_args(arguments)
    differences = []
    print("pair  without   with  difference (us/step)")
    with tempfile.TemporaryDirectory() as folder:
        for pair in range(chosen.pairs):
            took = {}
            for recorded in (False, True) if pair % 2 == 0 else (True, False):
                took[recorded] = measure(chosen.tensorflow, chosen.steps, folder, recorded)
            differences.append(took[True] - took[False])
            print(f"{pair + 1:4}  {took[False]:7.1f}  {took[True]:5.1f}  {differences[-1]:+10.1f}")
    print(f"median difference: {statistics.median(differences):+.1f} us/step")


if __name__ == "__main__":
    main()
