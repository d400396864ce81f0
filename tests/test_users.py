"""A changed file is judged with the programs of its project that use it."""

from __future__ import annotations

from pathlib import Path

import pytest

from bnlint.run import Options, Outcome, check
from bnlint.users import users_of
from bnlint.workspace import Workspace

NETWORK = """\
import tensorflow as tf


def build(x, is_training):
    return tf.layers.batch_normalization(tf.layers.dense(x, 1), training=is_training)
"""
BARE = """\
import tensorflow as tf


def train_op(loss):
    return tf.train.AdamOptimizer(1e-3).minimize(loss)
"""
GUARDED = """\
import tensorflow as tf


def train_op(loss):
    with tf.control_dependencies(tf.get_collection(tf.GraphKeys.UPDATE_OPS)):
        return tf.train.AdamOptimizer(1e-3).minimize(loss)
"""
MAIN = """\
import tensorflow as tf
from pkg import network, step

x = tf.placeholder(tf.float32, [None, 4])
is_training = tf.placeholder(tf.bool)
loss = tf.reduce_mean(network.build(x, is_training))
train = step.train_op(loss)
with tf.Session() as sess:
    sess.run(train, {x: [[0.0] * 4], is_training: True})
"""


def project(root: Path, step: str, *, mark: str = ".git") -> None:
    (root / "pkg").mkdir()
    (root / mark).mkdir()
    for name, text in {
        "pkg/__init__.py": "",
        "pkg/network.py": NETWORK,
        "pkg/step.py": step,
        "main.py": MAIN,
        "broken.py": "import pkg.step\ndef f(:\n",
    }.items():
        (root / name).write_text(text, encoding="utf-8")


def run(root: Path, *names: str, users: bool = True) -> Outcome:
    return check(Options(paths=[str(root / name) for name in names], users=users))


def found(outcome: Outcome, root: Path) -> list[tuple[str, str, int]]:
    assert outcome.crashes == []
    assert outcome.report.problems == []
    return [
        (f.rule.code, Path(f.location.path).relative_to(root).as_posix(), f.location.line)
        for f in outcome.report.findings
    ]


@pytest.mark.parametrize("mark", [".git", "pyproject.toml"])
def test_a_helper_is_judged_with_the_script_that_ties_it_to_a_network(
    tmp_path: Path, mark: str
) -> None:
    project(tmp_path, BARE, mark=mark)
    assert found(run(tmp_path, "pkg/step.py"), tmp_path) == [("BN201", "pkg/step.py", 5)]
    assert found(run(tmp_path, "pkg/step.py", users=False), tmp_path) == []


def test_a_finding_is_shown_where_one_of_its_places_is_given(tmp_path: Path) -> None:
    project(tmp_path, BARE)
    # The network is a related place of the finding at the step; the script is none.
    assert found(run(tmp_path, "pkg/network.py"), tmp_path) == [("BN201", "pkg/step.py", 5)]
    text = "import tensorflow as tf\nimport main\nfrom pkg import network\n"
    (tmp_path / "other.py").write_text(text, encoding="utf-8")
    (tmp_path / "pkg" / "names.py").write_text("train_op = 'train'\n", encoding="utf-8")
    (tmp_path / "main.py").write_text("from pkg import names\n" + MAIN, encoding="utf-8")
    # No place of it is in the script, but the script shows it without the help of its users.
    assert found(run(tmp_path, "main.py"), tmp_path) == [("BN201", "pkg/step.py", 5)]
    assert found(run(tmp_path, "pkg/names.py"), tmp_path) == []


def test_a_helper_that_keeps_its_guard_is_fine(tmp_path: Path) -> None:
    project(tmp_path, GUARDED)
    assert found(run(tmp_path, "pkg/step.py"), tmp_path) == []


def test_users_beside_a_file_without_a_project(tmp_path: Path) -> None:
    (tmp_path / "network.py").write_text(NETWORK, encoding="utf-8")
    (tmp_path / "step.py").write_text(BARE, encoding="utf-8")
    text = MAIN.replace("from pkg import network, step", "import network, step")
    (tmp_path / "main.py").write_text(text, encoding="utf-8")
    assert found(run(tmp_path, "step.py"), tmp_path) == [("BN201", "step.py", 5)]


