"""The three formats, character by character."""

from __future__ import annotations

import io
import json

import pytest

from bnlint.finding import Finding, Location, Related, Rule
from bnlint.outcome import Problem, Report
from bnlint.output import github, story, text
from bnlint.output import json as json_output
from bnlint.output.wording import wrapped

ERROR = Rule("BN201", "train-op-without-update-ops", "error")
WARNING = Rule("BN303", "slow-moving-average", "warning")

TRAIN = """\
import tensorflow as tf
from net import net

loss = net(x)

train_op = tf.train.AdamOptimizer().minimize(loss)
"""
NET = "def net(x):\n\treturn tf.layers.batch_normalization(\n\t\tx)\n"


def at(path: str, line: int, column: int, end_column: int, end_line: int | None = None) -> Location:
    return Location(path, line, column, end_line or line, end_column)


def example(confidence: str = "definite", reason: str | None = None, rule: Rule = ERROR) -> Finding:
    return Finding(
        rule,
        at("train.py", 6, 12, 51),
        "nothing runs the updates",
        (
            Related(at("train.py", 4, 8, 14), "the loss"),
            Related(at("net.py", 2, 9, 5, end_line=3), "this layer's moving averages"),
        ),
        "definite" if confidence == "definite" else "possible",
        reason,
    )


def as_text(report: Report, sources: dict[str, str], *, summary: bool = True) -> str:
    stream = io.StringIO()
    text.write(report, lambda path, _cell: sources.get(path), stream, summary=summary)
    return stream.getvalue()


def framed(source: str, *locations: Location, label: str = "here") -> list[str]:
    """The frame of one finding at the first location, with the others related to it."""
    related = tuple(Related(location, label) for location in locations[1:])
    report = Report(findings=[Finding(ERROR, locations[0], "message", related)])
    lines = as_text(report, {locations[0].path: source}, summary=False).splitlines()
    assert lines[:2] == [
        f"{story.place(locations[0])}: error: BN201 train-op-without-update-ops",
        "  message",
    ]
    assert lines[-2].strip() == "= help: bnlint rule BN201"
    assert lines[-1] == ""
    return lines[2:-2]


def test_text() -> None:
    report = Report(checked=2, skipped=1, findings=[example()])
    assert as_text(report, {"train.py": TRAIN, "net.py": NET}) == (
        "train.py:6:12: error: BN201 train-op-without-update-ops\n"
        "  nothing runs the updates\n"
        "  |\n"
        "4 | loss = net(x)\n"
        "  |        ------ the loss\n"
        "5 |\n"
        "6 | train_op = tf.train.AdamOptimizer().minimize(loss)\n"
        "  |            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n"
        "::: net.py:2:9\n"
        "  |\n"
        "2 |     return tf.layers.batch_normalization(\n"
        "  |            ------------------------------ this layer's moving averages\n"
        "  = help: bnlint rule BN201\n"
        "\n"
        "1 finding; 2 files checked, 1 without batch norm.\n"
    )


def test_text_says_what_keeps_a_possible_finding_from_being_definite() -> None:
    report = Report(checked=1, findings=[example("possible", "the value of 'x' is unknown")])
    lines = as_text(report, {"train.py": TRAIN, "net.py": NET}).splitlines()
    assert lines[0] == "train.py:6:12: error: BN201 train-op-without-update-ops [possible]"
    assert lines[-4:] == [
        "  = possible only: the value of 'x' is unknown",
        "  = help: bnlint rule BN201",
        "",
        "1 finding; 1 file checked.",
    ]


def test_text_of_unreadable_files() -> None:
    report = Report(checked=1, problems=[Problem("bad.py", 3, "unexpected end of file")])
    assert as_text(report, {}) == (
        "bad.py:3: error: BN900 unreadable-file\n"
        "  unexpected end of file\n"
        "\n"
        "No findings, 1 unreadable file; 1 file checked.\n"
    )


def test_text_of_nothing() -> None:
    assert as_text(Report(checked=3, skipped=41), {}) == (
        "No findings; 3 files checked, 41 without batch norm.\n"
    )
    assert as_text(Report(checked=3, skipped=41), {}, summary=False) == ""


