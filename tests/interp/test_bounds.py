"""Whatever the checked code does, an abstract run ends, and says so where it gave up."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bnlint.checks import CHECKS
from bnlint.interp import analyse, by_hand, cases, explore, guards, snapshot, why
from bnlint.model import Project
from bnlint.outcome import Incomplete
from bnlint.workspace import Workspace

HEAD = """\
import tensorflow as tf
x = tf.placeholder(tf.float32, [None, 4])
"""
TAIL = """
loss = tf.reduce_mean(y)
train = tf.train.AdamOptimizer().minimize(loss)
"""


def run(folder: Path, text: str) -> Project:
    path = folder / "program.py"
    path.write_text(text)
    project = analyse([str(path)], Workspace())
    assert project.crashes == []
    return project


def codes(project: Project) -> list[tuple[str, int]]:
    return sorted(
        (finding.rule.code, finding.location.line)
        for check in CHECKS
        for finding in check.check(project)
    )


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("def f(n): return g(n) or g(n)\ndef g(n): return f(n)\ny = f(x)\n", []),
        ("y = x\nwhile True:\n    y = tf.layers.batch_normalization(y)\n", [("BN101", 5)]),
        ("while True:\n    while True:\n        pass\ny = x\n", []),
        ("a = [1]\nfor i in range(10**9):\n    a = a + a\ny = x\n", []),
        ("n = 2\nfor i in range(10**9):\n    n = n ** n\ny = x\n", []),
        ("s = 'x'\nfor i in range(10**9):\n    s = s + s\ny = x\n", []),
        ("a = []\na.append(a)\nd = {'d': a}\nprint(a == a, a in a, d)\ny = x\n", []),
        ("class A(A): pass\nclass B(B2): pass\nclass B2(B): pass\nB2()\ny = x\n", []),
        ("class A:\n    def __getattr__(self, n): return getattr(self, n)\ny = A().z\n", []),
        ("f = lambda g: g(g)\ny = f(f)\n", []),
        ("def g():\n    while True:\n        yield x\nfor y in g():\n    pass\n", []),
        (
            "import contextlib\n@contextlib.contextmanager\ndef c():\n"
            "    with c():\n        yield\nwith c():\n    y = tf.layers.batch_normalization(x)\n",
            [("BN101", 9)],
        ),
    ],
)
def test_endless_programs_end(tmp_path: Path, body: str, expected: list[tuple[str, int]]) -> None:
    assert codes(run(tmp_path, HEAD + body + TAIL)) == expected


def test_a_budget_that_runs_out_is_noted(tmp_path: Path) -> None:
    calls = "".join(f"def f{i}(t):\n    return f{i + 1}(t)\n" for i in range(100))
    project = run(tmp_path, HEAD + calls + "y = f0(x)\n" + TAIL)
    path = str(tmp_path / "program.py")
    reason = "the script: calls nested deeper than 60 were not followed"
    assert project.incomplete == {Incomplete(path, 1, reason)}


def test_a_budget_for_all_functions_goes_to_those_nearest_to_a_layer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(explore, "OPEN_STEPS", 300)
    far = "".join(
        f"def far{i}(t):\n    for _ in range(9):\n        t = far_layer(t) + i\n    return t\n"
        for i in range(20)
    )
    layers = (
        "def far_layer(t):\n    return near_layer(t)\n"
        "def near_layer(t):\n    return t if FLAGS.plain else own_layer(t)\n"
        "def own_layer(t):\n    return tf.layers.batch_normalization(t, training=True)\n"
    )
    near = "def near(t):\n    y = tf.layers.batch_normalization(t)\n" + TAIL.replace("\n", "\n    ")
    project = run(tmp_path, HEAD + layers + far + near)
    assert codes(project) == [("BN101", 90)]
    left = [i.reason.split(" ")[0] for i in project.incomplete]
    assert "near" not in left
    assert len(left) > 10


def test_forty_options_are_looked_at_together(tmp_path: Path) -> None:
    layers = "".join(
        f"if FLAGS.a{i}:\n    y = tf.layers.batch_normalization(y, training=flag)\n"
        for i in range(40)
    )
    flag = "flag = tf.placeholder(tf.bool)\ny = x\n"
    project = run(tmp_path, HEAD + flag + layers + TAIL)
    assert project.incomplete == set()
    assert codes(project) == [("BN201", 87)]


OPTIONS = """\
if FLAGS.wide:
    y = x + 1.
else:
    y = x * 2.
mean, variance = tf.nn.moments(y, [0])
ema = tf.train.ExponentialMovingAverage(0.9 if FLAGS.slow else 0.5)
kept = ema.apply([mean, variance])
if FLAGS.collected:
    tf.add_to_collection(FLAGS.key if FLAGS.own else "mine", [kept] if FLAGS.listed else kept)
y = tf.nn.batch_normalization(y, mean, variance, None, None, 1e-3)
if FLAGS.layer:
    y = tf.layers.batch_normalization(y, training=FLAGS.train)
updates = tf.get_collection(tf.GraphKeys.UPDATE_OPS if FLAGS.all else "mine")
if FLAGS.awaited:
    y = tf.identity(y) if FLAGS.same else y
