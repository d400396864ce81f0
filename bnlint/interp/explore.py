"""Programs and their states: which roots to run, and which conditions to run both ways."""

from __future__ import annotations

import gc
import math
from typing import TYPE_CHECKING

from bnlint.deep import with_deep_stack
from bnlint.interp import attributes, by_hand, calls
from bnlint.interp.args import Args
from bnlint.interp.cases import Cases
from bnlint.interp.conditions import Conditions
from bnlint.interp.definitions import Mentions
from bnlint.interp.explored import Explored, Outcome, Root, Seen, when_asked
from bnlint.interp.garbage import GARBAGE, RUN, kept_to_the_end
from bnlint.interp.guards import TRUE, Guard, TooLarge
from bnlint.interp.imports import Modules
from bnlint.interp.machine import Machine
from bnlint.interp.paths import Stop
from bnlint.interp.selection import Selection
from bnlint.interp.snapshot import snapshots
from bnlint.interp.state import Budget, OutOfBudget, State
from bnlint.interp.values import Bound, Class, Descriptor, Func, Instance, Known, Value
from bnlint.interp.why import Reasons
from bnlint.model import GraphModel, Program, Project
from bnlint.outcome import Incomplete
from bnlint.source import ir

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from bnlint.finding import Location
    from bnlint.interp.definitions import Definition
    from bnlint.interp.explored import Memory, Share
    from bnlint.interp.imports import Source
    from bnlint.interp.why import Place


OPEN_STEPS = 4_000_000
"""How many steps and visited nodes of guards all uncalled functions may take together."""

TOGETHER = 256
"""So many scripts begin with the same images, and may be run at the same time."""

Task = tuple[Root, "Callable[[Machine], None]"]


