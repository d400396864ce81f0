"""``check --explain``: the chain of facts behind a finding, and nothing that is not so."""

from __future__ import annotations

import ast
import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from bnlint.cli import main
from bnlint.finding import Finding, Location
from bnlint.run import Options, check

CHECKOUT = Path(__file__).parent.parent
FIXTURES = CHECKOUT / "fixtures" / "scripts"
NET = """\
import tensorflow as tf

def block(h, training):
    return tf.layers.batch_normalization(tf.layers.dense(h, 4), training=training)

def net(h, training):
    return block(h, training)
"""
TRAIN = """\
import tensorflow as tf
from net import net

phase = tf.placeholder(tf.bool)
x = tf.placeholder(tf.float32, [None, 4])
early = tf.get_collection(tf.GraphKeys.UPDATE_OPS)
loss = tf.reduce_mean(tf.square(net(net(x, phase), phase)))
with tf.control_dependencies(early):
    step = tf.train.AdamOptimizer(1e-3).minimize(loss)
with tf.Session() as sess:
    sess.run(step, {phase: True})
"""


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def reasons(text: str) -> list[str]:
    """The steps behind the one finding of a script, without its name."""
    Path("script.py").write_text(text, encoding="utf-8")
    (one,) = check(Options(("script.py",), pedantic=True)).report.findings
    return [
        step.message
        if step.location is None
        else f"{step.location.line}:{step.location.column} {step.message}"
        for step in one.reasoning
    ]


def test_across_files(capsys: pytest.CaptureFixture[str]) -> None:
    Path("net.py").write_text(NET, encoding="utf-8")
    Path("train.py").write_text(TRAIN, encoding="utf-8")
    assert main(["check", "-q", "--explain", "train.py"]) == 1
    out, err = capsys.readouterr()
    assert out[out.index("  because:") :] == (
        "  because:\n"
        "   1. train.py:7:37: this call is entered\n"
        "   2. net.py:7:12: this call is entered\n"
        "   3. net.py:4:12: batch_normalization: training is no constant\n"
        "   4. train.py:4:9: the tensor is made here\n"
        "   5. its update ops are in the collection 'update_ops'\n"
        "   6. train.py:7:33: this call is entered\n"
        "   7. net.py:7:12: this call is entered\n"
        "   8. net.py:4:12: batch_normalization: training is no constant\n"
        "   9. its update ops are in the collection 'update_ops'\n"
        "  10. train.py:9:12: minimize makes the train op, which trains 2 batch-norm layers\n"
        "  11. train.py:6:9: the collection 'update_ops' is read: it does not hold the updates of "
        "these 2 layers, built later;\n"
        "      the train op waits for it\n"
        "  12. train.py:8:6: this block does not wait for the updates of these 2 layers, and the "
        "train op is made in it\n"
        "  13. so the train op does not run the updates of these 2 layers\n"
        "  14. train.py:11:5: the train op is run here, without the updates of these 2 layers\n"
        "  15. train.py:1:1: the script was looked at: it is so on every path where it can be\n\n"
    )
    assert err == ""
    main(["check", "-q", "train.py"])
    assert "because" not in capsys.readouterr().out


def test_in_json(capsys: pytest.CaptureFixture[str]) -> None:
    Path("net.py").write_text(NET, encoding="utf-8")
    Path("train.py").write_text(TRAIN, encoding="utf-8")

    def finding(*arguments: str) -> dict[str, Any]:
        main(["check", "--format", "json", *arguments])
        document = json.loads(capsys.readouterr().out)
        schema = json.loads((CHECKOUT / "docs/findings.schema.json").read_text(encoding="utf-8"))
        Draft202012Validator(schema).validate(document)
        (one,) = document["findings"]
        assert isinstance(one, dict)
        return one

    assert "reasoning" not in finding()
    steps = finding("--explain")["reasoning"]
    assert len(steps) == 15
    assert steps[1] == {
        "path": "net.py",
        "line": 7,
        "column": 12,
        "end_line": 7,
        "end_column": 30,
        "message": "this call is entered",
    }
    assert steps[4] == {"message": "its update ops are in the collection 'update_ops'"}
    main(["check", "--format", "jsonl", "--explain"])
    assert json.loads(capsys.readouterr().out.splitlines()[0])["reasoning"] == steps
    assert main(["check", "--explain", "--format", "sarif"]) == 2
    said = "Error: --explain goes with --format text, json and jsonl\n"
    assert capsys.readouterr().err.endswith(said)


