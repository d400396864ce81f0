"""The graph model: what a program's graph holds, whichever witness supplied it.

A program is run once on all its paths; every path that rules may tell apart (a *state*) yields one
``GraphModel``. A serialised graph yields exactly one. Rules read this model and nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass, field
from typing import Literal

from bnlint.finding import Location
from bnlint.outcome import Incomplete

FlagKind = Literal["missing", "constant", "dynamic", "unknown"]
"""How the training flag reached a layer.

``missing``: nobody passed one, the API's default holds. ``constant``: a Python constant.
``dynamic``: a tensor, a placeholder or a variable. ``unknown``: the source does not tell.
"""

Destination = Literal["collection", "in_place", "layer", "unknown", "none"]
"""Where a layer's updates go: a collection, into the forward pass, the layer object's own
``updates`` (Keras), unknown, or nowhere because the layer does not make any."""


Stage = tuple[int, int, bool]
"""A part of a loop's turns: the loop, what its counter is compared with, and whether it is the
later part, which once begun lasts to the end."""


@dataclass(slots=True, eq=False)
class Flag:
    """The training flag of one layer.

    ``value`` is the constant (or the API's default when ``missing``). ``origin`` is the place
    where the constant was written, ``from_default`` whether that place is a parameter default.
    ``reason`` says why a flag is unknown, ``made`` where a tensor was made.
    """

    kind: FlagKind
    value: object = None
    origin: Location | None = None
    from_default: bool = False
    reason: str | None = None
    made: Location | None = None

    @property
    def always_true(self) -> bool:
        """Whether it is a constant True, wherever that was written."""
        return self.kind == "constant" and self.value in (True, 1)


@dataclass(slots=True, eq=False)
class Misplaced:
    """A flag that landed on another parameter by position (BN109)."""

    parameter: str
    value: str


@dataclass(slots=True, eq=False)
class Crossed:
    """Where the layout of a layer's input was decided, and whether channels come first there."""

    location: Location
    first: bool


@dataclass(slots=True, eq=False)
class NormLayer:
    """One application of batch normalisation.

    ``location`` is the call in the checked project that made it (for ``normalizer_fn`` the place
    that set it), ``trace`` the calls that led there, outermost first. ``api`` is the canonical
    TensorFlow name, ``flag_name`` its flag parameter, ``flavour`` one of ``layers contrib keras
    nn``. ``path`` is its variables' path (``?`` for what is not known), ``name`` the same where it
    is fully known. ``updates`` are the ids of its update ops (of ops, not of layers), ``momentum``
    is None where unknown. ``adversarial`` is whether it is trained through another network that is
    trained against it (a GAN's generator), ``unit_test`` whether a unit test builds it. ``frozen``
    is whether it has updates though its call says ``trainable=False``; ``crossed`` what fixes the
    layout of its input where the layer takes another axis for the channels. ``mode`` is the mode
    for which an Estimator builds it: ``train``, ``eval`` or ``infer``. ``both_modes`` is whether
    the same call has a flag other than a constant True on some path or in some program: something
    may then read the moving statistics. ``uncounted`` is whether a loop builds it and nobody knows
    how often. ``biased`` is a layer right below that adds a bias, ``squashed`` an activation right
    above whose output depends on the scale of its input, where the layer has no gamma.
    """

    id: int
    api: str
    flavour: str
    flag_name: str
    location: Location
    flag: Flag
    destination: Destination
    updates: tuple[int, ...]
    collection: str | None = None
    trace: tuple[Location, ...] = ()
    by_normalizer: bool = False
    misplaced: Misplaced | None = None
    unused_parameter: str | None = None
    unused_parameter_location: Location | None = None
    open_root: bool = False
    scope_may_give_flag: bool = False
    graph: int = 0
    momentum: float | None = None
    name: str | None = None
    path: str = ""
    adversarial: bool = False
    unit_test: bool = False
    frozen: bool = False
    crossed: Crossed | None = None
    mode: str | None = None
    both_modes: bool = False
    uncounted: bool = False
    biased: Location | None = None
    squashed: Location | None = None

    def updated_by(self, ops: Set[int]) -> bool:
        """Whether one of its update ops is among some ops."""
        return not ops.isdisjoint(self.updates)


@dataclass(slots=True, eq=False)
class CollectionRead:
    """One reading of a collection of update ops: ``key``, ``scope`` and the updates it held.

    ``before`` is the id the next layer got: layers with that id or a higher one came later.
    """

    id: int
    key: str
    scope: str | None
    location: Location
    updates: frozenset[int]
    before: int
    graph: int


@dataclass(slots=True, eq=False)
class Guard:
    """A ``control_dependencies`` block: the updates it waits for and what was made inside.

    ``train_ops`` are ids of train ops created inside; ``existing`` those only mentioned inside
    though they were created before; ``optimizers`` counts optimizers constructed inside.
    """

    id: int
    location: Location
    updates: frozenset[int]
    train_ops: frozenset[int]
    existing: frozenset[int]
    optimizers: int
    ops: int


GateKind = Literal["flag", "momentum", "dead", "feed", "frame", "still"]


@dataclass(slots=True, eq=False)
class Gate:
    """Why updates that a train op reaches may change nothing. Told by a graph, not by source.

    ``flag``: they are switched off by a flag. ``momentum``: it is 1. ``dead``: they are in a branch
    that is not taken, and the training steps with them. ``feed``: they need a placeholder that the
    rest of the step does not. ``frame``: they are in a while loop, what waits for them is not.
    ``still``: they are run, and the values were seen not to change.
    ``location`` is the node that is the cause; ``certain`` whether the feeds of a run prove it.
    """

    layer: int
    kind: GateKind
    location: Location
    detail: str
    certain: bool = True


@dataclass(slots=True, eq=False)
class TrainOp:
    """An op that changes weights.

    ``trains`` are the ids of the layers whose network it trains, ``reaches`` the updates it runs,
    ``loss_reaches`` those that its loss's value waits for (BN202 if only these). ``reads`` are
    collection reads whose ops it depends on or that its block names. ``undecided`` says why the
    source does not tell whether the updates run, ``run`` is whether a ``session.run`` fetches it,
    ``unit_test`` whether a unit test makes it, ``handed_over`` whether code that the source does
    not show is given it.
    """

    id: int
    api: str
    location: Location
    trains: tuple[int, ...]
    reaches: frozenset[int]
    loss_reaches: frozenset[int]
    reads: frozenset[int]
    guards: frozenset[int]
    run: bool
    undecided: str | None = None
    trace: tuple[Location, ...] = ()
    update_ops_off: bool = False
    graph: int = 0
    name: str | None = None
    gates: tuple[Gate, ...] = ()
    unit_test: bool = False
    handed_over: bool = False


@dataclass(slots=True, eq=False)
class Run:
    """One ``session.run`` (or ``eval``, ``op.run``, an Estimator mode).

    ``reaches`` are the updates it runs, ``trains`` the train ops it fetches, ``evaluates`` the
    layers whose output it computes for use beyond the losses that training minimises (on data that
    no step is given, a loss is such use), ``fed`` whether it is given data of its own, ``opaque``
    whether it also fetches what nobody here saw.
    ``on`` and ``off`` are the layers that it computes, or whose updates it runs, with a flag known
    to be True or False in it, ``loops`` the loops of the source that it is in, as numbers.
    ``other_data`` is whether it is sure to be fed values that no training step is given, ``turns``
    how often it is done at most, None where that is not known. ``stages`` are the parts of its
    outermost loop that it is in.
    """

    location: Location
    reaches: frozenset[int]
    trains: frozenset[int]
    evaluates: frozenset[int]
    fed: bool = False
    opaque: bool = False
    on: frozenset[int] = frozenset()
    off: frozenset[int] = frozenset()
    loops: tuple[int, ...] = ()
    other_data: bool = False
    turns: int | None = None
    stages: tuple[Stage, ...] = ()


@dataclass(slots=True, eq=False)
class Selection:
    """A ``tf.cond`` that merely selects between two layers built outside of it (BN106)."""

    location: Location
    training: int
    inference: int


@dataclass(slots=True, eq=False)
class HandWritten:
    """A hand-written normalisation: the statistics of a batch feeding a normalising op.

    ``batch_only`` is whether the moments of the batch are all it can ever use, ``always`` an update
    of its averages that runs in evaluation, too. ``scope`` is the name scope that it is built in,
    ending in ``/`` (``?`` for what is not known). ``for_training`` is whether something of what is
    trained is evaluated, but never anything that comes after this.
    """

    location: Location
    moments: Location
    batch_only: bool
    trained: bool
    trace: tuple[Location, ...] = ()
    always: Location | None = None
    scope: str = "?"
    for_training: bool = False


@dataclass(slots=True, eq=False)
class Decision:
    """What a test did to a tensor, on one way through: layers were applied, or it stays as it is.

    ``location`` is the test, ``target`` the name that it binds, ``taken`` how it came out.
    ``layers`` are those applied, none where the tensor is used without; ``roles`` are the names
    that the tensor had before. ``training`` is how the test comes out in training, None if its
    words do not ask for that; ``shared`` is whether the tensor is evaluated and never trained, with
    the weights of one that is given the layers.
    """

    location: Location
    target: str
    taken: bool
    layers: tuple[int, ...]
    roles: frozenset[str]
    training: bool | None
    shared: bool = False


@dataclass(slots=True, eq=False)
class UnusedFlag:
    """A function's training-flag parameter that its body never reads, over batch norm (BN103)."""

    parameter: str
    location: Location
    layer: Location


@dataclass(slots=True, eq=False)
class Saver:
    """A saver of variables, and the layers whose weights it saves without their statistics.

    ``too_early`` are layers that were built only after it, and that it therefore does not save.
    """

    location: Location
    leaves_out: tuple[int, ...]
    too_early: tuple[int, ...] = ()


@dataclass(slots=True, eq=False)
class SavedStatistics:
    """What a checkpoint holds of one layer: ``missing`` and ``broken`` are names of variables.

    ``untouched`` is whether all means are exactly 0 and all variances exactly 1; ``left`` how much
    of these initial values is left after the steps that the checkpoint counts.
    """

    layer: str
    location: Location
    missing: tuple[str, ...] = ()
    broken: tuple[str, ...] = ()
    untouched: bool = False
    left: float | None = None
    steps: int | None = None


@dataclass(slots=True, eq=False)
class GraphModel:
    """Everything the rules ask about one state of one program.

    ``complete`` is false where the program was not read to its end: nothing may then be concluded
    from what is absent. ``restores`` is whether weights come from elsewhere,
    ``predicts`` whether a recording saw that and nothing that trains.
    ``scoped_flags`` are the APIs for which an argument scope sets the flag.
    ``unmapped`` are layers of an Estimator, given by its place, that is used for training and for
    more, with one flag for all that is no constant.
    ``exported`` is where a graph that is meant for inference was found, ``outputs`` the layers that
    what is exported depends on, None for all.
    """

    layers: list[NormLayer] = field(default_factory=list)
    train_ops: list[TrainOp] = field(default_factory=list)
    runs: list[Run] = field(default_factory=list)
    reads: list[CollectionRead] = field(default_factory=list)
    guards: list[Guard] = field(default_factory=list)
    selections: list[Selection] = field(default_factory=list)
    hand_written: list[HandWritten] = field(default_factory=list)
    unused_flags: list[UnusedFlag] = field(default_factory=list)
    decisions: list[Decision] = field(default_factory=list)
    unmapped: dict[int, Location] = field(default_factory=dict)
    escaped: frozenset[int] = frozenset()
    scoped_flags: frozenset[str] = frozenset()
    restores: bool = False
    eager: bool = False
    complete: bool = True
    predicts: bool = False
    savers: list[Saver] = field(default_factory=list)
    statistics: list[SavedStatistics] = field(default_factory=list)
    exported: Location | None = None
    outputs: frozenset[int] | None = None


Explain = Callable[[Location, Sequence[GraphModel], Sequence[GraphModel]], str | None]
"""Why something holds at a place in the first states and not in the second, in words."""


@dataclass(slots=True, eq=False)
class Program:
    """One root (a script, or a function nobody calls) and its states, one a path.

    ``needs`` tells what holds on all paths on which there is something at a place, in words.
    """

    root: str
    path: str
    open: bool
    states: list[GraphModel] = field(default_factory=list)
    explain: Explain | None = None
    needs: Callable[[Location], str | None] | None = None


@dataclass(slots=True, eq=False)
class Project:
    """All programs of one run, with remarks, and which of them were not read to their end.

    ``crashes`` are defects of bnlint itself: the file it was at, and the exception.
    """

    programs: list[Program] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    incomplete: set[Incomplete] = field(default_factory=set)
    crashes: list[tuple[str, Exception]] = field(default_factory=list)

    def compare_modes(self) -> None:
        """Tell every layer whether its call has two modes, over all programs."""
        layers = [one for p in self.programs for state in p.states for one in state.layers]
        other = {one.location for one in layers if not one.flag.always_true}
        for layer in layers:
            layer.both_modes = layer.location in other
