"""What TensorFlow's names mean, as data.

New library, new row. Signatures were read with ``inspect`` from TensorFlow 1.0.1, 1.4.1, 1.12.3,
1.15.5, 2.15.1 and 2.21.0. Positions are 0-based and do not count ``self``.
"""

from __future__ import annotations

from dataclasses import dataclass

UPDATE_OPS = "update_ops"


@dataclass(frozen=True, slots=True)
class NormApi:
    """One way to apply batch normalisation.

    ``positional`` is the parameter order of TensorFlow 1.4 and later, ``positional_1_0`` that of
    1.0 where it differs. ``default`` is the flag's default: False, True, or None for the Keras
    learning phase. ``updates`` names the parameter that says where updates go, if there is one.
    ``trap`` is the parameter that a flag passed second lands on, ``scale`` whether there is a gamma
    unless the call says so (contrib has none).
    """

    name: str
    flavour: str
    flag: str
    default: bool | None
    positional: tuple[str, ...]
    momentum: str
    momentum_default: float
    updates: str | None = None
    positional_1_0: tuple[str, ...] | None = None
    trap: str = ""
    arg_scoped: bool = False
    momentum_hint: str = ""
    scale: bool = True


_LAYERS_HEAD = (
    "inputs axis momentum epsilon center scale beta_initializer gamma_initializer "
    "moving_mean_initializer moving_variance_initializer beta_regularizer gamma_regularizer"
)
_LAYERS_TAIL = (
    "training trainable name reuse renorm renorm_clipping renorm_momentum fused "
    "virtual_batch_size adjustment"
)
_CONTRIB_HEAD = "inputs decay center scale epsilon activation_fn param_initializers"
_CONTRIB_TAIL = (
    "updates_collections is_training reuse variables_collections outputs_collections trainable "
    "batch_weights fused data_format zero_debias_moving_mean scope renorm renorm_clipping "
    "renorm_decay adjustment"
)

NORMS: dict[str, NormApi] = {
    row.name: row
    for row in (
        NormApi(
            "tf.layers.batch_normalization",
            "layers",
            "training",
            False,
            tuple(f"{_LAYERS_HEAD} beta_constraint gamma_constraint {_LAYERS_TAIL}".split()),
            "momentum",
            0.99,
            positional_1_0=tuple(f"{_LAYERS_HEAD} {_LAYERS_TAIL}".split()),
            trap="axis",
        ),
        NormApi(
            "tf.contrib.layers.batch_norm",
            "contrib",
            "is_training",
            True,
            tuple(f"{_CONTRIB_HEAD} param_regularizers {_CONTRIB_TAIL}".split()),
            "decay",
            0.999,
            updates="updates_collections",
            positional_1_0=tuple(f"{_CONTRIB_HEAD} {_CONTRIB_TAIL}".split()),
            trap="decay",
            arg_scoped=True,
            scale=False,
        ),
    )
}

LAYER_CLASSES: dict[str, NormApi] = {
    "tf.layers.BatchNormalization": NormApi(
        "tf.layers.BatchNormalization",
        "layers",
        "training",
        False,
        ("inputs", "training"),
        "momentum",
        0.99,
    ),
    "tf.keras.layers.BatchNormalization": NormApi(
        "tf.keras.layers.BatchNormalization",
        "keras",
        "training",
        None,
        ("inputs", "training", "mask"),
        "momentum",
        0.99,
    ),
    "tf.sonnet.BatchNorm": NormApi(
        "tf.sonnet.BatchNorm",
        "contrib",
        "is_training",
        True,
        ("inputs", "is_training", "test_local_stats"),
        "decay_rate",
        0.999,
        updates="update_ops_collection",
        scale=False,
    ),
}
"""Layer objects: the row describes the *call* of the object."""

NEVER_FLAG = frozenset(
    [
        "layer_norm",
        "instance_norm",
        "group_norm",
        "unit_norm",
        "LayerNormalization",
        "GroupNormalization",
        "dropout",
        "Dropout",
    ]
)
"""Things with a flag or 'norm' in their names that keep no moving statistics."""

NORMALIZER_HOSTS = frozenset(
    f"tf.contrib.layers.{name}"
    for name in [
        "conv2d",
        "convolution2d",
        "convolution",
        "conv1d",
        "conv3d",
        "conv2d_in_plane",
        "convolution2d_in_plane",
        "separable_conv2d",
        "separable_convolution2d",
        "conv2d_transpose",
        "convolution2d_transpose",
        "conv3d_transpose",
        "convolution3d_transpose",
        "fully_connected",
        "linear",
        "relu",
        "relu6",
    ]
)
"""contrib layers that take ``normalizer_fn`` and ``normalizer_params``."""

