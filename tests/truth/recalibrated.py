# mypy: ignore-errors
# ruff: noqa
"""Run in TensorFlow 1.15: trains without updates, then repairs the statistics. Prints JSON."""

import importlib.util
import json
import sys

import numpy as np
import tensorflow as tf

spec = importlib.util.spec_from_file_location("recalibration", sys.argv[1])
recalibration = importlib.util.module_from_spec(spec)
spec.loader.exec_module(recalibration)
fused = sys.argv[2] == "fused"
np.random.seed(0)
tf.set_random_seed(0)
x = tf.placeholder(tf.float32, [None, 4])
y = tf.placeholder(tf.int32, [None])
t = tf.placeholder(tf.bool, [])
h = tf.layers.dense(x, 16)
if fused:
    h = tf.reshape(h, [-1, 1, 1, 16])
h = tf.layers.batch_normalization(h, training=t, fused=fused)
logits = tf.layers.dense(tf.nn.relu(tf.reshape(h, [-1, 16])), 2)
loss = tf.losses.sparse_softmax_cross_entropy(y, logits)
train = tf.train.AdamOptimizer(0.01).minimize(loss)
right = tf.reduce_mean(tf.cast(tf.equal(tf.cast(tf.argmax(logits, 1), tf.int32), y), tf.float32))


def batch(size=64):
    data = np.random.randn(size, 4) * 3 + 20
    return data, (np.abs(data[:, 0] - 20) > 2).astype(int)


def feed(training, size=64):
    data, label = batch(size)
    return {x: data, y: label, t: training}


out = {}
weights = tf.trainable_variables()
moving = [v for v in tf.global_variables() if "moving" in v.name]
with tf.Session() as session:
    session.run(tf.global_variables_initializer())
    for _ in range(600):
        session.run(train, feed(True))
    test = feed(False, 2000)
    out["before"] = float(session.run(right, test))
    old = session.run(weights)
    for name, batches, updates in (
        ("no batches", [], None),
        ("flag is False", [feed(False)], None),
        ("no updates", [feed(True)], []),
    ):
        try:
            recalibration.recalibrate(session, batches, updates)
        except recalibration.CannotRecalibrate as error:
            out[name] = str(error)
    out["restored"] = [float(v.mean()) for v in session.run(moving)]
    out["names"] = recalibration.recalibrate(session, [feed(True) for _ in range(50)])
    out["after"] = float(session.run(right, test))
    out["weights"] = all((a == b).all() for a, b in zip(old, session.run(weights)))
    inputs = [op for op in tf.get_default_graph().get_operations() if op.name == "dense/BiasAdd"]
    everything = session.run(inputs[0].outputs[0], feed(False, 50000))
    mean, variance = session.run(moving)
    out["mean"] = float(np.abs(mean - everything.mean(0)).max() / everything.std(0).max())
    out["variance"] = float(np.abs(variance / everything.var(0) - 1).max())
print(json.dumps(out))
