"""Which files and functions are worth a run of their own: those that may come to a layer.

It is decided by names alone, and rather too much is run than too little. A function leads to a
layer if it mentions a name that makes one, or a name of a function or class that leads to one. A
file is a program if its own statements may do something: most files of a library only define
things, and whoever imports them sees as much of them as a run of their own would.
"""

from __future__ import annotations

import builtins
from typing import TYPE_CHECKING

from bnlint.interp.effects.networks import WORDS as NETWORKS
from bnlint.interp.relevance import Relevance, imported_names, names_in, run_at_once
from bnlint.interp.syntax import nodes
from bnlint.source import ir
from bnlint.source.prefilter import IMPORTS_BY_VALUE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bnlint.interp.imports import Modules

_BUILTINS = frozenset(dir(builtins))
_RUN = frozenset(["run", "eval"])
_CALLS_WHAT_IS_THERE = frozenset([*_RUN, "Fire", *IMPORTS_BY_VALUE])
"""Names of what calls or runs something that need not be named beside it."""
_RUN_BY_KERAS = frozenset(
    ["fit", "fit_generator", "train_on_batch", "test_on_batch", "evaluate", "predict"]
)


class Selection:
    """Of the modules that are loaded: with what else is loaded later, make it anew."""

    def __init__(self, modules: Modules, entries: Sequence[str]) -> None:
        self._modules = modules
        self._entries = frozenset(entries)
        loaded = list(modules.loaded.values())
        apis = modules.apis
        words = apis.words | NETWORKS
        functions = [one for module in loaded for one in modules.mentions(module, words)]
        self.layers = Relevance(functions, apis.layer_words | NETWORKS)
        self._anything = Relevance(functions, words)
        self.graph = Relevance(functions, words | _CALLS_WHAT_IS_THERE | _RUN_BY_KERAS)
        self._names = self._anything.names | _CALLS_WHAT_IS_THERE
        for module in loaded:
            self._names |= _bound_to(module.body, self._names)

    def is_program(self, path: str) -> bool:
        """Whether running a file may do more than to define what others use."""
        seen: set[str] = set()
        todo = [path]
        while todo:
            one = todo.pop()
            if one in seen or (one != path and one in self._entries):
                continue  # an entry is a program of its own, if it is one
            seen.add(one)
            module = self._modules.loaded.get(one)
            if module is None:
                continue
            parts = run_at_once(module.body)
            if any(names_in(part) & self._names for part in parts) or _calls_what_it_got(
                parts, module.body
            ):
                return True
            todo.extend(self._modules.imported_by(one))
        return False

    def is_worth_a_run(self, body: list[ir.Stmt]) -> bool:
        """Whether a function may come to a layer, or import a module that builds one."""
        if self.layers.matters(body):
            return True
        return self._anything.matters(body) and bool(imported_names(body))

    def is_worth_a_call(self, cls: ir.ClassDef, method: ir.FunctionDef) -> bool:
        """Whether a method may come to a layer, or do something to one that its class makes."""
        if cls.name in self.layers.names:
            # Also a session's run, of what the class has made.
            return self._anything.matters(method.body) or _runs(method)
        return self.is_worth_a_run(method.body)


def _runs(method: ir.FunctionDef) -> bool:
    """Whether a method may have a session run something."""
    return bool(names_in(method.body) & _RUN)


def _bound_to(body: Sequence[ir.Stmt], names: set[str]) -> set[str]:
    """Names that a module binds to what mentions one of some names."""
    return {
        target.id
        for stmt in run_at_once(body)
        if isinstance(stmt, ir.Assign) and names_in(stmt.value) & names
        for target in stmt.targets
        if isinstance(target, ir.Name)
    }


def _calls_what_it_got(parts: Sequence[ir.Node], body: Sequence[ir.Stmt]) -> bool:
    """Whether something is called that has no name of its own: an entry of a registry, say."""
    named = _defined(body) | _BUILTINS
    return any(
        call.func.id not in named
        if isinstance(call.func, ir.Name)
        else not isinstance(call.func, ir.Attr)
        for call in nodes(parts)
        if isinstance(call, ir.Call)
    )


def _defined(body: Sequence[ir.Stmt]) -> set[str]:
    """Names of what a module defines or imports; what it assigns has got its name only there."""
    found: set[str] = set()
    for node in nodes(body):
        if isinstance(node, (ir.FunctionDef, ir.ClassDef)):
            found.add(node.name)
        elif isinstance(node, ir.ImportName):
            found.add(node.alias or node.name.split(".", 1)[0])
    return found
