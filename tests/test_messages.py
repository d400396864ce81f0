"""Messages count truly: how many layers there are, how many are left out, how many are shown."""

from __future__ import annotations

from pathlib import Path

from bnlint.finding import Finding
from bnlint.run import Options, check

LAYER = "h = tf.layers.batch_normalization(h, training=True)\n"


def finding(folder: Path, layers: str, train: str) -> Finding:
    path = folder / "script.py"
    path.write_text(
        "import tensorflow as tf\nh = tf.placeholder(tf.float32, [None, 4])\n"
        f"{layers}loss = tf.reduce_mean(h)\n{train}"
    )
    (one,) = check(Options((str(path),))).report.findings
    return one


def said(one: Finding) -> tuple[str, list[tuple[int, str]]]:
    return one.message, [(related.location.line, related.message) for related in one.related]


UNCHANGED = "a batch-norm layer whose moving statistics never change"
TRAIN = "tf.train.AdamOptimizer().minimize(loss)\n"


def test_three_layers_are_shown(tmp_path: Path) -> None:
    message, places = said(finding(tmp_path, 3 * LAYER, TRAIN))
    assert message.startswith(
        "minimize trains 3 batch-norm layers but nothing runs the update ops:"
    )
    assert places == [(3, UNCHANGED), (4, UNCHANGED), (5, UNCHANGED)]


def test_of_more_layers_the_rest_is_counted(tmp_path: Path) -> None:
    message, places = said(finding(tmp_path, 5 * LAYER, TRAIN))
    assert message.startswith(
        "minimize trains 5 batch-norm layers but nothing runs the update ops:"
    )
    assert places == [(3, UNCHANGED), (4, UNCHANGED), (5, f"{UNCHANGED} (and 2 more)")]


def test_layers_that_are_updated_are_not_counted(tmp_path: Path) -> None:
    early = "updates = tf.get_collection(tf.GraphKeys.UPDATE_OPS)\n"
    guarded = f"with tf.control_dependencies(updates):\n    train = {TRAIN}"
    message, places = said(finding(tmp_path, 2 * LAYER + early + LAYER, guarded))
    assert "runs without the updates of 1 of its 3 batch-norm layers:" in message
    assert [line for line, _ in places] == [6, 5]


FIXTURES = Path(__file__).parent.parent / "fixtures" / "scripts"


def test_a_consequence_is_the_end_of_its_message() -> None:
    """What is said once a rule is said in every message where only that is shown."""
    places = ("guides", "cond", "kwargs/second_position.py", "wrong", "defaults", "keras_layers")
    paths = tuple(str(FIXTURES / place) for place in places)
    found = check(Options(paths, pedantic=True)).report.findings
    told = [one for one in found if one.consequence]
    assert {one.rule.code for one in told} >= {"BN101", "BN102", "BN106", "BN109", "BN201", "BN206"}
    for one in told:
        assert one.message == f"{one.brief}: {one.consequence}"
    assert all(one.brief == one.message for one in found if not one.consequence)
