"""How the cost of a check grows with the size of what is checked.

    python benchmarks/scaling.py [--rounds N]

Generated programs: one over more and more modules, a network of more and more layers, a script with
more and more options or with the choice of more and more networks, written in several ways, and one
that prepares more and more text. Seconds of processor time, the least of the rounds, and per item.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

HEAD = "import tensorflow as tf\n"
TAIL = """\
with tf.control_dependencies(tf.get_collection(tf.GraphKeys.UPDATE_OPS)):
    train = tf.train.AdamOptimizer().minimize(tf.reduce_mean(h))
tf.Session().run(train)
"""


def modules(folder: Path, number: int) -> Path:
    """A script over modules, each of which imports another and adds a layer."""
    for index in range(number):
        below = f"from m{index // 2} import net as below\n" if index else ""
        text = f"{HEAD}{below}\ndef net(x, flag):\n"
        text += "    return tf.layers.batch_normalization(x, training=flag)\n"
        (folder / f"m{index}.py").write_text(text, encoding="utf-8")
    imports = "".join(f"import m{index}\n" for index in range(number))
    calls = "".join(f"h = m{index}.net(h, flag)\n" for index in range(number))
    return script(folder, imports, calls)


def layers(folder: Path, number: int) -> Path:
    """A script with one layer after the other."""
    return script(folder, "", "h = tf.layers.batch_normalization(h, training=flag)\n" * number)


def options(folder: Path, number: int) -> Path:
    """A script with independent options, half of which decide on a layer."""
    said = "import argparse\nparser = argparse.ArgumentParser()\n"
    said += "".join(f"parser.add_argument('--o{i}', action='store_true')\n" for i in range(number))
    said += "args = parser.parse_args()\n"
    calls = ""
    for i in range(number):
        layer = "tf.layers.batch_normalization(h, training=flag)" if i % 2 else "tf.nn.relu(h)"
        calls += f"if args.o{i}:\n    h = {layer}\n"
    return script(folder, said, calls)


NET = "tf.layers.batch_normalization(tf.layers.dense(h, 8), training=flag)"
NAME = "tf.app.flags.DEFINE_string('net', 'n0', '')\nname = tf.app.flags.FLAGS.net\n"


def branches(folder: Path, number: int) -> Path:
    """One ``elif`` for each network."""
    tests = "".join(
        f"{'el' if i else ''}if name == 'n{i}':\n    h = {NET}\n" for i in range(number)
    )
    return script(folder, NAME, f"{tests}else:\n    raise ValueError(name)\n")


def returns(folder: Path, number: int) -> Path:
    """A function that returns early for each network."""
    tests = "".join(f"    if name == 'n{i}':\n        return {NET}\n" for i in range(number))
    return script(folder, NAME, f"def build(h):\n{tests}    raise ValueError(name)\nh = build(h)\n")


def registry(folder: Path, number: int) -> Path:
    """A dict of functions, one of which builds the network."""
    nets = "".join(f"def net{i}(h):\n    return {NET}\n" for i in range(number))
    names = ", ".join(f"'n{i}': net{i}" for i in range(number))
    return script(folder, NAME, f"{nets}h = {{{names}}}[name](h)\n")


def texts(folder: Path, number: int) -> Path:
    """A script that prepares text, in so many functions, and trains on it."""
    body = "rows = []\nfor line in open('data'):\n    words = list(line)\n"
    for i in range(number):
        body += f"""\
    output = []
    for at in range(len(words)):
        if words[at] == '{i}' or ord(words[at]) > 100 or words[at] in ('.', ','):
            output.append(words[at])
            output.append(' ')
        elif at > {i}:
            output.append(words[at])
    words = output
"""
    return script(folder, "", f"{body}    rows.append(words)\nh = {NET}\n")


def script(folder: Path, imports: str, body: str) -> Path:
    inputs = "h = tf.placeholder(tf.float32, [None, 4])\nflag = tf.placeholder(tf.bool)\n"
    path = folder / "script.py"
    path.write_text(HEAD + imports + inputs + body + TAIL, encoding="utf-8")
    return path


def cost(path: Path) -> float:
    """Seconds of processor time of one check, which must find nothing and read everything."""
    command = [sys.executable, "-m", "bnlint", "check", "-q", "--no-cache", "--jobs", "1"]
    child = subprocess.Popen([*command, "--show-incomplete", "--fail-incomplete", str(path)])
    _, status, usage = os.wait4(child.pid, 0)
    if status:
        sys.exit(f"{path}: not found right")
    return usage.ru_utime + usage.ru_stime


KINDS: tuple[tuple[str, Callable[[Path, int], Path], tuple[int, ...]], ...] = (
    ("modules", modules, (100, 200, 400, 800)),
    ("layers", layers, (100, 400, 1_600, 3_200)),
    ("options", options, (5, 10, 20, 40, 80)),
    ("networks, by `elif`", branches, (64, 128, 256, 512)),
    ("networks, by early return", returns, (64, 128, 256, 512)),
    ("networks, in a dict", registry, (64, 128, 256, 512)),
    ("steps that prepare text", texts, (1, 4, 16, 64)),
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    rounds = parser.parse_args().rounds
    print("| what | how many | cpu s | ms each |\n|---|---|---|---|")
    for name, write, sizes in KINDS:
        for size in sizes:
            with tempfile.TemporaryDirectory() as folder:
                path = write(Path(folder), size)
                seconds = min(cost(path) for _ in range(rounds))
            print(
                f"| {name} | {size:,} | {seconds:.2f} | {1000 * seconds / size:.2f} |", flush=True
            )


if __name__ == "__main__":
    main()
