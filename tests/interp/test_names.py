"""What a name alone tells: each has a program in which nothing else does."""

from __future__ import annotations

from pathlib import Path

import pytest

from bnlint.run import Options, check

HEAD = """\
import os, sys
import tensorflow as tf

x = tf.placeholder(tf.float32, [None, 4])
t = tf.placeholder(tf.bool)
"""

HOOK = """\
class Moving(tf.train.SessionRunHook):
    def before_run(self, context):
        return tf.train.SessionRunArgs(tf.get_collection(tf.GraphKeys.UPDATE_OPS))
"""

NETWORK = """\
y = tf.layers.batch_normalization(tf.layers.dense(x, 3), training=t)
loss = tf.reduce_mean(tf.square(y))
"""

UNGUARDED = "train = tf.train.AdamOptimizer().minimize(loss)\n"


def found(folder: Path, source: str) -> list[str]:
    path = folder / "script.py"
    path.write_text(HEAD + source, encoding="utf-8")
    report = check(Options((str(path),), pedantic=True)).report
    return [finding.rule.code for finding in report.findings]


@pytest.mark.parametrize(
    "name",
    [
        "training",
        "is_training",
        "train",
        "is_train",
        "phase_train",
        "train_phase",
        "istrain",
        "isTrain",
        "is_train_phase",
        "training_flag",
        "is_training_flag",
        "train_flag",
        "phase",
        "mode_train",
        "bn_train",
        "trainphase",
        "is_phase_train",
        "trainable_mode",
        "istraining",
        "isTraining",
    ],
)
def test_a_parameter_that_is_a_training_flag(tmp_path: Path, name: str) -> None:
    network = """
def network(h, {}):
    return tf.layers.batch_normalization(h)
tf.reduce_mean(network(x, t))
"""
    assert found(tmp_path, network.format(name)) == ["BN103", "BN101"]
    assert found(tmp_path, network.format("other")) == ["BN101"]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("__call__", ["BN201"]),
        ("call", ["BN201"]),
        ("forward", ["BN201"]),
        ("_build", ["BN201"]),
        ("other", []),
    ],
)
def test_a_method_that_a_call_runs(tmp_path: Path, name: str, expected: list[str]) -> None:
    network = f"""
class Network:
    def {name}(self, h):
        return tf.layers.batch_normalization(h, training=t)
loss = tf.reduce_mean(Network()(x))
"""
    assert found(tmp_path, network + UNGUARDED) == expected


@pytest.mark.parametrize(
    ("end", "expected"),
    [
        ("sys.exit()", []),
        ("os._exit(0)", []),
        ("exit()", []),
        ("quit()", []),
        ("print()", ["BN201"]),
    ],
)
def test_a_function_that_ends_the_program(tmp_path: Path, end: str, expected: list[str]) -> None:
    assert found(tmp_path, f"{NETWORK}{end}\n{UNGUARDED}") == expected


@pytest.mark.parametrize(
    ("name", "expected"), [("hooks", []), ("chief_only_hooks", []), ("other", ["BN201"])]
)
@pytest.mark.parametrize(
    "run",
    [
        "with tf.train.MonitoredTrainingSession({}=[Moving()]) as sess:\n    sess.run(train)\n",
        "tf.contrib.training.train(train, 'logs', {}=[Moving()])\n",
    ],
    ids=["session", "loop"],
)
def test_an_argument_that_is_a_hook_of_runs(
    tmp_path: Path, name: str, run: str, expected: list[str]
) -> None:
    assert found(tmp_path, NETWORK + UNGUARDED + HOOK + run.format(name)) == expected


@pytest.mark.parametrize("name", ["training_hooks", "training_chief_hooks"])
def test_an_argument_that_is_a_hook_of_an_estimator(tmp_path: Path, name: str) -> None:
    model = """
def model_fn(features, labels, mode):
    h = tf.layers.dense(features, 3)
    loss = tf.reduce_mean(tf.layers.batch_normalization(h, training=mode == 'train'))
    train = tf.train.AdamOptimizer().minimize(loss, tf.train.get_global_step())
    return tf.estimator.EstimatorSpec(mode, loss=loss, train_op=train, {}=[Moving()])
tf.estimator.Estimator(model_fn).train(lambda: None)
"""
    assert found(tmp_path, HOOK + model.format(name)) == []
    assert "BN201" in found(tmp_path, HOOK + model.format("other"))


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        ("tf.summary.histogram('y', y)", []),
        ("tf.histogram_summary('y', y)", []),
        ("tf.contrib.slim.summaries.add_histogram_summaries([y])", []),
        ("tf.contrib.layers.summarize_activation(y)", []),
        ("tf.identity(y)", ["BN102"]),
    ],
)
def test_a_function_that_only_summarises(tmp_path: Path, seen: str, expected: list[str]) -> None:
    """What looks at a layer of a network for training evaluates nothing."""
    trained = f"""
y = tf.layers.batch_normalization(tf.layers.dense(x, 3), training=True)
loss = tf.reduce_mean(tf.square(y))
with tf.control_dependencies(tf.get_collection(tf.GraphKeys.UPDATE_OPS)):
    train = tf.train.AdamOptimizer().minimize(loss)
seen = {seen}
with tf.Session() as sess:
    sess.run(train, {{x: [[1.0]]}})
    sess.run(seen, {{x: [[2.0]]}})
"""
    assert found(tmp_path, trained) == expected


UNBOUND = """\
def step():
    if os.environ.get("WAIT"):
        updates = tf.get_collection(tf.GraphKeys.UPDATE_OPS)
    try:
        with tf.control_dependencies(updates):
            return tf.train.AdamOptimizer().minimize(loss)
    except {error}:
        return tf.train.AdamOptimizer().minimize(loss)

step()
"""


@pytest.mark.parametrize("error", ["NameError", "UnboundLocalError", "(KeyError, NameError)"])
def test_an_unbound_name_is_caught(tmp_path: Path, error: str) -> None:
    assert found(tmp_path, NETWORK + UNBOUND.format(error=error)) == ["BN201"]


def test_another_handler_takes_no_unbound_name(tmp_path: Path) -> None:
    assert found(tmp_path, NETWORK + UNBOUND.format(error="KeyError")) == []


ELSEWHERE = """\
if mode == "fast":
    rate = 0.1
    train = tf.train.AdamOptimizer(rate).minimize(loss)
elif mode == "slow":
    rate = 0.01
tf.Session().run(train)
tf.train.AdamOptimizer(rate).minimize(loss)
"""


@pytest.mark.parametrize("head", ['mode = "slow"\n', ""])
def test_names_of_elsewhere_leave_a_path(tmp_path: Path, head: str) -> None:
    """Without its settings nobody knows what a module binds, and a step is there on some paths."""
    codes = ["BN201"] if head else ["BN201", "BN201"]
    assert found(tmp_path, NETWORK + head + ELSEWHERE) == codes
