"""Everything that reads what others wrote, and what it may be given.

``read`` raises where bnlint breaks; that it refuses an input, in the way in which the reader says
so, is right.
"""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
import os
import re
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from bnlint import baseline, config, ignores
from bnlint.cache import plain
from bnlint.cache.files import Files
from bnlint.cache.runs import known_rules, parts, report_of
from bnlint.cache.store import Store
from bnlint.cli import main
from bnlint.cli.reports import write_report
from bnlint.finding import Finding, Location, Related, Rule, Silenced, Step
from bnlint.outcome import Incomplete, Problem, Report
from bnlint.source.errors import SourceError
from bnlint.source.gitignore import Patterns
from bnlint.source.load import load
from bnlint.source.lower import lower
from bnlint.source.python2 import lower_python2
from bnlint.source.read import decode

ROOT = Path(__file__).parents[2]
FIXTURES = ROOT / "fixtures"

PROGRAM = b"""\
import tensorflow as tf
flag = tf.placeholder(tf.bool, name='flag')
x = tf.placeholder(tf.float32, [None, 4])
with tf.variable_scope('net'):
    h = tf.layers.dense(x, 3, activation=lambda t: tf.nn.relu(t))
    h = tf.layers.batch_normalization(h, training=flag)  # bnlint: ignore[BN101] why
update_ops = tf.get_collection(tf.GraphKeys.UPDATE_OPS)
loss = tf.reduce_mean(h ** 2)
train = tf.train.AdamOptimizer(1e-3).minimize(loss)
with tf.Session() as sess:
    for i in range(10):
        _, l = sess.run([train, loss], {x: [[1, 2, 3, 4]], flag: True})
        print(f'{i:03d}: {l:.{i}f}')
"""


@dataclass(frozen=True, slots=True)
class Reader:
    """``share`` says how many of 200,000 inputs it gets: the fewer the longer one takes."""

    name: str
    share: int
    seeds: Callable[[], Sequence[bytes]]
    read: Callable[[bytes, Path], None]


# --- sources ------------------------------------------------------------------------------


def _small(pattern: str, most: int) -> list[bytes]:
    found = [path.read_bytes() for path in sorted(FIXTURES.glob(pattern))]
    return [data for data in found if 0 < len(data) <= most]


def _programs() -> list[bytes]:
    return [PROGRAM, *_small("scripts/*/*.py", 900)[::9]]


def _python2() -> list[bytes]:
    old = PROGRAM.replace(b"print(f'{i:03d}: {l:.{i}f}')", b"print 'x', `i`, 0777, 10L <> l")
    return [
        old + b"try:\n    exec 'a' in b\nexcept A, e:\n    raise B, 'c'\ndef f((a, b), c): pass\n",
        b"print >>f, 'a' ,\nraise E, ur'b', c\nlambda (a, b): `a`\n",
    ]


def _notebooks() -> list[bytes]:
    lines = PROGRAM.decode().splitlines(True)
    code = [
        ["%matplotlib inline\n", *lines[:3]],
        "".join(lines[3:]),
        "!pip install x\nfiles = !ls\n?tf\n%%time\n",
    ]
    cells = [{"cell_type": "code", "metadata": {}, "source": source} for source in code]
    cells.append({"cell_type": "markdown", "metadata": {}, "source": "# A title"})
    new = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 2}
    old = {"worksheets": [{"cells": [{"cell_type": "code", "input": lines}]}], "nbformat": 3}
    return [json.dumps(new).encode(), json.dumps(new, indent=1).encode(), json.dumps(old).encode()]


def _pages() -> list[bytes]:
    fenced = b"# T\n\n```python\n" + PROGRAM + b"```\n\n~~~ py\nx = 1\n~~~\n"
    listed = b"1. a\n\n   ```python\n   x = 1\n   ```\n\n    code\n"
    return [fenced, listed, b"> ```python\n> x = 1\n> ```\n"]


def _loaded(name: str) -> Callable[[bytes, Path], None]:
    def read(data: bytes, folder: Path) -> None:
        with contextlib.suppress(SourceError):
            for error in load(data, name).errors:
                _no_bug(error)

    return read


def _read_source(data: bytes, folder: Path) -> None:
    try:
        lower(decode(data, "a.py"), "a.py")
    except SourceError as error:
        _no_bug(error)


