"""The APIs that build batch norm and train ops: one row says all that a name means.

New library, new row. What is searched for in files (``needles``), which functions are worth a look
(``words``) and what a call does to the graph follow from the rows. Signatures were read with
``inspect`` from TensorFlow 1.0.1, 1.4.1, 1.12.3, 1.15.5, 2.15.1 and 2.21.0. Positions are 0-based
and do not count ``self``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Literal, NamedTuple

UPDATE_OPS = "update_ops"


class NormApi(NamedTuple):
    """One way to apply batch normalisation, or to make an object that does when it is called.

    ``positional`` is the parameter order of TensorFlow 1.4 and later, ``positional_1_0`` that of
    1.0 where it differs. ``default`` is the flag's default: False, True, or None for the Keras
    learning phase. ``updates`` names the parameter that says where updates go, if there is one.
    ``trap`` is the parameter that a flag passed second lands on, ``scale`` whether there is a gamma
    unless the call says so (contrib has none). ``destination`` is where updates go unless such a
    parameter says otherwise: into ``collection``, ``in_place`` or to the ``layer`` object.
    ``is_layer`` is whether the name is a class: parameters and flag are then those of the object's
    call, all others those of the constructor.
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
    scale: bool = True
    destination: Literal["collection", "in_place", "layer"] = "collection"
    collection: str = UPDATE_OPS
    is_layer: bool = False


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

_NORMS = (
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
    NormApi(
        "tf.layers.BatchNormalization",
        "layers",
        "training",
        False,
        ("inputs", "training"),
        "momentum",
        0.99,
        is_layer=True,
    ),
    NormApi(
        "tf.keras.layers.BatchNormalization",
        "keras",
        "training",
        None,
        ("inputs", "training", "mask"),
        "momentum",
        0.99,
        destination="layer",
        is_layer=True,
    ),
    NormApi(
        "tf.sonnet.BatchNorm",
        "contrib",
        "is_training",
        True,
        ("inputs", "is_training", "test_local_stats"),
        "decay_rate",
        0.999,
        updates="update_ops_collection",
        scale=False,
        is_layer=True,
    ),
    # TensorLayer 1.11.1, tensorlayer/layers/normalization.py: a class that is built and applied at
    # once. It makes its updates with is_train only, and waits for them.
    NormApi(
        "tensorlayer.layers.BatchNormLayer",
        "layers",
        "is_train",
        False,
        ("prev_layer", "decay", "epsilon", "act", "is_train", "beta_init", "gamma_init"),
        "decay",
        0.9,
        trap="decay",
        destination="in_place",
    ),
    # TFLearn 0.3.2, tflearn/layers/normalization.py: there is no flag; the mode is a variable that
    # its trainer sets, and the layer waits for its updates.
    NormApi(
        "tflearn.batch_normalization",
        "layers",
        "",
        None,
        ("incoming", "beta", "gamma", "epsilon", "decay", "stddev", "trainable", "restore"),
        "decay",
        0.9,
        destination="in_place",
    ),
)


class TrainOpMaker(NamedTuple):
    """A function that makes a train op; ``runs_updates`` whether it runs UPDATE_OPS by itself.

    ``update_ops`` is the position of the parameter that replaces the collection (``[]`` turns the
    updates off), ``loss`` that of the loss.
    """

    name: str
    runs_updates: bool
    loss: int
    update_ops: int | None = None


_MAKERS = (
    TrainOpMaker("tf.contrib.training.create_train_op", True, 0, 3),
    TrainOpMaker("tf.contrib.slim.learning.create_train_op", True, 0, 3),
    TrainOpMaker("tf.contrib.layers.optimize_loss", True, 0, 8),
)

_NORM_WORDS = (
    "BatchNorm",
    "fused_batch_norm",
    "batch_norm_with_global_normalization",
    "normalizer_fn",
    "normalizer_params",
)
_WORDS = (
    "moments",
    "arg_scope",
    "minimize",
    "apply_gradients",
    "compute_gradients",
    "control_dependencies",
    "get_collection",
    "get_collection_ref",
    "add_to_collection",
    "UPDATE_OPS",
    "update_ops",
    "EstimatorSpec",
    "Estimator",
    "cond",
    "with_dependencies",
    "updates_collections",
    "restore",
)


class Apis:
    """The rows that hold in one run, by their names.

    ``own`` are rows of the user's. They may name functions and classes of the project itself,
    which are then not entered.
    """

    def __init__(self, own: Iterable[NormApi | TrainOpMaker] = ()) -> None:
        self.own = tuple(own)
        rows = (*_NORMS, *_MAKERS, *self.own)
        norms = [row for row in rows if isinstance(row, NormApi)]
        self.functions: Mapping[str, NormApi] = {r.name: r for r in norms if not r.is_layer}
        self.layers: Mapping[str, NormApi] = {r.name: r for r in norms if r.is_layer}
        self.makers: Mapping[str, TrainOpMaker] = {
            r.name: r for r in rows if isinstance(r, TrainOpMaker)
        }
        self._own_words = frozenset(_last(row.name) for row in self.own)

    def __contains__(self, name: str) -> bool:
        return name in self.functions or name in self.layers or name in self.makers

    @cached_property
    def layer_words(self) -> frozenset[str]:
        """Names that may make a layer, or batch statistics by hand."""
        named = map(_last, (*self.functions, *self.layers))
        return frozenset((*named, *_NORM_WORDS, "moments", "arg_scope"))

    @cached_property
    def words(self) -> frozenset[str]:
        """Names that may change what a rule says of a layer."""
        named = map(_last, (*self.functions, *self.layers, *self.makers))
        return frozenset((*named, *_NORM_WORDS, *_WORDS))

    @cached_property
    def needles(self) -> tuple[bytes, ...]:
        """What the bytes of a file have one of if it makes a layer by one of the rows.

        A word that holds another one need not be looked for.
        """
        named = {*map(_last, (*self.functions, *self.layers)), *self._own_words, *_NORM_WORDS}
        least = [w for w in named if not any(other != w and other in w for other in named)]
        return tuple(sorted(word.encode() for word in least))

    def of_project(self, path: str, name: str) -> str | None:
        """The user's row for a function or class that the file at ``path`` defines."""
        if name not in self._own_words:
            return None
        for row in self.own:
            module, _, last = row.name.rpartition(".")
            if last == name and _is_file_of(path, module):
                return row.name
        return None


def _last(name: str) -> str:
    return name.rpartition(".")[2]


def _is_file_of(path: str, module: str) -> bool:
    """Whether a file may be a module, or the file of a package that it is imported from."""
    there = path.replace("\\", "/").rpartition(".")[0].removesuffix("/__init__")
    return f"/{there}".endswith("/" + module.replace(".", "/"))


BUILT_IN = Apis()
