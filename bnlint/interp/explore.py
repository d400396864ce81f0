"""Programs and their states: which roots to run, and which conditions to run both ways."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bnlint.deep import with_deep_stack
from bnlint.interp import attributes, calls
from bnlint.interp.imports import Modules
from bnlint.interp.keys import Keys
from bnlint.interp.machine import Machine
from bnlint.interp.relevance import NORMS, WORDS, Relevance, names_in
from bnlint.interp.snapshot import snapshot
from bnlint.interp.state import ALWAYS, Budget, Decision, OutOfBudget, State, Stop
from bnlint.interp.values import Bound, Class, Descriptor, Func, Instance, Value
from bnlint.model import Program, Project
from bnlint.source import ir

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from bnlint.interp.imports import Source


MAIN_STATES = 14
"""How many states of a script are looked at, at most."""

OPEN_STATES = 8
"""The same for a function that nothing calls."""

PROGRAM_STEPS = 1_500_000
"""How many interpreter steps all states of one program may take together."""

PROJECT_STEPS = 4_000_000
"""How many steps all programs of a project may take before each gets ``FEW_STATES`` only, and one
state if that has no layer."""

FEW_STATES = 3

SAME_PLACE = 2
"""How often a program is run again for conditions that one place decides, as in a loop."""

FRUITLESS_IMPORTS = 2
"""How many programs see whether what an import decides changes anything, before none does."""

OPEN_STEPS = 4_000_000
"""How many steps all functions that nothing calls may take together."""


class Explorer:
    """Runs every program of a project in every state that matters."""

    def __init__(self, source: Source, budget: Budget | None = None) -> None:
        self.modules = Modules(source)
        self.keys = Keys()
        self.budget = budget or Budget()
        self.project = Project()
        self.entered: set[tuple[str, object]] = set()
        self.steps = 0
        self.open_steps = 0
        self.total_steps = 0
        self._known: dict[frozenset[str], tuple[int, Relevance]] = {}
        self._import_tries: dict[int, int] = {}  # by the identity of IR that outlives this

    # --- one program -------------------------------------------------------------------------

    def _explore_open(self, name: str, path: str, root: Callable[[Machine], None]) -> None:
        if self.open_steps > OPEN_STEPS:
            self._note(f"{path}: {name} and what follows: not looked at, the step budget ran out")
            return
        self.project.programs.append(self.explore(name, path, root, True, OPEN_STATES))
        self.open_steps += self.steps

    def explore(
        self, name: str, path: str, root: Callable[[Machine], None], is_open: bool, most: int
    ) -> Program:
        """Run one root under both policies, then with each condition that matters flipped."""
        program = Program(name, path, is_open)
        self.steps = 0
        bases = [self._run(program, root, True, {})]
        if not any(self._matters(program, decision.node) for decision in bases[0].order):
            return program  # no condition that could change a verdict
        if self.total_steps > PROJECT_STEPS:
            if self._bare(program):
                self._note(f"{path}: {name}: one state of a large project, without batch norm")
                return program
            most = FEW_STATES
        bases.append(self._run(program, root, False, {}))
        places: dict[tuple[bool, int], int] = {}
        for policy, base in zip((True, False), bases, strict=True):
            for decision in base.order:
                if len(program.states) >= most or self.steps > PROGRAM_STEPS:
                    self._note(f"{path}: {name}: more conditions than {most} states cover")
                    return program
                if not self._matters(program, decision.node) or self._fruitless(decision):
                    continue
                place = (policy, id(decision.node))
                if places.get(place, 0) >= SAME_PLACE and decision.node is not ALWAYS:
                    continue
                places[place] = places.get(place, 0) + 1
                flipped = self._run(program, root, policy, {decision.key: not decision.choice})
                if decision.importing and _extent(flipped) == _extent(base):
                    tries = self._import_tries
                    tries[id(decision.node)] = tries.get(id(decision.node), 0) + 1
        return program

    def _fruitless(self, decision: Decision) -> bool:
        """Every program that imports a module would decide the same, and see that it is nothing."""
        return (
            decision.importing and self._import_tries.get(id(decision.node), 0) >= FRUITLESS_IMPORTS
        )

    def _matters(self, program: Program, node: object) -> bool:
        """Whether a decision taken at this place is worth taking both ways.

        As long as no state has a layer, only a branch that may make one is.
        """
        if node is ALWAYS:
            return True
        words = NORMS if self._bare(program) else WORDS
        return node is not None and self._relevance(words).matters(node)

    @staticmethod
    def _bare(program: Program) -> bool:
        return not any(state.layers or state.hand_written for state in program.states)

    def _relevance(self, words: frozenset[str] = WORDS) -> Relevance:
        loaded = len(self.modules.loaded)
        known = self._known.get(words)
        if known is None or known[0] != loaded:
            known = self._known[words] = (loaded, Relevance(self.modules.loaded.values(), words))
        return known[1]

    def _run(
        self,
        program: Program,
        root: Callable[[Machine], None],
        policy: bool,
        overrides: dict[int, bool],
    ) -> State:
        state = State(self.keys, self.budget, policy, overrides)
        state.root_open = program.open
        machine = Machine(state, self.modules)
        try:
            root(machine)
        except Stop:
            state.complete = False
        except OutOfBudget:
            state.complete = False
            self._note(f"{program.path}: {program.root}: the step budget ran out")
        except RecursionError:
            state.complete = False
            self._note(f"{program.path}: {program.root}: nested too deeply to follow")
        except Exception as error:  # a defect of bnlint's own: the other states still count
            state.complete = False
            self.project.crashes.append((program.path, error))
        self.steps += state.steps
        self.total_steps += state.steps
        for note in state.notes:
            self._note(note)
        self.entered |= state.entered
        program.states.append(snapshot(state))
        return state

    def _note(self, text: str) -> None:
        if text not in self.project.notes:
            self.project.notes.append(text)

    # --- roots ---------------------------------------------------------------------------------

    def run_script(self, path: str) -> None:
        """A file as a script: its body with ``__name__ == '__main__'``."""

        def root(machine: Machine) -> None:
            self.modules.run(machine, path, main=True)

        self.project.programs.append(self.explore("the script", path, root, False, MAIN_STATES))

    def run_uncalled(self, paths: Sequence[str]) -> None:
        """The functions and classes of these files that no program entered.

        First those that nothing in the project even mentions, then what is still left.
        """
        relevance = self._relevance()
        mentioned: dict[str, int] = {}
        for module in self.modules.loaded.values():
            for name in names_in(module.body):
                mentioned[name] = mentioned.get(name, 0) + 1
        for only_unmentioned in (True, False):
            for path in paths:
                loaded = self.modules.loaded.get(path)
                if loaded is None:
                    continue
                for stmt in loaded.body:
                    if isinstance(stmt, ir.FunctionDef):
                        if only_unmentioned and stmt.name in mentioned:
                            continue
                        self._uncalled_function(path, stmt, relevance)
                    elif isinstance(stmt, ir.ClassDef):
                        if only_unmentioned and stmt.name in mentioned:
                            continue
                        self._uncalled_class(path, stmt, relevance)

    def _uncalled_function(self, path: str, stmt: ir.FunctionDef, relevance: Relevance) -> None:
        if (path, stmt.span) in self.entered or not relevance.matters(stmt.body):
            return

        def root(machine: Machine) -> None:
            env = self.modules.run(machine, path)
            value = env.globals.get(stmt.name)
            if value is None:
                return
            result = _call(machine, value, path, stmt.span)
            calls.escape(machine, result)

        self._explore_open(stmt.name, path, root)

    def _uncalled_class(self, path: str, stmt: ir.ClassDef, relevance: Relevance) -> None:
        methods = [m for m in stmt.body if isinstance(m, ir.FunctionDef)]
        left = [m for m in methods if (path, m.span) not in self.entered]
        left = [m for m in left if relevance.matters(m.body)]
        if not left:
            return

        def root(machine: Machine) -> None:
            env = self.modules.run(machine, path)
            cls = env.globals.get(stmt.name)
            if not isinstance(cls, Class):
                return
            given = calls.Args([], {}, (path, stmt.name_span), more=True)
            instance = calls.instantiate(machine, cls, given)
            if not isinstance(instance, Instance):
                return
            instance.open = True
            for method in methods:
                if method not in left or (path, method.span) in machine.state.entered:
                    continue
                if method.name == "__init__":
                    continue
                member = attributes.find(machine, instance, method.name)
                if isinstance(member, Descriptor):
                    member = Bound(member.func, instance)
                if member is None:
                    continue
                depth = len(machine.state.frames)
                try:
                    result = _call(machine, member, path, method.span)
                    calls.escape(machine, result)
                except Stop:
                    del machine.state.frames[depth:]
            calls.escape(machine, instance)

        self._explore_open(stmt.name, path, root)


def _extent(state: State) -> tuple[int, int, int]:
    """What a state built, as far as a further condition may have changed it."""
    return len(state.layers), len(state.train_ops), len(state.runs)


def _call(machine: Machine, value: Value, path: str, span: ir.Span) -> Value:
    target = value.func if isinstance(value, Bound) else value
    if isinstance(target, Func) and target.node.span != span and isinstance(value, Func):
        span = target.node.span
    return calls.call(machine, value, calls.Args([], {}, (path, span), more=True), None)


def analyse(
    entries: Sequence[str],
    source: Source,
    progress: Callable[[int, int], None] | None = None,
) -> Project:
    """Interpret every entry as a script, then what no script calls."""
    return with_deep_stack(lambda: _analyse(entries, source, progress))


def _analyse(
    entries: Sequence[str], source: Source, progress: Callable[[int, int], None] | None
) -> Project:
    explorer = Explorer(source)
    explorer.modules.entries = tuple(entries)
    for index, path in enumerate(entries):
        if progress is not None:
            progress(index, len(entries))
        if explorer.modules.ir_of(path) is not None:
            explorer.run_script(path)
    explorer.run_uncalled(entries)
    if progress is not None:
        progress(len(entries), len(entries))
    return explorer.project
