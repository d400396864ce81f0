"""Hostile and enormous graphs: one clear line or an answer, and never another exception."""

from __future__ import annotations

import os
import random
import tempfile
import tracemalloc
from collections.abc import Iterable, Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bnlint.cli import main
from bnlint.graph.bundle import open_checkpoint
from bnlint.graph.command import inspect
from bnlint.graph.errors import GraphError
from bnlint.graph.proto import WINDOW
from bnlint.graph.read import read
from bnlint.reports import GraphReport

from .conftest import GRAPHS

META = GRAPHS / "ref_unfused_placeholder.meta"
KINDS = (".meta", ".pb", ".pbtxt", ".tfevents.1")
FILES = sorted(path for path in GRAPHS.rglob("*") if path.is_file() and path.name.endswith(KINDS))


def number(value: int) -> bytes:
    found = b""
    while value >= 0x80:
        found += bytes((value & 0x7F | 0x80,))
        value >>= 7
    return found + bytes((value,))


def field(key: int, value: bytes) -> bytes:
    return number(key << 3 | 2) + number(len(value)) + value


def node(name: str, op: str, inputs: Sequence[str] = (), more: bytes = b"") -> bytes:
    parts = [field(1, name.encode()), field(2, op.encode())]
    parts += [field(3, tensor.encode()) for tensor in inputs]
    return field(1, b"".join(parts) + more)


def judged(tmp_path: Path, nodes: Iterable[bytes], train_ops: Sequence[str] = ()) -> GraphReport:
    path = tmp_path / "graph.pb"
    path.write_bytes(b"".join(nodes))
    [report] = inspect(str(path), train_ops)
    return report


def refused(path: Path, *options: str) -> str:
    """What is said about a file that is refused, without the program's name and the path."""
    with pytest.raises(GraphError) as caught:
        inspect(str(path), *[[option] for option in options])
    said = str(caught.value)
    assert "\n" not in said
    assert said.startswith(f"{path}: ")
    return said.removeprefix(f"{path}: ")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "the file is empty"),
        (b"\x89PNG\r\n\x1a\n" + bytes(64), "not a graph: the message has none of a graph's fields"),
        (b"\x7fELF\x02\x01\x01" + bytes(64), "not a graph: neither a protobuf message nor its"),
        (b'{"nodes": []}', "not a graph: neither a protobuf message nor its text format"),
        (b"\x08\x01", "this SavedModel holds no graph"),
        (b"\x08\x01" + field(2, field(1, field(4, b"serve"))), "this SavedModel holds no graph"),
        (b"library {}", "this GraphDef holds no graph"),
        (node("a", "NoOp")[:-3], "truncated: a field at byte 2 wants 3 bytes more"),
        (node("a", "NoOp") + b"\x0a", "truncated: it ends inside a number at byte 12"),
    ],
)
def test_the_line_that_is_said(content: bytes, message: str, tmp_path: Path) -> None:
    path = tmp_path / "bad"
    path.write_bytes(content)
    assert refused(path).startswith(message)


def test_the_command_says_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "cut.meta"
    path.write_bytes(META.read_bytes()[:5000])
    assert main(["graph", str(path)]) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.startswith(f"bnlint: error: {path}: truncated: ")
    assert told.err.count("\n") == 1


def test_a_name_that_is_not_there() -> None:
    said = refused(META, "GradientDecent")
    assert said == "no node 'GradientDecent' in this graph; did you mean GradientDescent?"
    assert refused(META, "zzz") == "no node 'zzz' in this graph"


def test_a_corrupt_attribute_names_the_file(tmp_path: Path) -> None:
    # Attributes are read when somebody asks: this one when the kernel is.
    broken = field(5, field(1, b"is_training") + b"\x12\x02\x0a\x7f")
    path = tmp_path / "graph.pb"
    path.write_bytes(node("x", "Placeholder") + node("bn", "FusedBatchNorm", ["x"], broken))
    assert refused(path).startswith("truncated: a field at byte ")


def test_nodes_that_are_not_plain_are_read_all_the_same(tmp_path: Path) -> None:
    long = "scope/" * 40 + "n"
    attribute = field(5, field(1, b"a") + field(2, field(2, b"x" * 300)))
    device = field(4, b"/device:GPU:0")
    late_input = field(5, field(1, b"a")) + field(3, b"plain")
    nodes = [
        node("plain", "NoOp"),
        node(long, "NoOp", ["^plain"], device + attribute),
        node("\u00e9t\u00e9", "NoOp", [long]),
        node("late", "NoOp", ["\u00e9t\u00e9:1"], late_input),
        node("new", "NoOp", [], b"\x98\x06\x05" + field(5, field(1, b"a"))),
        node("weights", "Const", [], field(5, field(1, b"value") + field(2, bytes(3 * WINDOW)))),
        node("end", "NoOp", [f"^{long}", "new"]),
    ]
    path = tmp_path / "graph.pb"
    path.write_bytes(b"".join(nodes))
    assert [(n.name, n.op, n.inputs) for n in read(str(path)).graphs[0].nodes] == [
        ("plain", "NoOp", []),
        (long, "NoOp", ["^plain"]),
        ("\u00e9t\u00e9", "NoOp", [long]),
        ("late", "NoOp", ["\u00e9t\u00e9:1", "plain"]),
        ("new", "NoOp", []),
        ("weights", "Const", []),
        ("end", "NoOp", [f"^{long}", "new"]),
    ]


