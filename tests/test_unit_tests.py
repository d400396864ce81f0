"""Files of unit tests only: which they are, and that they are read if they are named."""

from __future__ import annotations

from pathlib import Path

import pytest

from bnlint import unit_tests
from bnlint.apis import BUILT_IN
from bnlint.cli import main
from bnlint.run import Options, check

TEST = """\
import unittest
import tensorflow as tf
from net import net


def images():
    return tf.placeholder(tf.float32, [4, 8])


class NetTest(tf.test.TestCase):
    def test_shape(self):
        self.assertEqual(tf.layers.batch_normalization(net(images())).shape, [4, 8])
"""
NET = "import tensorflow as tf\ndef net(x):\n    return tf.layers.batch_normalization(x)\n"


def holds_only_tests(data: bytes) -> bool:
    return unit_tests.holds_only_tests(data, BUILT_IN.needles)


@pytest.mark.parametrize(
    "rest",
    [
        "",
        'if __name__ == "__main__":\n    tf.test.main()\n',
        'if __name__ == "__main__":\n    unittest.main()\n',
        "import numpy as np\nnp.random.seed(1)\n",
        "from absl import flags\nflags.DEFINE_integer('n', 1, '')\nFLAGS = flags.FLAGS\n",
        "try:\n    import cv2\nexcept ImportError:\n    cv2 = None\n",
        "class Other(unittest.TestCase):\n    pass\n",
        "SIZE: int = 3\n",
        "text = '\\d'\n",
        "if tf.VERSION:\n    pass\n",
        "import os\nHERE = os.path.join(os.path.dirname(__file__), 'data')\n",
    ],
)
def test_what_holds_tests_only(rest: str) -> None:
    assert holds_only_tests((TEST + rest).encode())


@pytest.mark.parametrize(
    "rest",
    [
        "y = net(images())\n",
        "net(images())\n",
        "if __name__ == '__main__':\n    net(images())\n",
        "with tf.Session() as sess:\n    sess.run(1)\n",
        "for size in (1, 2):\n    pass\n",
        "try:\n    pass\nfinally:\n    net(1)\n",
        "try:\n    pass\nexcept ValueError:\n    net(1)\n",
        "from train import main\nmain()\n",
        "import train\ntrain.main()\n",
        "from . import os\nos.main()\n",
        "(lambda: net)()()\n",
        "print 'Python 2'\n",
        # Calls of a library by which what is defined here is run, or a layer is made.
        "if __name__ == '__main__':\n    tf.app.run()\n",
        "from absl import app\napp.run(net)\n",
        "from absl.app import run\nrun()\n",
        "tf.map_fn(net, [1])\n",
        "tf.estimator.Estimator(model_fn=images)\n",
        "y = tf.layers.batch_normalization(tf.ones([4, 8]), training=True)\n",
        "if net(images()):\n    pass\n",
        "with net(images()):\n    pass\n",
        "with tf.variable_scope(net()):\n    pass\n",
        "class Network(object):\n    y = net(images())\n",
        "class Network(object):\n    class Inner(object):\n        y = net(images())\n",
        "ys = [net(x) for x in (1, 2)]\n",
        "(y := net(images()))\n",
        "def tf():\n    pass\ntf()\n",
    ],
)
def test_what_does_something_too(rest: str) -> None:
    assert not holds_only_tests((TEST + rest).encode())


@pytest.mark.parametrize(
    "text",
    ["", NET, "class Net(object):\n    'Not a TestCase'\n", "x = 'class A(TestCase):'\n", "\0"],
)
def test_what_has_no_test(text: str) -> None:
    assert not holds_only_tests(text.encode())


def test_what_is_as_deep_as_it_can_be() -> None:
    """In a time that grows with the text, and without an error of Python's."""
    assert not holds_only_tests(b"class A(TestCase\n" * 7_000)
    asked = "".join(f"elif tf.VERSION == '{n}':\n    pass\n" for n in range(2_500))
    assert holds_only_tests(f"{TEST}if 0:\n    pass\n{asked}".encode())
    assert not holds_only_tests(f"{TEST}{'#' * (1 << 17)}\n".encode())
    for deep in ("-" * 50_000 + "1", "1" + "+1" * 50_000, "a" + ".b" * 50_000, "(" * 150):
        assert not holds_only_tests(f"{TEST}x = {deep}\nnet(1)\n".encode())


@pytest.mark.parametrize("start", [b"\xef\xbb\xbf", b"# coding: latin-1\nname = '\xe9'\n"])
def test_what_is_written_otherwise(start: bytes) -> None:
    assert holds_only_tests(start + TEST.encode())
    assert not holds_only_tests(start + TEST.encode() + b"\0")