def test_in_a_merged_report(capsys: pytest.CaptureFixture[str]) -> None:
    """What was told once is read and shown as it was, the consequence once a rule, too."""
    Path("net.py").write_text(NET, encoding="utf-8")
    before, _, _ = TRAIN.partition("with tf.control")
    steps = "step = [tf.train.AdamOptimizer(1e-3).minimize(loss),\n"
    steps += "        tf.train.MomentumOptimizer(0.1, 0.9).minimize(loss)]\n"
    steps += "tf.Session().run(step, {phase: True})\n"
    Path("train.py").write_text(before + steps, encoding="utf-8")
    for arguments in ([], ["--explain"]):
        assert main(["check", *arguments]) == 1
        shown = capsys.readouterr().out
        assert main(["check", "--format", "json", *arguments]) == 1
        Path("report.json").write_text(capsys.readouterr().out, encoding="utf-8")
        assert main(["merge", "report.json"]) == 1
        assert capsys.readouterr().out == shown
        assert shown.count("error: BN204") == 2
        assert " ".join(shown.split()).count("training looks fine") == 1


HEAD = "import tensorflow as tf\nx = tf.placeholder(tf.float32, [None, 4])\n"


def test_a_constant_that_is_a_default_and_a_run_that_evaluates() -> None:
    assert reasons(
        HEAD + "def net(h, training=True):\n"
        "    return tf.layers.batch_normalization(h, training=training)\n"
        "y = net(x)\n"
        "with tf.control_dependencies(tf.get_collection(tf.GraphKeys.UPDATE_OPS)):\n"
        "    step = tf.train.AdamOptimizer().minimize(tf.reduce_mean(y))\n"
        "with tf.Session() as sess:\n"
        "    sess.run(step, {x: [[1, 2, 3, 4]]})\n"
        "    print(sess.run(y, {x: [[5, 6, 7, 8]]}))\n"
    ) == [
        "5:5 this call is entered",
        "4:12 batch_normalization: training is the constant True",
        "3:21 the constant is the default of this parameter",
        "its update ops are in the collection 'update_ops'",
        "10:11 this run computes what comes after the layer, and trains nothing",
    ]


def test_a_flag_that_is_missing_in_a_function_that_nothing_calls() -> None:
    assert reasons(
        "import tensorflow as tf\n\ndef net(h):\n    return tf.layers.batch_normalization(h)\n"
    ) == [
        "3:1 nothing calls this, so it is entered",
        "4:12 batch_normalization: training is not passed, and its default is False",
        "it makes no update ops",
    ]


def test_of_two_layers_the_one_that_is_meant() -> None:
    """What holds the updates of another layer does not hold those of this one."""
    assert reasons(
        HEAD + "for name in ('encoder', 'decoder'):\n"
        "    with tf.variable_scope(name):\n"
        "        x = tf.layers.batch_normalization(x, training=True)\n"
        "updates = tf.get_collection(tf.GraphKeys.UPDATE_OPS, scope='encoder')\n"
        "with tf.control_dependencies(updates):\n"
        "    step = tf.train.AdamOptimizer().minimize(tf.reduce_mean(x))\n"
    ) == [
        "5:13 batch_normalization in 'decoder': training is the constant True",
        "its update ops are in the collection 'update_ops'",
        "8:12 minimize makes the train op, which trains 2 batch-norm layers",
        "6:11 the collection 'update_ops' is read below the scope 'encoder': it does not hold the "
        "updates of this layer; the train op waits for it",
        "7:6 this block does not wait for the updates of this layer, and the train op is made in "
        "it",
        "so the train op does not run the updates of this layer",
        "no run of the train op is seen",
        "1:1 the script was looked at: it is so on every path where it can be",
    ]


