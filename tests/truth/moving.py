# mypy: ignore-errors
# ruff: noqa
"""Run in TensorFlow 1.15: programs as a JSON list, and of each whether its averages moved."""

import contextlib
import io
import json
import sys

import numpy as np
import tensorflow as tf


class Watching(tf.Session):
    """Notes the values of what is not trained after each run: the first one initialises."""

    def run(self, *args, **kwargs):
        out = super().run(*args, **kwargs)
        weights = {v.name for v in tf.trainable_variables()}
        kept = [v for v in tf.global_variables() if v.name not in weights]
        seen.append(super().run(kept))
        return out


def differ(one, other):
    return any(not np.array_equal(a, b) for a, b in zip(one, other))


tf.Session = Watching
moved = []
for text in json.load(sys.stdin):
    tf.reset_default_graph()
    seen = []
    with contextlib.redirect_stdout(io.StringIO()):
        exec(compile(text, "program.py", "exec"), {})
    moved.append([differ(seen[0], seen[-2]), differ(seen[-2], seen[-1])])
print(json.dumps(moved))
