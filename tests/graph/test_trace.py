"""The recorder in real processes: with a stand-in for TensorFlow, and with TensorFlow 1.15."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from textwrap import dedent

import pytest

from bnlint.cli import main
from bnlint.graph import trace
from bnlint.graph.errors import GraphError

from .conftest import GRAPHS

# What of TensorFlow's session module the recorder touches, with the same names.
SESSION = """
class Named(object):
    def __init__(self, name):
        self.name = name

class Graph(object):
    finalized = False
    def get_collection(self, key):
        return []

class _FetchHandler(object):
    def __init__(self, graph, fetches, feeds):
        self._fetches = fetches
    def targets(self):
        return []
    def fetches(self):
        return [Named(name) for name in self._fetches]

class Options(object):
    def __init__(self, feed, fetch, target):
        self.feed, self.fetch, self.target = feed, fetch, target

class BaseSession(object):
    def __init__(self, graph):
        self.graph = graph
    def run(self, fetches, feed_dict=None):
        targets = [Named(name) for name in fetches]
        return self._run(targets, feed_dict or {})
    def _run(self, targets, feeds):
        feeds = dict((Named(k), v) for k, v in feeds.items())
        return self._do_run(None, targets, [], feeds, None, None)
    def _do_run(self, handle, target_list, fetch_list, feed_dict, options, run_metadata):
        if any(item.name == "bad" for item in target_list):
            raise ValueError("it went wrong\\nand more")
        return len(target_list)
    def make_callable(self, fetches, feed_list=None, accept_options=False):
        return lambda *args: args
    def _make_callable_from_options(self, options):
        class Inner(object):
            handle = 7
            def __call__(self, *args, **kwargs):
                return args
        return Inner()
    def close(self):
        pass
"""
META_GRAPH = """
class Proto(object):
    def SerializeToString(self):
        with open({path!r}, "rb") as file:
            return file.read()

def export_scoped_meta_graph(graph=None):
    return Proto(), {{}}
"""
PRELUDE = "from tensorflow.python.client import session as s\nsession = s.BaseSession(s.Graph())\n"


@pytest.fixture
def fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package ``tensorflow`` whose graphs are one of TensorFlow's own."""
    root = tmp_path / "site"
    path = str(GRAPHS / "ref_unfused_placeholder.meta")
    files = {
        "tensorflow/__init__.py": "",
        "tensorflow/python/__init__.py": "",
        "tensorflow/python/client/__init__.py": "",
        "tensorflow/python/client/session.py": SESSION,
        "tensorflow/python/framework/__init__.py": "",
        "tensorflow/python/framework/meta_graph.py": META_GRAPH.format(path=path),
        "tensorflow/python/framework/versions.py": "VERSION = '1.99'\n",
    }
    for name, content in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(content)
    monkeypatch.setenv("PYTHONPATH", str(root))
    return tmp_path


def traced(folder: Path, source: str) -> tuple[int, trace.Process]:
    script = folder / "train.py"
    script.write_text(PRELUDE + dedent(source))
    out = folder / "out"
    code = trace.run([sys.executable, str(script), "--flag"], str(out))
    [process] = trace.load(str(out))
    return code, process


def test_runs_are_recorded(fake: Path) -> None:
    code, process = traced(
        fake,
        """
        for _ in range(3):
            assert session.run(["GradientDescent"], {"x:0": [1, 2], "is_training:0": True}) == 1
        session.run(["GradientDescent"], {"x:0": [1, 2], "is_training:0": False})
        session.run(["init"])
        """,
    )
    assert code == 0
    assert process.command[1:] == ["--flag"]
    assert process.tensorflow == "1.99"
    assert [(run.fetches, dict(run.feeds), run.count) for run in process.runs] == [
        (("GradientDescent",), {"x:0": None, "is_training:0": True}, 3),
        (("GradientDescent",), {"x:0": None, "is_training:0": False}, 1),
        (("init",), {}, 1),
    ]
    assert process.graphs[0] is not None
    assert (
        Path(process.graphs[0]).read_bytes()
        == (GRAPHS / "ref_unfused_placeholder.meta").read_bytes()
    )


