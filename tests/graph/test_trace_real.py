"""The recorder in real TensorFlow, 1.15 and 2: the ways into a session, and the ways out.

Another TensorFlow 1 is tried by naming its interpreter in BNLINT_TF115; docs/trace.md says which
were.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from textwrap import dedent

import pytest

from bnlint.graph import trace

PRELUDE = """
import os, signal, sys, threading, time
import numpy as np
import tensorflow as tf
if tf.__version__.startswith("2"):
    tf = tf.compat.v1
    tf.disable_v2_behavior()

def batch():
    return np.random.rand(8, 3).astype("f") + 3

def network(x, training=True):
    return tf.reduce_mean(tf.square(tf.layers.batch_normalization(x, training=training)))

def guarded(loss, **options):
    with tf.control_dependencies(tf.get_collection(tf.GraphKeys.UPDATE_OPS)):
        return tf.train.AdamOptimizer().minimize(loss, **options)

"""

SESSION = """
x = tf.placeholder(tf.float32, [None, 3])
t = tf.placeholder(tf.bool, [])
train = guarded(network(x, t))
session = tf.Session()
session.run(tf.global_variables_initializer())
for _ in range(3):
    session.run(train, {x: batch(), t: True})
"""

STYLES = {
    "session": SESSION,
    "monitored": """
        x = tf.placeholder(tf.float32, [None, 3])
        train = guarded(network(x), global_step=tf.train.get_or_create_global_step())
        with tf.train.MonitoredTrainingSession() as session:
            for _ in range(3):
                session.run(train, {x: batch()})
    """,
    "interactive": """
        x = tf.placeholder(tf.float32, [None, 3])
        train = guarded(network(x))
        tf.InteractiveSession()
        tf.global_variables_initializer().run()
        for _ in range(3):
            train.run({x: batch()})
    """,
    "callable": """
        x = tf.placeholder(tf.float32, [None, 3])
        t = tf.placeholder(tf.bool, [])
        train = guarded(network(x, t))
        with tf.Session() as session:
            session.run(tf.global_variables_initializer())
            step = session.make_callable(train, [x, t])
            for _ in range(3):
                step(batch(), True)
    """,
    "supervisor": """
        x = tf.placeholder(tf.float32, [None, 3])
        train = guarded(network(x))
        with tf.train.Supervisor().managed_session() as session:
            for _ in range(3):
                session.run(train, {x: batch()})
    """,
    "queue runners": """
        queue = tf.train.batch([tf.random_normal([3], 3.0)], 8)
        train = guarded(network(queue))
        with tf.Session() as session:
            session.run(tf.global_variables_initializer())
            coordinator = tf.train.Coordinator()
            threads = tf.train.start_queue_runners(session, coordinator)
            for _ in range(3):
                session.run(train)
            coordinator.request_stop()
            coordinator.join(threads)
    """,
    "training in threads": """
        x = tf.placeholder(tf.float32, [None, 3])
        train = guarded(network(x))
        session = tf.Session()
        session.run(tf.global_variables_initializer())
        def work():
            for _ in range(3):
                session.run(train, {x: batch()})
        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads: thread.start()
        for thread in threads: thread.join()
    """,
    "keras fit": """
        model = tf.keras.Sequential([
            tf.keras.layers.BatchNormalization(input_shape=(3,)), tf.keras.layers.Dense(1)])
        model.compile("sgd", "mse")
        model.fit(np.random.rand(32, 3) + 3, np.random.rand(32, 1), epochs=1, verbose=0)
    """,
    "estimator": """
        def model_fn(features, labels, mode):
            loss = network(features, mode == "train")
            train = guarded(loss, global_step=tf.train.get_global_step())
            return tf.estimator.EstimatorSpec(mode, loss=loss, train_op=train)
        def batches():
            data = tf.data.Dataset.from_tensors(batch()).repeat()
            return data.make_one_shot_iterator().get_next()
        tf.estimator.Estimator(model_fn).train(batches, steps=3)
    """,
    "synchronous replicas": """
        loss = network(tf.random_normal([8, 3], 3.0))
        optimizer = tf.train.SyncReplicasOptimizer(
            tf.train.AdamOptimizer(), 1, total_num_replicas=1)
        with tf.control_dependencies(tf.get_collection(tf.GraphKeys.UPDATE_OPS)):
            train = optimizer.minimize(loss, global_step=tf.train.get_or_create_global_step())
        hooks = [optimizer.make_session_run_hook(True, num_tokens=0)]
        with tf.train.MonitoredTrainingSession(hooks=hooks) as session:
            for _ in range(3):
                session.run(train)
    """,
    "processes that load data": SESSION
    + """
