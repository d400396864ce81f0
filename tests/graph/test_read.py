"""Every kind of file is read, told by its content; every bad one is refused in one line."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bnlint.graph.attrs import Tensor
from bnlint.graph.command import inspect
from bnlint.graph.errors import GraphError
from bnlint.graph.read import read

from .conftest import GRAPHS

META = GRAPHS / "ref_unfused_placeholder.meta"


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("graph.pb", "GraphDef"),
        ("graph.pbtxt", "GraphDef"),
        ("metagraph.pbtxt", "MetaGraphDef"),
        ("frozen.pb", "GraphDef"),
        ("saved", "SavedModel"),
        ("saved/saved_model.pb", "SavedModel"),
        ("logs", "events"),
        ("logs/events.out.tfevents.1", "events"),
        ("checkpoint-trained", "MetaGraphDef"),
        ("checkpoint-trained/model", "MetaGraphDef"),
        ("checkpoint-trained/model.index", "MetaGraphDef"),
        ("checkpoint-trained/model.data-00000-of-00001", "MetaGraphDef"),
        ("checkpoint-trained/checkpoint", "MetaGraphDef"),
    ],
)
def test_kinds(name: str, kind: str, tmp_path: Path) -> None:
    source = read(str(GRAPHS / name))
    assert source.kind == kind
    assert len(source.graphs[0].nodes) > 5
    if os.path.isfile(GRAPHS / name) and "checkpoint" not in name:
        # The name does not matter.
        other = tmp_path / "something.txt"
        shutil.copy(GRAPHS / name, other)
        assert read(str(other)).kind == kind


def test_text_and_binary_hold_the_same() -> None:
    binary = read(str(GRAPHS / "graph.pb")).graphs[0]
    text = read(str(GRAPHS / "graph.pbtxt")).graphs[0]
    assert len(binary.nodes) == len(text.nodes)
    for left, right in zip(binary.nodes, text.nodes, strict=True):
        assert (left.name, left.op, left.inputs) == (right.name, right.op, right.inputs)
        if left.op == "Const":
            one, two = left.attr("value"), right.attr("value")
            assert isinstance(one, Tensor)
            assert isinstance(two, Tensor)
            assert one.scalar() == two.scalar()
            assert one.strings() == two.strings()
            assert one.shape == two.shape


def test_collections() -> None:
    for name in ("metagraph.pbtxt", "logs", "saved", "checkpoint-trained"):
        meta = read(str(GRAPHS / name)).graphs[0]
        assert meta.collections["train_op"] == ["GradientDescent"]
        assert len(meta.collections["update_ops"]) == 2
        assert sorted(meta.trainable or ()) == ["bn/beta", "bn/gamma"]
        assert meta.version.startswith("1.15")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "the file is empty"),
        (b"hello, world\n", "not a graph"),
        (b"PK\x03\x04 a zip file", "not a graph"),
        (bytes(range(256)) * 20, "not a graph"),
        (b'node { name: "a" op: "NoOp"', "truncated"),
        (b'node { name: "a" op: }', "no value for 'op'"),
        (b"node {} }", "unexpected '}'"),
        (b"node { name: 3 }", "is no value for 'name'"),
        (b"node " + b"{ x " * 300, "nested too deeply"),
        (b"library {}", "holds no graph"),
    ],
)
def test_foreign_and_broken(content: bytes, message: str, tmp_path: Path) -> None:
    path = tmp_path / "bad"
    path.write_bytes(content)
    with pytest.raises(GraphError) as caught:
        read(str(path))
    said = str(caught.value)
    assert message in said
    assert said.startswith(f"{path}: ")
    assert "\n" not in said


def test_unknown_text_fields_are_skipped(tmp_path: Path) -> None:
    path = tmp_path / "graph.pbtxt"
    path.write_text(
        '# a comment\nfuture_field { deep { x: [1, 2.5e3] } y: "}" }\n'
        "node { name: 'a' op: \"Const\" novelty: OF_2031; inner < z: -1 >\n"
        '  attr { key: "value" value { tensor { dtype: DT_BOOL tensor_shape { } '
        "bool_val: true } } } }\n"
        'node { name: "b" op: "NoOp" input: "^a" device: "/\\"quoted\\"" }\n'
    )
    with pytest.raises(GraphError):
        read(str(path))  # nothing of a graph comes first
    path.write_text(path.read_text().split("\n", 2)[2] + 'future { y: "}" }\n')
    nodes = read(str(path)).graphs[0].nodes
    assert [(node.name, node.op, node.inputs) for node in nodes] == [
        ("a", "Const", []),
        ("b", "NoOp", ["^a"]),
    ]
    value = nodes[0].attr("value")
    assert isinstance(value, Tensor)
    assert value.scalar() is True


@pytest.mark.parametrize("path", ["nowhere", "tests/graph", "fixtures/graphs/checkpoint-untouched"])
def test_no_graph_there(path: str) -> None:
    with pytest.raises(GraphError):
        read(str(GRAPHS.parents[1] / path))


def test_a_checkpoint_without_its_graph_says_so() -> None:
    with pytest.raises(GraphError, match=r"has no model\.meta beside it"):
        read(str(GRAPHS / "checkpoint-untouched" / "model"))


def test_truncated_anywhere(tmp_path: Path) -> None:
    whole = META.read_bytes()
    for part in range(1, 40):
        path = tmp_path / f"{part}.meta"
        path.write_bytes(whole[: len(whole) * part // 40])
        with pytest.raises(GraphError):
            inspect(str(path))


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_corrupt_files_are_refused_or_read(data: st.DataObject) -> None:
    whole = bytearray(META.read_bytes())
    for _ in range(data.draw(st.integers(1, 6))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    path = Path(tempfile.mkdtemp()) / "corrupt.meta"
    path.write_bytes(whole)
    try:
        inspect(str(path))
    except GraphError:
        pass
    finally:
        shutil.rmtree(path.parent)
