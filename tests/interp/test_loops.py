"""What loops prepare: data of no number that anybody knows is read at what it costs, to the end."""

from __future__ import annotations

from pathlib import Path

import pytest
from test_options import findings

from bnlint.interp import analyse
from bnlint.interp.explore import Explorer
from bnlint.interp.explored import Root
from bnlint.workspace import Workspace

HEAD = """\
import tensorflow as tf
tf.app.flags.DEFINE_string('data', '', 'where it is')
tf.app.flags.DEFINE_bool('norm', True, 'whether to normalise')
FLAGS = tf.app.flags.FLAGS
x = tf.placeholder(tf.float32, [None, 8])
flag = tf.placeholder(tf.bool)
"""
TRAIN = """\
loss = tf.reduce_mean(h)
with tf.control_dependencies({updates}):
    train = tf.train.AdamOptimizer().minimize(loss)
with tf.Session() as sess:
    sess.run(train, {{flag: True}})
"""
UPDATES = "tf.get_collection(tf.GraphKeys.UPDATE_OPS)"
NORM = "h = tf.layers.batch_normalization(tf.layers.dense(x, 8), training=flag)\n"

WORDS = """\
def is_blank(char):
    return char == ' ' or char == '\\t' or char == '\\n'

def is_sign(char):
    code = ord(char)
    return code >= 33 and code <= 47 or code >= 58 and code <= 64 or code >= 91 and code <= 96

def cleaned(text):
    output = []
    for char in text:
        code = ord(char)
        if code == 0 or code == 0xfffd:
            continue
        if is_blank(char):
            output.append(' ')
        elif code >= 0x4e00 and code <= 0x9fff:
            output.append(' ')
            output.append(char)
            output.append(' ')
        else:
            output.append(char)
    return output

def pieces(chars):
    found, start_new, at = [], True, 0
    while at < len(chars):
        if is_sign(chars[at]):
            found.append([chars[at]])
            start_new = True
        else:
            if start_new:
                found.append([])
            start_new = False
            found[-1].append(chars[at])
        at += 1
    return [''.join(one) for one in found]

rows = []
for line in open(FLAGS.data):
    words, owner, first = [], [], None
    for number, piece in enumerate(pieces(cleaned(line))):
        if first is None and piece == 'x':
            first = len(words)
        owner.append(number)
        words.append(piece)
    if len(words) > 126:
        words = words[:126]
    spans, start = [], 0
    while start < len(words):
        length = len(words) - start
        if length > 64:
            length = 64
        spans.append((start, length))
        if start + length == len(words):
            break
        start += min(length, 32)
    for start, length in spans:
        tokens, best = ['[CLS]'], None
        for at in range(length):
            if best is None or owner[start + at] > best:
                best = owner[start + at]
            tokens.append(words[start + at])
        tokens.append('[SEP]')
        mask = [1] * len(tokens)
        while len(mask) < 128:
            tokens.append('')
            mask.append(0)
        if first is not None and not (first >= start and first < start + length):
            begin = 0
        else:
            begin = (first or 0) - start + 1
        rows.append((tokens, mask, begin, best))
"""


MOST = 10_000
"""Steps and visited nodes of guards: where each piece of text is kept apart, 250,000 are needed."""


def judged(folder: Path, body: str, right: bool) -> None:
    """A program that waits for the updates, or does not: it is read to its end."""
    text = HEAD + body + TRAIN.format(updates=UPDATES if right else "[]")
    path = folder / "program.py"
    path.write_text(text, encoding="utf-8")
    project = analyse([str(path)], Workspace())
    assert project.incomplete == set()
    line = text[: text.index("train = ")].count("\n") + 1
    assert findings(project) == ([] if right else [("BN201", line, "definite")])


def cost(folder: Path, name: str, text: str) -> int:
    """Interpreter steps, and nodes of guards that were visited."""
    path = folder / name
    path.write_text(text, encoding="utf-8")
    explorer = Explorer(Workspace(), [str(path)])
    return explorer.explore(Root("the script", str(path)), explorer.script(str(path)))


@pytest.mark.parametrize("right", [True, False])
def test_what_prepares_text_costs_what_it_is_long(tmp_path: Path, right: bool) -> None:
    judged(tmp_path, WORDS * 4 + NORM, right)
    once, often = (cost(tmp_path, f"of{n}.py", HEAD + WORDS * n) for n in (1, 4))
    assert once <= MOST
    assert often <= 5 * once


