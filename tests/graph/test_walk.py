"""Walking a graph: calls put in place, branches that are dead, cycles, what is not there."""

from __future__ import annotations

from pathlib import Path

import pytest

from bnlint.graph.index import Graph
from bnlint.graph.live import Live
from bnlint.graph.proto import MetaGraph, Node
from bnlint.graph.read import read


def graph(*nodes: tuple[str, str, list[str]]) -> Graph:
    return Graph(MetaGraph([Node(name, op, inputs) for name, op, inputs in nodes]))


def parsed(tmp_path: Path, text: str) -> Graph:
    path = tmp_path / "graph.pbtxt"
    path.write_text(text)
    return Graph(read(str(path)).graphs[0])


def test_data_and_control_inputs() -> None:
    walked = graph(
        ("a", "VariableV2", []),
        ("b", "Const", ["^a"]),
        ("c", "Split", []),
        ("d", "Add", ["b", "c:1"]),
        ("e", "NoOp", []),
    )
    assert set(walked.ancestors(["d"])) == {"a", "b", "c", "d"}
    assert set(walked.ancestors(["d:0"])) == {"a", "b", "c", "d"}
    assert [node.name for node in walked.takers(walked.nodes["c"])] == ["d"]


def test_cycles_and_dangling_inputs() -> None:
    walked = graph(("a", "Merge", ["b", "gone:1"]), ("b", "NextIteration", ["a", "^gone"]))
    assert set(walked.ancestors(["a"])) == {"a", "b"}
    assert walked.dangling == {"gone:1", "^gone"}
    assert Live(walked, defaults=True).value("a") is None


def test_what_is_fed_cuts_the_way() -> None:
    walked = graph(
        ("a", "NoOp", []), ("b", "Identity", ["a"]), ("c", "Add", ["b", "b:0"]), ("d", "Neg", ["b"])
    )
    assert set(walked.ancestors(["c"], {"b", "b:0"})) == {"c"}
    everything, late = walked.ancestors_in_two(["c"], (), {walked.nodes["b"]})
    assert set(everything) == {"a", "b", "c"}
    assert late == {"a", "b"}


CONST = (
    'node {{ name: "{0}" op: "Const" attr {{ key: "value" value {{ tensor {{ '
    "dtype: {1} tensor_shape {{ }} {2} }} }} }} }}\n"
)
TRUE = CONST.format("t", "DT_BOOL", "bool_val: true")
HALF = CONST.format("half", "DT_FLOAT", "float_val: 0.5")


def test_values(tmp_path: Path) -> None:
    walked = parsed(
        tmp_path,
        TRUE
        + HALF
        + 'node { name: "zero" op: "Sub" input: "half" input: "half" }\n'
        + 'node { name: "not" op: "LogicalNot" input: "t" }\n'
        + 'node { name: "p" op: "Placeholder" }\n'
        + 'node { name: "and" op: "LogicalAnd" input: "not" input: "p" }\n'
        + 'node { name: "d" op: "PlaceholderWithDefault" input: "not" }\n'
        + 'node { name: "product" op: "Mul" input: "p" input: "zero" }\n'
        + 'node { name: "merge" op: "Merge" input: "half" input: "zero" }\n',
    )
    live = Live(walked, defaults=True)
    assert live.value("zero") == 0
    assert live.value("not:0") is False
    assert live.value("and") is False
    assert live.value("p") is None
    assert live.value("d") is False
    assert live.value("product") == 0
    assert live.values("merge") == {0.5, 0}
    assert Live(walked, defaults=False).value("d") is None
    fed = Live(walked, {"p:0": True, "d": True}, defaults=True)
    assert fed.value("p") is True
    assert fed.value("d") is True


def test_a_dead_branch_ends_at_a_merge(tmp_path: Path) -> None:
    walked = parsed(
        tmp_path,
        TRUE
        + HALF
        + 'node { name: "s" op: "Switch" input: "half" input: "t" }\n'
        + 'node { name: "no" op: "Neg" input: "s" }\n'
        + 'node { name: "yes" op: "Neg" input: "s:1" }\n'
        + 'node { name: "m" op: "Merge" input: "no" input: "yes" }\n'
        + 'node { name: "late" op: "NoOp" input: "^no" }\n'
        + 'node { name: "end" op: "Add" input: "m" input: "half" input: "^late" }\n',
    )
    live = Live(walked, defaults=True)
    live.spread(walked.ancestors(["end"]))
    assert live.dead == {"no", "late", "end"}


FUNCTION = """
library {{ function {{
  signature {{ name: "{name}" input_arg {{ name: "v" }} output_arg {{ name: "out" }} }}
  node_def {{ name: "write" op: "AssignVariableOp" input: "v" input: "c:output:0" }}
  node_def {{ name: "c" op: "Const" }}
  {more}
  ret {{ key: "out" value: "c:output:0" }}
}} }}
"""


def test_bodies_of_calls_are_put_in_place(tmp_path: Path) -> None:
    walked = parsed(
        tmp_path,
        'node { name: "v" op: "VarHandleOp" }\n'
        'node { name: "p" op: "Placeholder" }\n'
        'node { name: "call" op: "If" input: "p" input: "v"'
        ' attr { key: "then_branch" value { func { name: "f" } } }'
        ' attr { key: "else_branch" value { func { name: "g" } } } }\n'
        + FUNCTION.format(name="f", more="")
        + FUNCTION.format(name="g", more=""),
    )
    reached = walked.ancestors(["call"])
    assert {"call/f/write", "call/g/write", "v", "p"} <= set(reached)
    assert walked.nodes["call/f/write"].inputs[0] == "call/f/v:1"
    assert walked.nodes["call/g/write"].inputs[0] == "call/g/v"
    live = Live(walked, {"p": False}, defaults=True)
    live.spread(reached)
    assert "call/f/write" in live.dead
    assert "call/g/write" not in live.dead
    assert "call" not in live.dead


def test_a_function_that_calls_itself_ends(tmp_path: Path) -> None:
    more = (
        'node_def { name: "again" op: "PartitionedCall" input: "v"'
        ' attr { key: "f" value { func { name: "f" } } } }'
    )
    walked = parsed(
        tmp_path,
        'node { name: "call" op: "PartitionedCall"'
        ' attr { key: "f" value { func { name: "f" } } } }\n'
        + FUNCTION.format(name="f", more=more),
    )
    assert "call/f/again" in walked.ancestors(["call"])


@pytest.mark.parametrize("size", [200_000])
def test_long_graphs_do_not_recurse(size: int) -> None:
    nodes = [Node("n0", "Placeholder", [])]
    nodes += [Node(f"n{i}", "Identity", [f"n{i - 1}"]) for i in range(1, size)]
    walked = Graph(MetaGraph(nodes))
    assert len(walked.ancestors([f"n{size - 1}"])) == size
