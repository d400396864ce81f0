"""A library that bnlint does not know becomes one that it does by a row alone."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bnlint.apis import Apis, NormApi, TrainOpMaker
from bnlint.config import ConfigError, load
from bnlint.run import Options, check

NORM = NormApi("lab.nn.whiten", "layers", "learn", False, ("x", "learn"), "keep", 0.9)
LAYER = NormApi(
    "lab.nn.Whiten", "layers", "learn", False, ("x", "learn"), "keep", 0.9, is_layer=True
)
STEP = TrainOpMaker("lab.train.step", False, 0)
CAREFUL = TrainOpMaker("lab.train.careful_step", True, 0)

HEAD = """\
import tensorflow as tf
import lab
from lab import nn
from lab.train import careful_step, step

x = tf.placeholder(tf.float32, [None, 4])
learn = tf.placeholder(tf.bool)
"""


def found(folder: Path, source: str, *rows: NormApi | TrainOpMaker) -> list[tuple[int, str, str]]:
    """The findings of a script: line (counted from the end of HEAD), code, confidence."""
    path = folder / "script.py"
    path.write_text(HEAD + source, encoding="utf-8")
    report = check(Options((str(path),), pedantic=True, apis=Apis(rows))).report
    first = HEAD.count("\n")
    return [(f.location.line - first, f.rule.code, f.confidence) for f in report.findings]


PLAIN = """\
y = nn.whiten(x, learn)
train = tf.train.AdamOptimizer().minimize(tf.reduce_mean(y))
"""

BEHIND_AN_OPTION = """\
y = x
if tf.app.flags.FLAGS.whiten:
    y = lab.nn.whiten(x, learn=learn)
y = tf.layers.dense(y, 2)
train = tf.train.AdamOptimizer().minimize(tf.reduce_mean(y))
"""

UNCALLED = """\
def network(inputs):
    return tf.layers.dense(nn.whiten(inputs), 2)
"""


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (PLAIN, [(2, "BN201", "definite")]),
        (BEHIND_AN_OPTION, [(5, "BN201", "definite")]),
        (UNCALLED, [(2, "BN101", "definite")]),
    ],
    ids=["plain", "behind an option", "uncalled"],
)
def test_one_row_is_all_that_a_layer_needs(
    tmp_path: Path, source: str, expected: list[tuple[int, str, str]]
) -> None:
    assert found(tmp_path, source, NORM) == expected
    assert found(tmp_path, source) == []


def test_an_object_that_is_called(tmp_path: Path) -> None:
    source = "y = nn.Whiten(keep=0.9)(x, learn)\n" + PLAIN.split("\n", 1)[1]
    assert found(tmp_path, source, LAYER) == [(2, "BN201", "definite")]


@pytest.mark.parametrize(
    ("maker", "expected"), [("step", [(2, "BN201", "definite")]), ("careful_step", [])]
)
def test_what_makes_the_train_op(
    tmp_path: Path, maker: str, expected: list[tuple[int, str, str]]
) -> None:
    source = f"y = nn.whiten(x, learn)\ntrain = {maker}(tf.reduce_mean(y))\n"
    assert found(tmp_path, source, NORM, STEP, CAREFUL) == expected


def test_updates_that_run_in_place_need_nothing(tmp_path: Path) -> None:
    row = NormApi(
        "lab.nn.whiten", "layers", "learn", False, ("x",), "keep", 0.9, destination="in_place"
    )
    assert found(tmp_path, PLAIN.replace("(x, learn)", "(x, learn=learn)"), row) == []


def test_updates_in_another_collection(tmp_path: Path) -> None:
    row = NormApi(
        "lab.nn.whiten", "layers", "learn", False, ("x", "learn"), "keep", 0.9, collection="moves"
    )
    guarded = """\
y = nn.whiten(x, learn)
with tf.control_dependencies(tf.get_collection("{key}")):
    train = tf.train.AdamOptimizer().minimize(tf.reduce_mean(y))
"""
    assert found(tmp_path, guarded.format(key="moves"), row) == []
    assert found(tmp_path, guarded.format(key="update_ops"), row) == [(3, "BN205", "definite")]


def test_a_flag_that_is_given_by_its_name_only(tmp_path: Path) -> None:
    row = NormApi("lab.nn.whiten", "layers", "learn", False, ("x",), "keep", 0.9)
    given, by_position = PLAIN.replace("(x, learn)", "(x, learn=learn)"), PLAIN
    assert found(tmp_path, given, row) == [(2, "BN201", "definite")]
    assert found(tmp_path, by_position, row) == [(1, "BN101", "definite")]


@pytest.mark.parametrize(
    ("given", "key", "expected"),
    [
        ("", "moves", []),
        ("", "update_ops", [(3, "BN205", "definite")]),
        (", into='mine'", "mine", []),
        (", into='mine'", "moves", [(3, "BN205", "definite")]),
    ],
)
def test_a_parameter_that_says_where_updates_go(
    tmp_path: Path, given: str, key: str, expected: list[tuple[int, str, str]]
) -> None:
    row = NormApi(
        "lab.nn.whiten",
        "layers",
        "learn",
        False,
        ("x", "learn"),
        "keep",
        0.9,
        updates="into",
        collection="moves",
    )
    source = f"""\