"""


@pytest.mark.parametrize("spent", range(0, 260, 9))
def test_conditions_may_be_too_many_anywhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, spent: int
) -> None:
    """While the program runs, and when what it built is looked at."""
    monkeypatch.setattr(guards.Guards.__init__, "__defaults__", (spent,))
    for module in (by_hand, cases, snapshot, why):
        monkeypatch.setattr(module, "MOST_JUDGING", spent // 20)
    run(tmp_path, HEAD + OPTIONS + TAIL)  # no crash


def test_a_program_with_too_many_conditions_still_has_hand_written_layers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guards.Guards.__init__, "__defaults__", (60,))
    project = run(tmp_path, HEAD + OPTIONS + TAIL + OPTIONS)
    assert [i.reason for i in project.incomplete] == [
        "the script: too many combinations of conditions to follow"
    ]
    assert any(
        layer.flavour == "nn" for state in project.programs[0].states for layer in state.layers
    )


def test_cyclic_imports_end(tmp_path: Path) -> None:
    (tmp_path / "one.py").write_text("import two\nfrom two import *\nimport one\n")
    (tmp_path / "two.py").write_text(
        "from one import *\nimport tensorflow as tf\n"
        "def net(x):\n    return tf.layers.batch_normalization(x)\n"
    )
    text = "from one import *\nimport two\n" + HEAD + "y = two.net(x)\n" + TAIL
    assert codes(run(tmp_path, text)) == [("BN101", 4)]


_NAMES = st.sampled_from(["x", "y", "f", "tf", "update_ops", "is_training"])
_ATOMS = st.one_of(_NAMES, st.sampled_from(["None", "True", "0", "'a'", "[]", "{}", "x.shape"]))
_CALLS = st.sampled_from(
    [
        "tf.layers.batch_normalization({0}, training={1})",
        "tf.contrib.layers.batch_norm({0}, {1})",
        "tf.get_collection({0}, {1})",
        "tf.group({0}, {1})",
        "tf.train.AdamOptimizer().minimize({0}, var_list={1})",
        "tf.cond({0}, lambda: {1}, f)",
        "tf.contrib.layers.conv2d({0}, 3, normalizer_fn={1})",
        "tf.nn.moments({0}, {1})",
        "tf.Session().run({0}, {1})",
        "f({0}, *{1})",
        "f(**{0})",
        "({0} + {1})",
        "({0} in {1})",
        "{0}[{1}]",
        "[i for i in {0} if {1}]",
        "getattr({0}, {1})",
        "{0}.append({1})",
    ]
)


@st.composite
def _expressions(draw: st.DrawFn) -> str:
    text = draw(_ATOMS)
    for _ in range(draw(st.integers(0, 3))):
        text = draw(_CALLS).format(text, draw(_ATOMS))
    return text


_STATEMENTS = st.one_of(
    st.builds("{} = {}".format, _NAMES, _expressions()),
    st.builds("{} += {}".format, _NAMES, _expressions()),
    st.builds("if {}: y = {}".format, _expressions(), _expressions()),
    st.builds("for x in {}: y = {}".format, _expressions(), _expressions()),
    st.builds("while {}: y = {}".format, _expressions(), _expressions()),
    st.builds("with {} as y: x = {}".format, _expressions(), _expressions()),
    st.builds("def f(x=1, *y, **tf): return {}".format, _expressions()),
    st.builds("class f(x): y = {}".format, _expressions()),
    st.builds("try: {}\nexcept x: pass".format, _expressions()),
    _expressions(),
)


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(_STATEMENTS, max_size=8))
def test_no_program_breaks_it(tmp_path: Path, statements: list[str]) -> None:
    codes(run(tmp_path, HEAD + "\n".join(statements) + "\n"))


@pytest.mark.parametrize("options", [20, 60, 120])
@pytest.mark.parametrize("guarded", [True, False])
def test_a_chain_of_optional_layers(tmp_path: Path, options: int, guarded: bool) -> None:
    """The input is one alternative of the network beside a tensor for each option."""
    lines = ["import argparse", "import tensorflow as tf", "parser = argparse.ArgumentParser()"]
    lines += [f"parser.add_argument('--o{i}', action='store_true')" for i in range(options)]
    lines += ["args = parser.parse_args()", "h = tf.placeholder(tf.float32, [None, 4])"]
    lines += ["flag = tf.placeholder(tf.bool)"]
    for i in range(options):
        layer = "tf.layers.batch_normalization(h, training=flag)" if i % 2 else "tf.nn.relu(h)"
        lines += [f"if args.o{i}:", f"    h = {layer}"]
    lines += ["updates = tf.get_collection(tf.GraphKeys.UPDATE_OPS)"]
    lines += ["with tf.control_dependencies(updates if True else []):"] if guarded else ["if True:"]
    lines += ["    train = tf.train.AdamOptimizer().minimize(tf.reduce_mean(h))"]
    lines += ["tf.Session().run(train)"]
    project = run(tmp_path, "\n".join(lines))
    assert project.incomplete == set()
    assert codes(project) == ([] if guarded else [("BN201", len(lines) - 1)])