HOST_NORMALIZER_POSITION = {
    "fully_connected": 3,
    "linear": 3,
    "relu": 3,
    "conv2d": 8,
    "convolution2d": 8,
    "convolution": 8,
    "separable_conv2d": 9,
    "conv2d_transpose": 7,
}


@dataclass(frozen=True, slots=True)
class TrainOpMaker:
    """A function that makes a train op; ``runs_updates`` whether it runs UPDATE_OPS by itself.

    ``update_ops`` is the position of the parameter that replaces the collection (``[]`` turns the
    updates off), ``loss`` that of the loss.
    """

    name: str
    runs_updates: bool
    loss: int
    update_ops: int


TRAIN_OP_MAKERS: dict[str, TrainOpMaker] = {
    row.name: row
    for row in (
        TrainOpMaker("tf.contrib.training.create_train_op", True, 0, 3),
        TrainOpMaker("tf.contrib.slim.learning.create_train_op", True, 0, 3),
        TrainOpMaker("tf.contrib.layers.optimize_loss", True, 0, 8),
    )
}

_PREFIXES: tuple[tuple[str, str], ...] = (
    ("tensorflow.compat.v1", "tf"),
    ("tensorflow.compat.v2", "tf"),
    ("tensorflow.python.keras", "tf.keras"),
    ("tensorflow.python.layers.normalization", "tf.layers"),
    ("tensorflow.python.layers.convolutional", "tf.layers"),
    ("tensorflow.python.layers.core", "tf.layers"),
    ("tensorflow.python.layers.pooling", "tf.layers"),
    ("tensorflow.python.layers.layers", "tf.layers"),
    ("tensorflow.python.layers", "tf.layers"),
    ("tensorflow.python.ops.nn", "tf.nn"),
    ("tensorflow.python.ops.nn_ops", "tf.nn"),
    ("tensorflow.python.ops.nn_impl", "tf.nn"),
    ("tensorflow.python.training.moving_averages", "tf.train"),
    ("tensorflow.python.training", "tf.train"),
    ("tensorflow.python.estimator", "tf.estimator"),
    ("tensorflow.contrib.framework.python.ops.arg_scope", "tf.contrib.framework"),
    ("tensorflow.contrib.framework.python.ops", "tf.contrib.framework"),
    ("tensorflow.contrib.framework.python.framework", "tf.contrib.framework"),
    ("tensorflow.contrib.layers.python.layers.layers", "tf.contrib.layers"),
    ("tensorflow.contrib.layers.python.layers.optimizers", "tf.contrib.layers"),
    ("tensorflow.contrib.layers.python.layers.normalization", "tf.contrib.layers"),
    ("tensorflow.contrib.layers.python.layers", "tf.contrib.layers"),
    ("tensorflow.contrib.layers.python.ops", "tf.contrib.layers"),
    ("tensorflow.contrib.slim.python.slim", "tf.contrib.slim"),
    ("tensorflow.contrib.training.python.training.training", "tf.contrib.training"),
    ("tensorflow", "tf"),
    ("tf_slim", "tf.contrib.slim"),
    ("tf_keras", "tf.keras"),
    ("absl.flags", "tf.app.flags"),
    ("absl.app", "tf.app"),
    ("keras", "tf.keras"),
    ("sonnet", "tf.sonnet"),
)
"""Dotted module prefixes as written in imports, longest first where they overlap."""