@pytest.fixture
def top(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "net.py").write_text(NET)
    (tmp_path / "net_test.py").write_text(TEST)
    return tmp_path


def told(options: Options) -> tuple[int, int, int, list[str]]:
    report = check(options).report
    found = [f"{f.location.path}:{f.location.line} {f.rule.code}" for f in report.findings]
    return report.checked, report.skipped, report.unit_tests, found


def test_they_are_left_out_of_a_folder(top: Path) -> None:
    (top / "plain.py").write_text("x = 1\n")
    assert told(Options()) == (1, 1, 1, ["net.py:3 BN101"])


def test_they_are_read_if_they_are_named(top: Path) -> None:
    assert told(Options(["net.py", "net_test.py"])) == (2, 0, 0, ["net.py:3 BN101"])
    assert told(Options(["net_test.py"])) == (1, 0, 0, [])


def test_they_are_read_if_they_are_named_by_a_link(top: Path) -> None:
    (top / "a_link.py").symlink_to("net_test.py")
    for name in ("a_link.py", "net_test.py", "./net_test.py"):
        assert told(Options([".", name]))[:3] == (2, 0, 0)
        assert told(Options([name, "."]))[:3] == (2, 0, 0)


def test_they_are_read_if_others_import_them(top: Path) -> None:
    (top / "more_test.py").write_text(TEST.replace("from net", "import net_test\nfrom net"))
    assert told(Options()) == (2, 0, 1, ["net.py:3 BN101"])


def test_nothing_else_is_there(top: Path) -> None:
    (top / "net.py").unlink()
    assert told(Options()) == (0, 0, 1, [])


def test_they_do_not_use_a_file_that_is_named(top: Path) -> None:
    assert told(Options(["net.py"], users=True)) == (1, 0, 0, ["net.py:3 BN101"])


ENTRY = '[tool.bnlint.per-file-ignores]\n"*_test.py" = ["BN101"]\n'


def test_what_is_configured_for_them_has_its_use(
    top: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """Where they are named, as hooks do."""
    (top / "pyproject.toml").write_text(ENTRY)
    assert main(["check", "--no-cache", "."]) == 1
    assert "BN901" not in capfd.readouterr().out
    (top / "net_test.py").unlink()
    assert main(["check", "--no-cache", "."]) == 1
    assert "BN901" in capfd.readouterr().out


USER = """\
import tensorflow as tf
import net
x = tf.placeholder(tf.float32, [None, 4])
y = tf.layers.dense(tf.layers.batch_normalization(x, training=True), 1)
train_op = tf.train.AdamOptimizer(1e-3).minimize(tf.reduce_mean(tf.square(y)))
with tf.Session() as sess:
    sess.run(train_op, {x: [[1, 2, 3, 4]]})
"""


def test_each_file_is_counted_once(top: Path) -> None:
    """Also where what was found elsewhere is held against the files alone, or one is imported by
    a name that is computed."""
    (top / ".git").mkdir()
    (top / "below").mkdir()
    for name in ("net.py", "net_test.py"):
        (top / name).rename(top / "below" / name)
    (top / "train.py").write_text("import sys\nsys.path.append('below')\n" + USER)
    assert told(Options(["below"], users=True)) == (1, 0, 1, ["below/net.py:3 BN101"])
    computed = "import importlib\nimportlib.import_module('below.net_test').images()\n"
    (top / "train.py").write_text(computed + USER.replace("import net\n", ""))
    checked, skipped, unit_tests, _ = told(Options())
    assert (checked, skipped, unit_tests) == (3, 0, 0)


def test_shares_find_what_one_run_finds(top: Path) -> None:
    """Nothing imports a test whose name is only the same as of what some file does import."""
    (top / ".git").mkdir()
    for name in ("one", "two"):
        (top / name).mkdir()
        (top / name / "use.py").write_text("import tensorflow as tf\nimport net_test\n" + NET)
    (top / "net_test.py").rename(top / "two" / "net_test.py")
    (top / "net.py").rename(top / "two" / "net.py")
    (top / "two" / "use.py").unlink()
    whole = told(Options())
    shares = [told(Options(shard=(number, 2))) for number in (1, 2)]
    assert whole[2] == 1
    assert sorted(shares[0][3] + shares[1][3]) == sorted(whole[3])
    counts = zip(*(share[:3] for share in shares), strict=True)
    assert tuple(map(sum, counts)) == whole[:3]
