"""Nothing that a stranger wrote speaks through us: every command in every format is walked."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from checkpoints import entry, write_checkpoint
from hypothesis import given
from hypothesis import strategies as st

from bnlint.cli import main
from bnlint.cli.commands import cli
from bnlint.printable import printable, without_commands

META = Path(__file__).parents[1] / "fixtures/graphs/ref_unfused_placeholder.meta"
EVIL = "\x1b[31m\x07\u202e\x9b0m\x7f\u2028\n::error::x\r::warning::y##[error]z##vso[task.q]"
NAME = EVIL.replace("\n", "")  # a path may hold a newline, but GitHub has no such annotation
# What the runners of GitHub and Azure obey wherever it stands.
OLD = re.compile(r"##(vso)?\[")
OURS = re.compile(r"::(error|warning|notice) file=[^:]*::")
# What a terminal obeys: control characters but for the newline, and what reorders a line.
STEERS = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")


def commands() -> dict[str, click.Command]:
    context = click.Context(cli)
    found = {name: cli.get_command(context, name) for name in cli.list_commands(context)}
    return {name: command for name, command in found.items() if command is not None}


def formats(command: click.Command) -> list[str]:
    """The formats of a command, as its own options tell: a new one is walked as well."""
    return [
        choice
        for option in command.params
        if "--format" in option.opts and isinstance(option.type, click.Choice)
        for choice in option.type.choices
    ]


def inputs(name: str) -> list[str] | None:
    """Arguments that make a command say the hostile things; None if it reads nothing of others."""
    return {
        "check": ["--pedantic", "--show-incomplete", "."],
        "graph": ["graph.meta"],
        "checkpoint": ["ckpt"],
        "check-trace": ["recording"],
        "confirm": [f"{NAME}.py", "recording"],
        "merge": ["report.json"],
    }.get(name)


def walked() -> Iterator[tuple[str, str]]:
    for name, command in commands().items():
        for choice in formats(command):
            yield name, choice


def report() -> dict[str, object]:
    """One that says the hostile things wherever it may say anything."""
    place = {"path": f"{NAME}.py", "line": 3, "column": 1, "node": EVIL}
    finding = {
        "code": "BN101",
        "name": EVIL,
        "severity": "error",
        "confidence": "possible",
        "reason": EVIL,
        "message": f"it is {EVIL}: {EVIL}",
        "witness": "graph",
        "fingerprint": "0123456789abcdef",
        **place,
        "end_line": 3,
        "end_column": 5,
        "related": [{**place, "message": EVIL}],
    }
    return {
        "version": 1,
        "checked": 1,
        "skipped": 0,
        "findings": [finding],
        "errors": [{"path": f"{NAME}bad.py", "line": 1, "message": EVIL}],
        "incomplete": [{"path": EVIL, "line": 1, "reason": EVIL}],
    }


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    source = (
        "import tensorflow as tf\nx = tf.placeholder(tf.float32, [None, 4])\n"
        "def net(x, is_training=True):\n"
        f"    '''{EVIL.replace(chr(13), '')}'''\n"
        f"    return tf.layers.batch_normalization(x, name={NAME!r})  # \x1b[31m\u202e\n"
        f"h = net(x)  # bnlint: ignore[\x1b[31mBN999]\n"
        f"s = {NAME!r}\n"
        "train = tf.train.AdamOptimizer().minimize(tf.reduce_mean(h))\n"
    )
    Path(f"{NAME}.py").write_text(source, encoding="utf-8")
    Path("::error::z.py").write_text(source, encoding="utf-8")
    Path(f"{NAME}bad.py").write_text(f"batch_norm = '{NAME}' '\n", encoding="utf-8")
    shutil.copy(META, "graph.meta")
    process = Path("recording/process-1")
    process.mkdir(parents=True)
    shutil.copy(META, process / f"{NAME}g.meta")
    document = {
        "format": 1,
        "command": [EVIL],
        "tensorflow": EVIL,
        "graphs": [f"{NAME}g.meta", EVIL],
        "notes": [EVIL, f"note {EVIL}"],
        "places": [{"GradientDescent": [EVIL, 3]}, {}],
        "runs": [
            {
                "graph": number,
                "fetches": [*more, "GradientDescent"],
                "feeds": {EVIL: True},
                "count": 1 - len(more),
                "errors": len(more),
                "error": EVIL,
            }
            for number in (0, 1)
            for more in ([], [EVIL])
        ],
    }
    (process / "trace.json").write_text(json.dumps(document), encoding="utf-8")
    Path("report.json").write_text(json.dumps(report()), encoding="utf-8")
    ones = b"\0\0\0\0\0\0\x80\x3f"
    write_checkpoint(
        "ckpt",
        {
            f"{EVIL}bn/moving_mean": entry(1, 0, 4),
            f"{EVIL}bn/moving_variance": entry(1, 4, 4),
            "::error::x/bn/moving_mean": entry(1, 0, 4),
        },
        ones,
    )
    return tmp_path


def test_every_command_is_walked() -> None:
    # They say and write what we wrote, run what they are told to, or speak JSON with an editor.
    silent = {"clean", "rule", "rules", "trace", "server", "init"}
    for name, command in commands().items():
        if formats(command):
            assert inputs(name) is not None, f"{name}: give it something hostile to say"
            silent.discard(name)
        else:
            assert name in silent


@pytest.mark.parametrize(("name", "choice"), list(walked()))
def test_nothing_speaks_through_us(
    project: Path, name: str, choice: str, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = inputs(name)
    assert arguments is not None
    assert main([name, *arguments, "--format", choice]) in (0, 1)
    out, err = capsys.readouterr()
    assert out or name in ("graph", "check-trace")  # which find nothing here
    for line in (out + err).split("\n"):
        assert not STEERS.search(line), line
        assert not OLD.search(line), line
        if line.lstrip().startswith("::"):
            assert choice == "github"
            assert OURS.match(line), line


@pytest.mark.parametrize(
    "arguments",
    [
        ["--explain", "--pedantic"],
        ["--explain", "--pedantic", "--format", "json"],
        ["--statistics"],
        ["--show-files"],
        ["--show-silenced", "--format", "sarif"],
        ["--color", "always"],
    ],
)
def test_other_reports_do_not_either(
    project: Path, arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    Path("pyproject.toml").write_text(
        "[tool.bnlint.per-file-ignores]\n"
        f"{json.dumps(EVIL)} = ['BN1']\n'::error::z.py' = ['BN201']\n",
        encoding="utf-8",
    )
    main(["check", *arguments, "."])
    out, err = capsys.readouterr()
    ours = r"\x1b\[(?:1|1;31|1;33|34|0)m" if "--color" in arguments else "(?!)"
    for line in re.sub(ours, "", out + err).split("\n"):
        assert not STEERS.search(line), line
        assert not OLD.search(line), line
        assert not line.lstrip().startswith("::"), line


@pytest.mark.parametrize(
    "arguments",
    [
        ["check", EVIL.replace("\n", "")],
        ["check", f"--no-such{EVIL}"],
        ["check", "--format", EVIL],
        ["check", "--select", EVIL],
        ["rule", EVIL],
        ["graph", EVIL],
        ["graph", "graph.meta", "--train-op", EVIL],
        ["checkpoint", EVIL],
        ["check-trace", EVIL],
        ["confirm", EVIL, EVIL],
        [EVIL],
    ],
)
def test_errors_do_not_either(
    project: Path, arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) in (1, 2)
    out, err = capsys.readouterr()
    for line in (out + err).split("\n"):
        assert not STEERS.search(line), line
        assert not OLD.search(line), line
        assert not line.lstrip().startswith("::"), line


def test_an_error_in_a_checkpoint(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_checkpoint("odd", {f"{EVIL}bn/moving_mean": entry(1, 0, 3)}, b"\0" * 8)
    assert main(["checkpoint", "odd"]) == 2
    (line, empty) = capsys.readouterr().err.split("\n")
    assert (STEERS.search(line), empty) == (None, "")


def test_a_page(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["graph", "graph.meta", "--html", "page.html"]) in (0, 1)
    assert not STEERS.search(Path("page.html").read_text(encoding="utf-8"))


def test_a_diff(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["check", "--diff", "--unsafe-fixes", "."])
    out, err = capsys.readouterr()
    assert not any(line.lstrip().startswith("::") for line in (out + err).split("\n"))
    assert not STEERS.search(err)


@given(st.text())
def test_printable(text: str) -> None:
    said = printable(text)
    assert said.isprintable()
    assert not said.lstrip().startswith("::") or not said.lstrip()[2:3].isalpha()
    assert printable(said) == said


@given(st.lists(st.sampled_from([" ", "::", ":", "error", "::error::", "\n", "\t"])))
def test_without_commands(parts: list[str]) -> None:
    said = without_commands("".join(parts))
    assert not any(re.match(r"\s*::[a-z]", line) for line in said.split("\n"))
