"""What must not change what is found: line ends, comments, names of folders, order, hash seeds."""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import sys
import tokenize
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from bnlint.cli import main
from bnlint.finding import Finding
from bnlint.fixing import with_fixes
from bnlint.run import Options, check
from bnlint.source.load import load

FIXTURES = Path(__file__).parents[1] / "fixtures"
SCRIPTS = sorted(p for kind in ("programs", "scripts") for p in (FIXTURES / kind).rglob("*.py"))
SOME = SCRIPTS[::7]
PROJECTS = sorted(path for path in (FIXTURES / "projects").iterdir() if path.is_dir())

Seen = list[tuple[object, ...]]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def findings(*paths: str) -> list[Finding]:
    outcome = check(Options(paths=paths, pedantic=True))
    assert outcome.crashes == []
    return outcome.report.findings


def seen(found: Iterable[Finding], line: Callable[[int], int] = lambda at: at) -> Seen:
    """Findings without what the name of the file changes; ``line`` is where a line went."""
    return sorted(
        (
            os.path.basename(f.location.path),
            line(f.location.line),
            f.location.column,
            line(f.location.end_line),
            f.location.end_column,
            f.rule.code,
            f.confidence,
            f.message,
            f.reason,
            tuple((line(r.location.line), r.location.column, r.message) for r in f.related),
        )
        for f in found
    )


_NO_STATEMENT = {
    tokenize.NL,
    tokenize.COMMENT,
    tokenize.INDENT,
    tokenize.DEDENT,
    tokenize.ENDMARKER,
}


def with_noise(text: str) -> tuple[str, list[int]]:
    """A comment and an empty line before every statement; where each line went."""
    begins = {1}
    new = True
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if new and token.type not in _NO_STATEMENT:
            begins.add(token.start[0])
            new = False
        new = new or token.type == tokenize.NEWLINE
    out: list[str] = []
    went = [0]
    for number, line in enumerate(text.splitlines(True), 1):
        if number in begins:
            out += ["# between the lines\n", "\n"]
        out.append(line)
        went.append(len(out))
    return "".join(out), went


@pytest.mark.parametrize("script", SOME, ids=[path.stem for path in SOME])
def test_what_does_not_change_what_a_script_says(script: Path, folder: Path) -> None:
    data = script.read_bytes()
    file = folder / "train.py"

    def found() -> list[Finding]:
        return findings("train.py")

    file.write_bytes(data)
    before = seen(found())
    file.write_bytes(data.replace(b"\n", b"\r\n"))
    assert seen(found()) == before
    file.write_bytes(b"\xef\xbb\xbf" + data)
    assert seen(found()) == before
    file.write_bytes(data)
    assert seen(findings(str(file))) == before
    other = folder / "elsewhere" / "x y"
    other.mkdir(parents=True)
    os.chdir(other)
    assert seen(findings(os.path.join("..", "..", "train.py"))) == before
    os.chdir(folder)
    if b"bnlint:" in data:
        return  # comments are about the lines below them
    try:
        noisy, went = with_noise(data.decode())
    except (SyntaxError, tokenize.TokenError):
        return  # Python 2
    plain = found()
    file.write_text(noisy, encoding="utf-8")
    assert seen(found()) == seen(plain, lambda at: went[at])


@pytest.mark.parametrize("project", PROJECTS, ids=[path.name for path in PROJECTS])
def test_what_does_not_change_what_a_project_says(project: Path, folder: Path) -> None:
    shutil.copytree(project, folder / "one")
    shutil.copytree(project, folder / "a second checkout")
    files = sorted(str(path) for path in Path("one").rglob("*.py"))
    before = seen(findings("one"))
    assert seen(findings(str(folder / "one"))) == before
    assert seen(findings(*files)) == before
    assert seen(findings(*reversed(files))) == before
    assert seen(findings("a second checkout")) == before
    os.chdir("one")
    assert seen(findings(".")) == before