def test_callables_are_recorded(fake: Path) -> None:
    _, process = traced(
        fake,
        """
        call = session.make_callable(["out:0"], ["x:0"])
        assert call(5) == (5,)
        made = session._make_callable_from_options(s.Options(["phase:0"], ["loss:0"], ["train"]))
        assert made.handle == 7
        assert made(True, run_metadata=None) == (True,)
        made(True)
        """,
    )
    assert [(run.fetches, dict(run.feeds), run.count) for run in process.runs] == [
        (("out:0",), {"x:0": None}, 1),
        (("train", "loss:0"), {"phase:0": True}, 2),
    ]


@pytest.mark.parametrize(
    ("source", "code"),
    [
        ("session.run(['GradientDescent'])\nraise RuntimeError('no')", 1),
        ("import sys\nsession.run(['GradientDescent'])\nsys.exit(3)", 3),
        ("session.run(['GradientDescent'])\nraise KeyboardInterrupt", 130),
    ],
)
def test_it_survives_how_programs_end(fake: Path, source: str, code: int) -> None:
    ended, process = traced(fake, source)
    assert ended == code
    assert process.runs[0].count == 1


def test_failed_runs(fake: Path) -> None:
    _, process = traced(
        fake,
        """
        try:
            session.run(["bad"])
        except ValueError:
            pass
        """,
    )
    [run] = process.runs
    assert (run.count, run.errors, run.error) == (0, 1, "ValueError: it went wrong")


def test_ctrl_c(fake: Path) -> None:
    script = fake / "train.py"
    script.write_text(
        PRELUDE + "import time\nsession.run(['GradientDescent'])\n"
        f"open({str(fake / 'ready')!r}, 'w').close()\ntime.sleep(60)\n"
    )
    out = str(fake / "out")
    command = [sys.executable, str(script)]
    code = f"import sys; from bnlint.graph.trace import run; sys.exit(run({command!r}, {out!r}))"
    environment = dict(os.environ)
    environment["PYTHONPATH"] = os.pathsep.join([str(fake / "site"), *sys.path[:1], os.getcwd()])
    both = subprocess.Popen(
        [sys.executable, "-c", code],
        env=environment,
        start_new_session=True,
        stderr=subprocess.PIPE,
    )
    for _ in range(300):
        if (fake / "ready").exists():
            break
        time.sleep(0.1)
    os.killpg(both.pid, signal.SIGINT)  # as a terminal does: to all of the foreground
    _, said = both.communicate(timeout=30)
    assert both.returncode == 130
    assert b"KeyboardInterrupt" in said
    [process] = trace.load(out)
    assert process.runs[0].fetches == ("GradientDescent",)


def test_another_sitecustomize_still_runs(fake: Path) -> None:
    (fake / "site" / "sitecustomize.py").write_text("import sys\nsys.chained = True\n")
    code, _ = traced(
        fake, "import sys\nassert sys.chained\nsession.run(['a'])\nimport sitecustomize\n"
    )
    assert code == 0


def test_a_program_without_tensorflow(tmp_path: Path) -> None:
    out = str(tmp_path / "out")
    assert trace.run([sys.executable, "-c", "raise SystemExit(4)"], out) == 4
    with pytest.raises(GraphError, match="no recording"):
        trace.check(out)