def test_updates_that_only_the_loss_waits_for() -> None:
    steps = reasons(
        HEAD + "h = tf.layers.batch_normalization(x, training=True)\n"
        "loss = tf.reduce_mean(h)\n"
        "with tf.control_dependencies(tf.get_collection(tf.GraphKeys.UPDATE_OPS)):\n"
        "    loss = tf.identity(loss)\n"
        "step = tf.train.AdamOptimizer().minimize(loss)\n"
    )
    assert steps[3:7] == [
        "5:30 the collection 'update_ops' is read: it holds the updates of this layer; not for "
        "this train op",
        "5:6 this block waits for the updates of this layer, and the train op is not made in it",
        "the value of the loss waits for updates, but a gradient does not need that value",
        "so the train op does not run the updates of this layer",
    ]


def test_on_how_many_paths(capsys: pytest.CaptureFixture[str]) -> None:
    steps = reasons(
        "import sys\n" + HEAD + "h = tf.layers.batch_normalization(x, training=True)\n"
        "updates = []\n"
        "if 'right' in sys.argv:\n"
        "    updates = tf.get_collection(tf.GraphKeys.UPDATE_OPS)\n"
        "with tf.control_dependencies(updates):\n"
        "    step = tf.train.AdamOptimizer().minimize(tf.reduce_mean(h))\n"
    )
    said = "the script was looked at: it is so on 1 of the 2 kinds of paths where it can be"
    assert steps[-1] == f"1:1 {said}"


def test_what_is_not_seen_is_not_denied() -> None:
    steps = reasons(
        "import others\n" + HEAD + "h = tf.layers.batch_normalization(x, training=True)\n"
        "with tf.control_dependencies(others.gathered(tf.get_default_graph())):\n"
        "    step = tf.train.AdamOptimizer().minimize(tf.reduce_mean(h))\n"
        "tf.Session().run([step, others.more()])\n"
    )
    assert steps[2:] == [
        "6:12 minimize makes the train op, which trains a batch-norm layer",
        "it waits for ops that the source does not show",
        "no collection of update ops is read",
        "5:6 this block is not seen to wait for the updates of this layer, and the train op is "
        "made in it",
        "so the train op is not seen to run the updates of this layer",
        "7:1 the train op is run here, with more, but not seen with the updates of this layer",
        "1:1 the script was looked at: it is so on every path where it can be",
    ]


def test_batch_norm_by_hand() -> None:
    assert reasons(
        HEAD + "def norm(h):\n"
        "    mean, variance = tf.nn.moments(h, [0])\n"
        "    return tf.nn.batch_normalization(h, mean, variance, None, None, 1e-3)\n"
        "y = norm(tf.layers.dense(x, 4))\n"
        "step = tf.train.AdamOptimizer().minimize(tf.reduce_mean(y))\n"
    ) == [
        "6:5 this call is entered",
        "4:22 the moments of the batch are computed here",
        "5:12 and normalise here",
    ]


CONDITIONS = """\
import argparse
import tensorflow as tf
parser = argparse.ArgumentParser()
parser.add_argument('--mode')
parser.add_argument('--bn', action='store_true')
parser.add_argument('--other', action='store_true')
args = parser.parse_args()
x = tf.placeholder(tf.float32, [None, 4])
if args.other:
    x = x + 1
if args.bn:
    x = tf.layers.batch_normalization(x, training=True)
loss = tf.reduce_mean(x)
if args.mode == 'train':
    tf.Session().run(tf.train.AdamOptimizer().minimize(loss))
"""


def test_under_which_conditions() -> None:
    assert reasons(CONDITIONS)[-2:] == [
        "15:22 it can only be so where FLAGS.bn and FLAGS.mode == 'train'",
        "1:1 the script was looked at: it is so on every path where it can be",
    ]


def test_what_holds_on_all_paths_of_the_program_is_no_condition() -> None:
    """What leaves the program early is not told of what comes after it."""
    text = CONDITIONS.replace("x = tf.p", "assert args.other\nx = tf.p", 1)
    said = reasons(text)
    assert said[-2] == "16:22 it can only be so where FLAGS.bn and FLAGS.mode == 'train'"


@pytest.mark.parametrize(
    ("condition", "said"),
    [
        ("args.bn or args.other", None),
        ("not args.bn and args.mode == 'big'", "not FLAGS.bn and FLAGS.mode == 'big'"),
        ("args.bn and (args.other or args.mode == 'x')", "FLAGS.bn"),
    ],
)
def test_only_what_all_paths_share_is_a_condition(condition: str, said: str | None) -> None:
    text = CONDITIONS.replace("if args.bn:", f"if {condition}:").replace(
        "if args.mode == 'train':\n    ", ""
    )
    told = [step for step in reasons(text) if "it can only be so" in step]
    assert told == ([] if said is None else [f"14:18 it can only be so where {said}"])


