"""One name for each of TensorFlow's symbols, whatever it is imported by, and what names tell.

Layers and makers of train ops are rows of ``bnlint/apis.py``.
"""

from __future__ import annotations

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

_ROOTS = frozenset(prefix.partition(".")[0] for prefix, _ in _PREFIXES)

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
    ("tf.python.framework.graph_util", "tf.graph_util"),
    ("tf.contrib.slim.layers", "tf.contrib.layers"),
    ("tf.contrib.slim.training", "tf.contrib.training"),
    ("tf.contrib.slim.utils", "tf.contrib.layers.utils"),
    ("tf.contrib.slim.losses", "tf.losses"),
    ("tf.contrib.losses", "tf.losses"),
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
    "tf.contrib.slim.get_variables_to_restore": "tf.contrib.framework.get_variables_to_restore",
    "tf.contrib.slim.get_trainable_variables": "tf.trainable_variables",
    "tf.contrib.framework.get_trainable_variables": "tf.trainable_variables",
    "tf.contrib.framework.get_variables": "tf.global_variables",
    "tf.contrib.slim.repeat": "tf.contrib.layers.repeat",
    "tf.contrib.slim.assign_from_checkpoint": "tf.contrib.framework.assign_from_checkpoint",
    "tf.contrib.slim.assign_from_checkpoint_fn": "tf.contrib.framework.assign_from_checkpoint_fn",
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
    "tensorlayer.layers.normalization.BatchNormLayer": "tensorlayer.layers.BatchNormLayer",
    "tflearn.layers.batch_normalization": "tflearn.batch_normalization",
    "tflearn.layers.normalization.batch_normalization": "tflearn.batch_normalization",
    "tf.truediv": "tf.div",
    "tf.divide": "tf.div",
    "tf.div_no_nan": "tf.div",
    "tf.divide_no_nan": "tf.div",
}

_OPS_MODULE = ("tf.python.ops.", "tf.python.framework.", "tf.python.platform.")


def module_name(dotted: str) -> str | None:
    """The canonical name of an imported module, None if it is not TensorFlow's."""
    if dotted.partition(".")[0] not in _ROOTS:
        return None
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
        "negative",
        "neg",
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
