"""What counts as an update of a moving statistic: what comes from a batch, whatever writes it."""

from __future__ import annotations

import pytest

from bnlint.graph.judge import Analysis
from bnlint.graph.proto import MetaGraph, Node

Nodes = list[tuple[str, str, list[str]]]
LAYER: Nodes = [
    ("x", "Placeholder", []),
    ("axis", "Const", []),
    ("one", "Const", []),
    ("h", "MatMul", ["x", "x"]),
    ("bn/moments/mean", "Mean", ["h", "axis"]),
    ("bn/moving_mean", "VariableV2", []),
    ("bn/moving_mean/read", "Identity", ["bn/moving_mean"]),
    ("other/moving_mean", "VariableV2", []),
    ("other/moving_mean/read", "Identity", ["other/moving_mean"]),
    ("bn/sub", "Sub", ["h", "bn/moving_mean/read"]),
]


def updates(value: Nodes, op: str = "Assign") -> list[str]:
    """The updates of bn/moving_mean, if ``value`` is written to it by an op ``write``."""
    write = ("write", op, ["bn/moving_mean", "value"])
    nodes = [Node(name, kind, inputs) for name, kind, inputs in [*LAYER, *value, write]]
    [layer] = [layer for layer in Analysis(MetaGraph(nodes)).layers if layer.name == "bn"]
    return [node.name for node in layer.writers]


@pytest.mark.parametrize(
    "value",
    [
        [("value", "Const", [])],
        [("value", "Placeholder", [])],
        [("fed", "Placeholder", []), ("value", "Reshape", ["fed", "one"])],
        [("value", "Identity", ["bn/moving_mean/read"])],
        [("value", "Identity", ["other/moving_mean/read"])],
        [("value", "HorovodBroadcast", ["bn/moving_mean/read"])],
        [("value", "PyFunc", ["bn/moving_mean/read"])],
        [("value", "PyFunc", [])],
        [("value", "CollectiveBcastRecv", [])],
        [("value", "RestoreV2", [])],
        [("value", "RandomUniform", ["one"])],
        [("value", "Fill", ["one", "one"])],
        [("sum", "AddN", ["bn/moving_mean/read", "other/moving_mean/read"]),
         ("value", "Mul", ["sum", "one"])],
        [("both", "Pack", ["bn/moving_mean/read", "other/moving_mean/read"]),
         ("value", "Mean", ["both", "axis"])],
        [("test", "IsVariableInitialized", ["other/moving_mean"]),
         ("s", "Switch", ["other/moving_mean/read", "test"]),
         ("value", "Merge", ["s", "one"])],
    ],
    ids=lambda value: "-".join(op for _, op, _ in value),
)  # fmt: skip
def test_what_is_set_is_no_update(value: Nodes) -> None:
    assert updates(value) == []


@pytest.mark.parametrize(
    "value",
    [
        [("value", "Identity", ["bn/moments/mean"])],
        [("value", "HorovodAllreduce", ["bn/moments/mean"])],
        [("value", "PyFunc", ["bn/moments/mean"])],
        [("old", "Mul", ["bn/moving_mean/read", "one"]), ("new", "Mul", ["bn/moments/mean", "one"]),
         ("value", "AddV2", ["old", "new"])],
        [("sum", "Sum", ["h", "axis"]), ("value", "RealDiv", ["sum", "one"])],
        [("mean", "Mean", ["x", "axis"]), ("value", "Mul", ["mean", "one"])],
        [("batch", "CustomKernel", ["h"]), ("value", "Sub", ["bn/moving_mean/read", "batch"])],
    ],
    ids=lambda value: "-".join(op for _, op, _ in value),
)  # fmt: skip
def test_what_comes_from_a_batch_is(value: Nodes) -> None:
    assert updates(value) == ["write"]


@pytest.mark.parametrize("op", ["AssignSub", "AssignAdd"])
def test_who_adds_or_subtracts_moves_it(op: str) -> None:
    assert updates([("value", "CustomKernel", ["h"])], op) == ["write"]
