"""The API table against the signatures that TensorFlow showed."""

from __future__ import annotations

import pytest

from bnlint.apis import BUILT_IN, TrainOpMaker
from bnlint.interp import api


@pytest.mark.parametrize(
    ("name", "parameter", "position", "position_1_0"),
    [
        ("tf.layers.batch_normalization", "axis", 1, 1),
        ("tf.layers.batch_normalization", "momentum", 2, 2),
        ("tf.layers.batch_normalization", "training", 14, 12),
        ("tf.layers.batch_normalization", "trainable", 15, 13),
        ("tf.contrib.layers.batch_norm", "decay", 1, 1),
        ("tf.contrib.layers.batch_norm", "updates_collections", 8, 7),
        ("tf.contrib.layers.batch_norm", "is_training", 9, 8),
        ("tf.contrib.layers.batch_norm", "trainable", 13, 12),
    ],
)
def test_positions(name: str, parameter: str, position: int, position_1_0: int) -> None:
    row = BUILT_IN.functions[name]
    assert row.positional.index(parameter) == position
    assert row.positional_1_0 is not None
    assert row.positional_1_0.index(parameter) == position_1_0


@pytest.mark.parametrize(
    ("name", "parameters"),
    [("tf.layers.batch_normalization", 24), ("tf.contrib.layers.batch_norm", 23)],
)
def test_number_of_parameters(name: str, parameters: int) -> None:
    assert len(BUILT_IN.functions[name].positional) == parameters


@pytest.mark.parametrize(
    ("name", "flag", "default", "momentum"),
    [
        ("tf.layers.batch_normalization", "training", False, 0.99),
        ("tf.contrib.layers.batch_norm", "is_training", True, 0.999),
    ],
)
def test_defaults(name: str, flag: str, default: bool, momentum: float) -> None:
    row = BUILT_IN.functions[name]
    assert (row.flag, row.default, row.momentum_default) == (flag, default, momentum)


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("tensorflow", "tf"),
        ("tensorflow.compat.v1", "tf"),
        ("tensorflow.contrib.slim", "tf.contrib.slim"),
        ("tf_slim", "tf.contrib.slim"),
        ("tensorflow.contrib.layers.python.layers", "tf.contrib.layers"),
        ("tensorflow.python.layers.normalization", "tf.layers"),
        ("tensorflow.keras", "tf.keras"),
        ("tensorflow.python.keras", "tf.keras"),
        ("keras", "tf.keras"),
        ("numpy", None),
        ("tensorflow_probability", None),
    ],
)
def test_modules(module: str, name: str | None) -> None:
    assert api.module_name(module) == name


@pytest.mark.parametrize(
    ("written", "canonical"),
    [
        ("tf.compat.v1.layers.batch_normalization", "tf.layers.batch_normalization"),
        ("tf.contrib.slim.batch_norm", "tf.contrib.layers.batch_norm"),
        ("tf.contrib.slim.layers.batch_norm", "tf.contrib.layers.batch_norm"),
        ("tf.contrib.slim.arg_scope", "tf.contrib.framework.arg_scope"),
        (
            "tf.contrib.slim.learning.create_train_op",
            "tf.contrib.training.create_train_op",
        ),
        ("tf.python.ops.control_flow_ops.with_dependencies", "tf.with_dependencies"),
        ("tf.python.framework.ops.get_collection", "tf.get_collection"),
        ("tf.contrib.layers.convolution2d", "tf.contrib.layers.conv2d"),
        ("tf.keras.layers.BatchNormalizationV1", "tf.keras.layers.BatchNormalization"),
    ],
)
def test_one_name_for_all_spellings(written: str, canonical: str) -> None:
    assert api.canonical(written) == canonical


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("tf.GraphKeys.UPDATE_OPS", "update_ops"),
        ("tf.GraphKeys.GLOBAL_VARIABLES", "variables"),
        ("tf.GraphKeys.TRAINABLE_VARIABLES", "trainable_variables"),
        ("tf.estimator.ModeKeys.TRAIN", "train"),
        ("tf.estimator.ModeKeys.PREDICT", "infer"),
        ("tf.layers.dense", None),
    ],
)
def test_constants(name: str, value: str | None) -> None:
    assert api.constant(name) == value


@pytest.mark.parametrize(
    ("name", "is_one"),
    [
        ("tf.train.AdamOptimizer", True),
        ("tf.contrib.opt.MovingAverageOptimizer", True),
        ("tf.train.SyncReplicasOptimizer", True),
        ("tf.keras.optimizers.Optimizer", False),
        ("tf.layers.dense", False),
    ],
)
def test_optimizers(name: str, is_one: bool) -> None:
    assert api.is_optimizer(name) is is_one


@pytest.mark.parametrize("row", BUILT_IN.makers.values(), ids=lambda row: row.name)
def test_makers_that_run_the_updates(row: TrainOpMaker) -> None:
    assert row.runs_updates
    assert row.update_ops == (8 if row.name.endswith("optimize_loss") else 3)
