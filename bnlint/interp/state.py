"""The state of one abstract run: graphs, scopes, control dependencies, decisions, budgets."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from math import prod
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from bnlint.interp.choices import ABSENT
from bnlint.interp.conditions import Conditions
from bnlint.interp.guards import FALSE, TRUE, Guard
from bnlint.interp.nodes import Node, Train, Variable
from bnlint.interp.paths import Paths
from bnlint.interp.values import Known, ModuleEnv, Object, Place, Seq, Unknown, Value

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bnlint.interp.keys import Keys
    from bnlint.interp.live_objects import VariableScope
    from bnlint.interp.recorded import (
        Block,
        Decided,
        EstimatorRecord,
        Export,
        Layer,
        Moments,
        Read,
        RunRecord,
        SaverRecord,
        Selected,
    )
    from bnlint.interp.scope import Frame
    from bnlint.interp.values import Class
    from bnlint.model import Stage
    from bnlint.source import ir


N = TypeVar("N", bound=Node)


class OutOfBudget(Exception):
    """The run used up its steps; what it found so far is not complete."""


class Budget(NamedTuple):
    """Bounds of one abstract run, in interpreter steps and calls; never in seconds."""

    steps: int = 400_000
    depth: int = 60
    recursion: int = 3
    loop: int = 24
    nodes: int = 60_000


@dataclass(slots=True, eq=False)
class Graph:
    """One ``tf.Graph``: its ops and its collections.

    ``numbers`` counts the unnamed layers of each variable scope since it was last entered, and
    ``opened`` are the variable scopes that were entered, each time with the paths that did it.
    ``templates`` are the variable scopes of those that were called, ``learning_phase`` what the
    program set for the Keras layers that are built next.
    """

    id: int
    collections: dict[str, list[Value]] = field(default_factory=dict)
    names: dict[str, int] = field(default_factory=dict)
    nodes: list[Node] = field(default_factory=list)
    numbers: dict[str, int] = field(default_factory=dict)
    opened: dict[str, list[Guard]] = field(default_factory=dict)
    variables: dict[str, Variable] = field(default_factory=dict)
    named: dict[str, Node] = field(default_factory=dict)
    templates: dict[Value, VariableScope] = field(default_factory=dict)
    learning_phase: Value = ABSENT


class State:
    """Everything one abstract run mutates besides the Python heap."""

    def __init__(
        self,
        keys: Keys,
        budget: Budget,
        conditions: Conditions,
    ) -> None:
        self.keys = keys
        self.budget = budget
        self.conditions = conditions
        self.steps = 0
        self.counter = 0
        self.paths = Paths(conditions, self.fresh)
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
        self.layer_ids = 0
        self.train_ops: list[Train] = []
        self.in_bounds = False  # whether a call that only handles data is running
        self.given_up: set[Place] = set()  # the functions of which one was
        self.accumulates = False  # whether some variable sums up gradients
        self.runs: list[RunRecord] = []
        self.reads: list[Read] = []
        self.selections: list[Selected] = []
        self.savers: list[SaverRecord] = []
        self.exports: list[Export] = []
        self.moments: list[Moments] = []
        self.decided: list[Decided] = []
        self.undecided: set[Place] = set()  # tests with more outcomes than are told apart
        self.decisions: dict[
            int, tuple[list[ir.Name | ir.Attr], bool]
        ] = {}  # by the identity of a test
        self.escaped: dict[Node, Guard] = {}
        self.optimizers = 0  # how many were made
        self.estimators: list[EstimatorRecord] = []
        self.built_for: tuple[EstimatorRecord, str] | None = None  # with its mode
        self.mode: Value | None = None  # what the model function is given for it
        self.unknown_attrs: dict[int, dict[str, Value]] = {}
        self.patched: dict[str, Value] = {}
        self.patched_by_images: dict[str, Value] = {}
        self.learning_phase_used = False
        self.entered: set[tuple[str, Any]] = set()
        self.root_open = False
        self.restores: Guard = FALSE
        self.eager: Guard = FALSE
        self.complete = True
        self.stopped: str | None = None  # what ended the run before its end
        self.notes: list[str] = []
        self.loops: list[int] = []  # the keys of those that are running
        self.stages: list[Stage] = []
        self.turns: list[int | None] = []  # and how often these go round at most
        self.loop_weight = 1
        self.loop_weights: list[int] = []
        self.sys_path: list[str] = []
        self.given_path: list[str] = []
        self.building = False  # whether an image of a module is being made
        self.importing: list[str] = []
        self.executing: list[str] = []  # files that run by their path now
        self.imported: dict[str, set[str]] = {}
        self.finished: list[str] = []  # the modules that were imported, as they ended
        # What datasets are made from, and the data with which iterators began last.
        self.sources: dict[Node, tuple[Value, ...]] = {}
        self.datasets: list[frozenset[int]] = []
        self.iterators: dict[Node, Value] = {}
        self.not_found: dict[tuple[str, int], str] = {}
        self.lacking: set[str] = set()  # modules that read names that nothing here binds
        # Of each try that waits for an import that fails, what its handlers import instead.
        self.instead: list[list[tuple[int, str]]] = []
        self.flag_defaults: dict[str, Value] = {}
        self.flag_choices: dict[str, list[Any]] = {}
        self.normalizer_place: Place | None = None
        self.branch_depth = 0
        self.graph_loops = 0  # how many loops of the graph are being built
        self.control_flow_v2 = False
        self.making: list[Class] = []  # classes whose metaclass is running
        self.entered_by_hand: list[Object] = []  # contexts, by __enter__, and not left yet

    # --- identity and budget ---------------------------------------------------------------

    def fresh(self) -> int:
        self.counter += 1
        return self.keys.fresh()

    def fresh_key(self) -> int:
        """A key of its own; what is made inside a loop differs from turn to turn."""
        return self.keys.of("turn" if self.loops else "fresh", self.fresh())

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
        key = self.keys.of(*parts) if parts else self.fresh_key()
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
        paths = self.paths
        for block in reversed(self.blocks):
            always = paths.guards.implies(paths.now, block.guard)
            if block.clear and always:
                break
            for node in block.nodes:
                out[node if always else paths.phi([(block.guard, node)])] = None
        return tuple(out)

    def node(self, kind: str, api: str, inputs: Iterable[Node], place: Place) -> Node:
        """A new op in the default graph, under the control dependencies in force."""
        return self._made(Node, kind, api, inputs, place, True)

    def add(
        self, cls: type[N], api: str, inputs: Iterable[Node], place: Place, *, guarded: bool = True
    ) -> N:
        """The same for kinds of ops of which more is known."""
        return self._made(cls, cls.KIND, api, inputs, place, guarded)

    def _made(
        self,
        cls: type[N],
        kind: str,
        api: str,
        inputs: Iterable[Node],
        place: Place,
        guarded: bool,
    ) -> N:
        if self.counter > self.budget.nodes * 8 or len(self.graph.nodes) > self.budget.nodes:
            raise OutOfBudget
        controls = self.controls() if guarded and self.blocks else ()
        node = cls(
            self.fresh(), kind, api, tuple(dict.fromkeys(inputs)), controls, place, self.graph.id
        )
        node.guard = self.paths.now
        self.graph.nodes.append(node)
        for block in self.blocks:
            block.ops += 1
        return node

    def frame_of(self, frame: Frame | None) -> Frame | None:
        """The frame of a call if it has one, else the innermost that runs."""
        return frame or (self.frames[-1] if self.frames else None)

    def enter_loop(self, place: Place, turns: int | None) -> None:
        """A loop begins: another one for each way of calls that leads there."""
        calls = tuple(frame.call_place for frame in self.frames)
        self.loops.append(self.keys.of("loop", place, calls))
        self.turns.append(turns)

    def leave_loop(self) -> None:
        """The innermost loop has ended."""
        self.loops.pop()
        self.turns.pop()

    def turns_of_loops(self) -> int | None:
        """How often what is in all running loops is done at most, None if that is not known."""
        known = [turns for turns in self.turns if turns is not None]
        return prod(known) if len(known) == len(self.turns) and self.built_for is None else None

    def record_run(self, run: RunRecord) -> None:
        """Note a run; a loop that fetches the same again says nothing new."""
        guards, varied = self.paths.guards, self.conditions.sometimes
        run = replace(
            run,
            guard=guards.sometimes(self.paths.now, varied),
            opaque=guards.sometimes(run.opaque, varied),
            loops=tuple(self.loops),
            stages=tuple(self.stages),
        )
        known = next((one for one in self.runs[-8:] if one == run), None)
        if known is None:
            self.runs.append(run)
        else:
            known.data.extend(run.data)

    def next_layer(self) -> int:
        """The id of one more layer, or of what may turn out to be one."""
        self.layer_ids += 1
        return self.layer_ids - 1

    def record_moments(self, record: Moments) -> None:
        """Note a use of moments by a normalising op."""
        record.guard = self.paths.now
        record.name_scope = self.name_scopes[-1]
        record.number = self.next_layer()
        record.scope = self.variable_scopes[-1]
        record.open_root = self.root_open
        self.moments.append(record)

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

    def add_to(self, key: str, value: Value, graph: Graph | None = None) -> None:
        """Put something into a collection, on the paths that run now."""
        paths = self.paths
        if not paths.lasting(TRUE):
            value = paths.optional(value, paths.now)
        self.collection(key, graph).append(value)

    # --- paths -----------------------------------------------------------------------------

    def resolve(self, value: Value) -> Value:
        """A value as the paths that run now see it.

        An unknown that equals a constant on all of them is that constant.
        """
        if self.paths.now == TRUE:
            return value
        if value.__class__ is Unknown:
            found = self.conditions.known_equal(value.key, self.paths.now)
            return value if found is None else Known(found[0], assumed=True)
        return self.paths.read(value)

    def widen(self, reason: str) -> None:
        """Note that something was not followed in full."""
        if reason not in self.paths.widened:
            self.paths.widened.append(reason)

    def note_choices(self, option: str, choices: Seq, default: Value | None) -> None:
        """Note that a command-line option has one of some values, or its default."""
        values = [i.value for i in choices.items if isinstance(i, Known)]
        given = default.value if isinstance(default, Known) else None
        if choices.exact and len(values) == len(choices.items):
            self.flag_choices[option] = list(dict.fromkeys([*values, given]))

    def restore(self) -> None:
        """Note that weights come from elsewhere, on the paths that run now."""
        self.restores = self.paths.guards.disj(self.restores, self.paths.now)

    def escape(self, nodes: Iterable[Node]) -> None:
        """Note that code nobody here reads may run these nodes."""
        for node in nodes:
            known = self.escaped.get(node, FALSE)
            self.escaped[node] = self.paths.guards.disj(known, self.paths.now)