def test_of_many_layers_the_rest_is_counted() -> None:
    layer = "x = tf.layers.batch_normalization(x, training=True)\n"
    steps = reasons(HEAD + 5 * layer + "tf.train.AdamOptimizer().minimize(tf.reduce_mean(x))\n")
    assert "and 2 more layers" in steps


def found() -> list[Finding]:
    places = ("guides", "grouping", "collections", "graph_loops", "keras_layers", "cond", "kwargs")
    paths = tuple(
        str(FIXTURES / place)
        for place in (*places, "name_scopes", "wrong", "handwritten", "layouts", "saving")
    )
    return check(Options(paths, pedantic=True)).report.findings


def shown(place: Location) -> str:
    """The code at a place, as far as its first line."""
    line = Path(place.path).read_text(encoding="utf-8").split("\n")[place.line - 1]
    return line[place.column - 1 : place.end_column - 1 if place.end_line == place.line else None]


def test_constants_and_tensors_are_where_they_are_said_to_be() -> None:
    constants = 0
    for finding in found():
        for before, step in pairwise(finding.reasoning):
            if step.location is None:
                continue
            if step.message.startswith("the constant is "):
                asked, _, value = before.message.partition(" is the constant ")
                written = ast.literal_eval(shown(step.location))
                if " == " in asked or " != " in asked:
                    assert isinstance(written, str), step  # the word that the test compares
                else:
                    assert written == ast.literal_eval(value), step
                constants += 1
            elif step.message == "the tensor is made here":
                assert "tf.placeholder" in shown(step.location), step
            elif step.message == "nothing calls this, so it is entered":
                assert shown(step.location).startswith("def "), step
    assert constants > 3


def test_what_is_told_of_the_fixtures_is_so() -> None:
    """Each place is in its file, and what a train op is said to run fits the finding."""
    told = 0
    for finding in found():
        for step in finding.reasoning:
            told += 1
            if step.location is not None:
                lines = Path(step.location.path).read_text(encoding="utf-8").splitlines()
                assert 1 <= step.location.line <= len(lines), step
        assert len(finding.reasoning) > 1, finding
        said = {step.message for step in finding.reasoning}
        if finding.rule.code in ("BN201", "BN202", "BN203", "BN204", "BN205", "BN206"):
            run = ("does not run", "is not seen to run")
            assert any(f"so the train op {how} the updates of " in s for s in said for how in run)
        if finding.rule.code == "BN202":
            assert (
                "the value of the loss waits for updates, but a gradient does not need that value"
                in said
            )
        if finding.rule.code == "BN206":
            assert "its update ops are in a list of the layer object, and in no collection" in said
    assert told > 200


def test_runs_are_told_with_their_mode_and_their_number() -> None:
    text = """\
import numpy as np
import tensorflow as tf

x = tf.placeholder(tf.float32, [None, 4])
training = tf.placeholder(tf.bool, [])
h = tf.layers.batch_normalization(tf.layers.dense(x, 4), training=training, momentum=MOMENTUM)
with tf.control_dependencies(tf.get_collection(tf.GraphKeys.UPDATE_OPS)):
    step = tf.train.AdamOptimizer().minimize(tf.reduce_mean(tf.square(h)))
with tf.Session() as sess:
    for _ in range(120):
        sess.run(step, {x: np.ones([8, 4]), training: True})
    print(sess.run(h, {x: np.zeros([8, 4]), training: MODE}))
"""
    trained = "11:9 a train op is run here in training mode, with the updates, at most 120 times"
    told = reasons(text.replace("MOMENTUM", "0.999").replace("MODE", "False"))
    assert told[3:5] == [
        trained,
        "12:11 this run computes what comes after in inference mode",
    ]
    told = reasons(text.replace("MOMENTUM", "0.9").replace("MODE", "True"))
    assert told[3:5] == [
        trained,
        "12:11 this run computes what comes after in training mode",
    ]