def _read_python2(data: bytes, folder: Path) -> None:
    try:
        lower_python2(decode(data, "a.py"), "a.py")
    except SourceError as error:
        _no_bug(error)


def _no_bug(error: SourceError) -> None:
    if "internal error" in error.message:
        raise AssertionError(error.message) from error


def _comments() -> list[bytes]:
    return [
        b"# bnlint: ignore[BN201] we know\n",
        b"# bnlint: ignore[BN101, BN2] why # noqa\n# bnlint: ignore-next-line\n",
        b"# bnlint: ignore-file[BN3]: x\n# bnlint: disable=BN101\n# bnlint: enable\n",
    ]


def _read_comments(data: bytes, folder: Path) -> None:
    with contextlib.suppress(SourceError):
        lines = decode(data, "a.py").splitlines()
        text = "".join("#" + line.replace("\r", "") + "\n" for line in lines)
        module = lower(text, "a.py")
        ignores.parse(module.comments, "a.py")
        ignores.parse(module.comments, "a.py", require_reason=True)


# --- what says what to check --------------------------------------------------------------


def _configurations() -> list[bytes]:
    return [
        b'[tool.bnlint]\nselect = ["BN1", "BN201"]\nignore = ["BN103"]\n'
        b'exclude = ["a/*", "!b", "**/c"]\npedantic = true\n',
        b'[tool.bnlint]\nbaseline = "known.json"\n[tool.bnlint.per-file-ignores]\n'
        b'"a/*.py" = ["BN201"]\n[[tool.bnlint.api]]\nname = "lib.norm"\n'
        b'parameters = ["x", "training"]\nflag = "training"\ndefault = false\n'
        b'updates = "collection"\n',
    ]


def _read_configuration(data: bytes, folder: Path) -> None:
    path = folder / "pyproject.toml"
    path.write_bytes(data)
    with contextlib.suppress(config.ConfigError):
        config.load(folder).excludes(str(folder / "b"))
    path.unlink()


def _ignored() -> list[bytes]:
    return [
        b"*.py\n!a.py\n/b/\n**/c/**\nd[!a-c]?\n# e\n\\#f\n[[:alpha:]]*[]-a]\n",
        b"*a*a*a*b\n**/a/**/b\n\\ \na\\\n[a/b]c\n",
    ]


def _read_patterns(data: bytes, folder: Path) -> None:
    found = Patterns(data.decode("utf-8", "surrogateescape").split("\n"))
    for path in ("a.py", "b/c/d.py", "aaaaaaaaaaaaaaaaaaaaaaaa", "b/é", "c"):
        found.hides(path, False)
        found.hides(path, True)


def _baselines() -> list[bytes]:
    entry = {"path": "a.py", "code": "BN201", "fingerprint": "0" * 16, "confidence": "definite"}
    return [json.dumps({"bnlint-baseline": 1, "findings": [entry, entry]}).encode()]


def _read_baseline(data: bytes, folder: Path) -> None:
    path = folder / "known.json"
    path.write_bytes(data)
    with contextlib.suppress(baseline.BaselineError):
        scope = baseline.Scope([str(folder)], (), (), False)
        baseline.read(str(path)).gone((), scope)


# --- what TensorFlow wrote ----------------------------------------------------------------


def _graphs(*names: str) -> Callable[[], list[bytes]]:
    return lambda: [(FIXTURES / "graphs" / name).read_bytes() for name in names]


def _judged(command: str, name: str) -> Callable[[bytes, Path], None]:
    """What a command says of a file, in each format in turn."""

    def read(data: bytes, folder: Path) -> None:
        (folder / name).write_bytes(data)
        form = FORMATS[len(data) % len(FORMATS)]
        _run(folder, command, "--format", form, name if command == "graph" else ".")

    return read


def _graph(name: str) -> Callable[[bytes, Path], None]:
    return _judged("graph", name)


def _text_graphs() -> list[bytes]:
    (text,) = _graphs("graph.pbtxt")()
    return [text[:4000] + b"\n", b'node { name: "a" op: "NoOp" input: ["b", "^c"] # x\n}\n' * 3]


def _indices() -> list[bytes]:
    return _graphs("checkpoint-trained/model.index", "checkpoint-untouched/model.index")()


