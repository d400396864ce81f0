"""Who gets colours: the option is asked first, then the environment, then the terminal."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest

from bnlint import pages
from bnlint.cli import main
from bnlint.output import terminal

SCRIPT = "import tensorflow as tf\ny = tf.layers.batch_normalization(\n"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def plain(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("NO_COLOR", "FORCE_COLOR", "COLORTERM", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.chdir(tmp_path)
    Path("a.py").write_text(SCRIPT, encoding="utf-8")


@pytest.mark.parametrize(
    ("when", "environment", "at_terminal", "in_pipe"),
    [
        ("auto", {}, True, False),
        ("auto", {"NO_COLOR": "1"}, False, False),
        ("auto", {"NO_COLOR": ""}, True, False),
        ("auto", {"FORCE_COLOR": "1"}, True, True),
        ("auto", {"FORCE_COLOR": ""}, True, False),
        ("auto", {"FORCE_COLOR": "1", "NO_COLOR": "1"}, False, False),
        ("auto", {"TERM": "dumb"}, False, False),
        ("always", {"NO_COLOR": "1", "TERM": "dumb"}, True, True),
        ("never", {"FORCE_COLOR": "1"}, False, False),
    ],
)
def test_who_gets_colours(
    monkeypatch: pytest.MonkeyPatch,
    when: terminal.When,
    environment: dict[str, str],
    at_terminal: bool,
    in_pipe: bool,
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    with terminal.colours(when):
        assert terminal.coloured(Terminal()) is at_terminal
        assert terminal.coloured(io.StringIO()) is in_pipe


@pytest.mark.parametrize(
    "command",
    [
        ("check", "a.py"),
        ("check", "--color", "auto", "a.py"),
        ("rule", "BN201"),
        ("rule", "--color", "never", "BN201"),
    ],
)
def test_a_pipe_gets_none(capsys: pytest.CaptureFixture[str], command: tuple[str, ...]) -> None:
    main(command)
    assert "\x1b" not in capsys.readouterr().out


@pytest.mark.parametrize(
    "command", [("check", "--color", "always", "a.py"), ("rule", "--color", "always", "BN201")]
)
def test_a_pipe_gets_what_it_asks_for(
    capsys: pytest.CaptureFixture[str], command: tuple[str, ...]
) -> None:
    main(command)
    assert "\x1b[" in capsys.readouterr().out
    main(["check", "a.py"])
    assert "\x1b" not in capsys.readouterr().out


def test_the_width_is_that_of_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    assert terminal.width(Terminal()) == 80
    assert terminal.width(io.StringIO()) == 120
    monkeypatch.setenv("COLUMNS", "3")
    assert terminal.width(Terminal()) == 40


def test_titles_of_rules_are_wrapped_at_a_terminal_and_a_line_each_in_a_pipe(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["rules"])
    piped = capsys.readouterr().out.splitlines()
    assert len(piped) == len(pages.names())
    assert max(map(len, piped)) > 80
    monkeypatch.setattr(sys, "stdout", out := Terminal())
    monkeypatch.setenv("COLUMNS", "80")
    main(["rules"])
    lines = out.getvalue().splitlines()
    assert max(map(len, lines)) <= 80
    assert " ".join(out.getvalue().split()) == " ".join(" ".join(piped).split())
    monkeypatch.setattr(sys, "stdout", out := Terminal())
    monkeypatch.setenv("COLUMNS", "60")
    main(["rules"])
    assert out.getvalue().splitlines()[:3] == [
        "BN101  error    missing-training-flag",
        "       A batch-norm layer without its training flag",
        "BN102  warning  hard-coded-training-flag",
    ]