KINDS = {
    "a list of options": """\
kinds = []
if FLAGS.norm:
    kinds.append('norm')
for kind in FLAGS.data.split(','):
    kinds.append(kind)
h = tf.layers.dense(x, 8)
if 'norm' in kinds:
    h = tf.layers.batch_normalization(h, training=flag)
""",
    "a name from each line": """\
h = x
for line in open(FLAGS.data):
    kind = 'norm' if line.startswith('n') else 'dense'
    if kind == 'norm':
        h = tf.layers.batch_normalization(h, training=flag)
    else:
        h = tf.layers.dense(h, 8)
""",
    "names from lines": """\
kinds = []
for line in open(FLAGS.data):
    if line.startswith('n'):
        kinds.append('norm')
    elif line.startswith('d'):
        kinds.append('dense')
h = x
for kind in kinds:
    if kind == 'norm':
        h = tf.layers.batch_normalization(h, training=flag)
    else:
        h = tf.layers.dense(h, 8)
""",
    "whether there are lines": """\
widths = []
for line in open(FLAGS.data):
    if line.startswith('w'):
        widths.append(int(line[1:]))
h = tf.layers.dense(x, 8)
if widths:
    h = tf.layers.batch_normalization(h, training=flag)
""",
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("right", [True, False])
def test_what_data_decide_is_looked_at_both_ways(tmp_path: Path, kind: str, right: bool) -> None:
    judged(tmp_path, KINDS[kind], right)


def _asked_of_each(count: int) -> str:
    """A test of a value that is one of many, each from elsewhere: something else of each."""
    parts = ", ".join(f"'p{number}': parts.p{number}" for number in range(count))
    return (
        "import parts\n"
        "tf.app.flags.DEFINE_string('part', 'p0', '')\n"
        f"part = {{{parts}}}[FLAGS.part]\n"
        "if part in parts.known:\n"
        f"    {NORM}"
        "else:\n"
        "    h = tf.layers.dense(x, 8)\n"
    )


@pytest.mark.parametrize("right", [True, False])
def test_asking_each_alternative_something_of_its_own(tmp_path: Path, right: bool) -> None:
    judged(tmp_path, _asked_of_each(24), right)
    few, many = (cost(tmp_path, f"of{n}.py", HEAD + _asked_of_each(n)) for n in (8, 16))
    assert many <= 6 * few


@pytest.mark.parametrize("wrong", [True, False])
def test_constants_that_data_decide_are_kept_apart(tmp_path: Path, wrong: bool) -> None:
    """What an element decides may be the axis of a layer: that is no data of a loop."""
    axis = "3 if line == 'last' else 1" if wrong else "3"
    body = (
        "image = tf.placeholder(tf.float32, [None, 8, 8, 3])\n"
        "for line in open(FLAGS.data):\n"
        "    h = tf.layers.conv2d(image, 8, 3)\n"
        f"    h = tf.layers.batch_normalization(h, axis={axis}, training=flag)\n"
    )
    path = tmp_path / "program.py"
    path.write_text(HEAD + body + TRAIN.format(updates=UPDATES), encoding="utf-8")
    found = findings(analyse([str(path)], Workspace()))
    assert found == ([("BN305", 10, "possible")] if wrong else [])


def _changed(lines: int) -> str:
    """A helper that changes one image, as long as they are."""
    return (
        "def changed(image, size):\n"
        + "".join(
            f"    image = image[{n}:, :size - {n}] * {n}.5 + image[:, {n}:] - min(size, {n})\n"
            for n in range(lines)
        )
        + "    return image\n"
    )


COUNTED = {
    "batches of epochs": """\
for epoch in range(50):
    seen = 0
    while seen < 47880:
        batch = [changed(FLAGS.data, 127) for one in range(8)]
        seen = seen + 8
""",
    "batches while there are epochs": """\
epoch = 0
while epoch < 50:
    seen = 0
    while seen < 47880:
        batch = [changed(FLAGS.data, 127) for one in range(2)]
        seen += 8
    epoch += 1
""",
    "pixels of each batch": """\
seen = 0
while seen < 47880:
    row = 0
    while row < 127:
        for column in range(127):
            one = changed(FLAGS.data, column)
        row += 1
    seen += 8
""",
}


@pytest.mark.parametrize("kind", COUNTED)
@pytest.mark.parametrize("right", [True, False])
def test_loops_that_count_in_loops_are_read_to_their_end(
    tmp_path: Path, kind: str, right: bool
) -> None:
    """Those around them say how often they are gone round, as they do for a ``for``."""
    judged(tmp_path, _changed(20) + COUNTED[kind] + NORM, right)


@pytest.mark.parametrize("right", [True, False])
def test_what_a_counting_loop_builds_in_a_loop_is_told_apart(tmp_path: Path, right: bool) -> None:
    """Four towers of five layers, each with a name by its number: none is left out."""
    body = (
        "scopes = []\n"
        "for tower in range(4):\n"
        "    h, depth = x, 0\n"
        "    while depth < 5:\n"
        "        with tf.variable_scope('t%d_%d' % (tower, depth)):\n"
        "            h = tf.layers.batch_normalization(tf.layers.dense(h, 8), training=flag)\n"
        "        scopes.append('t%d_%d' % (tower, depth))\n"
        "        depth += 1\n"
        "assert len(scopes) == 20\n"
    )
    judged(tmp_path, body, right)


def test_what_a_long_loop_counts_is_not_known(tmp_path: Path) -> None:
    """After as many turns as are followed it is no number: neither branch is the only one."""
    body = (
        "count = 0\n"
        "while count < 1000:\n"
        "    count += 1\n"
        "h = tf.layers.dense(x, 8)\n"
        "if count > 500:\n"
        "    h = tf.layers.batch_normalization(h, training=flag)\n"
    )
    path = tmp_path / "program.py"
    path.write_text(HEAD + body + TRAIN.format(updates="[]"), encoding="utf-8")
    assert [code for code, *_ in findings(analyse([str(path)], Workspace()))] == ["BN201"]