class Explorer:
    """Runs every program of a project in every state that matters.

    Programs are run in batches. What comes of one does not depend on the others of its batch, so
    ``share`` may have them run by several processes.
    """

    def __init__(
        self,
        source: Source,
        entries: Sequence[str] = (),
        budget: Budget | None = None,
        memory: Memory | None = None,
        share: Share = when_asked,
    ) -> None:
        self._memory = memory
        self._share = share
        self.modules = Modules(source, entries)
        self.budget = budget or Budget()
        self.project = Project()
        self.entered: set[tuple[str, object]] = set()
        self.open_steps = 0

    # --- one program -------------------------------------------------------------------------

    def explore(self, asked: Root, root: Callable[[Machine], None]) -> int:
        """Run one root on all its paths, and look at those that rules may tell apart.

        Returns what that cost, in steps and visited nodes of guards.
        """
        return self._accept(asked, self._begin([(asked, root)])(0))

    def explore_all(self, tasks: Sequence[Task]) -> None:
        """The same of many roots, none of which has to wait for another."""
        for start in range(0, len(tasks), TOGETHER):
            batch = tasks[start : start + TOGETHER]
            outcome_of = self._begin(batch)
            for number, (asked, _) in enumerate(batch):
                self._accept(asked, outcome_of(number))

    def _begin(self, batch: Sequence[Task], room: float = math.inf) -> Callable[[int], Outcome]:
        """What gives the outcome of each root of a batch: it is remembered, or the root is run.

        All images that they need are made before any of them is run. A process that has spent more
        than ``room`` begins no further one before it is asked for.
        """
        recalled = [self._recalled(asked) for asked, _ in batch]
        left: list[tuple[Task, Seen]] = []
        index_of: dict[int, int] = {}
        for number, task in enumerate(batch):
            if recalled[number] is None:
                asked, _ = task
                with self.modules.watched() as seen:
                    self.modules.prepare(asked.path, asked.is_open, self._for_images)
                index_of[number] = len(left)
                left.append((task, seen))
        spent = 0

        def work(index: int) -> Outcome | None:
            nonlocal spent
            if spent > room:
                return None
            outcome = self._outcome(*left[index])
            spent += outcome.explored.cost
            return outcome

        begun = self._share(len(left), work)

        def outcome_of(number: int) -> Outcome:
            index = index_of[number]
            return begun(index) or self._outcome(*left[index])

        return lambda number: recalled[number] or outcome_of(number)

    def _outcome(self, task: Task, before: Seen) -> Outcome:
        """Run a root; ``before`` is what was looked at for it so far."""
        crashes, self.project.crashes = self.project.crashes, []
        self.modules.images.missed.clear()
        with self.modules.watched() as seen:
            explored = self._explored(*task)
        seen.add(before)
        missed = list(self.modules.images.missed)
        outcome = Outcome(explored, seen, missed, self.project.crashes)
        self.project.crashes = crashes
        GARBAGE.add(explored.cost)  # only now is nothing of the run in use any more
        return outcome

    def _accept(self, asked: Root, outcome: Outcome) -> int:
        """Take what came of a root for the project's; returns what it cost."""
        explored = outcome.explored
        for path in sorted(outcome.seen.modules):
            self.modules.ir_of(path)  # as if it had been run here and now
        self.modules.images.miss(outcome.missed)
        self.project.crashes += outcome.crashes
        if outcome.is_new and self._memory is not None and not outcome.crashes:
            self._memory.keep(asked, outcome.seen, explored)
        program = Program(asked.name, asked.path, asked.is_open, explored.states)
        self.project.programs.append(program)
        if explored.why is not None:
            _explain(program, Reasons(explored.why))
        for note in explored.notes:
            if note not in self.project.notes:
                self.project.notes.append(note)
        self.project.incomplete.update(explored.incomplete)
        self.entered |= explored.entered
        return explored.cost

    def _recalled(self, asked: Root) -> Outcome | None:
        """What came of a root that was run before and would see the same again."""
        known = None if self._memory is None else self._memory.recall(asked)
        if known is None:
            return None
        seen, explored = known
        return Outcome(explored, seen, is_new=False)

    def _explored(self, asked: Root, root: Callable[[Machine], None]) -> Explored:
        program = Program(asked.name, asked.path, asked.is_open)
        state = self.execute(program, root, self._conditions())
        by_hand.layers(state)
        cases = Cases(state)
        states = snapshots(state, cases.assignments)
        cost = state.steps + state.conditions.guards.spent
        reasons = [state.stopped] if state.stopped is not None else []
        missing = [
            Incomplete(place[0], place[1], f"the import of {name} was not found")
            for place, name in state.not_found.items()
        ]
        return Explored(
            states,
            # Else there is nothing to explain.
            cases.why() if state.layers and (len(states) > 1 or cases.partial) else None,
            state.entered,
            list(dict.fromkeys(state.notes)),
            [
                Incomplete(asked.path, 1, f"{asked.name}: {why}")
                for why in (*reasons, *state.paths.widened)
            ]
            + missing,
            cost,
        )

    def conditions(self, path: str, imported: bool) -> Conditions:
        """The table for a program that runs, or itself imports, a file: with what images ask."""
        self.modules.prepare(path, imported, self._for_images)
        return self._conditions()

    def _conditions(self) -> Conditions:
        return self.modules.images.conditions.clone()

    def _for_images(self, sys_path: tuple[str, ...]) -> Machine:
        state = State(self.modules.images.keys, self.budget, self.modules.images.conditions)
        state.sys_path, state.given_path = list(sys_path), list(sys_path)
        state.building = True
        return Machine(state, self.modules)

    def execute(
        self,
        program: Program,
        root: Callable[[Machine], None],
        conditions: Conditions,
        start: Guard = TRUE,
    ) -> State:
        """Run one root on the paths of ``start``."""
        state = State(conditions.keys, self.budget, conditions)
        state.paths.now = start
        state.root_open = program.open
        try:
            root(Machine(state, self.modules))
        except Stop:
            pass  # every path has left the program
        except OutOfBudget:
            state.complete = False
            state.stopped = "the step budget ran out"
        except TooLarge:
            state.complete = False
            state.stopped = "too many combinations of conditions to follow"
        except RecursionError:
            state.complete = False
            state.stopped = "nested too deeply to follow"
        except Exception as error:  # a defect of bnlint's own: what was built still counts
            state.complete = False
            self.project.crashes.append((program.path, error))
        finally:
            self.modules.images.restore()
        return state

    def _incomplete(self, path: str, reason: str) -> None:
        self.project.incomplete.add(Incomplete(path, 1, reason))

    # --- roots ---------------------------------------------------------------------------------

    def script(self, path: str) -> Callable[[Machine], None]:
        """What runs a file as a script."""

        def root(machine: Machine) -> None:
            self.modules.run(machine, path, main=True)

        return root

    def run_uncalled(self, paths: Sequence[str]) -> None:
        """The functions and classes of these files that no program entered.

        First those that nothing in the project even mentions, those nearest to a layer before the
        others, so that a budget that ends costs the least. Then what is still left, callers before
        what they call: with its arguments and scopes a function is what it was written for.
        """
        selection = Selection(self.modules, paths)
        mentioned: dict[str, int] = {}
        for path in self.modules.loaded:
            for name in self.modules.named(path):
                mentioned[name] = mentioned.get(name, 0) + 1
        found = [
            (path, stmt)
            for path in paths
            if (loaded := self.modules.loaded.get(path)) is not None
            for stmt in loaded.body
            if isinstance(stmt, (ir.FunctionDef, ir.ClassDef))
        ]
        unmentioned = [(path, stmt) for path, stmt in found if stmt.name not in mentioned]
        unmentioned.sort(key=lambda one: selection.layers.distance(one[1].body))
        mentions = Mentions(found)
        order = (*unmentioned, *mentions.callers_first())
        wanted = (one for one in order if self._uncalled(one, selection) is not None)
        for batch in mentions.apart(wanted):
            self._explore_open(batch, selection)

    def _explore_open(self, batch: Sequence[Definition], selection: Selection) -> None:
        tasks = [(one, t) for one in batch if (t := self._uncalled(one, selection)) is not None]
        room = OPEN_STEPS - self.open_steps
        # Half of it: what several processes did beyond it would be in vain.
        outcome_of = None if room < 0 else self._begin([task for _, task in tasks], room / 2)
        for number, (one, begun) in enumerate(tasks):
            task = self._uncalled(one, selection)
            if task is None:
                continue  # another one of the batch has entered it
            asked = task[0]
            if outcome_of is None or self.open_steps > OPEN_STEPS:
                self._incomplete(
                    asked.path,
                    f"{asked.name} was not looked at: the budget for all functions is spent",
                )
            elif asked == begun[0]:
                self.open_steps += self._accept(asked, outcome_of(number))
            else:  # of a class, another one has entered some methods
                self.open_steps += self.explore(*task)

    def _uncalled(self, definition: Definition, selection: Selection) -> Task | None:
        """What runs a function or class, None if all that is worth a run in it was entered."""
        path, stmt = definition
        if isinstance(stmt, ir.FunctionDef):
            return self._uncalled_function(path, stmt, selection)
        return self._uncalled_class(path, stmt, selection)

    def _uncalled_function(
        self, path: str, stmt: ir.FunctionDef, selection: Selection
    ) -> Task | None:
        if (path, stmt.span) in self.entered or not selection.is_worth_a_run(stmt.body):
            return None

        def root(machine: Machine) -> None:
            env = self.modules.run(machine, path)
            value = env.globals.get(stmt.name)
            if value is None:
                return
            result = _call(machine, value, path, stmt.span)
            calls.escape(machine, result)

        return Root(stmt.name, path, stmt.span[0]), root

    def _uncalled_class(self, path: str, stmt: ir.ClassDef, selection: Selection) -> Task | None:
        if _is_unit_test(stmt):
            return None  # what it tests is a root of its own
        methods = [m for m in stmt.body if isinstance(m, ir.FunctionDef)]
        left = [m for m in methods if (path, m.span) not in self.entered]
        left = [m for m in left if selection.is_worth_a_call(stmt, m)]
        if not left:
            return None

        def root(machine: Machine) -> None:
            env = self.modules.run(machine, path)
            cls = env.globals.get(stmt.name)
            if not isinstance(cls, Class):
                return
            given = Args([], {}, (path, stmt.name_span), more=True)
            instance = calls.instantiate(machine, cls, given)
            if not isinstance(instance, Instance):
                return
            instance.open = True
            made = {k: v for k, v in instance.attrs.items() if isinstance(v, Known)}
            for method in methods:
                if method not in left or (path, method.span) in machine.state.entered:
                    continue
                if method.name == "__init__":
                    continue
                # Nobody knows in which order they are called: what one sets is no flag of the next.
                instance.attrs.update(made)
                member = attributes.find(machine, instance, method.name)
                if isinstance(member, Descriptor):
                    member = Bound(member.func, instance)
                if member is None:
                    continue
                result = machine.state.paths.apart(
                    lambda member=member, span=method.span: _call(machine, member, path, span)  # type: ignore[misc]
                )
                if result is not None:
                    calls.escape(machine, result)
            calls.escape(machine, instance)

        called = tuple(method.name for method in left)
        return Root(stmt.name, path, stmt.span[0], called), root


