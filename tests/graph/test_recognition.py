"""Layers as the report shows them: flavour, flag, momentum, collection."""

from __future__ import annotations

import pytest

from bnlint.graph.judge import Analysis
from bnlint.graph.read import read

from .conftest import GRAPHS


def analysis(name: str) -> Analysis:
    return Analysis(read(str(GRAPHS / name)).graphs[0])


@pytest.mark.parametrize(
    ("name", "flavour", "flag", "momentum", "collection"),
    [
        ("ref_unfused_placeholder", "unfused", "is_training", 0.99, "update_ops"),
        ("ref_fused_placeholder", "fused", "is_training", 0.99, "update_ops"),
        ("ref_fused_true_adam_global_step", "fused", "True", 0.99, "update_ops"),
        ("constant_false", "unfused", "False", None, None),
        ("resource_fused_placeholder", "fused", "is_training", 0.99, "update_ops"),
        ("variable_flag", "unfused", "mode", 0.99, "update_ops"),
        ("default_false_never_fed", "unfused", "is_training (default False)", 0.99, "update_ops"),
        ("momentum_one", "unfused", "True", 1.0, "update_ops"),
        ("renorm", "unfused", "is_training", 0.99, "update_ops"),
        ("slim_collection", "fused", "is_training", 0.999, "update_ops"),
        ("slim_in_place", "fused", "is_training", 0.999, None),
        ("slim_zero_debias", "fused", "True", 0.999, "update_ops"),
        ("slim_other_collection_nobody_reads", "fused", "True", 0.999, "mine"),
        ("keras_updates_attached", "unfused", "is_training", 0.99, None),
        ("hand_written_assigns", "hand-written", "True", None, None),
        ("moving_average_of_moments", "moving average", "is_training", 0.9, None),
        ("train_and_evaluation_towers", "unfused", "True and False", 0.99, "update_ops"),
        ("cond_both_branches_fed_true", "unfused", "is_training", 0.99, "update_ops"),
        ("cond_v2_in_place", "fused", "is_training", 0.999, None),
        ("while_loop_in_place", "fused", "True", 0.999, None),
    ],
)
def test_a_layer(
    name: str, flavour: str, flag: str, momentum: float | None, collection: str | None
) -> None:
    [layer] = analysis(f"{name}.meta").layers
    assert layer.flavour == flavour
    assert str(layer.flag) == flag
    assert layer.momentum == momentum
    assert layer.collection == collection


def test_resource_variables_are_told_apart() -> None:
    assert analysis("resource_unfused_true.meta").layers[0].resource
    assert not analysis("ref_unfused_placeholder.meta").layers[0].resource


@pytest.mark.parametrize(
    "name", ["layer_norm_is_another_thing", "hand_written_batch_only", "frozen_in_training_mode"]
)
def test_without_moving_statistics_there_is_no_layer(name: str) -> None:
    path = f"{name}.pb" if name.startswith("frozen") else f"{name}.meta"
    assert analysis(path).layers == []


def test_towers_and_calls_share_one_layer() -> None:
    for name in ("towers_share_variables", "layer_called_twice"):
        [layer] = analysis(f"{name}.meta").layers
        assert len(layer.writers) == 4
        assert len(layer.statistics) == 2


@pytest.mark.parametrize(
    ("name", "train_ops"),
    [
        ("ref_unfused_placeholder", ["GradientDescent"]),
        ("ref_fused_true_adam_global_step", ["Adam"]),
        ("grouped", ["group_deps"]),
        ("weights_by_hand", ["group_deps"]),
        ("slim_create_train_op", ["train_op/control_dependency"]),
        ("moving_average_of_weights", ["ExponentialMovingAverage"]),
        ("second_network_unguarded", ["GradientDescent", "GradientDescent_1"]),
    ],
)
def test_train_ops(name: str, train_ops: list[str]) -> None:
    assert analysis(f"{name}.meta").train_ops == train_ops


def test_a_frozen_graph_has_layers_and_no_train_op() -> None:
    frozen = analysis("frozen.pb")
    assert [layer.name for layer in frozen.layers] == ["bn"]
    assert frozen.train_ops == []