y = nn.whiten(x, learn{given})
with tf.control_dependencies(tf.get_collection("{key}")):
    train = tf.train.AdamOptimizer().minimize(tf.reduce_mean(y))
"""
    assert found(tmp_path, source, row) == expected


def test_updates_that_run_in_place_unless_a_parameter_says_otherwise(tmp_path: Path) -> None:
    row = NormApi(
        "lab.nn.whiten",
        "layers",
        "learn",
        False,
        ("x", "learn"),
        "keep",
        0.9,
        updates="into",
        destination="in_place",
    )
    assert found(tmp_path, PLAIN, row) == []
    into = PLAIN.replace("(x, learn)", "(x, learn, into='moves')")
    assert found(tmp_path, into, row) == [(2, "BN205", "definite")]


def test_a_function_of_the_project_is_what_its_row_says(tmp_path: Path) -> None:
    """Its body is not entered: what it cannot tell is said by the row."""
    (tmp_path / "lab").mkdir()
    (tmp_path / "lab" / "__init__.py").write_text("")
    (tmp_path / "lab" / "train.py").write_text("step = careful_step = None\n")
    (tmp_path / "lab" / "nn.py").write_text(
        "from native import op\n\n\ndef whiten(x, learn):\n    return op.load('whiten.so')(x)\n"
    )
    assert found(tmp_path, PLAIN, NORM) == [(2, "BN201", "definite")]
    assert found(tmp_path, PLAIN) == []


TABLE = """\
[[tool.bnlint.api]]
name = "lab.nn.whiten"
flag = "learn"
default = true
parameters = ["x", "learn"]
momentum = "keep"
momentum-default = 0.9
updates = "collection"
collection = "moves"
updates-parameter = "into"

[[tool.bnlint.api]]
name = "lab.nn.Whiten"
kind = "layer"
flag = "learn"

[[tool.bnlint.api]]
name = "lab.train.step"
kind = "train-op"
loss = 1
runs-updates = true
"""


def test_rows_are_read_from_the_configuration(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(TABLE)
    assert load(tmp_path).apis.own == (
        NormApi(
            "lab.nn.whiten",
            "layers",
            "learn",
            True,
            ("x", "learn"),
            "keep",
            0.9,
            updates="into",
            collection="moves",
        ),
        NormApi(
            "lab.nn.Whiten",
            "layers",
            "learn",
            False,
            ("inputs", "learn"),
            "momentum",
            0.99,
            is_layer=True,
        ),
        TrainOpMaker("lab.train.step", True, 1),
    )


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("api = 3", "api: must be an array of tables, [[tool.bnlint.api]]"),
        ("api = [3]", "api[0]: must be a table"),
        ("api = [{}]", "api[0].name: must be given, as in my_library.layers.batch_norm"),
        (
            'api = [{name = "a.b"}]',
            "api[0].flag: must be given: the name of the parameter for training mode",
        ),
        (
            'api = [{name = "b", flag = "c"}]',
            "api[0].name: must be a dotted name, as in my_library.layers.batch_norm",
        ),
        (
            'api = [{name = "a.b", kind = "op"}]',
            "api[0].kind: must be one of function, layer, train-op",
        ),
        (
            'api = [{name = "a.b", flag = "c", defualt = true}]',
            "api[0].defualt: no such key of a function; did you mean default?",
        ),
        ('api = [{name = "a.b", flag = "c d"}]', "api[0].flag: must be the name of a parameter"),
        (
            'api = [{name = "a.b", flag = "c", momentum-default = 2}]',
            "api[0].momentum-default: must be a number from 0 to 1",
        ),
        (
            'api = [{name = "a.b", flag = "c", updates = "here"}]',
            'api[0].updates: must be "collection" or "in-place"',
        ),
        (
            'api = [{name = "a.b", kind = "train-op", loss = -1}]',
            "api[0].loss: must be a position, counted from 0",
        ),
        (
            'api = [{name = "a.b", flag = "c"}, {name = "a.b", flag = "c"}]',
            "api[1].name: 'a.b' has a row already",
        ),
    ],
)
def test_a_row_that_cannot_be_followed(tmp_path: Path, text: str, told: str) -> None:
    path = tmp_path / "pyproject.toml"
    path.write_text(f"[tool.bnlint]\n{text}\n")
    with pytest.raises(ConfigError, match=re.escape(f"{path}: tool.bnlint.{told}") + "$"):
        load(tmp_path)