def _is_unit_test(stmt: ir.ClassDef) -> bool:
    """Whether a class is a ``TestCase``, by the name of what it derives from."""
    names = [
        base.value.attr if isinstance(base.value, ir.Attr) else base.value.id
        for base in stmt.bases
        if isinstance(base.value, (ir.Attr, ir.Name))
    ]
    return any(name.endswith("TestCase") for name in names)


def _explain(program: Program, reasons: Reasons) -> None:
    """Have a program tell under which conditions something is so at a place of it."""
    index = {id(state): number for number, state in enumerate(program.states)}

    def explain(
        place: Location, bad: Sequence[GraphModel], good: Sequence[GraphModel]
    ) -> str | None:
        numbers = ([index[id(state)] for state in states] for states in (bad, good))
        return reasons.explain(_place(place), *numbers)

    program.explain = explain
    program.needs = lambda place: reasons.needs(_place(place))


def _place(place: Location) -> Place:
    return place.path, (place.line, place.column, place.end_line, place.end_column)


def _call(machine: Machine, value: Value, path: str, span: ir.Span) -> Value:
    target = value.func if isinstance(value, Bound) else value
    if isinstance(target, Func) and target.node.span != span and isinstance(value, Func):
        span = target.node.span
    return calls.call(machine, value, Args([], {}, (path, span), more=True), None)


