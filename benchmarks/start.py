"""What it costs to start: small scripts, and a large tree that has no batch norm.

    python benchmarks/start.py [--tree FOLDER] [--files N] [--runs N] [--ruff RUFF]

Seconds of fresh processes by the clock and of the processor, alternating within a round; medians of
the rounds, and how many times the first they are. On a machine that others use, the processor tells
more. Without ``--tree``, a tree of N modules is made up from Python's own standard library.
"""

from __future__ import annotations

import argparse
import os
import resource
import shutil
import statistics
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

# What the installed command does; `-m` also imports what finds a module to run.
COMMAND = "import sys; from bnlint.launch import main; sys.exit(main())"
BNLINT = [sys.executable, "-c", COMMAND, "check", "--exit-zero", "-q"]
PLAIN = """\
import os


def main():
    for name in sorted(os.listdir()):
        print(name)


main()
"""
SCRIPT = """\
# Digits, with a small network.
import tensorflow as tf


def network(x, is_training):
    h = x
    for units in (64, 32, 16):
        h = tf.layers.dense(h, units, use_bias=False)
        h = tf.layers.batch_normalization(h, training=is_training)
        h = tf.nn.relu(h)
        h = tf.layers.dropout(h, rate=0.5, training=is_training)
    return tf.layers.dense(h, 10)


def main():
    x = tf.placeholder(tf.float32, [None, 784], name="x")
    y = tf.placeholder(tf.int64, [None], name="y")
    is_training = tf.placeholder(tf.bool, [], name="is_training")
    logits = network(x, is_training)
    loss = tf.losses.sparse_softmax_cross_entropy(labels=y, logits=logits)
    right = tf.equal(tf.argmax(logits, 1), y)
    accuracy = tf.reduce_mean(tf.cast(right, tf.float32))

    optimizer = tf.train.AdamOptimizer(1e-3)
    update_ops = tf.get_collection(tf.GraphKeys.UPDATE_OPS)
    with tf.control_dependencies(update_ops):
        train_op = optimizer.minimize(loss)

    mnist = tf.keras.datasets.mnist.load_data()
    (images, labels), test = mnist
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        for step in range(0, len(images), 100):
            feed = {x: images[step:step + 100], y: labels[step:step + 100]}
            sess.run(train_op, {**feed, is_training: True})
        print(sess.run(accuracy, {x: test[0], y: test[1], is_training: False}))


if __name__ == "__main__":
    main()
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--tree")
    parser.add_argument("--files", type=int, default=1000)
    parser.add_argument("--runs", type=int, default=9)
    parser.add_argument("--ruff", default=_ruff())
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder, "train.py")
        script.write_text(SCRIPT, "utf-8")
        plain = Path(folder, "plain.py")
        plain.write_text(PLAIN, "utf-8")
        print(f"a script of {len(SCRIPT.splitlines())} lines, and one without batch norm")
        commands = {
            "python -c pass": [sys.executable, "-c", "pass"],
            "without batch norm": [*BNLINT, str(plain)],
            "known": [*BNLINT, str(script)],
            "with, --no-cache": [*BNLINT, "--no-cache", str(script)],
            "import click": [sys.executable, "-c", "import click"],
            "import libcst": [sys.executable, "-c", "import libcst"],
        }
        time.sleep(2.5)  # what was written just now is not known by its status alone
        compare(commands, options.runs, folder)
        tree = options.tree or made_up(Path(folder, "tree"), options.files)
        files = [path for path in Path(tree).rglob("*.py") if path.is_file()]
        size = sum(path.stat().st_size for path in files)
        print(f"a tree without batch norm: {len(files)} files, {size / 1e6:.1f} MB")
        commands = {"bnlint check": [*BNLINT, tree]}
        if options.ruff:
            commands["ruff check --no-cache"] = [options.ruff, "check", "--no-cache", "-q", tree]
        compare(commands, options.runs, folder)


def _ruff() -> str | None:
    beside = os.path.join(os.path.dirname(sys.executable), "ruff")
    return beside if os.path.isfile(beside) else shutil.which("ruff")


def made_up(folder: Path, number: int) -> str:
    """A tree of ``number`` modules: those of the standard library, several times if need be."""
    library = Path(sysconfig.get_paths()["stdlib"])
    sources = sorted(p for p in library.rglob("*.py") if "site-packages" not in p.parts)
    for place in range(number):
        source = sources[place % len(sources)]
        target = folder / f"part_{place // len(sources)}" / source.relative_to(library)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)
    return str(folder)


def compare(commands: Mapping[str, Sequence[str]], runs: int, folder: str) -> None:
    times: dict[str, list[tuple[float, float]]] = {name: [] for name in commands}
    environment = {
        **os.environ,
        "PYTHONPATH": str(Path(__file__).parents[1]),
        "XDG_CACHE_HOME": os.path.join(folder, "kept"),
    }
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # or all is compiled at each start
    for place in range(runs + 2):
        for name, command in commands.items():
            before, since = _of_children(), time.perf_counter()
            done = subprocess.run(
                command, cwd=folder, env=environment, capture_output=True, check=False
            )
            if done.returncode not in (0, 1):
                raise SystemExit(done.stderr.decode())
            if place > 1:  # the first rounds only warm up
                wall = time.perf_counter() - since
                times[name].append((wall, _of_children() - before))
    first = _medians(next(iter(times.values())))
    for name, seconds in times.items():
        wall, used = _medians(seconds)
        print(
            f"  {name:<22} {wall:6.3f} s {wall / first[0]:6.2f} x"
            f"   processor {used:6.3f} s {used / first[1]:6.2f} x   ({runs} runs)"
        )


def _of_children() -> float:
    """Seconds of the processor that the processes so far took."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _medians(seconds: Sequence[tuple[float, float]]) -> tuple[float, float]:
    walls, used = zip(*seconds, strict=True)
    return statistics.median(walls), statistics.median(used)


if __name__ == "__main__":
    main()