_REWRITES: tuple[tuple[str, str], ...] = (
    ("tf.compat.v1", "tf"),
    ("tf.compat.v2", "tf"),
    ("tf.layers.normalization", "tf.layers"),
    ("tf.layers.convolutional", "tf.layers"),
    ("tf.layers.core", "tf.layers"),
    ("tf.layers.pooling", "tf.layers"),
    ("tf.contrib.layers.python.layers.layers", "tf.contrib.layers"),
    ("tf.contrib.layers.python.layers.optimizers", "tf.contrib.layers"),
    ("tf.contrib.layers.python.layers.normalization", "tf.contrib.layers"),
    ("tf.contrib.layers.python.layers", "tf.contrib.layers"),
    ("tf.contrib.layers.layers", "tf.contrib.layers"),
    ("tf.contrib.layers.optimizers", "tf.contrib.layers"),
    ("tf.contrib.layers.normalization", "tf.contrib.layers"),
    ("tf.contrib.framework.python.ops.arg_scope", "tf.contrib.framework"),
    ("tf.contrib.framework.python.ops", "tf.contrib.framework"),
    ("tf.contrib.slim.python.slim", "tf.contrib.slim"),
    ("tf.contrib.training.python.training.training", "tf.contrib.training"),
    ("tf.contrib.training.training", "tf.contrib.training"),
    ("tf.python.layers", "tf.layers"),
    ("tf.python.training.moving_averages", "tf.train"),
    ("tf.python.training", "tf.train"),
    ("tf.contrib.slim.layers", "tf.contrib.layers"),
    ("tf.contrib.slim.training", "tf.contrib.training"),
    ("tf.contrib.slim.utils", "tf.contrib.layers.utils"),
    ("tf.contrib.slim.learning.create_train_op", "tf.contrib.training.create_train_op"),
    ("tf.contrib.keras", "tf.keras"),
    ("tf.keras.backend.learning_phase", "tf.keras.backend.learning_phase"),
    ("tf.math", "tf"),
    ("tf.manip", "tf"),
    ("tf.random", "tf"),
    ("tf.tf_export", "tf"),
)

_SLIM_LAYERS = frozenset(
    [
        "avg_pool2d",
        "avg_pool3d",
        "batch_norm",
        "bias_add",
        "bow_encoder",
        "conv1d",
        "conv2d",
        "conv3d",
        "conv2d_in_plane",
        "conv2d_transpose",
        "conv3d_transpose",
        "convolution",
        "convolution1d",
        "convolution2d",
        "convolution2d_in_plane",
        "convolution2d_transpose",
        "convolution3d",
        "convolution3d_transpose",
        "dropout",
        "elu",
        "embed_sequence",
        "flatten",
        "fully_connected",
        "images_to_sequence",
        "instance_norm",
        "group_norm",
        "layer_norm",
        "linear",
        "max_pool2d",
        "max_pool3d",
        "maxout",
        "one_hot_encoding",
        "pool",
        "relu",
        "relu6",
        "repeat",
        "scale_gradient",
        "separable_conv2d",
        "separable_convolution2d",
        "sequence_to_images",
        "softmax",
        "spatial_softmax",
        "stack",
        "unit_norm",
        "l1_regularizer",
        "l2_regularizer",
        "optimize_loss",
        "xavier_initializer",
        "variance_scaling_initializer",
        "apply_regularization",
    ]
)

_NAMES: dict[str, str] = {
    "tf.with_dependencies": "tf.with_dependencies",
    "tf.contrib.framework.add_arg_scope": "tf.contrib.framework.add_arg_scope",
    "tf.initialize_all_variables": "tf.global_variables_initializer",
    "tf.all_variables": "tf.global_variables",
    "tf.contrib.slim.arg_scope": "tf.contrib.framework.arg_scope",
    "tf.contrib.slim.add_arg_scope": "tf.contrib.framework.add_arg_scope",
    "tf.contrib.slim.get_variables": "tf.global_variables",
    "tf.contrib.slim.get_model_variables": "tf.global_variables",
    "tf.contrib.slim.get_variables_to_restore": "tf.global_variables",
    "tf.contrib.slim.get_trainable_variables": "tf.trainable_variables",
    "tf.contrib.framework.get_trainable_variables": "tf.trainable_variables",
    "tf.contrib.framework.get_variables": "tf.global_variables",
    "tf.contrib.slim.repeat": "tf.contrib.layers.repeat",
    "tf.contrib.slim.assign_from_checkpoint": "tf.contrib.framework.assign_from_checkpoint",
    "tf.contrib.slim.assign_from_checkpoint_fn": "tf.contrib.framework.assign_from_checkpoint_fn",
    "tf.contrib.slim.losses.get_total_loss": "tf.losses.get_total_loss",
    "tf.contrib.losses.get_total_loss": "tf.losses.get_total_loss",
    "tf.merge_all_summaries": "tf.summary.merge_all",
    "tf.batch_normalization": "tf.nn.batch_normalization",
    "tf.keras.layers.normalization.BatchNormalization": "tf.keras.layers.BatchNormalization",
    "tf.keras.layers.BatchNormalizationV1": "tf.keras.layers.BatchNormalization",
    "tf.keras.layers.BatchNormalizationV2": "tf.keras.layers.BatchNormalization",
    "tf.keras.layers.experimental.SyncBatchNormalization": "tf.keras.layers.BatchNormalization",
    "tf.layers.BatchNorm": "tf.layers.BatchNormalization",
    "tf.layers.batch_norm": "tf.layers.batch_normalization",
    "tf.sonnet.BatchNormV2": "tf.sonnet.BatchNorm",
    "tf.app.flags": "tf.app.flags",
    "tf.flags": "tf.app.flags",
    "tf.truediv": "tf.div",
    "tf.divide": "tf.div",
}

