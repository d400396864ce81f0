"""Networks that exclude each other, as many as there are: each is judged, and at what it costs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from test_options import findings

from bnlint.interp import analyse
from bnlint.interp.explore import Explorer
from bnlint.interp.explored import Root
from bnlint.workspace import Workspace

HEAD = """\
import tensorflow as tf
tf.app.flags.DEFINE_string('name', 'n0', 'which network')
FLAGS = tf.app.flags.FLAGS
x = tf.placeholder(tf.float32, [None, 8])
flag = tf.placeholder(tf.bool)
"""
TRAIN = """\
loss = tf.reduce_mean(h)
{block}
    train = tf.train.AdamOptimizer().minimize(loss)
with tf.Session() as sess:
    sess.run(train, {{x: first(), flag: True}})
    print(sess.run(h, {{x: second(), flag: False}}))
"""
UPDATES = "tf.get_collection(tf.GraphKeys.UPDATE_OPS)"
WAITING = TRAIN.format(block=f"with tf.control_dependencies({UPDATES}):")
NORM = "tf.layers.batch_normalization(tf.layers.dense(x, {width}), training={flag})"


def _norm(number: int, wrong: int | None) -> str:
    return NORM.format(width=8 + number % 5, flag="True" if number == wrong else "flag")


def _ladder(count: int, wrong: int | None) -> str:
    lines = []
    for number in range(count):
        lines.append(f"{'el' if number else ''}if FLAGS.name == 'n{number}':")
        lines.append(f"    h = tf.nn.relu({_norm(number, wrong)})")
    return "\n".join([*lines, "else:", "    raise ValueError(FLAGS.name)", WAITING])


def _early_returns(count: int, wrong: int | None) -> str:
    lines = ["def build(name):"]
    for number in range(count):
        lines.append(f"    if name == 'n{number}':")
        lines.append(f"        return tf.nn.relu({_norm(number, wrong)})")
    return "\n".join([*lines, "    raise ValueError(name)", "h = build(FLAGS.name)", WAITING])


def _steps(count: int, wrong: int | None) -> str:
    """Each branch makes its own train op; the wrong one does not wait."""
    lines = []
    for number in range(count):
        lines.append(f"{'el' if number else ''}if FLAGS.name == 'n{number}':")
        lines.append(f"    h = {_norm(number, None)}")
        waits = UPDATES if number != wrong else "[]"
        lines.append(f"    with tf.control_dependencies({waits}):")
        lines.append("        train = tf.train.AdamOptimizer().minimize(tf.reduce_mean(h))")
    return "\n".join([*lines, "with tf.Session() as sess:", "    sess.run(train, {flag: True})"])


def _dict(count: int, wrong: int | None) -> str:
    nets = [f"def n{i}(x):\n    return tf.nn.relu({_norm(i, wrong)})" for i in range(count)]
    names = ", ".join(f"'n{number}': n{number}" for number in range(count))
    return "\n".join([*nets, f"NETS = {{{names}}}", "h = NETS[FLAGS.name](x)", WAITING])


def _registered(count: int, wrong: int | None) -> str:
    head = "NETS = {}\ndef register(net):\n    NETS[net.__name__] = net\n    return net"
    nets = [
        f"@register\ndef n{i}(x):\n    return tf.nn.relu({_norm(i, wrong)})" for i in range(count)
    ]
    use = (
        "if FLAGS.name not in NETS:\n    raise ValueError(FLAGS.name)\nh = NETS.get(FLAGS.name)(x)"
    )
    return "\n".join([head, *nets, use, WAITING])


def _classes(count: int, wrong: int | None) -> str:
    nets = [
        f"class N{i}:\n    def build(self, x):\n        return tf.nn.relu({_norm(i, wrong)})"
        for i in range(count)
    ]
    names = ", ".join(f"'n{number}': N{number}" for number in range(count))
    return "\n".join([*nets, f"NETS = {{{names}}}", "h = NETS[FLAGS.name]().build(x)", WAITING])


KINDS: dict[str, tuple[Callable[[int, int | None], str], str, str, list[int]]] = {
    "a ladder": (_ladder, "training=True", "BN102", [64, 500]),
    "early returns": (_early_returns, "training=True", "BN102", [64, 300]),
    "steps of their own": (_steps, "control_dependencies([])", "BN201", [64, 200]),
    "a dict": (_dict, "training=True", "BN102", [64, 300]),
    "a registry": (_registered, "training=True", "BN102", [64, 300]),
    "classes": (_classes, "training=True", "BN102", [64, 300]),
}
SIZES = [(kind, count) for kind, (*_, counts) in KINDS.items() for count in counts]


@pytest.mark.parametrize(("kind", "count"), SIZES)
@pytest.mark.parametrize("right", [True, False])
def test_each_of_many_networks_is_judged(
    tmp_path: Path, kind: str, count: int, right: bool
) -> None:
    write, mark, code, _ = KINDS[kind]
    text = HEAD + write(count, None if right else count * 2 // 3)
    path = tmp_path / "program.py"
    path.write_text(text, encoding="utf-8")
    project = analyse([str(path)], Workspace())
    lines = [number for number, line in enumerate(text.split("\n"), 1) if mark in line]
    wanted = [(code, lines[0] + (code == "BN201"), "definite")] if lines else []
    assert findings(project) == wanted
    assert bool(wanted) is not right
    assert project.incomplete == set()


def cost(folder: Path, kind: str, count: int) -> int:
    """Interpreter steps, and nodes of guards that were visited."""
    path = folder / f"program_{count}.py"
    path.write_text(HEAD + KINDS[kind][0](count, 5), encoding="utf-8")
    explorer = Explorer(Workspace(), [str(path)])
    return explorer.explore(Root("the script", str(path)), explorer.script(str(path)))


@pytest.mark.parametrize("kind", KINDS)
def test_cost_does_not_grow_as_the_square(tmp_path: Path, kind: str) -> None:
    assert cost(tmp_path, kind, 400) <= 12 * cost(tmp_path, kind, 100)
