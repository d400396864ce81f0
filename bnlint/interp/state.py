"""The state of one abstract run: graphs, scopes, control dependencies, decisions, budgets."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from bnlint.interp.nodes import Node
from bnlint.interp.values import Known, ModuleEnv, Object, Place, Unknown, Value

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bnlint.interp.keys import Keys
    from bnlint.interp.scope import Frame


ALWAYS = object()
"""Stands for the place of a decision that is always worth taking both ways."""


class OutOfBudget(Exception):
    """The run used up its steps; what it found so far is not complete."""


class Stop(Exception):
    """The checked program raised or exited at this point."""


@dataclass(frozen=True, slots=True)
class Decision:
    """A side taken of an undecided condition, and the place that asked for it.

    ``importing`` is whether that was in the body of an imported module, or in what it calls.
    """

    key: int
    choice: bool
    node: object
    importing: bool


@dataclass(frozen=True, slots=True)
class Budget:
    """Bounds of one abstract run, in interpreter steps and calls; never in seconds."""

    steps: int = 400_000
    depth: int = 60
    recursion: int = 3
    loop: int = 24
    nodes: int = 60_000


@dataclass(slots=True, eq=False)
class Graph:
    """One ``tf.Graph``: its collections and the layers built in it."""

    id: int
    collections: dict[str, list[Value]] = field(default_factory=dict)
    names: dict[str, int] = field(default_factory=dict)
    nodes: list[Node] = field(default_factory=list)
    layers: int = 0
    variables: dict[str, Node] = field(default_factory=dict)
    named: dict[str, Node] = field(default_factory=dict)


@dataclass(slots=True, eq=False)
class Layer:
    """A batch-norm application while its graph is being built."""

    id: int
    api: str
    flavour: str
    flag_name: str
    place: Place
    flag: Value | None
    default: object
    graph: int
    update: Node | None
    destination: str
    collection: str | None
    trace: tuple[Place, ...]
    by_normalizer: bool
    misplaced: tuple[str, str] | None
    name: str
    variables: tuple[Node, ...]
    flag_place: Place | None = None
    unused_parameter: tuple[str, Place] | None = None
    open_root: bool = False
    momentum: float | None = None
    output: Node | None = None
    scope_may_give_flag: bool = False
    selected: bool = False
    unit_test: bool = False


@dataclass(slots=True, eq=False)
class Read:
    id: int
    key: str
    scope: str | None
    place: Place
    nodes: list[Node]
    graph: int
    layers_built: int
    live: bool
    source: list[Value] | None = None


@dataclass(slots=True, eq=False)
class Block:
    """A ``control_dependencies`` block."""

    id: int
    place: Place
    nodes: tuple[Node, ...]
    reads: set[int]
    clear: bool
    opaque: bool
    train_ops: list[Node] = field(default_factory=list)
    existing: list[Node] = field(default_factory=list)
    optimizers: int = 0
    ops: int = 0


@dataclass(frozen=True, slots=True)
class RunRecord:
    """One run. ``fed`` is whether it is given data of its own, ``opaque`` whether it fetches what
    nobody here has seen, ``feeds`` are the tensors that are fed: what lies below is not computed.
    """

    place: Place
    fetches: tuple[Node, ...]
    opaque: bool
    fed: bool = False
    feeds: tuple[Node, ...] = ()


@dataclass(slots=True, eq=False)
class Selected:
    place: Place
    training: Node
    inference: Node


@dataclass(slots=True, eq=False)
class Moments:
    """A use of ``tf.nn.moments`` results by a normalising op.

    ``scaled`` asks for a variable that scales or shifts the result: plain arithmetic without one
    standardises numbers, it is no layer.
    """

    place: Place
    moments: Place
    batch_only: bool
    output: Node
    trace: tuple[Place, ...]
    sources: tuple[Node, ...] = ()
    scaled: bool = False


class State:
    """Everything one abstract run mutates besides the Python heap."""

    def __init__(
        self,
        keys: Keys,
        budget: Budget,
        policy: bool,
        overrides: dict[int, bool] | None = None,
    ) -> None:
        self.keys = keys
        self.budget = budget
        self.policy = policy
        self.overrides = overrides or {}
        self.decisions: dict[int, bool] = {}
        self.order: list[Decision] = []
        self.deciding: object = None
        self.importing = 0
        self.equal: dict[int, Any] = {}
        self.steps = 0
        self.counter = 0
        self.frames: list[Frame] = []
        self.modules: dict[str, ModuleEnv] = {}
        self.graphs: list[Graph] = []
        self.default_graph: list[Graph] = [self.new_graph()]
        self.blocks: list[Block] = []
        self.all_blocks: list[Block] = []
        self.variable_scopes: list[str] = [""]
        self.name_scopes: list[str] = [""]
        self.arg_scopes: list[dict[str, dict[str, tuple[Value, Place]]]] = [{}]
        self.arg_scope_unknown = 0
        self.scoped_flags: set[str] = set()
        self.layers: list[Layer] = []
        self.train_ops: list[Node] = []
        self.runs: list[RunRecord] = []
        self.reads: list[Read] = []
        self.selections: list[Selected] = []
        self.moments: list[Moments] = []
        self.escaped: set[Node] = set()
        self.optimizers: list[Object] = []
        self.unknown_attrs: dict[tuple[int, str], Value] = {}
        self.patched: dict[str, Value] = {}
        self.entered: set[tuple[str, Any]] = set()
        self.root_open = False
        self.restores = False
        self.eager = False
        self.complete = True
        self.notes: list[str] = []
        self.loop_weight = 1
        self.loop_weights: list[int] = []
        self.sys_path: list[str] = []
        self.flag_defaults: dict[str, Value] = {}
        self.normalizer_place: Place | None = None
        self.branch_depth = 0

    # --- identity and budget ---------------------------------------------------------------

    def fresh(self) -> int:
        self.counter += 1
        return self.counter

    def step(self) -> None:
        self.steps += 1
        if self.steps > self.budget.steps:
            raise OutOfBudget

    def unknown(
        self,
        reason: str,
        *parts: Any,
        deps: Iterable[Node] = (),
        hint: Value | None = None,
    ) -> Unknown:
        """An unknown with a structural key made of ``parts`` (fresh if there are none)."""
        key = self.keys.of(*parts) if parts else self.keys.of("fresh", self.fresh())
        return Unknown(reason, key, tuple(deps), hint)

    # --- graphs ----------------------------------------------------------------------------

    def new_graph(self) -> Graph:
        graph = Graph(len(self.graphs))
        self.graphs.append(graph)
        return graph

    @property
    def graph(self) -> Graph:
        return self.default_graph[-1]

    def controls(self) -> tuple[Node, ...]:
        out: dict[Node, None] = {}
        for block in reversed(self.blocks):
            if block.clear:
                break
            for node in block.nodes:
                out[node] = None
        return tuple(out)

    def node(
        self, kind: str, api: str, inputs: Iterable[Node], place: Place, *, guarded: bool = True
    ) -> Node:
        """A new op in the default graph, under the control dependencies in force."""
        if self.counter > self.budget.nodes * 8 or len(self.graph.nodes) > self.budget.nodes:
            raise OutOfBudget
        controls = self.controls() if guarded and self.blocks else ()
        node = Node(
            self.fresh(), kind, api, tuple(dict.fromkeys(inputs)), controls, place, self.graph.id
        )
        self.graph.nodes.append(node)
        for block in self.blocks:
            block.ops += 1
        return node

    def record_run(self, run: RunRecord) -> None:
        """Note a run; a loop that fetches the same again says nothing new."""
        if run not in self.runs[-8:]:
            self.runs.append(run)

    def give_name(self, node: Node, label: str) -> None:
        """Note the name that the source gives an op."""
        scope = self.name_scopes[-1]
        if "?" not in scope:
            self.graph.named.setdefault(f"{scope}{label}", node)

    def by_name(self, text: str, graph: Graph | None = None) -> Node | None:
        """The op or tensor (``name:0``) that was given this name in the source."""
        return (graph or self.graph).named.get(text.split(":")[0])

    def collection(self, key: str, graph: Graph | None = None) -> list[Value]:
        return (graph or self.graph).collections.setdefault(key, [])

    # --- decisions -------------------------------------------------------------------------

    def decide(self, unknown: Unknown, prefer: bool | None = None) -> bool:
        """Take a side of an undecided condition, the same one for the same condition.

        ``prefer`` is the side that goes on where the other one only raises.
        """
        forced = self._forced(unknown.key)
        if forced is not None:
            return forced
        key = unknown.key
        head, *rest = self.keys.parts(key)
        if head == "not":
            return not self.decide(
                Unknown(unknown.reason, rest[0]), None if prefer is None else not prefer
            )
        if head in ("and", "or"):
            left = self.decide(Unknown(unknown.reason, rest[0]), prefer)
            if left == (head == "or"):
                return left
            return self.decide(Unknown(unknown.reason, rest[1]), prefer)
        if prefer is not None:
            choice = prefer
        elif key in self.overrides:
            choice = self.overrides[key]
            self._note_decision(key, choice)
        else:
            hint = unknown.hint
            choice = self.policy
            if self.policy and isinstance(hint, Known):
                choice = bool(hint.value)
            elif self.policy and head == "equals":
                # The hint of the compared thing decides an equality.
                choice = True
            self._note_decision(key, choice)
        self._bind(key, choice)
        return choice

    def _note_decision(self, key: int, choice: bool) -> None:
        self.order.append(Decision(key, choice, self.deciding, self.importing > 0))

    def _bind(self, key: int, choice: bool) -> None:
        self.decisions[key] = choice
        head, *rest = self.keys.parts(key)
        if head == "equals" and choice:
            self.equal[rest[0]] = rest[2]
        if head == "is none" and choice:
            self.equal[rest[0]] = None

    def _forced(self, key: int) -> bool | None:
        found = self.decisions.get(key)
        if found is not None:
            return found
        head, *rest = self.keys.parts(key)
        if head == "equals":
            if rest[0] in self.equal:
                return bool(self.equal[rest[0]] == rest[2])
            truth = self.decisions.get(rest[0])
            if (truth is not None and isinstance(rest[2], bool)) or rest[2] is None:
                if truth is not None and rest[2] is not None:
                    return truth == rest[2]
                if truth:
                    return False
        if head == "is none":
            if rest[0] in self.equal:
                return self.equal[rest[0]] is None
            if self.decisions.get(rest[0]):
                return False
        if key in self.equal:
            return bool(self.equal[key])
        none = self.keys.of("is none", key)
        if self.decisions.get(none):
            return False
        return None

    def resolve(self, value: Value) -> Value:
        """An unknown that this state has decided to equal a constant becomes that constant."""
        if isinstance(value, Unknown) and value.key in self.equal:
            return Known(self.equal[value.key], assumed=True)
        return value
