"""What is said about source, held against graphs that TensorFlow 1.15 built."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from textwrap import dedent

import pytest

from bnlint.cli import main
from bnlint.confirm import confirm
from bnlint.graph.errors import GraphError
from bnlint.reports import Confirmation

from .conftest import GRAPHS

# One layer `bn`, as in most programs of fixtures/graphs/make.py.
HEAD = """
import tensorflow as tf
t = tf.placeholder(tf.bool, [], name="is_training")
x = tf.placeholder(tf.float32, [None, 3], name="x")
def layer(**how):
    return tf.layers.batch_normalization(x, name="bn", **how)
def updates():
    return tf.control_dependencies(tf.get_collection(tf.GraphKeys.UPDATE_OPS))
sgd = tf.train.GradientDescentOptimizer(0.01)
"""
Run = tuple[list[str], dict[str, object]]
FEED_TRUE = "{t: True, x: [[1., 2., 4.], [3., 5., 9.]]}"
UNGUARDED = "train = sgd.minimize(tf.reduce_mean(layer(training=t) ** 2))"
BOUND_TO_LOSS = """
loss = tf.reduce_mean(layer(training=t) ** 2)
with updates():
    loss = tf.identity(loss, name="guarded_loss")
train = sgd.minimize(loss)
"""
NO_FLAG = """
loss = tf.reduce_mean(layer() ** 2)
with updates():
    train = sgd.minimize(loss)
"""


def script(folder: Path, body: str, *, feed: str = FEED_TRUE) -> str:
    run = """
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        for _ in range(3):
            session.run(train, {feed})
    """
    path = folder / "train.py"
    path.write_text(HEAD + dedent(body) + dedent(run).replace("{feed}", feed), "utf-8")
    return str(path)


def meta(name: str) -> str:
    return str(GRAPHS / f"{name}.meta")


def recording(folder: Path, name: str, runs: Sequence[Run]) -> str:
    """A directory as ``bnlint trace`` writes it, about one of the graphs of the fixtures."""
    inside = folder / "recording" / "process-1"
    inside.mkdir(parents=True)
    shutil.copyfile(meta(name), inside / "graph-0.meta")
    document = {
        "format": 1,
        "graphs": ["graph-0.meta"],
        "runs": [
            {"graph": 0, "fetches": fetches, "feeds": feeds, "count": 3, "errors": 0}
            for fetches, feeds in runs
        ],
    }
    (inside / "trace.json").write_text(json.dumps(document), "utf-8")
    return str(folder / "recording")


def rulings(found: Confirmation) -> list[tuple[str, str]]:
    return [(ruling.finding.rule.code, ruling.status) for ruling in found.rulings]


def unseen(found: Confirmation) -> list[tuple[str, str]]:
    return [(finding.rule.code, finding.confidence) for finding in found.unseen]


def test_confirmed_with_the_node(tmp_path: Path) -> None:
    found = confirm(script(tmp_path, BOUND_TO_LOSS), meta("loss_waits_for_updates"))
    [ruling] = found.rulings
    assert (ruling.finding.rule.code, ruling.status) == ("BN202", "confirmed")
    assert ruling.node == "GradientDescent"
    assert "GradientDescent does not reach bn/cond" in ruling.reason
    assert "which updates bn" in ruling.reason
    assert found.unseen == []
    assert found.exit_code == 1


def test_the_graph_need_not_name_the_same_cause(tmp_path: Path) -> None:
    """Without the collection read, the source says BN201; the graph's BN202 is no news."""
    found = confirm(script(tmp_path, UNGUARDED), meta("loss_waits_for_updates"))
    assert rulings(found) == [("BN201", "confirmed")]
    assert found.unseen == []


def test_refuted(tmp_path: Path) -> None:
    found = confirm(script(tmp_path, UNGUARDED), meta("ref_unfused_placeholder"))
    [ruling] = found.rulings
    assert ruling.status == "refuted"
    assert ruling.node is not None
    assert "AssignMovingAvg" in ruling.node
    assert found.exit_code == 0