def test_what_follows_from_a_mistake_is_said_once_a_rule() -> None:
    def told(line: int, rule: Rule, consequence: str) -> Finding:
        place = at("a.py", line, 1, 2)
        return Finding(rule, place, f"no {line}: {consequence}", consequence=consequence)

    report = Report(
        findings=[
            told(1, ERROR, "so: it fails"),
            told(2, ERROR, "so: it fails"),
            told(3, WARNING, "so: it fails"),
            told(4, ERROR, "it is slow"),
            Finding(ERROR, at("a.py", 5, 1, 2), "no 5: so: it fails"),
        ]
    )
    messages = [line for line in as_text(report, {}).splitlines() if line.startswith("  no")]
    assert messages == [
        "  no 1: so: it fails",
        "  no 2",
        "  no 3: so: it fails",
        "  no 4: it is slow",
        "  no 5: so: it fails",
    ]
    stream = io.StringIO()
    text.write_concise(report, stream)
    assert stream.getvalue().splitlines()[:2] == ["a.py:1:1: BN201 no 1", "a.py:2:1: BN201 no 2"]
    said = [finding["message"] for finding in json.loads(as_json(report))["findings"]]
    assert said[:2] == ["no 1: so: it fails", "no 2: so: it fails"]


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_no_word_is_cut_at_80_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("COLUMNS", "80"), ("NO_COLOR", "1")):
        monkeypatch.setenv(name, value)
    words = " ".join(["normalisation"] * 9)
    first, second = at("a.py", 1, 60, 64), at("a.py", 2, 1, 2)
    found = Finding(
        ERROR, second, f"message {words}", (Related(first, f"label {words}"),), "possible", words
    )
    stream = Terminal()
    report = Report(findings=[found], problems=[Problem("b.py", 1, f"problem {words}")])
    text.write(report, lambda _path, _cell: "x" * 99 + "\ny\n", stream, summary=False)
    assert stream.getvalue() == (
        "a.py:2:1: error: BN201 train-op-without-update-ops [possible]\n"
        "  message normalisation normalisation normalisation normalisation normalisation\n"
        "  normalisation normalisation normalisation normalisation\n"
        "  |\n"
        "1 | xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…\n"
        "  |                                                            ----\n"
        "  | label normalisation normalisation normalisation normalisation normalisation\n"
        "  | normalisation normalisation normalisation normalisation\n"
        "2 | y\n"
        "  | ^\n"
        "  = possible only: normalisation normalisation normalisation normalisation\n"
        "    normalisation normalisation normalisation normalisation normalisation\n"
        "  = help: bnlint rule BN201\n"
        "\n"
        "b.py:1: error: BN900 unreadable-file\n"
        "  problem normalisation normalisation normalisation normalisation normalisation\n"
        "  normalisation normalisation normalisation normalisation\n"
        "\n"
    )


def test_a_word_that_is_longer_than_the_line_stays_whole() -> None:
    assert list(wrapped("a " + "b" * 9 + " c d 数据 e", 6, "  ")) == [
        "  a",
        "  " + "b" * 9,
        "  c d",
        "  数据",
        "  e",
    ]
    assert list(wrapped("", 6, "- ")) == ["- "]


def test_a_gap_of_several_lines_is_an_ellipsis() -> None:
    source = "".join(f"line{number}\n" for number in range(1, 13))
    assert framed(source, at("a.py", 12, 1, 7), at("a.py", 1, 1, 6)) == [
        "   |",
        " 1 | line1",
        "   | ----- here",
        "...",
        "12 | line12",
        "   | ^^^^^^",
    ]


def test_two_places_on_one_line() -> None:
    assert framed("f(g(x))\n", at("a.py", 1, 1, 8), at("a.py", 1, 3, 7)) == [
        "  |",
        "1 | f(g(x))",
        "  | ^^^^^^^",
        "  |   ---- here",
    ]


def test_wide_characters_and_tabs_keep_the_underline_in_place() -> None:
    assert framed("\tf('数据', net)\n", at("a.py", 1, 10, 13)) == [
        "  |",
        "1 |     f('数据', net)",
        "  |               ^^^",
    ]


def test_form_feeds_and_every_line_end_count_as_python_counts_them() -> None:
    assert framed("a\x0cb\r\nc\rd = 1\n", at("a.py", 3, 1, 2)) == ["  |", "3 | d = 1", "  | ^"]


