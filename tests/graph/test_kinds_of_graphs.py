"""Kinds of graphs in which the train ops, the flag or the export were taken for something else."""

from __future__ import annotations

from pathlib import Path

import pytest

from bnlint.graph.command import inspect
from bnlint.graph.judge import Analysis
from bnlint.graph.proto import MetaGraph, Node

Nodes = list[tuple[str, str, list[str]]]


def analysis(nodes: Nodes) -> Analysis:
    return Analysis(MetaGraph([Node(name, op, inputs) for name, op, inputs in nodes]))


def optimizer(name: str, weight: str, waits: str | None = None) -> Nodes:
    """Adam on one weight, as ``minimize`` makes it; ``waits`` is what its block waits for."""
    control = [f"^{waits}"] if waits else []
    return [
        (weight, "VariableV2", []),
        (f"{weight}/read", "Identity", [weight]),
        (f"{name}/beta1_power", "VariableV2", []),
        (f"{name}/beta1_power/read", "Identity", [f"{name}/beta1_power"]),
        (f"{name}/beta1", "Const", control),
        (f"{name}/gradients/ones", "Const", control),
        (f"{name}/gradients/sub_grad/Neg", "Neg", [f"{name}/gradients/ones"]),
        (
            f"{name}/gradients/sub_grad/tuple/control_dependency_1",
            "Identity",
            [f"{name}/gradients/sub_grad/Neg", *control],
        ),
        (
            f"{name}/update_w/ApplyAdam",
            "ApplyAdam",
            [weight, f"{name}/beta1_power/read", f"{name}/gradients/sub_grad/Neg"],
        ),
        (
            f"{name}/mul",
            "Mul",
            [f"{name}/beta1_power/read", f"{name}/beta1", f"^{name}/update_w/ApplyAdam"],
        ),
        (f"{name}/Assign", "Assign", [f"{name}/beta1_power", f"{name}/mul"]),
        (name, "NoOp", [f"^{name}/update_w/ApplyAdam", f"^{name}/Assign"]),
    ]


STEP: Nodes = [
    ("step", "VariableV2", []),
    ("one", "Const", []),
    ("loss", "Mean", ["one", "one"]),
]


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ([], ["d", "g"]),
        ([("train", "NoOp", ["^d", "^g"])], ["train"]),
        ([("train", "AssignAdd", ["step", "one", "^g"])], ["d", "train"]),
        ([("train", "Identity", ["loss", "^g"])], ["d", "train"]),
        ([("clip", "Assign", ["dw", "one", "^d"])], ["clip", "g"]),
        ([("clip", "Assign", ["gw", "one", "^g"]), ("all", "NoOp", ["^clip"])], ["all", "d"]),
    ],
    ids=["alone", "grouped", "global step", "slim", "clipped first", "clipped second"],
)
@pytest.mark.parametrize("waits", [None, "d"])
def test_a_second_step(waits: str | None, more: Nodes, expected: list[str]) -> None:
    nodes = [*STEP, *optimizer("d", "dw"), *optimizer("g", "gw", waits), *more]
    assert sorted(analysis(nodes).train_ops) == expected


def test_a_third_step_that_waits_for_the_second() -> None:
    nodes = [*optimizer("a", "aw"), *optimizer("b", "bw", "a"), *optimizer("c", "cw", "b")]
    assert analysis(nodes).train_ops == ["a", "b", "c"]


BATCH: Nodes = [
    ("x", "Placeholder", []),
    ("axis", "Const", []),
    ("h", "MatMul", ["x", "x"]),
    ("bn/moments/mean", "Mean", ["h", "axis"]),
    ("bn/sub", "Sub", ["h", "bn/moments/mean"]),
    ("bn/moving_mean", "VariableV2", []),
    ("bn/moving_mean/read", "Identity", ["bn/moving_mean"]),
    ("bn/AssignMovingAvg/sub", "Sub", ["bn/moving_mean/read", "bn/moments/mean"]),
    ("bn/AssignMovingAvg", "AssignSub", ["bn/moving_mean", "bn/AssignMovingAvg/sub"]),
]


@pytest.mark.parametrize(
    "shown",
    [
        [("sum", "HistogramSummary", ["axis", "bn/moving_mean/read"])],
        [("sum", "HistogramSummary", ["axis", "bn/moving_mean"]),
         ("all", "MergeSummary", ["sum"])],
        [("mean", "Mean", ["bn/moving_mean/read", "axis"]),
         ("sum", "ScalarSummary", ["axis", "mean"])],
        [("copy", "Identity", ["bn/moving_mean/read"]), ("norm", "L2Loss", ["copy"]),
         ("sum", "ScalarSummary", ["axis", "norm"]), ("all", "MergeSummary", ["sum"])],
        [("print", "PrintV2", ["bn/moving_mean/read"])],
        [("finite", "IsFinite", ["bn/moving_mean/read"]), ("all", "All", ["finite", "axis"]),
         ("assert", "Assert", ["all", "axis"])],
    ],
    ids=lambda nodes: "-".join(op for _, op, _ in nodes),
)  # fmt: skip
def test_what_is_only_shown_is_no_inference(shown: Nodes) -> None:
    [layer] = analysis([*BATCH, *shown]).layers
    assert str(layer.flag) == "True"


def test_what_normalises_is() -> None:
    used: Nodes = [
        ("eval", "Sub", ["h", "bn/moving_mean/read"]),
        ("sum", "HistogramSummary", ["axis", "bn/moving_mean/read"]),
    ]
    [layer] = analysis([*BATCH, *used]).layers
    assert str(layer.flag) == "True and False"


KERNEL = """
node {{ name: "x" op: "Placeholder" }}
{constants}
node {{ name: "bn/FusedBatchNorm" op: "{op}" input: "x" input: "bn/gamma" input: "bn/beta"
  input: "bn/moving_mean" input: "bn/moving_variance" {flag} }}
"""
CONSTANT = (
    'node {{ name: "bn/{name}" op: "Const" attr {{ key: "value" value {{ tensor {{ dtype: DT_FLOAT '
    "tensor_shape {{ dim {{ size: {size} }} }} }} }} }} }}"
)


def constants(size: int, names: str = "gamma beta moving_mean moving_variance") -> str:
    return "\n".join(CONSTANT.format(name=name, size=size) for name in names.split())


@pytest.mark.parametrize("op", ["FusedBatchNorm", "FusedBatchNormV3"])
@pytest.mark.parametrize(
    ("written", "flag", "codes"),
    [
        ("", "", []),
        (constants(3, "gamma beta"), "", []),
        (constants(3), "", []),
        (constants(3), 'attr { key: "is_training" value { b: false } }', []),
        (constants(0), 'attr { key: "is_training" value { b: true } }', ["BN403"]),
        (constants(0), "", ["BN403"]),
    ],
    ids=["no weights", "half of them", "frozen", "says so", "in training", "by default"],
)
def test_kernels_without_their_attributes(
    written: str, flag: str, codes: list[str], op: str, tmp_path: Path
) -> None:
    """Text graphs for other libraries leave out attributes, weights or both."""
    path = tmp_path / "graph.pbtxt"
    path.write_text(KERNEL.format(constants=written, flag=flag, op=op), "utf-8")
    [report] = inspect(str(path))
    assert [finding.rule.code for finding in report.report.findings] == codes