def test_updates_that_do_nothing_refute_nothing(tmp_path: Path) -> None:
    fed: list[Run] = [(["GradientDescent"], {"is_training:0": False, "x:0": None})]
    found = confirm(
        script(tmp_path, UNGUARDED), recording(tmp_path, "ref_unfused_placeholder", fed)
    )
    [ruling] = found.rulings
    assert ruling.status == "undecided"
    assert "but changes nothing: is_training is fed False" in ruling.reason
    assert unseen(found) == [("BN104", "definite")]
    assert found.exit_code == 1


def test_a_flag_that_is_missing(tmp_path: Path) -> None:
    path = script(tmp_path, NO_FLAG)
    found = confirm(path, meta("constant_false"))
    assert rulings(found) == [("BN101", "confirmed")]
    assert found.unseen == []  # its BN102 is the same thing
    assert rulings(confirm(path, meta("ref_unfused_placeholder"))) == [("BN101", "refuted")]
    assert rulings(confirm(path, meta("ref_unfused_true_no_updates"))) == [("BN101", "refuted")]


def test_whether_it_is_evaluated_only_a_recording_tells(tmp_path: Path) -> None:
    body = """
    out = layer(training=True)
    with updates():
        train = sgd.minimize(tf.reduce_mean(out ** 2))
    """
    path = Path(script(tmp_path, body))
    path.write_text(path.read_text("utf-8") + "    session.run(out, {x: [[1., 2., 3.]]})\n")
    name = "ref_fused_true_adam_global_step"
    found = confirm(str(path), meta(name))
    assert rulings(found) == [("BN102", "undecided")]
    assert "only a recording tells" in found.rulings[0].reason
    step: Run = (["Adam"], {"x:0": None})
    look: Run = (["bn/FusedBatchNormV3:0"], {"x:0": None})
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    found = confirm(str(path), recording(tmp_path / "one", name, [step, look]))
    assert rulings(found) == [("BN102", "confirmed")]
    found = confirm(str(path), recording(tmp_path / "two", name, [step]))
    assert rulings(found) == [("BN102", "undecided")]


def test_two_train_ops(tmp_path: Path) -> None:
    body = """
    for name in ("one", "two"):
        with tf.variable_scope(name):
            h = tf.layers.batch_normalization(x, training=True, name="bn")
            loss = tf.reduce_mean(h ** 2)
        train = sgd.minimize(loss, var_list=tf.trainable_variables(name))
        with tf.Session() as session:
            session.run(train)
    """
    path = script(tmp_path, body)
    found = confirm(path, meta("second_network_unguarded"))
    [ruling] = found.rulings
    # One claim for both networks of the loop, of which the graph has one wrong.
    assert ruling.status == "confirmed"
    assert ruling.node == "GradientDescent_1"
    assert "1 of 2 layers" in ruling.reason


def test_unsure_which_train_op_is_run(tmp_path: Path) -> None:
    found = confirm(script(tmp_path, UNGUARDED), meta("second_network_unguarded"))
    assert rulings(found) == [("BN201", "undecided")]
    # A name that may be either.
    body = """
    out = tf.layers.batch_normalization(x, training=t, name=open("name").read())
    train = sgd.minimize(tf.reduce_mean(out ** 2))
    """
    found = confirm(script(tmp_path, body), meta("second_network_unguarded"))
    assert rulings(found) == [("BN201", "undecided")]


def test_another_graph_decides_nothing(tmp_path: Path) -> None:
    found = confirm(script(tmp_path, BOUND_TO_LOSS), str(GRAPHS / "frozen.pb"))
    assert rulings(found) == [("BN202", "undecided")]
    assert found.rulings[0].reason == "nothing in this graph trains"


def test_only_the_graph_shows(tmp_path: Path) -> None:
    clean = """
    loss = tf.reduce_mean(layer(training=t) ** 2)
    with updates():
        train = sgd.minimize(loss)
    """
    path = script(tmp_path, clean)
    found = confirm(path, meta("saver_without_statistics"))
    assert found.rulings == []
    assert unseen(found) == [("BN401", "definite")]
    assert found.exit_code == 1
    assert unseen(confirm(path, meta("saver_without_statistics"), ignore=["BN4"])) == []
    # More may be fetched than the train op, as the source may have seen.
    assert unseen(confirm(path, meta("ref_unfused_true_no_updates"))) == [("BN201", "possible")]
    step = recording(
        tmp_path, "ref_unfused_true_no_updates", [(["GradientDescent"], {"x:0": None})]
    )
    assert unseen(confirm(path, step)) == [("BN201", "definite")]
    with pytest.raises(GraphError, match="a recording tells itself"):
        confirm(path, step, fetches=["x"])