import multiprocessing
if sys.version_info[0] > 2:
    multiprocessing = multiprocessing.get_context("fork")
def load(number):
    return float(number)
pool = multiprocessing.Pool(2)
assert pool.map(load, range(8)) == [float(n) for n in range(8)]
pool.terminate()
pool.join()
session.run(train, {x: batch(), t: True})
""",
    "a forked child": SESSION
    + """
child = os.fork()
if child == 0:
    sys.exit(0)
assert os.waitpid(child, 0)[1] == 0
""",
}


# One for each of the three ways into a session. There are no estimators from 2.16 on.
IN_TENSORFLOW_2 = ("session", "callable", "keras fit")


def write(folder: Path, source: str) -> Path:
    script = folder / "train.py"
    script.write_text(PRELUDE + dedent(source))
    return script


@pytest.mark.parametrize("style", STYLES)
def test_styles(style: str, interpreter: str, tensorflow_version: str, tmp_path: Path) -> None:
    if tensorflow_version == "2" and style not in IN_TENSORFLOW_2:
        pytest.skip("tried in TensorFlow 1.15 only: TensorFlow 2 takes long to start")
    script = write(tmp_path, STYLES[style])
    out = str(tmp_path / "out")
    assert trace.run([interpreter, "-W", "ignore", str(script)], out, watch=True) == 0
    [process] = trace.load(out)
    assert process.notes == []
    report = trace.check(out)
    assert report.findings == []
    assert list(report.moved.values()) == [(2, 2)]
    assert list(report.watched.values()) == [(2, 2)]


INTERRUPTED = 1  # 130 from Python 3.8 on

ENDINGS = {
    "an exception": ("raise RuntimeError('no')", 1),
    "sys.exit": ("sys.exit(3)", 3),
    "Ctrl-C": ("os.kill(os.getpid(), signal.SIGINT); time.sleep(60)", INTERRUPTED),
    "SIGTERM": ("os.kill(os.getpid(), signal.SIGTERM); time.sleep(60)", 143),
    "a handler of its own": (
        "signal.signal(signal.SIGTERM, lambda *_: sys.exit(7))\n"
        "os.kill(os.getpid(), signal.SIGTERM); time.sleep(60)",
        7,
    ),
    "an error in a step": ("session.run(train)", 1),
    "a closed session": ("session.close(); raise SystemExit(5)", 5),
}


@pytest.mark.parametrize("ending", ENDINGS)
def test_endings(ending: str, tf1: str, tmp_path: Path) -> None:
    last, code = ENDINGS[ending]
    script = write(tmp_path, SESSION + last)
    out = str(tmp_path / "out")
    assert trace.run([tf1, "-W", "ignore", str(script)], out) == code
    report = trace.check(out)
    assert report.findings == []
    assert list(report.moved.values()) == [(2, 2)]


@pytest.mark.parametrize(("name", "code"), [("SIGINT", INTERRUPTED), ("SIGTERM", 143)])
def test_signals_to_bnlint(name: str, code: int, tf1: str, tmp_path: Path) -> None:
    """A terminal sends Ctrl-C to both; what stops a job may know of bnlint only."""
    ready = tmp_path / "ready"
    script = write(tmp_path, SESSION + f"open({str(ready)!r}, 'w').close(); time.sleep(60)")
    out = str(tmp_path / "out")
    command = [tf1, "-W", "ignore", str(script)]
    run = f"import sys; from bnlint.graph.trace import run; sys.exit(run({command!r}, {out!r}))"
    both = subprocess.Popen(
        [sys.executable, "-c", run],
        env={**os.environ, "PYTHONPATH": os.getcwd()},
        start_new_session=True,
        stderr=subprocess.DEVNULL,
    )
    while not ready.exists() and both.poll() is None:
        time.sleep(0.1)
    if name == "SIGINT":
        os.killpg(both.pid, signal.SIGINT)
    else:
        both.terminate()
    assert both.wait() == code
    assert list(trace.check(out).moved.values()) == [(2, 2)]


def test_a_sitecustomize_of_the_user(
    tf1: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    theirs = tmp_path / "theirs"
    theirs.mkdir()
    (theirs / "sitecustomize.py").write_text("import os\nos.environ['CHAINED'] = 'yes'\n")
    monkeypatch.setenv("PYTHONPATH", str(theirs))
    script = write(tmp_path, SESSION + "assert os.environ['CHAINED'] == 'yes'")
    out = str(tmp_path / "out")
    assert trace.run([tf1, "-W", "ignore", str(script)], out) == 0
    assert list(trace.check(out).moved.values()) == [(2, 2)]
