"""Hand-written batch norm in every form that is put together here, right or with one mistake.

A program is a way to take the moments, to normalise, to move the averages, to have these updates
run, and to choose between the two modes, with at most one mistake in it. What each mistake has to
be called, and on which line, follows from the parts.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

MOMENTS = {
    "moments": "m, v = tf.nn.moments(x, [0])",
    "means": "m = tf.reduce_mean(x, 0)\nv = tf.reduce_mean(tf.square(x - m), 0)",
    "difference": "m = tf.reduce_mean(x, axis=0)\nv = tf.reduce_mean(x * x, axis=0) - m * m",
    "named ops": "m = tf.reduce_mean(x, [0])\n"
    "v = tf.reduce_mean(tf.squared_difference(x, tf.stop_gradient(m)), [0])",
    "sums": "count, total, squares, shift = tf.nn.sufficient_statistics(x, [0])\n"
    "m, v = tf.nn.normalize_moments(count, total, squares, shift)",
    "variance": "m = tf.reduce_mean(x, 0)\nv = tf.math.reduce_variance(x, 0)",
    "counts": "n = tf.cast(tf.shape(x)[0], tf.float32)\n"
    "m = tf.reduce_sum(x, 0) / n\nv = tf.reduce_sum(tf.square(x - m), 0) / n",
    "inverse": "n = tf.to_float(tf.size(x)) / 8.0\n"
    "m = (1.0 / n) * tf.reduce_sum(x, [0])\nv = tf.reduce_sum(x * x, [0]) / n - tf.square(m)",
    "counted ops": "n = tf.shape(x)[0]\nm = tf.div(tf.reduce_sum(x, axis=[0]), tf.to_float(n))\n"
    "v = tf.truediv(tf.reduce_sum(tf.pow(x - m, 2), axis=[0]), tf.to_float(n))",
    "counted sums": "n, total, squares, _ = tf.nn.sufficient_statistics(x, [0])\n"
    "m = total / n\nv = tf.maximum(squares / n - m ** 2, 0.0)",
    "squeezed": "m = tf.squeeze(tf.reduce_mean(x, 0, keepdims=True), 0)\n"
    "v = tf.squeeze(tf.reduce_mean(tf.square(x - m), 0, keepdims=True), 0)",
}
NORMALISE = {
    "division": "(x - {m}) / tf.sqrt({v} + 1e-3) * gamma + beta",
    "gamma first": "gamma * (x - {m}) / tf.sqrt({v} + 1e-3) + beta",
    "factor": "(x - {m}) * (gamma / tf.sqrt({v} + 1e-3)) + beta",
    "product": "gamma * ((x - {m}) * tf.rsqrt({v} + 1e-3)) + beta",
    "power": "(x - {m}) / ({v} + 1e-3) ** 0.5 * gamma + beta",
    "named ops": "tf.add(tf.multiply(tf.divide(tf.subtract(x, {m}), tf.sqrt(tf.add({v}, 1e-3))),"
    " gamma), beta)",
    "folded": "x * (tf.rsqrt({v} + 1e-3) * gamma) + (beta - {m} * (tf.rsqrt({v} + 1e-3) * gamma))",
    "nn": "tf.nn.batch_normalization(x, {m}, {v}, beta, gamma, 1e-3)",
    "fused": "tf.nn.fused_batch_norm(x[:, None, None], gamma, beta{given})[0][:, 0, 0]",
}
UPDATE = {
    "assign": "tf.assign({to}, {to} * 0.9 + {new} * 0.1)",
    "method": "{to}.assign(0.9 * {to} + (1 - 0.9) * {new})",
    "difference": "tf.assign_sub({to}, ({to} - {new}) * (1 - 0.9))",
    "sum": "{to}.assign_add(0.1 * ({new} - {to}))",
    "library": "moving_averages.assign_moving_average({to}, {new}, 0.9)",
    "average": "",  # an ExponentialMovingAverage keeps both in variables of its own
}
RUN = ("in place", "collection", "own collection", "list", "attribute", "grouped")
MODE = ("cond", "where", "python")
MISTAKE = ("none", "dropped", "always", "fed", "moved in evaluation", "nothing kept")

_HEAD = """\
import numpy as np
import tensorflow as tf
from tensorflow.python.training import moving_averages