def test_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = script(tmp_path, BOUND_TO_LOSS)
    assert main(["confirm", path, meta("loss_waits_for_updates")]) == 1
    said = capsys.readouterr().out
    assert "train.py:14:9: error: BN202 update-ops-bound-to-the-loss: confirmed" in said
    assert "loss_waits_for_updates.meta: GradientDescent does not reach" in said
    assert said.endswith("1 confirmed, 0 refuted, 0 undecided; 0 that only the graph shows.\n")
    assert main(["confirm", path, meta("ref_unfused_placeholder"), "--format", "json"]) == 0
    document = json.loads(capsys.readouterr().out)
    [finding] = document["findings"]
    assert finding["code"] == "BN202"
    assert finding["line"] == 14
    assert finding["ruling"]["status"] == "refuted"
    assert finding["ruling"]["path"].endswith("ref_unfused_placeholder.meta")
    assert document["graph_only"] == []
    assert main(["confirm", path, str(tmp_path / "none.meta")]) == 2
    assert main(["confirm", str(tmp_path / "none.py"), meta("grouped")]) == 2
    assert "none.py: no such file or directory" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (UNGUARDED, ("BN201", "confirmed")),
        (BOUND_TO_LOSS, ("BN202", "confirmed")),
        (NO_FLAG, ("BN101", "confirmed")),
    ],
    ids=["unguarded", "bound to the loss", "no flag"],
)
def test_script_that_really_runs(
    body: str, expected: tuple[str, str], tmp_path: Path, tf1: str
) -> None:
    path = script(tmp_path, body)
    out = str(tmp_path / "recording")
    subprocess.run(
        [sys.executable, "-m", "bnlint", "trace", "--out", out, "--", tf1, path],
        check=False,
        capture_output=True,
        env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"},
        cwd=Path(__file__).parents[2],
    )
    found = confirm(path, out)
    assert rulings(found) == [expected]
    assert found.unseen == []


@pytest.mark.parametrize(
    ("layer", "reason"),
    [
        ('tf.layers.batch_normalization(x, training=t, name="other")', "no layer other"),
        ("tf.layers.batch_normalization(x, training=t)", "not told apart"),
        ("tf.contrib.layers.batch_norm(x, is_training=t)", "not told apart"),
        ('tf.contrib.layers.batch_norm(x, is_training=t, scope="net/bn")', "no layer net/bn"),
    ],
    ids=["another name", "no name", "another library", "another scope"],
)
@pytest.mark.parametrize("graph", ["ref_unfused_placeholder", "loss_waits_for_updates"])
def test_layers_that_the_graph_does_not_have(
    layer: str, reason: str, graph: str, tmp_path: Path
) -> None:
    """The only train op of a graph says nothing of a script that has another network."""
    found = confirm(
        script(tmp_path, f"train = sgd.minimize(tf.reduce_mean({layer} ** 2))"), meta(graph)
    )
    assert rulings(found) == [("BN201", "undecided")]
    assert reason in found.rulings[0].reason


def test_layers_that_the_script_does_not_make(tmp_path: Path) -> None:
    """One name in common does not make two programs one."""
    body = """
    with tf.variable_scope("one"):
        train = sgd.minimize(tf.reduce_mean(layer(training=True) ** 2))
    """
    found = confirm(script(tmp_path, body), meta("second_network_unguarded"))
    assert rulings(found) == [("BN201", "undecided")]
    assert found.rulings[0].reason == (
        "the graph has layers that the script does not make, such as two/bn"
    )


def test_each_layer_of_one_place_is_ruled_on(tmp_path: Path) -> None:
    body = """
    for name in ["one", "two"]:
        with tf.variable_scope(name):
            h = tf.layers.batch_normalization(x, training=True, name="bn")
            loss = tf.reduce_mean(h ** 2)
        train = sgd.minimize(loss, var_list=tf.trainable_variables(name))
    """
    found = confirm(script(tmp_path, body), meta("second_network_unguarded"))
    [ruling] = found.rulings
    assert ruling.layers == (("two/bn", "confirmed"), ("one/bn", "refuted"))
