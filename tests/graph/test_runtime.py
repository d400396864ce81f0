"""The live API, with real TensorFlow 2 (``compat.v1``); all but the first test need it."""

from __future__ import annotations

import importlib
import re
import sys
from typing import Any

import pytest

from bnlint import runtime
from bnlint.runtime import (
    GraphError,
    TensorFlowMissing,
    UpdatesNotRun,
    assert_updates_run,
    check_graph,
)

from .conftest import needs_tensorflow_2

# What tf_keras says of every layer here.
pytestmark = pytest.mark.filterwarnings("ignore:`tf.layers:UserWarning")


def test_without_tensorflow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tensorflow", None)
    with pytest.raises(TensorFlowMissing, match="cannot be imported"):
        check_graph()
    with pytest.raises(ImportError):
        assert_updates_run("train")


@pytest.fixture
def tf() -> Any:
    return importlib.import_module("tensorflow").compat.v1


class Net:
    """Two layers, and a train op that waits for the updates of those that are named."""

    def __init__(self, tf: Any, awaited: str | None = "", training: Any = None) -> None:
        self.graph = tf.Graph()
        with self.graph.as_default():
            self.x = tf.placeholder(tf.float32, [None, 4], name="x")
            self.flag = tf.placeholder(tf.bool, [], name="is_training")
            flag = self.flag if training is None else training(tf)
            h = tf.layers.batch_normalization(self.x, training=flag, name="bn1")
            h = tf.layers.batch_normalization(tf.layers.dense(h, 3), training=flag, name="bn2")
            self.loss = tf.reduce_mean(tf.square(h))
            updates = []
            if awaited is not None:
                updates = tf.get_collection(tf.GraphKeys.UPDATE_OPS, scope=awaited)
            with tf.control_dependencies(updates):
                optimizer = tf.train.GradientDescentOptimizer(0.1)
                self.train_op = optimizer.minimize(self.loss, name="train")
            self.updates = tf.group(*tf.get_collection(tf.GraphKeys.UPDATE_OPS), name="updates")


@needs_tensorflow_2
class TestLive:
    def test_a_guarded_step_passes(self, tf: Any) -> None:
        net = Net(tf)
        assert_updates_run(net.train_op)
        found = check_graph(net.graph)
        assert found.report.findings == []
        assert found.exit_code == 0
        assert [row.name for row in found.layers] == ["bn1", "bn2"]
        assert [(r.name, r.moved, r.total) for r in found.train_ops] == [("train", 4, 4)]

    def test_an_unguarded_step(self, tf: Any) -> None:
        net = Net(tf, awaited=None)
        with pytest.raises(UpdatesNotRun) as caught:
            assert_updates_run(net.train_op)
        assert caught.value.layers == ("bn1", "bn2")
        first, second, _ = str(caught.value).splitlines()
        assert first == (
            "train does not update the moving statistics of 2 of the 2 batch-norm layers that it "
            "trains:"
        )
        assert second.startswith("  bn1 (")
        assert "test_runtime.py:" in second
        assert re.search(r"\): bn1/\S*AssignMovingAvg\S* is not reached$", second)
        # A report of the file kind, with the same rules.
        [finding] = check_graph(net.graph).report.findings
        assert (finding.rule.code, finding.location.node) == ("BN201", "train")
        assert finding.location.path == runtime.LIVE

    def test_one_of_two_layers(self, tf: Any) -> None:
        with pytest.raises(UpdatesNotRun, match="1 of the 2") as caught:
            assert_updates_run(Net(tf, awaited="bn1").train_op)
        assert caught.value.layers == ("bn2",)

    def test_fetches_count_together(self, tf: Any) -> None:
        net = Net(tf, awaited=None)
        assert_updates_run([net.train_op, {"also": net.updates}, net.loss])
        assert check_graph(fetches=[net.train_op, net.updates]).exit_code == 0
        with net.graph.as_default():
            assert_updates_run(["train", "updates"])

    def test_a_layer_in_inference_mode(self, tf: Any) -> None:
        net = Net(tf, training=lambda tf: False)
        with pytest.raises(UpdatesNotRun, match="it has no updates, its training flag is False"):
            assert_updates_run(net.train_op)
        assert_updates_run(net.train_op, frozen=["bn1", "bn2/"])
        with pytest.raises(UpdatesNotRun) as caught:
            assert_updates_run(net.train_op, frozen="bn2")
        assert caught.value.layers == ("bn1",)

    def test_what_is_fed_tells_more(self, tf: Any) -> None:
        def default_false(tf: Any) -> Any:
            return tf.placeholder_with_default(False, [], name="phase")

        net = Net(tf, training=default_false)
        assert_updates_run(net.train_op)  # somebody may feed True
        with pytest.raises(UpdatesNotRun, match="phase is False unless it is fed"):
            assert_updates_run(net.train_op, feeds={net.x: [[1.0]]})
        assert_updates_run(net.train_op, feeds={net.x: [[1.0]], "phase:0": True})
        told = check_graph(net.graph, net.train_op, feeds={net.x: [[1.0]]})
        assert [finding.rule.code for finding in told.report.findings] == ["BN104"]
        assert check_graph(net.graph, feeds={"x:0": None, "phase:0": True}).exit_code == 0

    def test_another_graph_is_no_obstacle(self, tf: Any) -> None:
        net = Net(tf)
        with tf.Graph().as_default():
            assert_updates_run(net.train_op)
            with pytest.raises(GraphError, match="it is empty"):
                check_graph()

    def test_what_is_not_in_the_graph(self, tf: Any) -> None:
        net = Net(tf)
        with pytest.raises(GraphError, match="nothere"):
            check_graph(net.graph, "nothere")
        with pytest.raises(GraphError):
            check_graph(net.graph, Net(tf).train_op)
        with pytest.raises(GraphError, match="Mean: not a train op"):
            assert_updates_run(net.loss)

    def test_the_graph_stays_as_it_was(self, tf: Any) -> None:
        net = Net(tf)
        before = len(net.graph.get_operations())
        net.graph.finalize()
        check_graph(net.graph)
        assert len(net.graph.get_operations()) == before

    def test_resource_variables_in_a_real_step(self, tf: Any) -> None:
        tf.enable_resource_variables()
        try:
            net, unguarded = Net(tf), Net(tf, awaited=None)
        finally:
            tf.disable_resource_variables()
        assert_updates_run(net.train_op)
        with pytest.raises(UpdatesNotRun):
            assert_updates_run(unguarded.train_op)
        with net.graph.as_default(), tf.Session() as session:
            session.run(tf.global_variables_initializer())
            session.run(net.train_op, {net.x: [[1.0, 2, 3, 4]], net.flag: True})
            [mean] = [v for v in tf.global_variables() if v.op.name == "bn1/moving_mean"]
            assert session.run(mean).any()
