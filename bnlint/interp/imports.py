"""Imports within the project: finding files, running module bodies, never site-packages."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

from bnlint.interp import api, attributes
from bnlint.interp.explored import Seen
from bnlint.interp.guards import FALSE, Guard
from bnlint.interp.images import Images, Impure, Key, is_pure
from bnlint.interp.live_objects import DynamicModule
from bnlint.interp.relevance import imported_names, mentions, names_in
from bnlint.interp.scope import Frame
from bnlint.interp.values import (
    Api,
    External,
    Instance,
    Known,
    ModuleEnv,
    Seq,
    Unknown,
    Value,
)
from bnlint.source import ir
from bnlint.source.resolve import ByName

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from bnlint.apis import Apis
    from bnlint.interp.interpreter import Interpreter
    from bnlint.interp.relevance import Relevance
    from bnlint.source.name_patterns import NamePattern
    from bnlint.source.resolve import Resolver

# So many modules are told apart that a computed name may mean.
_CANDIDATES = 32


class Source(Protocol):
    """Where modules come from."""

    def module(self, path: str) -> ir.Module | None:
        """The IR of a file, None if it cannot be read."""

    def mentions(self, path: str, word: str) -> bool:
        """Whether a file can be read and has a word in it."""

    def read_ahead(self, paths: Sequence[str]) -> None:
        """Make ready what ``module`` will be asked for."""

    @property
    def resolver(self) -> Resolver:
        """Tells which file an import means."""

    @property
    def apis(self) -> Apis:
        """The APIs that build layers and train ops."""


class Modules:
    """Resolves and runs the modules of a project."""

    def __init__(self, source: Source, entries: Sequence[str] = ()) -> None:
        self.source = source
        self.entries = tuple(entries)
        self._known = ByName(entries)
        self._imported_by: dict[str, set[str]] = {}
        self._mentions: dict[int, list[tuple[str, set[str]]]] = {}
        self._named: dict[str, set[str]] = {}
        self.resolver = source.resolver
        self.apis = source.apis
        self.loaded: dict[str, ir.Module] = {}
        # What the syntax of a definition or a loop tells, by its identity.
        self.generators: dict[int, bool] = {}
        self.counters: dict[int, list[ir.Expr]] = {}
        self.unused_flags: dict[int, ir.Param | None] = {}
        self.images = Images()
        self._preparing: set[Key] = set()
        self.graph: Relevance | None = None
        self._defined: dict[str, frozenset[str]] = {}
        self._having_name: dict[tuple[NamePattern, str, str], tuple[list[str], Seen]] = {}
        self._seen = Seen()

    def touches_graph(self, body: object) -> bool:
        """Whether a function may do something to a graph, or run it, by the names it mentions; all
        may, as long as it is not known which names do (``graph``)."""
        return self.graph is None or self.graph.matters(body)

    @contextmanager
    def watched(self) -> Iterator[Seen]:
        """Tells what is looked at meanwhile. What images are made of counts for the programs that
        are given these."""
        before, self._seen = self._seen, Seen()
        self.resolver.asked = self._seen.folders
        try:
            yield self._seen
        finally:
            self._seen = before
            self.resolver.asked = before.folders

    def ir_of(self, path: str) -> ir.Module | None:
        self._seen.files.add(path)
        self._seen.modules.add(path)
        found = self.loaded.get(path)
        if found is None:
            found = self.source.module(path)
            if found is not None:
                self.loaded[path] = found
        return found

    def imported_by(self, path: str) -> set[str]:
        """The project's files that a file may import when it is imported itself."""
        found = self._imported_by.get(path)
        if found is None:
            module = self.ir_of(path)
            names = imported_names(module.body) if module is not None else []
            found = self._imported_by[path] = self.meant(path, names)
        return found

    def meant(self, path: str, names: Iterable[str]) -> set[str]:
        """The project's files that names may mean which a file imports."""
        meant = self.resolver.candidates(path, names, self._known)
        return meant.near | meant.by_name

    def named(self, path: str) -> set[str]:
        """The names that a loaded module mentions; kept."""
        found = self._named.get(path)
        if found is None:
            found = self._named[path] = names_in(self.loaded[path].body)
        return found

    def mentions(self, module: ir.Module, words: frozenset[str]) -> list[tuple[str, set[str]]]:
        """The functions of a loaded module with the names that each mentions; kept."""
        found = self._mentions.get(id(module))
        if found is None:
            found = self._mentions[id(module)] = mentions(module, words)
        return found

    def load_all(self) -> None:
        """Lower the entries and all that they may import."""
        todo = list(self.entries)
        seen = set(todo)
        while todo:
            self.source.read_ahead(todo)
            new = dict.fromkeys(one for path in todo for one in sorted(self.imported_by(path)))
            todo = [path for path in new if path not in seen]
            seen.update(todo)

    # --- loading -----------------------------------------------------------------------------

    def load(self, machine: Interpreter, dotted: str, level: int, importer: str) -> Value:
        """The value of an imported module, having run its body."""
        state = machine.state
        parts = dotted.split(".") if dotted else []
        path = self.resolver.resolve(dotted, level, importer, state.sys_path)
        if path is None:
            if not level:
                name = api.module_name(dotted)
                if name is not None:
                    return Api(name)
            return External(dotted)
        state.imported.setdefault(importer, set()).add(path)
        leaf = self.run(machine, path)
        # Importing a.b.c runs a and a.b too, and makes each an attribute of its parent.
        child = leaf
        for end in range(len(parts) - 1, 0, -1):
            parent_path = self.resolver.resolve(
                ".".join(parts[:end]), level, importer, state.sys_path
            )
            if parent_path is None:
                break
            state.imported.setdefault(importer, set()).add(parent_path)
            parent = self.run(machine, parent_path)
            parent.globals.setdefault(parts[end], child)
            child = parent
        return leaf

    def run(self, machine: Interpreter, path: str, main: bool = False) -> ModuleEnv:
        """Run a module's body once in this state; a cyclic import sees the half-made module."""
        state = machine.state
        found = state.modules.get(path)
        if found is not None:
            return found
        image = None if main else self.images.adopt(state, path)
        if image is None:
            return self._execute(machine, path, main)
        self._seen.add(image.seen)
        return state.modules[path]

    def prepare(
        self, path: str, imported: bool, machine_of: Callable[[tuple[str, ...]], Interpreter]
    ) -> None:
        """Make the images that a program needs which runs, or itself imports, a file.

        ``machine_of`` gives a machine for images, for a ``sys.path``.
        """
        for key in self.images.wanted():
            self._prepare(key, machine_of)
        for needed in [path] if imported else self._needs(path, ()):
            self._prepare((needed, ()), machine_of)

    def _prepare(self, key: Key, machine_of: Callable[[tuple[str, ...]], Interpreter]) -> None:
        if key in self._preparing or self.images.knows(key):
            return
        path, extra = key
        self._preparing.add(key)
        with self.watched():
            for needed in self._needs(path, extra):
                self._prepare((needed, extra), machine_of)
        if not self.images.knows(key):  # as one that it imports and that imports it
            machine = machine_of(extra)
            with self.watched() as seen:
                self.images.make(key, machine, lambda: self.run(machine, path), seen)
        self._preparing.discard(key)

    def _needs(self, path: str, extra: tuple[str, ...]) -> list[str]:
        """The project's modules that the body of a file imports by name, in its order."""
        module = self._ir_of_file(path)
        found: dict[str, None] = {}
        for name in imported_names(module.body) if module is not None else ():
            dotted = name.lstrip(".")
            level = len(name) - len(dotted)
            parts = dotted.split(".") if dotted else []
            for end in range(0 if level else 1, len(parts) + 1):
                meant = self.resolver.resolve(".".join(parts[:end]), level, path, extra)
                if meant is not None:
                    found[meant] = None
        return list(found)

    def _ir_of_file(self, path: str) -> ir.Module | None:
        """The body of a module, None for the folder of a namespace."""
        is_file = path.endswith(".py") or self.resolver.exists(path)
        return self.ir_of(path) if is_file else None

    def _execute(self, machine: Interpreter, path: str, main: bool) -> ModuleEnv:
        state = machine.state
        name = "__main__" if main else os.path.basename(path).removesuffix(".py")
        env = ModuleEnv(path, name, state.paths.now)
        env.globals["__name__"] = Known(env.name)
        env.globals["__file__"] = Known(path)
        package = _package(path)
        if package is not None:
            env.globals["__path__"] = Seq("list", [Known(package)])
        state.modules[path] = env
        module = self._ir_of_file(path)
        if module is None:
            state.finished.append(path)
            return env
        frame = Frame(env, env.globals)
        frame.guard = env.born
        if main:
            machine.block(module.body, frame, outermost=True)
            return env
        blocks, state.blocks = state.blocks, []
        before = state.paths.now
        state.importing.append(path)
        try:
            ended, _ = state.paths.attempt(
                lambda: machine.block(module.body, frame, outermost=True)
            )
        finally:
            state.blocks = blocks
        if ended:
            state.notes.append(f"{path}: importing it ends the program")
        state.paths.now = before  # what fails for us need not fail for its users
        if state.building and not is_pure(state):
            raise Impure
        state.importing.pop()
        state.finished.append(path)
        return env

    def dynamic_member(self, machine: Interpreter, module: DynamicModule, name: str) -> Value:
        """A member of a module chosen at run time: one of the project's that has such a member.

        Which one is a condition like any other, the same for the module's other members.
        """
        state = machine.state
        paths = state.paths
        key = module.key
        if module.modules is None:
            module.modules = self._having(machine, module, name)
        chosen = module.modules or []
        parts: list[tuple[Guard, Callable[[], Value]]] = []
        left = paths.now
        for path in chosen:
            last = path == chosen[-1]
            here = left if last else paths.guards.conj(left, state.conditions.equals(key, path))
            left = paths.guards.minus(left, here)
            if here != FALSE:
                parts.append(
                    (here, lambda path=path: self.member(machine, self.run(machine, path), name))  # type: ignore[misc]
                )
        if parts:
            return paths.each(parts)
        return Unknown("a module chosen at run time", state.keys.of("attr", key, name))

    def _having(self, machine: Interpreter, module: DynamicModule, name: str) -> list[str] | None:
        """The files that a module with such a member may be; None where none has it."""
        for folder in dict.fromkeys(module.pattern.folders):
            defining = self._defining(module.pattern, folder, name)
            found = [path for path in defining if path != module.place[0]]
            if len(found) > _CANDIDATES:
                machine.state.widen("a computed name may mean more modules than are followed")
            if found:
                return found[:_CANDIDATES]
        return None

    def _defining(self, pattern: NamePattern, folder: str, name: str) -> list[str]:
        """The files below a folder that fit a pattern and define a name; kept."""
        key = pattern, folder, name
        if key not in self._having_name:
            with self.watched() as seen:
                fitting = pattern.files_below(self.resolver, folder)
                seen.files.update(fitting)
                found = [
                    path
                    for path in fitting
                    if self.source.mentions(path, name) and self._defines(path, name)
                ]
            self._having_name[key] = found, seen
        found, seen = self._having_name[key]
        self._seen.add(seen)
        return found

    def _defines(self, path: str, name: str) -> bool:
        names = self._defined.get(path)
        if names is None:
            module = self.ir_of(path)
            found: set[str] = set()
            for stmt in module.body if module is not None else ():
                if isinstance(stmt, (ir.FunctionDef, ir.ClassDef)):
                    found.add(stmt.name)
                elif isinstance(stmt, ir.Assign):
                    found.update(t.id for t in stmt.targets if isinstance(t, ir.Name))
            names = self._defined[path] = frozenset(found)
        return name in names

    def shows_all(self, module: ModuleEnv, name: str) -> bool:
        """Whether a package has no such member, and shows all that it has."""
        if _package(module.path) is None:
            return False
        return (
            name not in module.globals and "__getattr__" not in module.globals and not module.stars
        )

    def member(self, machine: Interpreter, module: Value, name: str) -> Value:
        """``from module import name``."""
        if isinstance(module, ModuleEnv):
            if name in module.globals:
                stored = module.globals[name]
                missing = machine.state.unknown(f"{name} is not always defined in {module.path}")
                return machine.state.resolve(machine.state.paths.filled(stored, missing))
            package = _package(module.path)
            if package is not None:
                path = self.resolver.find(package, [name])
                if path is not None and path != module.path:
                    machine.state.imported.setdefault(module.path, set()).add(path)
                    value = self.run(machine, path)
                    module.globals.setdefault(name, value)
                    return value
            return machine.state.unknown(
                f"{name} is not defined in {module.path}",
                "attr",
                machine.state.keys.of("external", module.path),
                name,
            )
        if isinstance(module, Api):
            return attributes.api_member(machine, module.name, name)
        if isinstance(module, External):
            dotted = f"{module.name}.{name}" if module.name else name
            known = api.module_name(dotted)
            return Api(known) if known is not None else External(dotted)
        if isinstance(module, Instance):
            return attributes.get_attr(machine, module, name, ("", (0, 0, 0, 0)))
        return machine.state.unknown(f"the name {name}")


def _package(path: str) -> str | None:
    """The folder of a module that is a package, by its ``__init__.py`` or by itself; else None."""
    if not path.endswith(".py"):
        return path
    folder, name = os.path.split(path)
    return folder if name == "__init__.py" else None
