"""Images of modules: what importing one leaves behind, made once a project.

The body of most modules only defines things. It is run once, in a state of its own, and every
program that imports it is given what came out: the namespace, and all else that the body left
(``declared``). What it adds to other modules, say an entry of a registry, is added in each program
that imports it. A program may write to what it is given; that is undone when it ends. A module
that builds graph, or does to another module what cannot be told by what it adds, has no image and
is run again in each program.

Conditions that images ask for are those of one table, and each program begins with a copy of it. So
images are made before a program, never during one: a program that is running has a table already.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from bnlint.interp.conditions import Conditions
from bnlint.interp.declared import Declared
from bnlint.interp.guards import FALSE, Guards
from bnlint.interp.holding import contents
from bnlint.interp.keys import Keys

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from bnlint.interp.explored import Seen
    from bnlint.interp.interpreter import Interpreter
    from bnlint.interp.paths import Paths
    from bnlint.interp.state import State
    from bnlint.interp.values import ModuleEnv

Key = tuple[str, tuple[str, ...]]
"""A file, and the ``sys.path`` with which it is imported."""

_ENOUGH = 2
"""So many programs must have missed an image before it is made without their saying so."""


class Impure(Exception):
    """A module that has no image: what it does is part of the program that imports it."""


class _Change(NamedTuple):
    """What the body of a module adds to something that another one holds."""

    owner: Image
    container: Any
    added: Any

    def apply(self, container: Any) -> None:
        if isinstance(container, dict):
            container.update(self.added)
        elif isinstance(container, list):
            container.extend(self.added)
        else:
            for name, value in self.added.items():
                setattr(container, name, value)


@dataclass(slots=True, eq=False)
class Image:
    """A module that was imported, with those that import each other with it: ``envs``.

    ``needs`` are the modules that were imported for it, itself included, in the order in which
    they ended, and whose image each is part of: None for its own. ``seen`` is what was looked at
    for it, ``kept``, for what a program may write to, how it was.
    """

    envs: dict[str, ModuleEnv]
    needs: list[tuple[str, Image | None]]
    declared: Declared
    seen: Seen
    changes: list[_Change] = field(default_factory=list)
    kept: dict[int, tuple[Any, Any]] = field(default_factory=dict)

    def restore(self) -> None:
        """Undo what a program wrote."""
        for container, copy in self.kept.values():
            if isinstance(container, dict):
                if container != copy:
                    container.clear()
                    container.update(copy)
            elif isinstance(container, list):
                if container != copy:
                    container[:] = copy
            else:
                for name, value in copy.items():
                    setattr(container, name, value)


class Images:
    """The images of a project, and the conditions that they asked for.

    ``missed`` are the modules without an image that programs asked for since it was emptied.
    """

    def __init__(self) -> None:
        self.keys = Keys()
        self.conditions = Conditions(self.keys, Guards())
        self._images: dict[Key, Image] = {}
        self._impure: set[Key] = set()
        self.missed: dict[Key, None] = {}
        self._misses: Counter[Key] = Counter()
        self._owned: set[int] = set()
        # Keys may be made of the identity of a value, which must not become another's.
        self._alive: list[Paths] = []
        self._given: dict[int, Image] = {}
        self._parts: dict[str, Image] = {}
        self._touched: dict[int, Image] = {}
        self._expected: dict[int, Any] = {}

    # --- giving --------------------------------------------------------------------------------

    def knows(self, key: Key) -> bool:
        """Whether a module has an image, or is known to have none."""
        return key in self._images or key in self._impure

    def adopt(self, state: State, path: str) -> Image | None:
        """Import a module by its image, which is returned; None if it must be run instead."""
        extra = tuple(state.sys_path)
        if not state.building and not self._may_be_given(state):
            return None
        image = self._images.get((path, extra))
        if image is None:
            if (path, extra) in self._impure:
                if state.building:
                    raise Impure
            elif not state.building:
                self.missed[path, extra] = None
            return None
        for one, other in image.needs:
            part = other or image
            # What an image holds of a module is its own, also where the program has it otherwise.
            self._touched[id(part)] = part
            if one in state.modules:
                continue
            state.modules[one] = part.envs[one]
            state.finished.append(one)
            self._parts[one] = part
            if id(part) not in self._given:
                self._given[id(part)] = part
                self._apply(part, state)
        return image

    def _may_be_given(self, state: State) -> bool:
        """Whether what modules do in this program is what they do elsewhere."""
        return (
            state.conditions.base is self.conditions
            and state.graph.id == 0
            and state.patched == state.patched_by_images
        )

    def _apply(self, image: Image, state: State) -> None:
        image.declared.add_to(state)
        for change in image.changes:
            key = id(change.container)
            self._touched[id(change.owner)] = change.owner
            if state.building:
                if key not in self._expected:
                    self._expected[key] = _copy(change.owner.kept[key][1])
                change.apply(self._expected[key])
            change.apply(change.container)

    def restore(self) -> None:
        """Undo what the program that ended wrote to images."""
        for image in self._touched.values():
            image.restore()
        self._touched.clear()
        self._given.clear()
        self._parts.clear()
        self._expected.clear()

    # --- making --------------------------------------------------------------------------------

    def miss(self, keys: Iterable[Key]) -> None:
        """A program has asked for these modules, which have no image."""
        self._misses.update(keys)

    def wanted(self) -> list[Key]:
        """Modules without an image that several programs asked for; each is told once."""
        found = [key for key, times in self._misses.items() if times >= _ENOUGH]
        for key in found:
            del self._misses[key]
        return [key for key in found if not self.knows(key)]

    def make(self, key: Key, machine: Interpreter, run: Callable[[], object], seen: Seen) -> None:
        """Make an image of a module by running it in a state for images.

        ``seen`` is told what is looked at for it."""
        state = machine.state
        self._alive.append(state.paths)
        self.conditions.guards.spent = 0
        self.conditions.asking = None
        extra = key[1]
        try:
            run()
            image = self._image(state, seen)
        except Exception:  # a program that imports it runs it again, and meets the same
            self._impure.update((running, extra) for running in state.importing)
            self._impure.add(key)
        else:
            for path in image.envs:
                if key[0] in _needed(state, path):
                    self._images[path, extra] = image
        finally:
            self.restore()

    def _image(self, state: State, seen: Seen) -> Image:
        given = list(self._given.values())
        envs = {path: env for path, env in state.modules.items() if path not in self._parts}
        changes = [
            _Change(owner, container, added)
            for owner in self._touched.values()
            for number, (container, copy) in owner.kept.items()
            if (added := _added(container, self._expected.get(number, copy)))
        ]
        held: list[Any] = [*envs.values(), *state.flag_defaults.values(), *state.patched.values()]
        for table in state.unknown_attrs.values():
            held += table.values()
        for change in changes:
            held += change.added.values() if isinstance(change.added, dict) else change.added
        kept = {id(c): (c, copy) for c, copy in contents(held, self._owned)}
        needs = [(path, self._parts.get(path)) for path in state.finished]
        declared = Declared.by(state, [image.declared for image in given])
        return Image(envs, needs, declared, seen, changes, kept)


def is_pure(state: State) -> bool:
    """Whether all that was run in a state only defined things."""
    return not (
        len(state.graphs) > 1
        or state.graph.collections
        or any(node.kind not in ("op", "const") or node.inputs for node in state.graph.nodes)
        or state.runs
        or state.reads
        or state.selections
        or state.savers
        or state.exports
        or state.learning_phase_used
        or state.control_flow_v2
        or state.optimizers
        or state.estimators
        or state.decided
        or state.scoped_flags
        or not state.complete
        or state.sys_path != state.given_path
        or state.restores != FALSE
        or state.eager != FALSE
        or state.paths.gone != FALSE
        or state.paths.exited != FALSE
        or state.paths.widened
    )


def _copy(value: Any) -> Any:
    return dict(value) if isinstance(value, dict) else list(value)


def _added(container: Any, before: Any) -> Any:
    """What was added to a container; raises ``Impure`` if anything else was done to it."""
    if isinstance(container, dict):
        if not before.keys() <= container.keys():
            raise Impure
        return {k: v for k, v in container.items() if k not in before or before[k] is not v}
    if isinstance(container, list):
        rest = []
        at = 0
        for item in container:
            if at < len(before) and item is before[at]:
                at += 1
            else:
                rest.append(item)
        if at < len(before):
            raise Impure
        return rest
    return {n: now for n, was in before.items() if (now := getattr(container, n)) != was}


def _needed(state: State, path: str) -> set[str]:
    """A module and all that was run for it."""
    seen: set[str] = set()
    todo: Iterable[str] = [path]
    while todo:
        new = set(todo) - seen
        seen |= new
        todo = [one for path in new for one in state.imported.get(path, ())]
    return seen