def test_nothing_depends_on_hash_seeds_or_the_cache(
    folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    for number, script in enumerate(SOME):
        shutil.copy(script, folder / f"{number}_{script.name}")
    shutil.copytree(PROJECTS[0], folder / "project")
    command = ["-m", "bnlint", "check", "--pedantic", "--format", "json", "--show-incomplete"]
    cache = ["--cache-dir", str(tmp_path_factory.mktemp("kept"))]  # not among what is checked
    said = [
        subprocess.run(
            [sys.executable, *command, *options, "."],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            check=False,
            timeout=600,
        )
        for seed, options in (("0", ["--no-cache"]), ("1", cache), ("2", cache))
    ]
    assert {done.returncode for done in said} == {1}
    assert json.loads(said[0].stdout)["findings"]
    assert said[1].stdout == said[0].stdout
    assert said[2].stdout == said[0].stdout
    assert {done.stderr for done in said} == {said[0].stderr}


class Observer:
    """Looks at a folder at every line of what writes: so it would be if the process died there."""

    WRITING = (
        "writing.py",
        "fixing.py",
        "store.py",
        "runs.py",
        "files.py",
        "tempfile.py",
        "shim.py",
    )

    def __init__(self, folder: Path, names: Sequence[str]) -> None:
        self._files = [folder / name for name in names]
        self.lines = 0
        self.seen: list[set[bytes | None]] = [set() for _ in names]

    def run(self, work: Callable[[], object]) -> None:
        before = sys.gettrace()
        sys.settrace(self._called)
        try:
            work()
        finally:
            sys.settrace(before)

    def _called(self, frame: FrameType, _event: str, _argument: object) -> Any:
        return self._line if frame.f_code.co_filename.endswith(self.WRITING) else None

    def _line(self, _frame: FrameType, _event: str, _argument: object) -> Any:
        self.lines += 1
        for file, seen in zip(self._files, self.seen, strict=True):
            seen.add(file.read_bytes() if file.exists() else None)
        return self._line


def observed(folder: Path, names: Sequence[str], work: Callable[[], object]) -> None:
    """Whatever line it dies at, each file is the old one or the new one, and some are each."""
    before = [file.read_bytes() if file.exists() else None for file in map(folder.joinpath, names)]
    observer = Observer(folder, names)
    observer.run(work)
    after = [folder.joinpath(name).read_bytes() for name in names]
    assert observer.lines > 20
    for old, new, seen in zip(before, after, observer.seen, strict=True):
        assert old != new
        assert seen == {old, new}


BAD = """\
import tensorflow as tf
x = tf.placeholder(tf.float32, [None, 4])
h = tf.layers.batch_normalization(x, training=True)
op = tf.train.AdamOptimizer().minimize(tf.reduce_mean(h))
"""


def test_no_file_of_a_fix_is_ever_half_written(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    names = ["a.py", "b.py", "c.py"]
    for name in names:
        (folder / name).write_text(BAD, encoding="utf-8")
    observed(folder, names, lambda: main(["check", "-q", "--fix", "--format", "concise", "."]))
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("there", [False, True])
@pytest.mark.parametrize(
    ("name", "command"),
    [
        ("known.json", ["--write-baseline", "known.json"]),
        ("known.json", ["--baseline", "known.json", "--prune-baseline"]),
        ("page.html", ["--html", "page.html"]),
    ],
)
def test_nothing_that_a_check_writes_is_ever_half_written(
    folder: Path,
    capsys: pytest.CaptureFixture[str],
    name: str,
    command: Sequence[str],
    there: bool,
) -> None:
    (folder / "a.py").write_text(BAD, encoding="utf-8")
    if "--prune-baseline" in command:
        main(["check", "-q", "--write-baseline", name, "."])
        (folder / "a.py").write_text("", encoding="utf-8")
    elif there:
        (folder / name).write_text("old", encoding="utf-8")
    observed(folder, [name], lambda: main(["check", "-q", *command, "."]))
    capsys.readouterr()
    assert sorted(os.listdir()) == ["a.py", name]


def test_no_entry_of_a_cache_is_ever_half_written(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "a.py").write_text(BAD, encoding="utf-8")
    kept = folder / "kept"
    command = ["check", "-q", "--cache-dir", "kept", "a.py"]
    main(command)
    names = sorted(os.listdir(kept))
    for entry in kept.iterdir():
        entry.unlink()
    observed(kept, names, lambda: main(command))
    kinds = {name.partition("-")[0] for name in names}
    assert kinds == {".gitignore", "CACHEDIR.TAG", "ir", "program", "run", "tool"}
    capsys.readouterr()


def test_no_recording_is_ever_half_written(folder: Path) -> None:
    """Graphs have their names from the start; what tells of them comes last, in one step."""
    from bnlint.graph import shim

    class Recorder(shim.Recorder):
        def _export(self, graph: object, folder: str, number: int) -> str:
            with open(os.path.join(folder, "g.meta"), "wb") as file:
                file.write(b"graph")
            return "g.meta"

        def _places(self, graph: object) -> dict[str, object]:
            return {}

    recorder = Recorder(str(folder), False)  # type: ignore[no-untyped-call]
    recorder.graphs = [object()]
    place = folder / f"process-{os.getpid()}"
    observed(place, ["trace.json"], recorder.write)
    assert json.loads((place / "trace.json").read_bytes())["graphs"] == ["g.meta"]


FIXABLE = ("BN101", "BN109", "BN201", "BN202", "BN203", "BN204", "BN205")
MARKED = [
    path
    for path in SCRIPTS
    if any(f"# {code}\n" in path.read_text("utf-8", "replace") for code in FIXABLE)
][::4]


def untouched(script: str) -> list[str]:
    """The lines of a file that no fix of its findings says it would replace."""
    options = Options(paths=(script,), users=True)
    report = check(options).report
    with_fixes(report, options)
    replaced = {
        line
        for finding in report.findings
        if finding.fix is not None
        for edit in finding.fix.edits
        for line in range(edit.location.line, edit.location.end_line)
    }
    lines = Path(script).read_bytes().decode("utf-8", "surrogateescape").splitlines(True)
    return [line for number, line in enumerate(lines, 1) if number not in replaced]


@pytest.mark.parametrize("script", MARKED, ids=[path.stem for path in MARKED])
def test_a_fix_parses_and_changes_its_lines_only_and_a_second_one_nothing(
    script: Path, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = folder / "train.py"
    file.write_bytes(script.read_bytes())
    kept = untouched("train.py")
    command = ["check", "-q", "--no-cache", "--format", "concise", "--unsafe-fixes", "train.py"]
    main([*command, "--fix"])
    fixed = file.read_bytes()
    assert load(fixed, "train.py").errors == []
    left = iter(fixed.decode("utf-8", "surrogateescape").splitlines(True))
    assert [line for line in kept if line not in left] == []  # all there, in their order
    main([*command, "--fix"])
    assert file.read_bytes() == fixed
    capsys.readouterr()
    main([*command, "--diff"])
    assert "+++" not in capsys.readouterr().out


@pytest.mark.parametrize("first", ["", "print 'two';"])
def test_a_byte_order_mark_moves_nothing_on_its_own_line(folder: Path, first: str) -> None:
    text = (
        f"{first}import tensorflow as tf; x = tf.placeholder(tf.float32, [None, 4]); "
        "y = tf.layers.batch_normalization(x)\n"
    )
    (folder / "train.py").write_text(text, encoding="utf-8")
    plain = findings("train.py")
    (folder / "train.py").write_text(text, encoding="utf-8-sig")
    assert findings("train.py") == plain
    assert len(plain) == 1