def test_a_long_line_is_clipped_to_the_right() -> None:
    source = "x = f(" + "a" * 200 + ")\n"
    assert framed(source, at("a.py", 1, 5, 6)) == [
        "  |",
        "1 | x = f(" + "a" * 109 + "…",
        "  |     ^",
    ]


def test_a_long_line_is_clipped_around_a_late_place() -> None:
    source = "x = [" + "a, " * 100 + "bad, " + "b, " * 100 + "]\n"
    column = source.index("bad") + 1
    top, code, underline = framed(source, at("a.py", 1, column, column + 3))
    assert top == "  |"
    assert len(code) == len("1 | ") + 116
    assert code.startswith("1 | …")
    assert code.endswith("…")
    assert code[underline.index("^") : underline.rindex("^") + 1] == "bad"


def test_a_label_without_room_beside_the_underline_goes_below_it() -> None:
    source = "x = " + "a" * 100 + "\n"
    label = "a rather long phrase on this"
    assert framed(source, at("a.py", 1, 1, 2), at("a.py", 1, 5, 105), label=label) == [
        "  |",
        "1 | " + source.rstrip(),
        "  | ^",
        "  |     " + "-" * 100,
        "  |     " + label,
    ]


def test_what_would_steer_a_terminal_is_shown_instead() -> None:
    source = "x = '\x1b[31m\u202e'\n"
    assert framed(source, at("a.py", 1, 1, 2)) == ["  |", "1 | x = '\ufffd[31m\ufffd'", "  | ^"]


def test_a_place_beyond_the_file_or_in_an_unreadable_one_keeps_its_phrase() -> None:
    assert framed("x\n", at("a.py", 1, 1, 2), at("a.py", 9, 1, 2)) == [
        "  |",
        "1 | x",
        "  | ^",
        "...",
        "  = line 9: here",
    ]
    report = Report(findings=[example()])
    assert as_text(report, {}, summary=False).splitlines()[2:-2] == [
        "  |",
        "  = line 4: the loss",
        "::: net.py:2:9",
        "  |",
        "  = line 2: this layer's moving averages",
    ]


def test_a_place_in_a_notebook_names_its_cell() -> None:
    location = Location("n.ipynb", 2, 5, 2, 9, cell=3, raw_line=40)
    assert story.place(location) == "n.ipynb:cell 3:2:5"
    report = Report(findings=[Finding(ERROR, location, "message")])
    cells = {3: "first\ny = layer(x)\n"}
    stream = io.StringIO()
    text.write(report, lambda _path, cell: cells.get(cell or 0), stream, summary=False)
    assert stream.getvalue().splitlines()[2:5] == [
        "  |",
        "2 | y = layer(x)",
        "  |     ^^^^",
    ]


def test_no_colour_in_a_pipe_and_none_if_unwanted(monkeypatch: pytest.MonkeyPatch) -> None:
    def written() -> str:
        stream = Terminal()
        sources = {"train.py": TRAIN}
        report = Report(findings=[example()])
        text.write(report, lambda path, _cell: sources.get(path), stream, summary=True)
        return stream.getvalue()

    monkeypatch.setenv("TERM", "xterm-256color")
    for name in ("NO_COLOR", "FORCE_COLOR", "COLORTERM"):
        monkeypatch.delenv(name, raising=False)
    assert "\x1b[1;31merror: BN201\x1b[0m" in written()
    monkeypatch.setenv("NO_COLOR", "1")
    assert "31m" not in written()
    assert "\x1b" not in as_text(Report(findings=[example()]), {"train.py": TRAIN})


def as_json(report: Report) -> str:
    stream = io.StringIO()
    json_output.write(report, stream)
    return stream.getvalue()


