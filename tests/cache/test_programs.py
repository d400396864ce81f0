"""Programs that are kept by themselves: a change runs those again that it can matter to."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from bnlint.cache.store import Store
from bnlint.cli import main
from bnlint.interp.explore import Explorer
from bnlint.interp.explored import Root

FIXTURES = Path(__file__).parents[2] / "fixtures"
PROJECTS = sorted(
    path
    for part in ("projects", "scripts")
    for path in (FIXTURES / part).iterdir()
    if path.is_dir()
)
ARGUMENTS = ("check", "--pedantic", "--show-incomplete", "--format", "json", "--explain")
NETWORK = """\
import tensorflow as tf

def network(x, training):
    return tf.layers.batch_normalization(x, training=training)
"""
SCRIPT = """\
import tensorflow as tf
from NAME import network

x = tf.placeholder(tf.float32, [None, 4])
loss = tf.reduce_mean(network(x, True))
train_op = tf.train.AdamOptimizer().minimize(loss)
"""
LOST = """\
import tensorflow as tf
import random

def lost(x):
    if random.random() > 0.5:
        x = tf.layers.batch_normalization(x)
    return tf.train.AdamOptimizer().minimize(tf.reduce_mean(x))
"""


class Bench:
    """A project in a folder of its own, which is the working directory."""

    def __init__(
        self, top: Path, cache: Path, capsys: pytest.CaptureFixture[str], ran: list[Root]
    ) -> None:
        self.top = top
        self.cache = cache
        self._capsys = capsys
        self._ran = ran

    def write(self, name: str, text: str) -> None:
        path = self.top / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def output(self, *arguments: str) -> tuple[int, str, str]:
        """What is said without a cache."""
        code = main([*ARGUMENTS, "--no-cache", *arguments])
        return code, *self._capsys.readouterr()

    def ran(self, *arguments: str) -> list[str]:
        """What is run where what is known is used; it must not change what is said."""
        fresh = self.output(*arguments)
        self._ran.clear()
        code = main([*ARGUMENTS, "--cache-dir", str(self.cache), *arguments])
        assert (code, *self._capsys.readouterr()) == fresh
        return [f"{Path(root.path).name}:{root.name}" for root in self._ran]

    def entry(self, prefix: str) -> str:
        """The only entry of a kind."""
        [path] = self.cache.glob(f"{prefix}-*")
        return path.name.removeprefix(f"{prefix}-")


@pytest.fixture
def bench(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Bench:
    ran: list[Root] = []
    explored = Explorer._explored

    def noted(self: Explorer, asked: Root, *more: object) -> object:
        ran.append(asked)
        return explored(self, asked, *more)  # type: ignore[arg-type]

    monkeypatch.setattr(Explorer, "_explored", noted)
    top = tmp_path / "project"
    top.mkdir()
    monkeypatch.chdir(top)
    (top / "pyproject.toml").touch()
    return Bench(top, tmp_path / "cache", capsys, ran)


@pytest.mark.parametrize("project", PROJECTS, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_a_changed_file_changes_nothing_else(bench: Bench, project: Path) -> None:
    shutil.copytree(project, bench.top, dirs_exist_ok=True)
    bench.ran()
    files = sorted(bench.top.rglob("*.py"))
    for file in {files[0], files[-1]}:
        with file.open("a", encoding="utf-8") as stream:
            stream.write("\n\ndef one_more():\n    return 1\n")
        bench.ran()


def test_only_what_reads_a_file_is_run_again(bench: Bench) -> None:
    for name in ("one", "two"):
        bench.write(f"{name}.py", NETWORK)
        bench.write(f"train_{name}.py", SCRIPT.replace("NAME", name))
    bench.write("lost.py", LOST)
    every = ["lost.py:lost", "train_one.py:the script", "train_two.py:the script"]
    assert bench.ran() == every
    assert bench.ran() == []
    bench.write("one.py", NETWORK + "\nAGAIN = True\n")
    assert bench.ran() == every[1:2]
    bench.write("lost.py", LOST + "\n")
    assert bench.ran() == every[:1]
    bench.write("two.py", NETWORK.replace("training=training", "training=False"))
    assert bench.ran() == every[2:]
    # One of them by itself is the same program.
    assert bench.ran("train_one.py") == []


def test_a_new_file_runs_again_what_it_may_hide(bench: Bench) -> None:
    bench.write("network.py", NETWORK)
    bench.write("lib/train.py", SCRIPT.replace("NAME", "network"))
    bench.write("other/train.py", SCRIPT.replace("NAME", "network"))
    assert bench.ran() == ["train.py:the script", "train.py:the script"]
    bench.write("lib/network.py", NETWORK.replace("batch_normalization", "dense"))
    assert bench.ran() == ["train.py:the script"]
    (bench.top / "lib" / "network.py").unlink()
    assert bench.ran() == ["train.py:the script"]


def test_a_module_chosen_at_run_time_is_read_if_it_may_be_the_one(bench: Bench) -> None:
    bench.write("nets/one.py", NETWORK)
    bench.write("others/two.py", NETWORK.replace("def network", "def something"))
    loaded = "import importlib, sys\nmodule = importlib.import_module('nets.' + sys.argv[1])\n"
    script = SCRIPT.replace("from NAME import network\n", loaded)
    bench.write("train.py", script.replace("network(", "module.network("))
    assert "train.py:the script" in bench.ran()
    bench.write("others/two.py", NETWORK)
    assert "train.py:the script" not in bench.ran()
    bench.write("nets/one.py", NETWORK + "\nAGAIN = True\n")
    assert "train.py:the script" in bench.ran()
    bench.write("nets/two.py", NETWORK)
    assert "train.py:the script" in bench.ran()


def test_another_program_may_enter_what_is_a_root_of_its_own(bench: Bench) -> None:
    bench.write("lost.py", LOST)
    assert bench.ran() == ["lost.py:lost"]
    bench.write(
        "train.py", "import tensorflow as tf\nfrom lost import lost\n\nlost(tf.zeros([4]))\n"
    )
    assert bench.ran() == ["train.py:the script"]


def _cyclic(value: list[object]) -> object:
    explored = value[3]
    explored[1][0] = [[-1, 4, 2], [-2, 2, 4]]  # type: ignore[index]
    return value


def _wordless(value: list[object]) -> object:
    explored = value[3]
    explored[1][1] = []  # type: ignore[index]
    return value


def _of_numbers(value: list[object]) -> object:
    return [1, 2, 3]


def _nothing(value: list[object]) -> object:
    return None


def _of_another(value: list[object]) -> object:
    return [[["/nowhere", "0"]], *value[1:]]


def _with_a_file_of_its_own(value: list[object]) -> object:
    return [value[0], ["/nowhere"], *value[2:]]


@pytest.mark.parametrize(
    "change",
    [_cyclic, _wordless, _of_numbers, _nothing, _of_another, _with_a_file_of_its_own],
)
def test_a_foreign_program_is_absent(bench: Bench, change: object) -> None:
    bench.write("lost.py", LOST)
    assert bench.ran() == ["lost.py:lost"]
    (bench.cache / f"run-{bench.entry('run')}").unlink()
    store = Store(str(bench.cache))
    key = bench.entry("program")
    value = store.get("program", key)
    assert value[3][1] is not None  # there is something to explain
    store.put("program", key, change(value))  # type: ignore[operator]
    assert bench.ran() == ["lost.py:lost"]