def test_what_ties_nothing_brings_no_users(tmp_path: Path) -> None:
    project(tmp_path, BARE)
    (tmp_path / "pkg" / "paths.py").write_text("DATA = '.'\n", encoding="utf-8")
    (tmp_path / "main.py").write_text("from pkg import paths\n" + MAIN, encoding="utf-8")
    outcome = run(tmp_path, "pkg/paths.py")
    assert found(outcome, tmp_path) == []
    assert outcome.report.checked == 0


TRAIN = """\
import tensorflow as tf
from pkg import network

x = tf.placeholder(tf.float32, [None, 4])
y = network.build(x, True)
with tf.control_dependencies(tf.get_collection(tf.GraphKeys.UPDATE_OPS)):
    step = tf.train.AdamOptimizer().minimize(tf.reduce_mean(y))
with tf.Session() as sess:
    sess.run(step, {x: [[1, 2, 3, 4]]})
    print(sess.run(y, {x: [[4, 3, 2, 1]]}))
"""
EVALUATE = """\
import tensorflow as tf
from pkg import network

x = tf.placeholder(tf.float32, [None, 4])
y = network.build(x, False)
with tf.Session() as sess:
    tf.train.Saver().restore(sess, "weights")
    print(sess.run(y, {x: [[4, 3, 2, 1]]}))
"""


@pytest.mark.parametrize("sibling", [True, False])
def test_one_file_is_told_what_the_project_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sibling: bool
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pkg").mkdir()
    (tmp_path / "pkg" / "__init__.py").write_text("")
    (tmp_path / "pkg" / "network.py").write_text(NETWORK)
    (tmp_path / "train.py").write_text(TRAIN)
    if sibling:
        (tmp_path / "evaluate.py").write_text(EVALUATE)
    expected = [] if sibling else [("BN102", 5)]
    for path in (".", "train.py"):
        findings = check(Options(paths=[path], users=True)).report.findings
        assert [(f.rule.code, f.location.line) for f in findings] == expected


def test_a_network_whose_name_is_computed(tmp_path: Path) -> None:
    (tmp_path / "nets").mkdir()
    (tmp_path / ".git").mkdir()
    (tmp_path / "nets" / "small.py").write_text(NETWORK, encoding="utf-8")
    (tmp_path / "nets" / "broken.py").write_text("def build(:\n", encoding="utf-8")
    script = MAIN.replace(
        "from pkg import network, step",
        "import importlib, sys\nnetwork = importlib.import_module('nets.s' + sys.argv[1])",
    ).replace("step.train_op(loss)", "tf.train.AdamOptimizer().minimize(loss)")
    (tmp_path / "main.py").write_text(script, encoding="utf-8")
    for name in ("main.py", "nets/small.py"):
        report = run(tmp_path, name).report
        assert [(f.rule.code, f.location.line) for f in report.findings] == [("BN201", 8)]
        assert report.problems == []


def test_a_script_that_names_nothing_but_the_way_to_a_network(tmp_path: Path) -> None:
    (tmp_path / "nets").mkdir()
    network = NETWORK + "\n\ndef train():\n    x = tf.placeholder(tf.float32, [None, 4])\n"
    network += "    loss = tf.reduce_mean(build(x, True))\n"
    network += "    step = tf.train.AdamOptimizer().minimize(loss)\n    tf.Session().run(step)\n"
    (tmp_path / "nets" / "small.py").write_text(network, encoding="utf-8")
    script = "import importlib, sys\nimportlib.import_module('nets.' + sys.argv[1]).train()\n"
    (tmp_path / "main.py").write_text(script, encoding="utf-8")
    report = run(tmp_path, "main.py").report
    assert [(f.rule.code, f.location.line) for f in report.findings] == [("BN201", 11)]


@pytest.mark.parametrize(
    ("loader", "users"),
    [("loader.py", 2), ("tools/loader.py", 2), ("a/tools/loader.py", 1)],
)
def test_a_computed_name_means_what_lies_near(loader: str, users: int, tmp_path: Path) -> None:
    """A script elsewhere in a large tree that loads a module by a computed name uses no network
    of a project in it."""
    script = "import importlib, sys\nimportlib.import_module(sys.argv[1]).train()\n"
    for name, text in {
        ".git/HEAD": "",
        "nets/net.py": NETWORK,
        "nets/use.py": "import net\n",
        loader: script,
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    found = users_of([str(tmp_path / "nets/net.py")], (), Workspace())
    assert len(found) == users