def test_json() -> None:
    report = Report(
        checked=3, skipped=41, findings=[example()], problems=[Problem("bad.py", 3, "no\n")]
    )
    assert as_json(report) == (
        "{\n"
        '  "version": 1,\n'
        '  "checked": 3,\n'
        '  "skipped": 41,\n'
        '  "findings": [\n'
        "    {\n"
        '      "code": "BN201",\n'
        '      "name": "train-op-without-update-ops",\n'
        '      "severity": "error",\n'
        '      "confidence": "definite",\n'
        '      "message": "nothing runs the updates",\n'
        '      "witness": "source",\n'
        '      "fingerprint": "",\n'
        '      "path": "train.py",\n'
        '      "line": 6,\n'
        '      "column": 12,\n'
        '      "end_line": 6,\n'
        '      "end_column": 51,\n'
        '      "cell": null,\n'
        '      "related": [\n'
        "        {\n"
        '          "path": "train.py",\n'
        '          "line": 4,\n'
        '          "column": 8,\n'
        '          "end_line": 4,\n'
        '          "end_column": 14,\n'
        '          "message": "the loss"\n'
        "        },\n"
        "        {\n"
        '          "path": "net.py",\n'
        '          "line": 2,\n'
        '          "column": 9,\n'
        '          "end_line": 3,\n'
        '          "end_column": 5,\n'
        '          "message": "this layer\'s moving averages"\n'
        "        }\n"
        "      ]\n"
        "    }\n"
        "  ],\n"
        '  "errors": [\n'
        "    {\n"
        '      "path": "bad.py",\n'
        '      "line": 3,\n'
        '      "message": "no\\n"\n'
        "    }\n"
        "  ],\n"
        '  "incomplete": []\n'
        "}\n"
    )


def test_json_of_nothing() -> None:
    assert json.loads(as_json(Report())) == {
        "version": 1,
        "checked": 0,
        "skipped": 0,
        "findings": [],
        "errors": [],
        "incomplete": [],
    }


def test_json_says_why_a_finding_is_only_possible() -> None:
    report = Report(findings=[example("possible", "unknown flag")])
    (finding,) = json.loads(as_json(report))["findings"]
    assert (finding["confidence"], finding["reason"]) == ("possible", "unknown flag")


def test_json_of_a_notebook_and_of_a_graph() -> None:
    cell = Location("n.ipynb", 2, 1, 2, 5, cell=3, raw_line=40)
    node = Location("model.meta", 1, 1, 1, 1, node="train/Adam")
    report = Report(findings=[Finding(ERROR, cell, "m", (Related(node, "op"),), witness="graph")])
    (finding,) = json.loads(as_json(report))["findings"]
    assert (finding["cell"], finding["raw_line"], finding["witness"]) == (3, 40, "graph")
    assert "node" not in finding
    assert finding["related"] == [
        {
            "path": "model.meta",
            "line": 1,
            "column": 1,
            "end_line": 1,
            "end_column": 1,
            "node": "train/Adam",
            "message": "op",
        }
    ]


def test_json_survives_a_path_that_is_not_unicode() -> None:
    report = Report(problems=[Problem("\udcff.py", 1, "é")])
    assert as_json(report).isascii()
    assert json.loads(as_json(report))["errors"][0]["path"] == "\udcff.py"


def as_github(report: Report) -> str:
    stream = io.StringIO()
    github.write(report, stream)
    return stream.getvalue()


def test_github() -> None:
    report = Report(findings=[example()], problems=[Problem("bad.py", 3, "100% wrong")])
    assert as_github(report) == (
        "::error file=train.py,line=6,col=12,endLine=6,endColumn=50,"
        "title=BN201 train-op-without-update-ops::"
        "train.py:6:12: BN201 nothing runs the updates%0A"
        "train.py:4:8: the loss%0A"
        "net.py:2:9: this layer's moving averages\n"
        "::error file=bad.py,line=3,title=BN900 unreadable-file::"
        "bad.py:3: BN900 100%25 wrong\n"
    )


@pytest.mark.parametrize(
    "finding",
    [example("possible", "unknown"), example(rule=WARNING)],
    ids=["possible", "warning"],
)
def test_github_warns_of_what_is_not_a_definite_error(finding: Finding) -> None:
    assert as_github(Report(findings=[finding])).startswith("::warning file=train.py,")


def test_github_escapes() -> None:
    location = at("a,b:c%.py", 1, 1, 3, end_line=2)
    assert as_github(Report(findings=[Finding(ERROR, location, "one\r\ntwo: 5%, six")])) == (
        # No columns: GitHub drops an annotation that has them on several lines.
        "::error file=a%2Cb%3Ac%25.py,line=1,endLine=2,title=BN201 train-op-without-update-ops::"
        "a,b:c%25.py:1:1: BN201 one %0Atwo: 5%25, six\n"
    )
