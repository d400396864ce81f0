"""What every part of the interpreter may ask of the machine that runs a program.

The parts (operators, attributes, calls, the effects of TensorFlow's functions) know this protocol
and each other downwards only; ``machine.Machine`` ties them together.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from bnlint.apis import Apis
    from bnlint.interp.args import Args
    from bnlint.interp.guards import Guard
    from bnlint.interp.live_objects import DynamicModule
    from bnlint.interp.scope import Frame
    from bnlint.interp.state import State
    from bnlint.interp.values import (
        Func,
        Instance,
        ModuleEnv,
        Object,
        Place,
        Unknown,
        Value,
    )
    from bnlint.source import ir
    from bnlint.source.resolve import Resolver


class Importer(Protocol):
    """The modules of a project, run when they are imported."""

    resolver: Resolver
    apis: Apis
    generators: dict[int, bool]
    counters: dict[int, list[ir.Expr]]
    unused_flags: dict[int, ir.Param | None]

    def touches_graph(self, body: object) -> bool:
        """Whether a function may do something to a graph, or run it, by the names it mentions."""

    def ir_of(self, path: str) -> ir.Module | None:
        """The body of a file, None if it cannot be read."""

    def load(self, machine: Interpreter, dotted: str, level: int, importer: str) -> Value:
        """The value of an imported module, having run its body."""

    def run(self, machine: Interpreter, path: str, main: bool = False) -> ModuleEnv:
        """The module of a file, having run its body."""

    def member(self, machine: Interpreter, module: Value, name: str) -> Value:
        """``from module import name``."""

    def shows_all(self, module: ModuleEnv, name: str) -> bool:
        """Whether a package has no such member, and shows all that it has."""

    def dynamic_member(self, machine: Interpreter, module: DynamicModule, name: str) -> Value:
        """A member of a module whose name the program computes."""


class Interpreter(Protocol):
    """Runs statements and expressions over a state, on all paths that hold now."""

    state: State

    @property
    def modules(self) -> Importer:
        """The modules of the project."""

    # --- where it is -------------------------------------------------------------------------

    def place(self, frame: Frame, node: ir.Node) -> Place:
        """The file and span of a node."""

    def trace(self) -> tuple[Place, ...]:
        """The calls that led to the running function, outermost first."""

    def in_unit_test(self) -> bool:
        """Whether a method of a ``TestCase`` is running."""

    def unknown_from(self, reason: str, *values: Value) -> Unknown:
        """A fresh unknown that depends on all the nodes its sources hold."""

    # --- statements and expressions ----------------------------------------------------------

    def block(self, body: list[ir.Stmt], frame: Frame, outermost: bool = False) -> bool:
        """Run statements in order; true if no path reaches the end."""

    def fork(self, parts: Iterable[tuple[Guard, Callable[[], bool]]]) -> bool:
        """Run statements on disjoint paths; true if none of these goes on."""

    def eval(self, expr: ir.Expr, frame: Frame) -> Value:
        """The value of an expression."""

    def store(self, name: str, value: Value, frame: Frame) -> None:
        """Bind a name."""

    def bind(self, target: ir.Expr, value: Value, frame: Frame) -> None:
        """Assign to a target."""

    def make_function(
        self,
        node: ir.FunctionDef | ir.Lambda,
        name: str,
        params: ir.Params,
        frame: Frame,
        generator: bool,
    ) -> Func:
        """The function that a definition makes, with its defaults evaluated."""

    def loop_items(self, iterable: Value, *, whole: bool = False) -> list[Value]:
        """The elements one loop visits, all of them or not too many; ``leave_loop`` must follow."""

    def leave_loop(self) -> None:
        """End what ``loop_items`` began."""

    # --- truth and iteration -----------------------------------------------------------------

    def guard_of(self, value: Value) -> Guard:
        """The guard under which a value is true."""

    def assumed(self, value: Value) -> tuple[Guard, bool]:
        """The guard under which a value is true, taking what is unknown for true."""

    def iterate(self, value: Value) -> tuple[list[Value], bool]:
        """The elements of a value and whether these are all of them, in order."""

    # --- what parts below ask of those above them --------------------------------------------

    def call(self, func: Value, args: Args, frame: Frame | None) -> Value:
        """Call a value."""

    def call_object(self, value: Object, args: Args) -> Value:
        """Call an object of TensorFlow's."""

    def unknown_call(self, func: Value, args: Args) -> Value:
        """Call what nobody knows."""

    def escape(self, value: Value, depth: int = 3) -> None:
        """Note that code nobody sees may run what a value holds."""

    def enter_context(self, context: Value, inside: Callable[[Value], None], place: Place) -> None:
        """Run ``inside`` within a context manager."""

    def find(self, instance: Instance, name: str) -> Value | None:
        """A member of an instance, bound to it, or None."""

    def get_attr(self, value: Value, name: str, place: Place) -> Value:
        """``value.name``."""