def _read_checkpoint(data: bytes, folder: Path) -> None:
    (folder / "m.index").write_bytes(data)
    held = folder / "m.data-00000-of-00001"
    if not held.exists():
        held.write_bytes(b"\0" * 56)
    _run(folder, "checkpoint", "--format", FORMATS[len(data) % len(FORMATS)], "m")


def _recordings() -> list[bytes]:
    run = {
        "graph": 0,
        "fetches": ["GradientDescent"],
        "feeds": {"x:0": None, "is_training:0": 1},
        "count": 3,
        "errors": 0,
        "error": None,
    }
    failed = {**run, "error": "boom", "errors": 1, "count": 1}
    document = {"format": 1, "graphs": ["g.meta"], "runs": [run, failed], "notes": ["a note"]}
    return [json.dumps(document).encode(), json.dumps({**document, "watched": {}}).encode()]


@cache
def _recorded_graph() -> bytes:
    return (FIXTURES / "graphs" / "ref_unfused_true_no_updates.meta").read_bytes()


def _read_recording(data: bytes, folder: Path) -> None:
    if not (folder / "g.meta").exists():
        (folder / "g.meta").write_bytes(_recorded_graph())
    _judged("check-trace", "trace.json")(data, folder)


# --- what bnlint wrote --------------------------------------------------------------------


def _entries() -> list[bytes]:
    """What a cache holds of a program: the head of an entry, and its body."""
    return [b"%s\n" % head + b"x\x9c" + bytes(range(200)) for head in (b"bnlint-cache 1 00", b"")]


def _read_entry(data: bytes, folder: Path) -> None:
    """Spoilt in its folder, and changed with a right checksum."""
    store = Store(str(folder / "cache"))
    files = Files(store)
    files.put(PROGRAM, "a.py", load(PROGRAM, "a.py"))
    for path in (folder / "cache").glob("ir-*"):
        path.write_bytes(data)
    assert files.get(PROGRAM, "a.py") is None
    with contextlib.suppress(ValueError, RecursionError):
        (name,) = [path.name for path in (folder / "cache").glob("ir-*")]
        store.put("ir", name.removeprefix("ir-"), json.loads(data))
    files.get(PROGRAM, "a.py")


def _cached_reports() -> list[bytes]:
    """What a cache holds of what a run told, with every kind of entry in it."""
    places = [Location("a.py", 3, 2, 3, 9), Location("b.ipynb", 1, 1, 1, 5, 2, 7, "n/a")]
    report = Report(1, 2, python2=["c.py"], notes=["a note"])
    report.findings = [
        Finding(
            Rule("BN201", "train-op-without-update-ops", "error"),
            place,
            "what is wrong",
            (Related(place, "a layer"),),
            "possible",
            "a reason",
            fingerprint="0" * 16,
            consequence="what follows",
            reasoning=(Step("it begins here", place), Step("and ends", None)),
        )
        for place in places
    ]
    report.problems = [Problem("d.py", 3, "cannot be parsed")]
    report.incomplete = [Incomplete("e.py", 4, "the step budget ran out")]
    report.silenced = [Silenced(report.findings[0], False, "why")]
    return [json.dumps(plain.encode(parts(report))).encode()]


def _read_cached_report(data: bytes, folder: Path) -> None:
    try:
        value = json.loads(data)
        report = report_of(*value)
    except (TypeError, ValueError, RecursionError):
        return
    if not known_rules(report):
        return  # of another bnlint: as if it were not there
    form = FORMATS[len(data) % len(FORMATS)]
    with _output() as (out, _):
        write_report(report, lambda path, cell: None, form, quiet=False)
        _no_control(out.getvalue().decode(), form)


_FOLDER = b"@folder@"  # stands for the folder in which a cache was filled


def _filled(folder: Path) -> tuple[Store, dict[str, str]]:
    """A cache after a check, and the key of its entry for the program, and for the run."""
    (folder / "a.py").write_bytes(PROGRAM)
    _run(folder, "check", "--format", "concise", "--cache-dir", "kept", "a.py")
    names = [path.name for path in (folder / "kept").iterdir() if "-" in path.name]
    return Store(str(folder / "kept")), dict(name.split("-", 1) for name in names)


def _cached_programs() -> list[bytes]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name).resolve()
        store, keys = _filled(folder)
        values = [store.get(kind, keys[kind]) for kind in ("program", "run")]
        return [
            json.dumps(value).encode().replace(str(folder).encode(), _FOLDER) for value in values
        ]


