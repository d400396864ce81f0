"""What an abstract run leaves behind for the models that rules read."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bnlint.interp.guards import TRUE

if TYPE_CHECKING:
    from bnlint.interp.guards import Guard
    from bnlint.interp.nodes import Node, Placeholder, Train
    from bnlint.interp.values import Place, Value
    from bnlint.model import FlagKind, Stage


@dataclass(slots=True, eq=False)
class TrainingFlag:
    """The training flag of a layer, as its call decides it (``effects/flags.py``).

    ``name`` is that of the parameter; ``kind``, ``value``, ``origin``, ``from_default``, ``reason``
    and ``made`` are as in ``model.Flag``, but that a value which is only assumed on some paths is
    kept, with its origin. ``passed`` is whether the call passes one. ``phase`` is whether it is
    None, which follows the Keras learning phase, ``fed`` the placeholder that it is, ``key`` the
    unknown. ``chosen`` is whether a branch of the graph chooses between layers in two modes.
    """

    name: str
    kind: FlagKind
    value: object = None
    origin: Place | None = None
    from_default: bool = False
    reason: str | None = None
    made: Place | None = None
    passed: bool = True
    phase: bool = False
    fed: Placeholder | None = None
    key: int | None = None
    chosen: bool = False


@dataclass(slots=True, eq=False)
class Layer:
    """A batch-norm application while its graph is being built."""

    id: int
    api: str
    flavour: str
    place: Place
    flag: TrainingFlag
    graph: int
    updates: tuple[Node, ...]
    destination: str
    collection: str | None
    trace: tuple[Place, ...]
    by_normalizer: bool
    misplaced: tuple[str, str] | None
    name: str
    variables: tuple[Node, ...]
    statistics: tuple[Node, ...] = ()
    unused_parameter: tuple[str, Place] | None = None
    open_root: bool = False
    momentum: float | None = None
    output: Node | None = None
    scope_may_give_flag: bool = False
    unit_test: bool = False
    frozen: bool = False
    crossed: tuple[Place, bool] | None = None
    built_for: tuple[EstimatorRecord, str] | None = None
    uncounted: bool = False
    biased: Node | None = None
    unscaled: bool = False
    loops: int = 0
    guard: Guard = TRUE


@dataclass(slots=True, eq=False)
class Read:
    id: int
    key: str
    scope: str | None
    place: Place
    nodes: list[Node]
    graph: int
    layers_built: int
    source: list[Value] | None = None
    guard: Guard = TRUE


@dataclass(slots=True, eq=False)
class Block:
    """A ``control_dependencies`` block."""

    id: int
    place: Place
    nodes: tuple[Node, ...]
    reads: set[int]
    clear: bool
    opaque: bool
    train_ops: list[Train] = field(default_factory=list)
    existing: list[Node] = field(default_factory=list)
    optimizers: int = 0
    ops: int = 0
    guard: Guard = TRUE


@dataclass(frozen=True, slots=True)
class RunRecord:
    """One run. ``fed`` is whether it is given data of its own, ``opaque`` on which paths it fetches
    what nobody here has seen, ``feeds`` are the tensors that are fed: what lies below is not
    computed. ``values`` are those that are fed a known truth value; ``feeds_known`` is whether
    nothing is fed that is not listed. ``data`` are identities of the values that are fed beside
    these, one set for each time that the run was met. ``loops`` are those that it is in, outermost
    first, ``stages`` the parts of the outermost that it is done in, ``turns`` how often all these
    go round at most, None if that is not known. ``built_for`` is the Estimator whose mode it is.
    """

    place: Place
    fetches: tuple[Node, ...]
    opaque: Guard
    fed: bool = False
    feeds: tuple[Node, ...] = ()
    values: tuple[tuple[Node, bool], ...] = ()
    feeds_known: bool = False
    guard: Guard = TRUE
    loops: tuple[int, ...] = ()
    stages: tuple[Stage, ...] = ()
    turns: int | None = None
    built_for: tuple[EstimatorRecord, str] | None = None
    data: list[frozenset[tuple[Node, int]]] = field(default_factory=list, compare=False)


@dataclass(slots=True, eq=False)
class SaverRecord:
    """A ``tf.train.Saver``: its variables, None for all that there were when it was made.

    ``made`` is the id that the next layer got, ``saved`` whether something is saved by it.
    """

    place: Place
    variables: frozenset[Node] | None
    graph: int
    made: int
    saved: bool = False
    guard: Guard = TRUE


@dataclass(slots=True, eq=False)
class EstimatorRecord:
    """An Estimator; ``used`` are the modes it is used for, with the paths on which it is."""

    place: Place
    used: dict[str, Guard] = field(default_factory=dict)


@dataclass(slots=True, eq=False)
class Export:
    """A graph is written for inference, with these outputs."""

    place: Place
    outputs: tuple[Node, ...]
    guard: Guard = TRUE


@dataclass(slots=True, eq=False)
class Selected:
    place: Place
    training: Layer
    inference: Layer
    guard: Guard = TRUE


@dataclass(slots=True, eq=False)
class Moments:
    """A use of statistics by a normalising op.

    ``sources`` are the moments it uses directly, ``statistics`` what it is given as mean and
    variance. ``scaled`` asks for a variable that scales or shifts the result: plain arithmetic
    without one standardises numbers, it is no layer. ``number`` is the id of the layer that it may
    turn out to be, ``site`` the function that makes it: it may normalise in two places, one for
    each mode. ``flag`` is what the training flag of its function is, if it is called by that name.
    """

    place: Place
    moments: Place
    batch_only: bool
    output: Node
    trace: tuple[Place, ...]
    sources: tuple[Node, ...] = ()
    statistics: tuple[Node, ...] = ()
    scaled: bool = False
    number: int = 0
    scope: str = ""
    site: Place | None = None
    flag: tuple[str, Value] | None = None
    open_root: bool = False
    unit_test: bool = False
    always: Node | None = None
    guard: Guard = TRUE
    name_scope: str = "?"


@dataclass(frozen=True, slots=True)
class Decided:
    """What a test did to a tensor: ``layers`` were applied to it, or it is used as it is.

    ``target`` is the name it is bound to, ``roles`` those it had before the test, ``taken`` how the
    test came out, ``training`` how it does in training, None if its words do not ask for that.
    ``flag`` is the tensor that a ``tf.cond`` tests. There is no ``tensor`` where the test chose the
    function that is to normalise, and not what is normalised.
    """

    place: Place
    target: str
    taken: bool
    layers: tuple[Layer, ...]
    tensor: Node | None
    roles: frozenset[str]
    training: bool | None
    guard: Guard = TRUE
    flag: Node | None = None
