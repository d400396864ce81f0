"""Programs with many independent options, right by construction or wrong in one combination.

Every option is asked for in some shape that real code uses. A network has one batch-norm layer for
each of some options; a program is right if the update ops are awaited whenever one of these layers
is built, and wrong if in one combination of up to four options they are not.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field

HEAD = """\
import argparse

import tensorflow as tf

parser = argparse.ArgumentParser()
"""


@dataclass
class Program:
    """The text, and what has to be found: the code, the line, and whether it is definite."""

    text: str
    expected: list[tuple[str, int, str]]


@dataclass
class _Option:
    number: int
    choices: tuple[str, ...]  # empty for a switch

    @property
    def name(self) -> str:
        return f"args.o{self.number}"


@dataclass
class _Writer:
    chance: random.Random
    lines: list[str] = field(default_factory=list)
    used: int = 0

    def fresh(self, stem: str) -> str:
        self.used += 1
        return f"{stem}{self.used}"

    def add(self, text: str) -> None:
        self.lines.extend(text.strip("\n").split("\n"))


def program(seed: int, options: int, right: bool) -> Program:
    """A program of ``options`` options."""
    chance = random.Random(f"{seed} {options} {right}")
    out = _Writer(chance, HEAD.split("\n")[:-1])
    known = [_declare(out, number) for number in range(options)]
    out.add("args = parser.parse_args()")
    for option in known:
        if option.choices and chance.random() < 0.3:
            _validate(out, option)
    out.add("x = tf.placeholder(tf.float32, [None, 8])\nphase = tf.placeholder(tf.bool)\nh = x")
    layers = chance.sample(known, min(len(known), chance.randint(1, 4)))
    rest = [option for option in known if option not in layers]
    for option in known:
        if option in layers:
            test = _ask(out, option)
            out.add(f"if {test}:\n    h = tf.layers.batch_normalization(h, training=phase)")
        else:
            _inert(out, option)
    out.add("loss = tf.reduce_mean(tf.square(h - x))")
    for option in chance.sample(rest, min(3, len(rest))):
        out.add(f"if {_ask(out, option)}:\n    loss = loss + tf.nn.l2_loss(x)")
    expected = _train(out, layers, rest, right)
    out.add("with tf.Session() as sess:\n    sess.run(train, {x: [[0.0] * 8], phase: True})")
    return Program("\n".join(out.lines) + "\n", expected)


def _declare(out: _Writer, number: int) -> _Option:
    if out.chance.random() < 0.4:
        out.add(f"parser.add_argument('--o{number}', action='store_true')")
        return _Option(number, ())
    choices = ("a", "b", "c", "d")[: out.chance.randint(2, 4)]
    out.add(f"parser.add_argument('--o{number}', default='a', choices={list(choices)!r})")
    return _Option(number, choices)


def _validate(out: _Writer, option: _Option) -> None:
    values = ", ".join(repr(v) for v in option.choices)
    out.add(f"if {option.name} not in ({values},):\n    raise ValueError({option.name})")


def _ask(out: _Writer, option: _Option) -> str:
    """An expression that is true if a switch is on, or if a choice is ``b``."""
    shapes = _OF_CHOICES if option.choices else _OF_SWITCHES
    return out.chance.choice(shapes)(out, option)


def _plain(out: _Writer, option: _Option) -> str:
    return option.name if not option.choices else f"{option.name} == 'b'"


def _negated(out: _Writer, option: _Option) -> str:
    return f"not {option.name} != 'b'" if option.choices else f"not (not {option.name})"


def _member(out: _Writer, option: _Option) -> str:
    return f"{option.name} in ('b', 'z')"


def _no_member(out: _Writer, option: _Option) -> str:
    others = ", ".join(repr(v) for v in option.choices if v != "b")
    return f"{option.name} not in ({others},)"


def _entry(out: _Writer, option: _Option) -> str:
    table = out.fresh("table")
    entries = ", ".join(f"{v!r}: {v == 'b'}" for v in option.choices)
    out.add(f"{table} = {{{entries}}}")
    return f"{table}[{option.name}]"


def _registered(out: _Writer, option: _Option) -> str:
    table = out.fresh("registry")
    for value in option.choices:
        out.add(f"def {table}_{value}():\n    return {value == 'b'}")
    entries = ", ".join(f"{v!r}: {table}_{v}" for v in option.choices)
    out.add(f"{table} = {{{entries}}}")
    return f"{table}[{option.name}]()"


def _early_return(out: _Writer, option: _Option) -> str:
    name = out.fresh("asked")
    test = f"value != {'b'!r}" if option.choices else "not value"
    out.add(f"def {name}(value):\n    if {test}:\n        return False\n    return True")
    return f"{name}({option.name})"


def _attribute(out: _Writer, option: _Option) -> str:
    name = out.fresh("Config")
    out.add(f"class {name}:\n    def __init__(self, value):\n        self.value = value")
    held = out.fresh("config")
    out.add(f"{held} = {name}({option.name})")
    return f"{held}.value == 'b'" if option.choices else f"{held}.value"


def _default(out: _Writer, option: _Option) -> str:
    name = out.fresh("given")
    test = "value == 'b'" if option.choices else "value"
    out.add(f"def {name}(value={option.name}):\n    return {test}")
    return f"{name}()"


def _method(out: _Writer, option: _Option) -> str:
    return f"{option.name}.upper() == 'B'"


def _by_name(out: _Writer, option: _Option) -> str:
    name = out.fresh("Names")
    body = "\n".join(f"    is_{v} = {v == 'b'}" for v in option.choices)
    out.add(f"class {name}:\n{body}")
    return f"getattr({name}, 'is_' + {option.name})"


def _closure(out: _Writer, option: _Option) -> str:
    name = out.fresh("make")
    test = "value == 'b'" if option.choices else "value"
    out.add(f"def {name}(value):\n    def inner():\n        return {test}\n    return inner")
    return f"{name}({option.name})()"


def _assigned(out: _Writer, option: _Option) -> str:
    name = out.fresh("on")
    out.add(f"{name} = False\nif {_plain(out, option)}:\n    {name} = True")
    return name


_OF_SWITCHES = (_plain, _negated, _early_return, _attribute, _default, _closure, _assigned)
_OF_CHOICES = (
    *_OF_SWITCHES,
    _member,
    _no_member,
    _entry,
    _registered,
    _method,
    _by_name,
)


def _inert(out: _Writer, option: _Option) -> None:
    test = _ask(out, option)
    out.add(
        out.chance.choice(
            [
                f"if {test}:\n    h = tf.nn.relu(h)",
                f"h = tf.layers.dense(h, 8, activation=tf.nn.relu if {test} else None)",
                f"if {test}:\n    h = tf.layers.dense(h, 8)\nelse:\n    h = tf.tanh(h)",
                f"width = 8 if {test} else 4\nh = tf.layers.dense(h, width)",
            ]
        )
    )


def _train(
    out: _Writer, layers: list[_Option], rest: list[_Option], right: bool
) -> list[tuple[str, int, str]]:
    out.add("opt = tf.train.AdamOptimizer(1e-3)")
    normed = " or ".join(f"({_ask(out, option)})" for option in layers)
    waits = out.fresh("waits")
    out.add(f"{waits} = {normed}")
    always = False
    if not right:
        # One combination of up to four options, at least one of which builds a layer.
        many = out.chance.sample(rest, min(len(rest), out.chance.randint(0, 3)))
        combination = " and ".join(f"({_ask(out, o)})" for o in [layers[0], *many])
        out.add(f"if {combination}:\n    {waits} = False")
        always = not many and len(layers) == 1  # then every path with a layer is wrong
    if out.chance.random() < 0.5:
        out.add(
            f"if {waits}:\n    with tf.control_dependencies("
            "tf.get_collection(tf.GraphKeys.UPDATE_OPS)):\n        train = opt.minimize(loss)\n"
            "else:\n    train = opt.minimize(loss)"
        )
        return [] if right else [("BN201", len(out.lines), "definite")]
    out.add(
        "updates = tf.get_collection(tf.GraphKeys.UPDATE_OPS)\n"
        f"if not {waits}:\n    updates = []\n"
        "with tf.control_dependencies(updates):\n    train = opt.minimize(loss)"
    )
    return [] if right else [("BN201", len(out.lines), "definite" if always else "possible")]
