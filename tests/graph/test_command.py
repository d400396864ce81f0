"""What ``bnlint graph`` and ``bnlint checkpoint`` say."""

from __future__ import annotations

import io
import json
import re
import shutil
import struct
from pathlib import Path
from typing import Any

import pytest

from bnlint.graph.checkpoint import inspect_checkpoint
from bnlint.graph.command import inspect
from bnlint.graph.errors import GraphError
from bnlint.output import checkpoint as checkpoint_output
from bnlint.output import graph as graph_output

from .conftest import GRAPHS


def graph(name: str) -> str:
    return str(GRAPHS / f"{name}.meta")


def text(name: str, **options: Any) -> str:
    stream = io.StringIO()
    graph_output.write(inspect(graph(name), **options), stream)
    return stream.getvalue()


def test_table_and_path() -> None:
    said = text("loss_waits_for_updates")
    assert "MetaGraphDef" in said
    assert "bn     unfused  is_training  0.99      0/2" in said
    assert "only guarded_loss waits for it, which training does not run" in said
    assert "BN202" in said
    assert "as if nothing were fetched beside the train op" in said


def test_a_clean_graph_says_so() -> None:
    said = text("ref_unfused_placeholder")
    assert "GradientDescent: 2 of 2 moving statistics reached" in said
    assert "note:" not in said
    assert "BN" not in said.replace("bnlint", "")


def test_json() -> None:
    stream = io.StringIO()
    graph_output.write_json(inspect(graph("second_network_unguarded")), stream)
    document = json.loads(stream.getvalue())
    assert document["version"] == 1
    [finding] = document["findings"]
    assert finding["code"] == "BN201"
    assert finding["witness"] == "graph"
    assert finding["node"] == "GradientDescent_1"
    assert finding["related"][0]["node"] == "two/bn"
    assert [(op["name"], op["reached"], op["total"]) for op in document["train_ops"]] == [
        ("GradientDescent", 2, 2),
        ("GradientDescent_1", 0, 2),
    ]
    one, two = document["layers"]
    assert one["name"] == "one/bn"
    assert one["updates"][0]["reached_by"] == ["GradientDescent"]
    assert two["updates"][0]["reached_by"] == []
    assert two["updates"][0]["variable"] == "two/bn/moving_mean"


def test_a_train_op_that_is_named_is_judged_alone() -> None:
    [report] = inspect(graph("second_network_unguarded"), train_ops=["GradientDescent"])
    assert report.exit_code == 0
    assert [row.name for row in report.train_ops] == ["GradientDescent"]
    [report] = inspect(graph("grouped"), train_ops=["GradientDescent:0"])
    assert [finding.rule.code for finding in report.report.findings] == ["BN201"]


def test_fetches_are_judged_together() -> None:
    names = ["GradientDescent", "bn/AssignMovingAvg", "bn/AssignMovingAvg_1"]
    [report] = inspect(graph("ref_unfused_true_no_updates"), fetches=names)
    assert report.exit_code == 0
    [row] = report.train_ops
    assert (row.reached, row.total) == (2, 2)


def test_near_matches() -> None:
    with pytest.raises(GraphError, match=r"no node 'GradientDecent' .*did you mean Gradient"):
        inspect(graph("grouped"), train_ops=["GradientDecent"])


def test_select_and_ignore() -> None:
    [report] = inspect(graph("momentum_one"), ignore=["BN3"])
    assert report.exit_code == 0
    [report] = inspect(graph("momentum_one"), select=["BN303"])
    assert report.exit_code == 1


def test_an_exported_graph_in_training_mode() -> None:
    [report] = inspect(str(GRAPHS / "frozen_in_training_mode.pb"))
    assert [finding.rule.code for finding in report.report.findings] == ["BN403"]
    [report] = inspect(str(GRAPHS / "frozen.pb"))
    assert report.report.findings == []


def checkpoint_codes(path: Path) -> list[str]:
    return [finding.rule.code for finding in inspect_checkpoint(str(path)).report.findings]


def test_checkpoints() -> None:
    assert checkpoint_codes(GRAPHS / "checkpoint-trained") == []
    assert checkpoint_codes(GRAPHS / "saved") == []
    report = inspect_checkpoint(str(GRAPHS / "checkpoint-untouched" / "model"))
    assert [finding.rule.code for finding in report.report.findings] == ["BN404"]
    assert report.steps == 600
    [row] = report.layers
    assert (row.mean, row.variance, row.state) == ((0, 0), (1, 1), "never updated")
    stream = io.StringIO()
    checkpoint_output.write(report, stream)
    assert "bn     0 to 0       1 to 1           never updated" in stream.getvalue()
    stream = io.StringIO()
    checkpoint_output.write_json(report, stream)
    assert json.loads(stream.getvalue())["layers"][0]["state"] == "never updated"


def test_what_is_left_of_the_initial_values() -> None:
    """600 steps with a momentum of 0.99, which the .meta file beside the checkpoint tells."""
    report = inspect_checkpoint(str(GRAPHS / "checkpoint-trained"))
    assert report.layers[0].left == pytest.approx(0.99**600)
    stream = io.StringIO()
    checkpoint_output.write(report, stream)
    assert re.search(r"still initial\n.* ok +0\.2%", stream.getvalue())
    stream = io.StringIO()
    checkpoint_output.write_json(report, stream)
    assert json.loads(stream.getvalue())["layers"][0]["initial_share"] == pytest.approx(
        0.0024, 0.01
    )


def test_a_variance_that_cannot_be(tmp_path: Path) -> None:
    for source in (GRAPHS / "checkpoint-untouched").iterdir():
        shutil.copy(source, tmp_path)
    data = tmp_path / "model.data-00000-of-00001"
    raw = data.read_bytes()
    ones = struct.pack("<3f", 1, 1, 1)
    assert raw.count(ones) == 2  # gamma, and the variance
    at = raw.rindex(ones)
    data.write_bytes(raw[:at] + struct.pack("<3f", 1, float("nan"), -1) + raw[at + 12 :])
    report = inspect_checkpoint(str(tmp_path))
    assert report.layers[0].state == "broken"
    assert "moving_variance cannot be used" in report.report.findings[0].message


@pytest.mark.parametrize("size", [0, 10, 100, 200])
def test_truncated_checkpoints(size: int, tmp_path: Path) -> None:
    for source in (GRAPHS / "checkpoint-untouched").iterdir():
        shutil.copy(source, tmp_path)
    index = tmp_path / "model.index"
    index.write_bytes(index.read_bytes()[:size])
    with pytest.raises(GraphError, match="truncated"):
        inspect_checkpoint(str(tmp_path))
    index.write_bytes((GRAPHS / "checkpoint-untouched" / "model.index").read_bytes())
    (tmp_path / "model.data-00000-of-00001").write_bytes(b"")
    with pytest.raises(GraphError, match="truncated"):
        inspect_checkpoint(str(tmp_path))


@pytest.mark.parametrize("name", ["nowhere", "grouped.meta", ".", "facts.json"])
def test_no_checkpoint_there(name: str) -> None:
    with pytest.raises(GraphError):
        inspect_checkpoint(str(GRAPHS / name))
