"""The live TensorFlow objects of a program, one class a kind: what is known of each.

What their attributes and methods do is in ``objects.py`` and in ``effects/``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from bnlint.interp.values import Object

if TYPE_CHECKING:
    from collections.abc import Callable

    from bnlint.apis import NormApi
    from bnlint.interp.args import Args
    from bnlint.interp.nodes import Node
    from bnlint.interp.recorded import EstimatorRecord, SaverRecord
    from bnlint.interp.state import Graph
    from bnlint.interp.values import Func, Instance, Place, Value
    from bnlint.source.name_patterns import NamePattern

ScopeTable = dict[str, dict[str, "tuple[Value, Place]"]]
"""What argument scopes give: the arguments of each function, and where that was written."""


# --- graphs and what runs them ------------------------------------------------------------------


@dataclass(slots=True, eq=False, repr=False)
class GraphObject(Object):
    """``tf.Graph()``."""

    kind: ClassVar = "graph"

    graph: Graph


@dataclass(slots=True, eq=False, repr=False)
class GraphScope(Object):
    """``graph.as_default()``."""

    kind: ClassVar = "graph scope"

    graph: Graph


@dataclass(slots=True, eq=False, repr=False)
class Session(Object):
    """A session; ``graph`` is what it was given as its graph."""

    kind: ClassVar = "session"

    graph: Object | None = None


@dataclass(slots=True, eq=False, repr=False)
class Saver(Object):
    """``tf.train.Saver``; ``record`` is None where it is not judged."""

    kind: ClassVar = "saver"

    record: SaverRecord | None = None


@dataclass(slots=True, eq=False, repr=False)
class SavedModelBuilder(Object):
    """``SavedModelBuilder``."""

    kind: ClassVar = "saved model builder"


# --- training -----------------------------------------------------------------------------------


@dataclass(slots=True, eq=False, repr=False)
class Optimizer(Object):
    """An optimizer; ``owner`` is the instance of a project's class of which it is the base."""

    kind: ClassVar = "optimizer"

    name: str
    owner: Instance | None = None

    @property
    def label(self) -> str:
        return self.name


@dataclass(slots=True, eq=False, repr=False)
class MovingAverage(Object):
    """``ExponentialMovingAverage``; ``rate`` is what its decay is computed from."""

    kind: ClassVar = "moving average"

    rate: tuple[Node, ...]


@dataclass(slots=True, eq=False, repr=False)
class Estimator(Object):
    """An Estimator."""

    kind: ClassVar = "estimator"

    record: EstimatorRecord


@dataclass(slots=True, eq=False, repr=False)
class EstimatorSpec(Object):
    """An ``EstimatorSpec``; its nodes are what training runs."""

    kind: ClassVar = "estimator spec"


@dataclass(slots=True, eq=False, repr=False)
class Head(Object):
    """A canned head; ``runs_updates`` is whether its train op runs UPDATE_OPS by itself."""

    kind: ClassVar = "head"

    runs_updates: bool


# --- layers and networks ------------------------------------------------------------------------


@dataclass(slots=True, eq=False, repr=False)
class BatchNormLayer(Object):
    """A batch-norm layer object, as ``row`` describes it and with the arguments it was ``made`` of.

    ``path`` is that of its variables, None before its first call; ``updates`` are the ops that it
    lists. ``pretrained`` is whether it is in inference mode if it is given no flag.
    """

    kind: ClassVar = "norm layer"

    row: NormApi
    made: Args
    path: str | None = None
    updates: list[Node] = field(default_factory=list)
    pretrained: bool = False


@dataclass(slots=True, eq=False, repr=False)
class KerasLayer(Object):
    """Any other layer object; ``layers`` are what it may wrap.

    ``channels_first`` is the layout that a convolution was told, None for all others.
    """

    kind: ClassVar = "keras layer"

    name: str
    layers: list[Value]
    channels_first: bool | None = None

    @property
    def label(self) -> str:
        return self.name


@dataclass(slots=True, eq=False, repr=False)
class KerasModel(Object):
    """A Keras model; ``outputs`` are those it was made with, ``applied`` those of its calls."""

    kind: ClassVar = "keras model"

    layers: list[Value]
    outputs: list[Node] = field(default_factory=list)
    applied: list[Node] = field(default_factory=list)