def _read_cached_program(data: bytes, folder: Path) -> None:
    """Put in place of what was kept, with a right checksum."""
    store, keys = _filled(folder)
    try:
        value = json.loads(data.replace(_FOLDER, str(folder.resolve()).encode()))
    except (ValueError, RecursionError):
        return
    for kind in ("run", "program"):
        with contextlib.suppress(ValueError, RecursionError):
            store.put(kind, keys[kind], value)
        _run(folder, "check", "--format", "concise", "--cache-dir", "kept", "a.py")
        (folder / "kept" / f"run-{keys['run']}").unlink(missing_ok=True)


def _reports() -> list[bytes]:
    """What ``check --format json`` writes, which ``merge`` reads."""
    written = []
    for seed in _cached_reports():
        report = report_of(*json.loads(seed))
        with _output() as (out, _):
            write_report(report, lambda path, cell: None, "json", quiet=False)
            written.append(out.getvalue())
    return written


def _read_report(data: bytes, folder: Path) -> None:
    (folder / "r.json").write_bytes(data)
    _run(folder, "merge", "--format", FORMATS[len(data) % len(FORMATS)], "r.json")


def _hooks() -> list[bytes]:
    return [
        b"repos:\n- repo: https://a/b\n  rev: v1\n  hooks:\n    - id: c\n",
        b"# c\nci:\n  skip: [a]\nrepos:\n  - repo: local\n    hooks: [{id: d}]\n",
    ]


def _read_started(name: str) -> Callable[[bytes, Path], None]:
    """``init`` adds to a file that is there, or leaves it as it is, and does no more again."""

    def read(data: bytes, folder: Path) -> None:
        (folder / ".git").mkdir(exist_ok=True)
        path = folder / name
        path.write_bytes(data)
        _run(folder, "init")
        after = path.read_bytes()
        assert len(after) >= len(data)
        added = len(after) - len(data)
        assert any(after[:at] + after[at + added :] == data for at in range(len(data) + 1))
        _run(folder, "init")
        assert path.read_bytes() == after

    return read


# --- whole commands -----------------------------------------------------------------------

_COMMAND = re.compile(r"^\s*::[A-Za-z]", re.MULTILINE)
FORMATS = ("text", "concise", "json", "jsonl", "sarif", "github", "gitlab", "junit")


@contextlib.contextmanager
def _output() -> Iterator[tuple[io.BytesIO, io.BytesIO]]:
    out, err = io.BytesIO(), io.BytesIO()
    with (
        contextlib.redirect_stdout(io.TextIOWrapper(out, "utf-8", write_through=True)),
        contextlib.redirect_stderr(io.TextIOWrapper(err, "utf-8", write_through=True)),
    ):
        yield out, err


def _run(folder: Path, *command: str) -> None:
    """A command: it must end with 0, 1 or 2, say nothing of a bug, and no control character."""
    form = command[command.index("--format") + 1] if "--format" in command else "text"
    here = os.getcwd()
    os.chdir(folder)
    try:
        with _output() as (out, err):
            code = main(list(command))
            said = (out.getvalue() + err.getvalue()).decode("utf-8")
    finally:
        os.chdir(here)
    assert code in (0, 1, 2), code
    assert "internal error" not in said, said
    _no_control(said, form)


def _no_control(said: str, form: str) -> None:
    assert all(char.isprintable() or char == "\n" for char in said), repr(said)
    assert form == "github" or _COMMAND.search(said) is None, said


def _read_command(data: bytes, folder: Path) -> None:
    (folder / "a.py").write_bytes(data)
    form = FORMATS[len(data) % len(FORMATS)]
    _run(folder, "check", "--format", form, "--no-cache", "--show-incomplete", "a.py")


def _read_fixed(data: bytes, folder: Path) -> None:
    """A file that was fixed can be read, and has nothing more that can be fixed."""
    path = folder / "a.py"
    path.write_bytes(data)
    _run(folder, "check", "--format", "concise", "--no-cache", "--fix", "--unsafe-fixes", "a.py")
    fixed = path.read_bytes()
    if fixed != data:
        load(fixed, "a.py")
        _run(
            folder, "check", "--format", "concise", "--no-cache", "--fix", "--unsafe-fixes", "a.py"
        )
        assert path.read_bytes() == fixed