x = tf.placeholder(tf.float32, [None, 8])
training = tf.placeholder(tf.bool, [])
ema = tf.train.ExponentialMovingAverage(0.9)
updates = []


class Owner:
    def __init__(self):
        self.updates = []


owner = Owner()


def norm(x, is_training):
    beta = tf.get_variable("beta", [8], initializer=tf.zeros_initializer())
    gamma = tf.get_variable("gamma", [8], initializer=tf.ones_initializer())
"""
_VARIABLES = """\
mm = tf.get_variable("mm", [8], initializer=tf.zeros_initializer(), trainable=False)
mv = tf.get_variable("mv", [8], initializer=tf.ones_initializer(), trainable=False)"""
_NETWORK = """\
def network(x, is_training):
    with tf.variable_scope("net", reuse=tf.AUTO_REUSE):
        h = norm(tf.layers.dense(x, 8, name="below"), is_training)
        return tf.layers.dense(tf.nn.relu(h), 1, name="above")

"""
_KEPT = {
    "collection": "for up in ups:\n    tf.add_to_collection(tf.GraphKeys.UPDATE_OPS, up)",
    "own collection": 'for up in ups:\n    tf.add_to_collection("averages", up)',
    "list": "updates.extend(ups)",
    "attribute": "owner.updates += ups",
    "grouped": "updates.append(tf.group(*ups))",
}
_COLLECTED = {
    "collection": "tf.get_collection(tf.GraphKeys.UPDATE_OPS)",
    "own collection": 'tf.get_collection("averages")',
    "list": "updates",
    "attribute": "owner.updates",
    "grouped": "updates",
}


@dataclass(frozen=True)
class Parts:
    """A way for each thing, and the mistake."""

    moments: str
    normal: str
    update: str
    run: str
    mode: str
    mistake: str

    def possible(self) -> bool:
        if self.mistake == "moved in evaluation":
            return self.mode == "cond" and self.run == "in place"
        if self.mistake == "nothing kept":
            return self.update == "assign" and self.run == "in place"
        if self.run == "in place" and (self.mode == "where" or self.mistake == "dropped"):
            return False
        if self.mistake == "always" and self.mode != "python":
            return False
        if self.mistake == "fed" and self.mode == "python":
            return False
        # An average is of one tensor, and each mode has its own in two networks.
        return not (self.update == "average" and self.mode == "python")


@dataclass(frozen=True)
class Program:
    """The text, what it is made of, and the code and the line of what has to be found."""

    parts: Parts
    text: str
    expected: tuple[tuple[str, int], ...]
    moves: tuple[bool, bool]  # the averages, in training and in evaluation


def programs() -> Iterator[Program]:
    """Every way to normalise with every update, run in every way, with every mistake it can have.

    The ways to take the moments and to choose the mode go round, so that each meets every other.
    """
    takes = list(MOMENTS)
    for number, (normal, update, run) in enumerate(product(NORMALISE, UPDATE, RUN)):
        for mode, mistake in product(MODE, MISTAKE):
            take = takes[(number + number // len(RUN)) % len(takes)]
            parts = Parts(take, normal, update, run, mode, mistake)
            if normal == "fused" and mode != "python":
                continue  # the kernel takes the moments itself
            if parts.possible():
                yield _program(parts)


def _program(parts: Parts) -> Program:
    lines = [*_HEAD.split("\n")[:-1], *_indented(_body(parts)), "", "", *_main(parts)]
    moved = parts.mistake not in ("dropped", "nothing kept")
    also = parts.mistake == "moved in evaluation"
    also = also or (parts.run == "in place" and parts.mistake in ("always", "fed"))
    return Program(
        parts,
        "\n".join(lines) + "\n",
        tuple(_expected(lines, parts)),
        (moved, moved and also),
    )


def _indented(lines: list[str]) -> list[str]:
    return [f"    {line}" for text in lines for line in text.split("\n")]


def _body(parts: Parts) -> list[str]:
    if parts.normal == "fused":
        take = "y, m, v = tf.nn.fused_batch_norm(x[:, None, None], gamma, beta)"
    else:
        take = MOMENTS[parts.moments]
    if parts.mistake == "nothing kept":
        return [take, f"return {_normal(parts, 'm', 'v')}"]
    out = [] if parts.update == "average" else [_VARIABLES]
    if parts.mode == "python":
        inner = [take, _updates(parts), *_awaiting(parts, _normal(parts, "m", "v"))]
        return [*out, "if is_training:", *_indented(inner), f"return {_normal(parts, 'mm', 'mv')}"]
    out.append(take)
    inside = parts.run == "in place" and parts.mistake != "moved in evaluation"
    if not inside:
        out.append(_updates(parts))
    averages = "ema.average(m), ema.average(v)" if parts.update == "average" else "mm, mv"
    if parts.mode == "where":
        out += [f"mm, mv = {averages}"] if parts.update == "average" else []
        out += ["mean = tf.where(tf.fill([8], is_training), m, mm)"]
        out += ["variance = tf.where(tf.fill([8], is_training), v, mv)"]
    else:
        held = ["with tf.control_dependencies(ups):", "    return tf.identity(m), tf.identity(v)"]
        own = [_updates(parts), *held] if inside else ["return m, v"]
        out += ["def batch():", *_indented(own)]
        out += ["", "def kept():", f"    return {averages}", ""]
        out += ["mean, variance = tf.cond(is_training, batch, kept)"]
    result = _normal(parts, "mean", "variance")
    return [*out, f"return {result}"] if inside else [*out, *_awaiting(parts, result)]


def _updates(parts: Parts) -> str:
    if parts.update == "average":
        return "ups = [ema.apply([m, v])]"
    one, other = (UPDATE[parts.update].format(to=f"m{of}", new=new) for of, new in ("mm", "vv"))
    return f"ups = [{one}, {other}]"


def _awaiting(parts: Parts, result: str) -> list[str]:
    """The result, which waits for the updates or leaves them where they can be found."""
    if parts.run == "in place":
        return ["with tf.control_dependencies(ups):", f"    return tf.identity({result})"]
    return [_KEPT[parts.run], f"return {result}"]


def _normal(parts: Parts, m: str, v: str) -> str:
    if parts.normal != "fused":
        return NORMALISE[parts.normal].format(m=m, v=v)
    if m == "m":
        return "y[:, 0, 0]"
    given = f", mean={m}, variance={v}, is_training=False"
    return NORMALISE["fused"].format(given=given)


def _main(parts: Parts) -> list[str]:
    out = _NETWORK.split("\n")
    feed, other = "", ""
    if parts.mode == "python":
        out.append("trained = network(x, True)")
        out.append(f"guess = network(x, {parts.mistake == 'always'})")
    else:
        out.append("trained = guess = network(x, training)")
        feed, other = ", training: True", f", training: {parts.mistake == 'fed'}"
    out.append("loss = tf.reduce_mean(tf.square(trained - 1))")
    step = "train = tf.train.GradientDescentOptimizer(0.1).minimize(loss)"
    if parts.run == "in place" or parts.mistake in ("dropped", "nothing kept"):
        out.append(step)
    else:
        out.append(f"with tf.control_dependencies({_COLLECTED[parts.run]}):")
        out.append(f"    {step}")
    return [
        *out,
        "with tf.Session() as sess:",
        "    sess.run(tf.global_variables_initializer())",
        "    for _ in range(3):",
        f"        sess.run(train, {{x: np.random.rand(16, 8){feed}}})",
        f"    print(sess.run(guess, {{x: np.random.rand(4, 8){other}}}))",
    ]


_FOUND = {
    "dropped": ("BN201", "minimize"),
    "always": ("BN102", "guess = network(x, True)"),
    "fed": ("BN105", "sess.run(guess"),
    "moved in evaluation": ("BN302", "ups = "),
    "nothing kept": ("BN301", ""),
}


def _expected(lines: list[str], parts: Parts) -> Iterator[tuple[str, int]]:
    """The code of the mistake, and its line."""
    if parts.mistake == "none":
        return
    code, mark = _FOUND[parts.mistake]
    if parts.mistake == "dropped" and parts.run == "own collection":
        code = "BN205"  # a collection that nobody reads
    if parts.mistake == "nothing kept":
        mark = "y, m, v" if parts.normal == "fused" else _normal(parts, "m", "v")
    yield code, next(n for n, line in enumerate(lines, 1) if mark in line)
