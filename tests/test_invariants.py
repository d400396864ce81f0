"""What must not change what is found: line ends, comments, names of folders, order, hash seeds."""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import sys
import tokenize
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from bnlint.cli import main
from bnlint.finding import Finding
from bnlint.run import Options, check

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


def test_nothing_depends_on_hash_seeds_or_the_cache(folder: Path) -> None:
    for number, script in enumerate(SOME):
        shutil.copy(script, folder / f"{number}_{script.name}")
    shutil.copytree(PROJECTS[0], folder / "project")
    command = ["-m", "bnlint", "check", "--pedantic", "--format", "json", "--show-incomplete"]
    cache = ["--cache-dir", str(folder / "kept")]
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


WRITERS = {
    "a fix": "from bnlint.fix.files import replace as write",
    "a baseline": """
from bnlint.baseline import Baseline, Entry

def write(path, data):
    Baseline(path).write([Entry("a.py", "BN201", data.decode().strip(), "definite")] * 3)
""",
    "the cache": """
import os
from bnlint.cache.store import Store

def write(path, data):
    store = Store(os.path.dirname(path))
    store._path = lambda kind, key: path
    store.put("ir", "key", data.decode() * 1000)
""",
}

# A child is killed on its first line, the next one on its second, until one comes to its end.
KILLED = """
import os, sys

{writer}

def killed(at):
    child = os.fork()
    if not child:
        lines = 0
        def trace(frame, event, argument):
            nonlocal lines
            lines += 1
            if lines == at:
                os._exit(9)
            return trace
        sys.settrace(trace)
        write(sys.argv[1], b"new\\n")
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9

def content():
    with open(sys.argv[1], "rb") as file:
        return file.read()

write(sys.argv[1], b"new\\n")
new = content()
write(sys.argv[1], b"old\\n")
old = content()
assert old != new
at = 1
kept = set()
while killed(at):
    kept.add(content())
    at += 1
assert kept == {{old, new}}, kept
assert content() == new
print("killed at lines:", at > 50)
"""


@pytest.mark.skipif(os.name != "posix", reason="no fork here")
@pytest.mark.parametrize("writer", WRITERS.values(), ids=WRITERS)
def test_a_file_is_never_half_written(writer: str, folder: Path) -> None:
    file = folder / "file"
    file.write_text("old\n", encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-c", KILLED.format(writer=writer), str(file)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stdout, done.stderr) == ("killed at lines: True\n", "")


FIXABLE = ("BN101", "BN109", "BN201", "BN202", "BN203", "BN204", "BN205")
MARKED = [
    path
    for path in SCRIPTS
    if any(f"# {code}\n" in path.read_text("utf-8", "replace") for code in FIXABLE)
][::4]


@pytest.mark.parametrize("script", MARKED, ids=[path.stem for path in MARKED])
def test_a_second_fix_is_empty(
    script: Path, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = folder / "train.py"
    data = script.read_bytes()
    command = ["check", "-q", "--no-cache", "--format", "concise", "--unsafe-fixes", "train.py"]
    file.write_bytes(data)
    main([*command, "--fix"])
    fixed = file.read_bytes()
    main([*command, "--fix"])
    assert file.read_bytes() == fixed
    capsys.readouterr()
    main([*command, "--diff"])
    assert "+++" not in capsys.readouterr().out
