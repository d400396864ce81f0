"""Recordings, checkpoints and graphs that were made to hurt: one line, exit code 2, at once."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from checkpoints import entry, varint, write_checkpoint
from hostile import NO_FILES, make_no_file

from bnlint.cli import main
from bnlint.graph.read import latest_checkpoint, read

GRAPHS = Path(__file__).parents[2] / "fixtures" / "graphs"


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def said(capsys: pytest.CaptureFixture[str], *command: str) -> str:
    """The one line with which a command gives up."""
    assert main(list(command)) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("bnlint: error: ")
    assert err.endswith("\n")
    assert err[:-1].isprintable()
    return err.removeprefix("bnlint: error: ").removesuffix("\n")


# --- what is no file ----------------------------------------------------------------------

NAMES = {
    "graph": ("g.meta", "g.pb", "graph.pbtxt", "log.tfevents.1", "saved_model.pb", "new/g.meta"),
    "checkpoint": ("m.index",),
    "check-trace": ("trace.json", "process-1/trace.json"),
}


@pytest.mark.parametrize("kind", [kind for kind in NO_FILES if kind != "directory"])
@pytest.mark.parametrize(
    ("command", "name"), [(command, name) for command, names in NAMES.items() for name in names]
)
def test_what_is_no_file(
    capsys: pytest.CaptureFixture[str], command: str, name: str, kind: str
) -> None:
    path = Path(name)
    path.parent.mkdir(exist_ok=True)
    make_no_file(path, kind)
    for given in {"." if command == "check-trace" else name, name.split("/")[0]}:
        if command != "check-trace" or given in (".", "process-1"):
            assert said(capsys, command, given)


@pytest.mark.parametrize("kind", NO_FILES)
def test_a_checkpoint_file_or_data_that_is_no_file(
    capsys: pytest.CaptureFixture[str], kind: str
) -> None:
    make_no_file(Path("checkpoint"), kind)
    assert latest_checkpoint(".") is None
    entries = {"bn/moving_mean": entry(1, 0, 4), "bn/moving_variance": entry(1, 0, 4)}
    write_checkpoint("m", entries, b"")
    Path("m.data-00000-of-00001").unlink()
    make_no_file(Path("m.data-00000-of-00001"), kind)
    if kind == "sparse":  # the numbers that are asked for are there
        assert main(["checkpoint", "m"]) == 0
    else:
        assert said(capsys, "checkpoint", "m").startswith("m.data-00000-of-00001: ")


# --- recordings ---------------------------------------------------------------------------

RUN = {"graph": 0, "fetches": ["a"], "feeds": {}, "count": 1, "errors": 0, "error": None}
RECORDING = {"format": 1, "graphs": ["g.meta"], "runs": [RUN]}


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ('"count": 1e999', "OverflowError: cannot convert float infinity to integer"),
        ('"count": NaN', "ValueError: cannot convert float NaN to integer"),
        ('"count": ' + "9" * 5000, "ValueError: Exceeds the limit"),
        ('"error": ' + "[" * 100_000, "nested too deeply"),
        ('"count": []', "TypeError: int() argument"),
    ],
)
def test_a_run_of_a_recording(
    capsys: pytest.CaptureFixture[str], change: str, expected: str
) -> None:
    key = change.partition(":")[0].strip('"')
    run = ", ".join(f'"{k}": {json.dumps(v)}' for k, v in RUN.items() if k != key)
    Path("trace.json").write_text(
        f'{{"format": 1, "graphs": ["g.meta"], "runs": [{{{run}, {change}}}]}}', encoding="utf-8"
    )
    assert said(capsys, "check-trace", ".").startswith(f"./trace.json: not a recording ({expected}")


@pytest.mark.parametrize(
    ("graphs", "expected"),
    [
        ([".."], "a graph lies beside its recording, not at '..'"),
        (["."], "a graph lies beside its recording, not at '.'"),
        ([""], "a graph lies beside its recording, not at ''"),
        (["../g.meta"], "a graph lies beside its recording, not at '../g.meta'"),
        (["/etc/passwd"], "a graph lies beside its recording, not at '/etc/passwd'"),
        ([1], "a graph lies beside its recording, not at 1"),
        (["g.meta"] * 2, "two graphs in one file"),
        ([f"{n}.meta" for n in range(20_000)], "more than 1,000 graphs or 20,000 different runs"),
    ],
)
def test_graphs_of_a_recording(
    capsys: pytest.CaptureFixture[str], graphs: list[Any], expected: str
) -> None:
    Path("trace.json").write_text(json.dumps({**RECORDING, "graphs": graphs}), encoding="utf-8")
    line = said(capsys, "check-trace", ".")
    assert line == f"./trace.json: not a recording (ValueError: {expected})"


def test_a_recording_of_too_much(capsys: pytest.CaptureFixture[str]) -> None:
    Path("trace.json").write_text("[" + "[]," * 1_600_000 + "[]]", encoding="utf-8")
    assert said(capsys, "check-trace", ".") == "./trace.json: too much of it; record a shorter run"


@pytest.mark.parametrize("text", ["", "\0", "[]", "7", '{"format": 1}', '{"format": [2]}', "\x1b"])
def test_no_recording(capsys: pytest.CaptureFixture[str], text: str) -> None:
    Path("trace.json").write_text(text, encoding="utf-8")
    assert said(capsys, "check-trace", ".").startswith("./trace.json: not a recording (")


# --- checkpoints --------------------------------------------------------------------------

STATISTICS = {"bn/moving_mean": entry(1, 0, 4), "bn/moving_variance": entry(1, 4, 4)}


@pytest.mark.parametrize(
    ("changed", "data", "expected"),
    [
        ({"bn/moving_mean": entry(1, 0, 1 << 40)}, b"", "m.data-00000-of-00001: truncated"),
        ({"bn/moving_mean": entry(1, -8, 4)}, b"", "m.data-00000-of-00001: truncated"),
        ({"bn/moving_mean": entry(1, 0, -4)}, b"", "m.data-00000-of-00001: truncated"),
        ({"bn/moving_mean": entry(1, 1 << 62, 4)}, b"", "m.data-00000-of-00001: truncated"),
        ({"global_step": entry(9, 8, 8)}, b"\xff" * 8, "m.index: global_step is -1, below zero"),
        ({"\x1b[31m/moving_mean": entry(1, 0, 3)}, b"", "m.index: \N{REPLACEMENT CHARACTER}[31m"),
    ],
)
def test_a_checkpoint(
    capsys: pytest.CaptureFixture[str], changed: dict[str, bytes], data: bytes, expected: str
) -> None:
    entries = {**STATISTICS, "\x1b[31m/moving_variance": entry(1, 0, 3), **changed}
    if "\x1b[31m/moving_mean" not in changed:
        del entries["\x1b[31m/moving_variance"]
    write_checkpoint("m", entries, b"\0\0\0\0\0\0\x80\x3f" + data)
    assert said(capsys, "checkpoint", "m").startswith(expected)


def test_a_statistic_of_gigabytes(capsys: pytest.CaptureFixture[str]) -> None:
    write_checkpoint("m", {**STATISTICS, "bn/moving_mean": entry(1, 0, 1 << 32)}, b"")
    with Path("m.data-00000-of-00001").open("r+b") as file:
        file.truncate(1 << 33)
    line = said(capsys, "checkpoint", "m")
    assert line == "m.data-00000-of-00001: bn/moving_mean is larger than 64 MB"


def test_a_step_that_is_no_scalar(capsys: pytest.CaptureFixture[str]) -> None:
    entries = {**STATISTICS, "global_step": entry(9, 8, 2000)}
    write_checkpoint("m", entries, b"\0\0\0\0\0\0\x80\x3f" + b"\x7f" * 2000)
    assert main(["checkpoint", "--format", "json", "m"]) in (0, 1)
    assert json.loads(capsys.readouterr().out)["global_step"] is None


@pytest.mark.parametrize(
    "named", ["/elsewhere/m", "../m", "m", "deep/er/m", "C:\\\\train\\\\m", "a/../../m"]
)
def test_the_newest_checkpoint_lies_beside_its_file(place: Path, named: str) -> None:
    (place / "checkpoint").write_text(f'model_checkpoint_path: "{named}"\n', encoding="utf-8")
    assert latest_checkpoint(str(place)) == str(place / "m")


@pytest.mark.parametrize("text", ["\n" * 65_000, " " * 65_000, 'model_checkpoint_path: ".."\n'])
def test_a_checkpoint_file_that_names_nothing(place: Path, text: str) -> None:
    (place / "checkpoint").write_text(text, encoding="utf-8")
    assert latest_checkpoint(str(place)) is None


# --- text graphs --------------------------------------------------------------------------

TEXT = 'node {\n  name: "a"\n  op: "NoOp"\n}\n'


@pytest.mark.parametrize("end", ["# the end", "#", "# }", "#\n#", "\n\n  # the end\n", ";"])
def test_a_text_graph_that_ends_in_a_comment(place: Path, end: str) -> None:
    Path("g.pbtxt").write_text(f"# first\n{TEXT}{end}", encoding="utf-8")
    (graph,) = read("g.pbtxt").graphs
    assert [node.name for node in graph.nodes] == ["a"]


@pytest.mark.parametrize(
    "text",
    [
        "a" * 65_000,
        "a" + " " * 65_000,
        "node" + "\n" * 65_000,
        "#\n" * 32_000,
        "node {" * 10_000,
        "node { name: " + '"a" ' * 20_000,
        "node { input: [" + "," * 60_000,
        TEXT + "node # {",
    ],
)
def test_a_text_graph_that_is_none(capsys: pytest.CaptureFixture[str], text: str) -> None:
    Path("g.pbtxt").write_text(text, encoding="utf-8")
    assert said(capsys, "graph", "g.pbtxt").startswith("g.pbtxt: ")


# --- functions that call each other --------------------------------------------------------


def field(number: int, *parts: bytes) -> bytes:
    """A field of a protocol buffer that holds text or a message."""
    data = b"".join(parts)
    return bytes([number << 3 | 2]) + varint(len(data)) + data


def fanning_out(depth: int) -> bytes:
    """A call of a function whose body calls two of the next, and so on."""
    functions = [
        field(
            1,
            field(1, field(1, b"f%d" % i)),
            *(field(3, field(1, name), field(2, b"f%d" % (i + 1))) for name in (b"a", b"b")),
        )
        for i in range(depth)
    ]
    return field(1, field(1, b"call"), field(2, b"f0")) + field(2, *functions)


@pytest.mark.parametrize(
    ("depth", "most", "left_out"),
    [(3, 500_000, 0), (12, 100, 8), (30, 100, 52), (30, 40, 22)],
)
def test_functions_that_fan_out(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    depth: int,
    most: int,
    left_out: int,
) -> None:
    """What was not put in place is said, and a graph that is not complete is not judged."""
    monkeypatch.setattr("bnlint.graph.index.MOST_EXPANDED", most)
    graph = (GRAPHS / "frozen_in_training_mode.pb").read_bytes()
    Path("g.pb").write_bytes(graph + fanning_out(depth))
    code = main(["graph", "--format", "json", "g.pb"])
    document = json.loads(capsys.readouterr().out)
    assert [f["code"] for f in document["findings"]] == ([] if left_out else ["BN403"])
    assert code == len(document["findings"])
    notes = ["no batch norm with moving statistics in this graph"]
    if left_out:
        said = f"functions call others too often to be followed: {left_out} calls were left out"
        notes.insert(0, f"{said}, nothing is judged")
    assert document["notes"] == notes