@pytest.mark.parametrize(
    ("source", "code", "said"),
    [
        ("raise SystemExit(4)", 4, "exit code 4"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", 137, "exit code 137"),
        ("", 2, None),
    ],
)
def test_the_commands_own_exit_code(
    source: str, code: int, said: str | None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What failed is the program, of which nothing could be recorded for that reason."""
    out = str(tmp_path / "out")
    assert main(["trace", "--out", out, "--", sys.executable, "-c", source]) == code
    note = f"bnlint: note: the command failed with {said}, which is passed on\n" if said else ""
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.startswith(f"{note}bnlint: error: {out}: no recording in this directory: ")


def test_what_a_failed_command_recorded_is_shown(
    fake: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    script = fake / "train.py"
    script.write_text(PRELUDE + "session.run(['GradientDescent'])\nraise SystemExit(7)\n")
    out = str(fake / "out")
    assert main(["trace", "--out", out, "--", sys.executable, str(script)]) == 7
    shown = capsys.readouterr()
    assert "graph-0.meta: 2 of 2 moving statistics were updated\n" in shown.out
    said = "bnlint: note: the command failed with exit code 7, which is passed on\n"
    assert shown.err == said


def test_a_recording_takes_the_place_of_an_earlier_one(
    fake: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Else the bug of yesterday would be reported of the program that was repaired."""
    out = fake / "out"
    for name, text in (
        ("process-0/trace.json", "broken"),
        ("process-0/graph-12.meta", ""),
        ("process-1/graph-0.pb", ""),
        ("process-1/notes.txt", "mine"),
        ("notes.txt", "mine"),
    ):
        (out / name).parent.mkdir(parents=True, exist_ok=True)
        (out / name).write_text(text)
    (fake / "elsewhere").mkdir()
    (fake / "elsewhere" / "graph-0.meta").write_text("mine")
    (out / "process-2").symlink_to(fake / "elsewhere")
    with pytest.raises(GraphError, match="No such file"):
        trace.run(["no-such-interpreter"], str(out))
    assert (out / "process-0" / "trace.json").exists()
    script = fake / "train.py"
    script.write_text(PRELUDE + "session.run(['GradientDescent'])\n")
    for _ in range(2):
        assert main(["trace", "--out", str(out), "--", sys.executable, str(script)]) == 0
        assert capsys.readouterr().out.count("MetaGraphDef") == 1
    assert (out / "process-1" / "notes.txt").read_text() == "mine"
    assert (out / "notes.txt").read_text() == "mine"
    assert len([path for path in out.iterdir() if path.name.startswith("process-")]) == 3
    assert (fake / "elsewhere" / "graph-0.meta").exists()


def test_a_command_that_does_not_exist(tmp_path: Path) -> None:
    with pytest.raises(GraphError, match="No such file"):
        trace.run(["no-such-interpreter"], str(tmp_path / "out"))


def test_the_verdict_knows_what_was_fed(fake: Path) -> None:
    source = "session.run(['GradientDescent'], {{'x:0': 1, 'is_training:0': {}}})"
    traced(fake, source.format(False))
    report = trace.check(str(fake / "out"))
    assert [finding.rule.code for finding in report.findings] == ["BN104"]
    assert report.findings[0].confidence == "definite"
    assert "is_training is fed False" in report.findings[0].message
    assert list(report.moved.values()) == [(0, 2)]
    assert report.exit_code == 1


def test_right_programs_are_right(fake: Path) -> None:
    traced(fake, "session.run(['GradientDescent'], {'x:0': 1, 'is_training:0': True})")
    report = trace.check(str(fake / "out"))
    assert report.findings == []
    assert list(report.moved.values()) == [(2, 2)]
    assert report.exit_code == 0


def test_statistics_that_stay_initial(fake: Path) -> None:
    other = GRAPHS / "constant_false.meta"
    module = fake / "site" / "tensorflow" / "python" / "framework" / "meta_graph.py"
    module.write_text(META_GRAPH.format(path=str(other)))
    traced(fake, "session.run(['GradientDescent'], {'x:0': 1})")
    report = trace.check(str(fake / "out"))
    assert [(f.rule.code, f.confidence) for f in report.findings] == [("BN102", "definite")]


TWO_GRAPHS = (
    '{"format": 1, "graphs": ["a.meta", "b.meta"], "places": [{%s}], "runs": ['
    '{"graph": 1, "fetches": ["t"], "feeds": {}, "count": 1, "errors": 0}]}'
)


@pytest.mark.parametrize(
    "document",
    [
        "",
        "[]",
        "{}",
        '{"format": 99}',
        '{"format": 1, "graphs": ["../x"], "runs": 3}',
        TWO_GRAPHS % "",
        TWO_GRAPHS % '"op": 3',
    ],
)
def test_broken_recordings(document: str, tmp_path: Path) -> None:
    folder = tmp_path / "process-1"
    folder.mkdir()
    (folder / "trace.json").write_text(document)
    with pytest.raises(GraphError):
        trace.check(str(tmp_path))


REAL = {
    "session": """
        import tensorflow as tf, numpy as np
        x = tf.placeholder(tf.float32, [None, 3]); t = tf.placeholder(tf.bool, [])
        h = tf.layers.batch_normalization(x, training=t)
        with tf.control_dependencies(tf.get_collection(tf.GraphKeys.UPDATE_OPS)):
            train = tf.train.AdamOptimizer().minimize(tf.reduce_mean(h ** 2))
        with tf.Session() as session:
            session.run(tf.global_variables_initializer())
            for _ in range(3):
                session.run(train, {x: np.random.rand(8, 3) + 3, t: True})
    """,
    "monitored": """
        import tensorflow as tf, numpy as np
        x = tf.placeholder(tf.float32, [None, 3])
        h = tf.layers.batch_normalization(x, training=True)
        with tf.control_dependencies(tf.get_collection(tf.GraphKeys.UPDATE_OPS)):
            step = tf.train.get_or_create_global_step()
            train = tf.train.AdamOptimizer().minimize(tf.reduce_mean(h ** 2), step)
        with tf.train.MonitoredTrainingSession() as session:
            for _ in range(3):
                session.run(train, {x: np.random.rand(8, 3) + 3})
    """,
    "estimator": """
        import tensorflow as tf, numpy as np
        def model_fn(features, labels, mode):
            h = tf.layers.batch_normalization(features, training=mode == 'train')
            loss = tf.reduce_mean(h ** 2)
            with tf.control_dependencies(tf.get_collection(tf.GraphKeys.UPDATE_OPS)):
                train = tf.train.AdamOptimizer().minimize(loss, tf.train.get_global_step())
            return tf.estimator.EstimatorSpec(mode, loss=loss, train_op=train)
        def batches():
            return tf.data.Dataset.from_tensors(np.random.rand(8, 3).astype('f') + 3).repeat()
        tf.estimator.Estimator(model_fn).train(batches, steps=3)
    """,
    "keras": """
        import tensorflow as tf, numpy as np
        model = tf.keras.Sequential([
            tf.keras.layers.BatchNormalization(input_shape=(3,)), tf.keras.layers.Dense(1)])
        model.compile('sgd', 'mse')
        model.fit(np.random.rand(32, 3) + 3, np.random.rand(32, 1), epochs=1, verbose=0)
    """,
}


@pytest.mark.parametrize("kind", REAL)
def test_real_tensorflow(kind: str, tf1: str, tmp_path: Path) -> None:
    script = tmp_path / "train.py"
    script.write_text(dedent(REAL[kind]))
    out = str(tmp_path / "out")
    assert trace.run([tf1, "-W", "ignore", str(script)], out, watch=True) == 0
    report = trace.check(out)
    assert report.findings == []
    assert list(report.moved.values()) == [(2, 2)]
    assert list(report.watched.values()) == [(2, 2)]


def test_a_recording_is_plain_json(fake: Path) -> None:
    _, process = traced(fake, "session.run(['a'], {'secret:0': 'value', 'n:0': 3.5})")
    document = json.loads(Path(process.path).read_text("utf-8"))
    assert document["runs"][0]["feeds"] == {"secret:0": None, "n:0": None}