_OPS_MODULE = ("tf.python.ops.", "tf.python.framework.", "tf.python.platform.")


def module_name(dotted: str) -> str | None:
    """The canonical name of an imported module, None if it is not TensorFlow's."""
    for prefix, name in _PREFIXES:
        if dotted == prefix or dotted.startswith(prefix + "."):
            return canonical(name + dotted[len(prefix) :])
    return None


def canonical(name: str) -> str:
    """One name for all the spellings of a TensorFlow symbol."""
    found = _CACHE.get(name)
    if found is None:
        found = _CACHE[name] = _canonical(name)
    return found


_CACHE: dict[str, str] = {}


def _canonical(name: str) -> str:
    for prefix, target in _REWRITES:
        if name == prefix or name.startswith(prefix + "."):
            name = target + name[len(prefix) :]
    for prefix in _OPS_MODULE:
        # tensorflow.python.ops.control_flow_ops.group is tf.group: drop the file's name.
        if name.startswith(prefix):
            rest = name[len(prefix) :].split(".")
            if rest[0] in ("nn", "nn_ops", "nn_impl", "nn_impl_distribute"):
                name = ".".join(["tf.nn", *rest[1:]])
            elif len(rest) > 1:
                name = ".".join(["tf", *rest[1:]])
            break
    if name.startswith("tf.train.") and name[len("tf.train.")].islower():
        # tensorflow.python.training has files, too: moving_averages, optimizer, …
        file, _, member = name[len("tf.train.") :].partition(".")
        name = f"tf.train.{member or file}"
    if name.startswith("tf.contrib.slim."):
        last = name[len("tf.contrib.slim.") :]
        if last in _SLIM_LAYERS:
            name = f"tf.contrib.layers.{last}"
    if name.startswith("tf.contrib.layers.convolution2d"):
        name = name.replace("convolution2d", "conv2d")
    if name.startswith("tf.keras.") and name.endswith(".BatchNormalization"):
        name = "tf.keras.layers.BatchNormalization"
    if name.startswith("tf.keras.python.keras."):
        name = "tf.keras." + name[len("tf.keras.python.keras.") :]
    return _NAMES.get(name, name)


_GRAPH_KEYS = {
    "GLOBAL_VARIABLES": "variables",
    "VARIABLES": "variables",
    "LOCAL_VARIABLES": "local_variables",
    "MODEL_VARIABLES": "model_variables",
    "TRAINABLE_VARIABLES": "trainable_variables",
    "MOVING_AVERAGE_VARIABLES": "moving_average_variables",
}

_MODES = {"TRAIN": "train", "EVAL": "eval", "PREDICT": "infer", "INFER": "infer"}


def constant(name: str) -> str | None:
    """The string behind ``tf.GraphKeys.X`` or ``ModeKeys.X``, None for other symbols."""
    owner, _, last = name.rpartition(".")
    if owner.endswith("GraphKeys"):
        return _GRAPH_KEYS.get(last, last.lower())
    if owner.endswith("ModeKeys"):
        return _MODES.get(last)
    return None


def is_optimizer(name: str) -> bool:
    """Whether a symbol is a TensorFlow-1 optimizer class (never a Keras one)."""
    if name.startswith(("tf.keras.", "tf.optimizers.")):
        return False
    return name.endswith(("Optimizer", "OptimizerWrapper")) and name.startswith("tf.")


LINEAR_OPS = frozenset(
    f"tf.{name}"
    for name in [
        "identity",
        "add",
        "add_n",
        "subtract",
        "with_dependencies",
        "Print",
        "reshape",
        "squeeze",
        "expand_dims",
        "cast",
        "to_float",
        "accumulate_n",
        "identity_n",
        "guarantee_const",
        "tuple",
        "debugging.check_numerics",
        "check_numerics",
        "verify_tensor_all_finite",
        "losses.get_total_loss",
    ]
)
"""Ops whose gradient does not read their inputs' values."""

REDUCTIONS = frozenset(
    ["reduce_mean", "reduce_sum", "add_n", "get_total_loss", "get_regularization_loss", "l2_loss"]
)
"""Ops that make the scalar a loss usually is."""