@dataclass(slots=True, eq=False, repr=False)
class HubSpec(Object):
    """A module specification of TensorFlow Hub: the function that builds it, and its variants."""

    kind: ClassVar = "hub spec"

    build: Value | None
    variants: Value | None


@dataclass(slots=True, eq=False, repr=False)
class HubModule(Object):
    """A module of TensorFlow Hub; ``tags`` are None where they are not known."""

    kind: ClassVar = "hub module"

    spec: HubSpec
    tags: frozenset[object] | None
    name: Value | None


@dataclass(slots=True, eq=False, repr=False)
class Holder(Object):
    """An instance of any other class of TensorFlow's: a dataset, a helper, a recurrent cell.

    ``cells`` are those of its arguments that are or hold objects of the project, ``given`` are all
    that it was made with, and what it was made from.
    """

    kind: ClassVar = "object"

    name: str
    cells: list[Value] = field(default_factory=list)
    given: tuple[Value, ...] = ()

    @property
    def label(self) -> str:
        return self.name


# --- contexts -----------------------------------------------------------------------------------


@dataclass(slots=True, eq=False, repr=False)
class PlainContext(Object):
    """A context that means nothing here: a device, say."""

    kind: ClassVar = "plain context"


@dataclass(slots=True, eq=False, repr=False)
class ArgScope(Object):
    """``arg_scope``: a ``table`` that is all there, or what is added to the one in force.

    ``given`` are the functions, each with its API's name if it is one, ``unknown`` is whether the
    source does not show all that is set.
    """

    kind: ClassVar = "arg_scope"

    table: ScopeTable | None
    unknown: bool
    given: list[tuple[str, str | None]] = field(default_factory=list)
    kwargs: dict[str, Value] = field(default_factory=dict)


@dataclass(slots=True, eq=False, repr=False)
class VariableScope(Object):
    """A variable scope: the ``segment`` it adds (from the root if it begins with ``/``).

    ``path`` is its own once it is entered, ``ops`` the name scope that comes with it, ``default``
    whether its name is numbered where it is taken.
    """

    kind: ClassVar = "variable_scope"

    segment: str
    path: str = ""
    ops: str = "?"
    default: bool = False


@dataclass(slots=True, eq=False, repr=False)
class NameScope(Object):
    """A name scope."""

    kind: ClassVar = "name_scope"

    segment: str


@dataclass(slots=True, eq=False, repr=False)
class ControlDependencies(Object):
    """``control_dependencies(ops)``. ``reads`` are the collections that the ops came from.

    ``clear`` is whether those in force are dropped, ``opaque`` whether there may be further ops.
    """

    kind: ClassVar = "control_dependencies"

    reads: set[int]
    clear: bool
    opaque: bool


@dataclass(slots=True, eq=False, repr=False)
class GeneratorContext(Object):
    """A call of a generator that is a context manager."""

    kind: ClassVar = "generator context"

    func: Func
    args: Args


@dataclass(slots=True, eq=False, repr=False)
class ExitStack(Object):
    """``contextlib.ExitStack``; ``leaves`` are what leaves the contexts that it entered."""

    kind: ClassVar = "exit stack"

    leaves: list[Callable[[], object]] = field(default_factory=list)


# --- of Python's library ------------------------------------------------------------------------


@dataclass(slots=True, eq=False, repr=False)
class ArgumentParser(Object):
    """``argparse.ArgumentParser``."""

    kind: ClassVar = "argument parser"


@dataclass(slots=True, eq=False, repr=False)
class SourceLoader(Object):
    """``SourceFileLoader``, or the spec of a module: what gives the module."""

    kind: ClassVar = "source loader"

    module: Value


@dataclass(slots=True, eq=False, repr=False)
class ModuleFinder(Object):
    """What finds the modules of a folder."""

    kind: ClassVar = "module finder"

    folder: str


@dataclass(slots=True, eq=False, repr=False)
class DynamicModule(Object):
    """A module that is chosen at run time, by the unknown ``key``.

    ``pattern`` tells what is known of its name, ``modules`` are the files that it may be, None
    before something is asked of it that one of them has.
    """

    kind: ClassVar = "dynamic module"

    key: int
    pattern: NamePattern
    modules: list[str] | None = None


@dataclass(slots=True, eq=False, repr=False)
class Constructor(Object):
    """``__new__`` of a named tuple."""

    kind: ClassVar = "constructor"