def load(entries: Sequence[str], source: Source) -> None:
    """Lower files and all that they may import, to have them at hand."""

    def work() -> None:
        with kept_to_the_end():
            Modules(source, entries).load_all()

    with_deep_stack(work)


def analyse(
    entries: Sequence[str],
    source: Source,
    progress: Callable[[int, int], None] | None = None,
    memory: Callable[[], Memory | None] = lambda: None,
    share: Share = when_asked,
) -> Project:
    """Interpret every entry as a script, then what no script calls.

    ``memory`` opens what is kept of programs, ``share`` has several of them run."""
    project = with_deep_stack(lambda: _analyse(entries, source, progress, memory(), share))
    GARBAGE.add(RUN * len(entries))  # only now is nothing of the images in use any more
    return project


def _analyse(
    entries: Sequence[str],
    source: Source,
    progress: Callable[[int, int], None] | None,
    memory: Memory | None,
    share: Share,
) -> Project:
    explorer = Explorer(source, entries, memory=memory, share=share)
    with kept_to_the_end():
        explorer.modules.load_all()
    try:
        selection = Selection(explorer.modules, entries)
        explorer.modules.graph = selection.graph
        told = progress or (lambda _, __: None)

        def task(index: int, path: str) -> Task:
            def root(machine: Machine) -> None:
                told(index, len(entries))
                explorer.script(path)(machine)

            return Root("the script", path), root

        programs = [(n, path) for n, path in enumerate(entries) if selection.is_program(path)]
        explorer.explore_all([task(index, path) for index, path in programs])
        explorer.run_uncalled(entries)
    finally:
        gc.unfreeze()
    if progress is not None:
        progress(len(entries), len(entries))
    explorer.project.compare_modes()
    return explorer.project