def _read_editor(data: bytes, folder: Path) -> None:
    """What an editor holds: any text, with fixes looked for in it."""
    from bnlint.lsp.analysis import Analysis

    path = str(folder / "a.py")
    text = data.decode("utf-8", "replace")
    analysis = Analysis({path: text})
    assert analysis.crashes == []
    for finding in analysis.about(path):
        analysis.fixed(finding)
    analysis.lines(path)


def _messages() -> list[bytes]:
    """What editors send: a text that is opened, and what is asked about a place of it."""
    document = {
        "uri": "file:///no%20such%20folder/a.py",
        "languageId": "python",
        "version": 1,
        "text": PROGRAM.decode(),
    }
    at = {"line": 7, "character": 12}
    uri = {"uri": document["uri"]}
    asked = {"textDocument": uri, "range": {"start": at, "end": at}, "context": {"diagnostics": []}}
    messages: list[dict[str, object]] = [
        {"method": "textDocument/didOpen", "params": {"textDocument": document}},
        {"id": 1, "method": "textDocument/hover", "params": {"textDocument": uri, "position": at}},
        {"id": 2, "method": "textDocument/codeAction", "params": asked},
    ]
    return [json.dumps({"jsonrpc": "2.0", **message}).encode() for message in messages]


@cache
def _server() -> Any:
    from lsprotocol import types

    from bnlint.lsp.server import make

    server = make()
    capabilities = types.ClientCapabilities()
    for _ in server.protocol.lsp_initialize(types.InitializeParams(capabilities)):
        pass  # its steps
    return server


def _read_message(data: bytes, folder: Path) -> None:
    """A message that the library for the protocol takes reaches us, whatever it asks about."""
    from bnlint.lsp.analysis import Analysis
    from bnlint.lsp.server import _path

    server = _server()
    try:
        message = server.protocol.structure_message(json.loads(data))
        uri, method = message.params.text_document.uri, message.method
    except Exception:
        return  # refused before it reaches us
    path = _path(uri)
    if method == "textDocument/didOpen" and path is not None:
        server.analysis = Analysis({path: message.params.text_document.text})
        assert server.analysis.crashes == []
        server._diagnostics(server.analysis, path)
    elif server.analysis is None:
        server.analysis = Analysis({path or "/a.py": PROGRAM.decode()})
    if method == "textDocument/hover":
        server.hover(message.params)
    elif method == "textDocument/codeAction":
        asyncio.run(server.actions(message.params))


READERS = (
    Reader("source", 15_000, _programs, _read_source),
    Reader("Python 2", 4_000, _python2, _read_python2),
    Reader("notebook", 8_000, _notebooks, _loaded("a.ipynb")),
    Reader("markdown", 8_000, _pages, _loaded("a.md")),
    Reader("ignore comments", 45_000, _comments, _read_comments),
    Reader("configuration", 30_000, _configurations, _read_configuration),
    Reader(".gitignore", 30_000, _ignored, _read_patterns),
    Reader(
        "pb", 5_000, _graphs("frozen_in_training_mode.pb", "graph.pb"), _judged("graph", "g.pb")
    ),
    Reader("pbtxt", 3_000, _text_graphs, _graph("g.pbtxt")),
    Reader("events", 3_000, _graphs("logs/events.out.tfevents.1"), _graph("g.tfevents.1")),
    Reader("checkpoint", 15_000, _indices, _read_checkpoint),
    Reader("recording", 8_000, _recordings, _read_recording),
    Reader("baseline", 17_000, _baselines, _read_baseline),
    Reader("cache entry", 3_000, _entries, _read_entry),
    Reader("cached report", 4_000, _cached_reports, _read_cached_report),
    Reader("cached program", 1_000, _cached_programs, _read_cached_program),
    Reader("merge", 4_000, _reports, _read_report),
    Reader("init, table", 1_500, _configurations, _read_started("pyproject.toml")),
    Reader("init, hook", 1_500, _hooks, _read_started(".pre-commit-config.yaml")),
    Reader("check", 1_500, _programs, _read_command),
    Reader("check --fix", 500, _programs, _read_fixed),
    Reader("editor", 1_000, _programs, _read_editor),
    Reader("LSP message", 3_000, _messages, _read_message),
)