def test_windows_do_not_cut_nodes(tmp_path: Path) -> None:
    names = [f"n{i}/{'x' * (i % 90)}" for i in range(4000)]
    nodes = [node(name, "NoOp", [f"^{names[i - 1]}"] * (i % 5)) for i, name in enumerate(names)]
    path = tmp_path / "graph.pb"
    path.write_bytes(b"".join(nodes))
    assert path.stat().st_size > 4 * WINDOW
    found = read(str(path)).graphs[0].nodes
    assert [n.name for n in found] == names
    assert [len(n.inputs) for n in found] == [i % 5 for i in range(4000)]


SIZE = 100_000


@pytest.mark.parametrize("op", ["Identity", "LogicalNot", "Merge", "Switch", "AssignSub"])
def test_a_deep_chain(op: str, tmp_path: Path) -> None:
    nodes = [node("n0", "VariableV2"), node("p", "Placeholder")]
    nodes += [node(f"n{i}", op, [f"n{i - 1}", "p"]) for i in range(1, SIZE)]
    nodes.append(node("train", "ApplyAdam", ["n0", f"n{SIZE - 1}"]))
    report = judged(tmp_path, nodes, ["train"])
    assert report.nodes == SIZE + 2
    assert [row.name for row in report.train_ops] == ["train"]
    assert report.notes == ["no batch norm with moving statistics in this graph"]


def test_a_node_that_a_hundred_thousand_wait_for(tmp_path: Path) -> None:
    names = [f"n{i}" for i in range(SIZE)]
    nodes = [node("v", "VariableV2"), *(node(name, "NoOp", ["^v"]) for name in names)]
    nodes.append(node("train", "ApplyAdam", ["v", *(f"^{name}" for name in names)]))
    assert [row.name for row in judged(tmp_path, nodes).train_ops] == ["train"]


def test_cycles(tmp_path: Path) -> None:
    nodes = [
        node("bn/moving_mean", "VariableV2"),
        node("self", "Identity", ["self", "^self"]),
        node("a", "Add", ["b", "bn/moving_mean"]),
        node("b", "Sub", ["a", "a"]),
        node("write", "AssignSub", ["write", "b"]),
        node("update", "AssignSub", ["bn/moving_mean", "b"]),
        node("w", "VariableV2"),
        node("train", "ApplyAdam", ["w", "a", "^self", "^update"]),
    ]
    report = judged(tmp_path, nodes, ["train"])
    assert [update.reached_by for update in report.layers[0].updates] == [["train"]]


def test_dangling_inputs_are_noted(tmp_path: Path) -> None:
    nodes = [node(f"n{i}", "Identity", [f"gone{i}", f"^away{i}"]) for i in range(300)]
    assert judged(tmp_path, nodes).notes[0] == (
        "600 inputs name no node of the graph, such as ^away0"
    )


def test_weights_stay_on_disk(tmp_path: Path) -> None:
    """Two gigabytes of weights: a file with holes, of which only the beginnings are looked at."""
    size = 255 << 20
    path = tmp_path / "frozen.pb"
    with path.open("wb") as file:
        for i in range(8):
            head = field(1, f"weights{i}".encode()) + field(2, b"Const")
            tensor = b"\x08\x01\x22" + number(size)
            value = b"\x42" + number(len(tensor) + size) + tensor
            entry = field(1, b"value") + b"\x12" + number(len(value) + size) + value
            head += b"\x2a" + number(len(entry) + size) + entry
            file.write(b"\x0a" + number(len(head) + size) + head)
            file.seek(size, os.SEEK_CUR)
        file.write(node("out", "Identity", ["weights7"]))
    if path.stat().st_blocks * 512 > 1 << 20:
        pytest.skip("this file system keeps no holes")
    tracemalloc.start()
    try:
        nodes = read(str(path)).graphs[0].nodes
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 4 << 20
    assert [n.name for n in nodes] == [*(f"weights{i}" for i in range(8)), "out"]


def inspected(content: bytes) -> None:
    handle, path = tempfile.mkstemp()
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        inspect(path)
    except GraphError as error:
        said = str(error)
        assert said.startswith(f"{path}: ")
        assert "\n" not in said
    finally:
        os.unlink(path)


@settings(max_examples=150)
@given(st.sampled_from(FILES), st.randoms(use_true_random=False), st.data())
def test_any_file_changed_anywhere(path: Path, chance: random.Random, data: st.DataObject) -> None:
    content = bytearray(path.read_bytes())
    kind = data.draw(st.sampled_from(("cut", "drop", "repeat", "change")))
    at = chance.randrange(len(content))
    if kind == "cut":
        del content[at:]
    elif kind == "drop":
        del content[at : at + chance.randrange(1, 200)]
    elif kind == "repeat":
        content[at:at] = content[at : at + chance.randrange(1, 300)]
    else:
        for _ in range(chance.randrange(1, 9)):
            content[chance.randrange(len(content))] = chance.randrange(256)
    inspected(bytes(content))


@settings(max_examples=100)
@given(st.binary(max_size=300))
def test_any_bytes_at_all(content: bytes) -> None:
    inspected(content)
    inspected(node("a", "NoOp") + content)
    inspected(field(1, content))


def test_a_checkpoint_that_is_none(tmp_path: Path) -> None:
    """One file without an index beside it, which is no checkpoint of the first format."""
    (tmp_path / "checkpoint").write_text('model_checkpoint_path: "model"\n')
    (tmp_path / "model").write_bytes(b"\0\0")
    (tmp_path / "model.meta").write_bytes(b"")
    for path in (tmp_path, tmp_path / "model"):
        with pytest.raises(GraphError) as caught:
            open_checkpoint(str(path))
        assert str(caught.value) == f"{tmp_path / 'model'}: not a checkpoint"
