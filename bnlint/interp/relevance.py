"""Which branches can matter: a name-based closure over the project's functions.

A condition is worth running both ways only if one of its branches may touch batch norm, a train
op, a collection or a flag. A name matters if it is one of TensorFlow's that do, or if some
function of that name mentions a name that matters.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bnlint.interp.effects.norms import FLAG_NAMES
from bnlint.source import ir

if TYPE_CHECKING:
    from collections.abc import Iterable


def names_in(node: Any, strings: frozenset[str] = frozenset()) -> set[str]:
    """Names, attributes and keyword names that a piece of IR mentions, and some of its strings."""
    found: set[str] = set()
    todo: list[Any] = [node]
    while todo:
        item = todo.pop()
        if isinstance(item, list):
            todo.extend(item)
            continue
        if not isinstance(item, ir.Node):
            continue
        if isinstance(item, ir.Name):
            found.add(item.id)
            continue
        if isinstance(item, ir.Attr):
            found.add(item.attr)
        elif isinstance(item, ir.Arg) and item.name is not None:
            found.add(item.name)
        elif isinstance(item, ir.Const):
            if item.kind == "str" and item.value in strings:
                found.add(str(item.value))
            continue
        for name in item.__dataclass_fields__:
            if name != "span":
                child = getattr(item, name)
                if child.__class__ is list or isinstance(child, ir.Node):
                    todo.append(child)
    return found


def functions_of(module: ir.Module) -> list[tuple[str, ir.FunctionDef | ir.ClassDef]]:
    """Every function and class of a module, nested ones included."""
    out: list[tuple[str, ir.FunctionDef | ir.ClassDef]] = []
    todo: list[Any] = list(module.body)
    while todo:
        item = todo.pop()
        if isinstance(item, (ir.FunctionDef, ir.ClassDef)):
            out.append((item.name, item))
        if isinstance(item, ir.Node) and not isinstance(item, (ir.ExprStmt, ir.Assign, ir.Return)):
            for name in item.__dataclass_fields__:
                child = getattr(item, name)
                if child.__class__ is list:
                    todo.extend(c for c in child if isinstance(c, ir.Node))
    return out


class Relevance:
    """The names that matter in a set of modules."""

    def __init__(self, modules: Iterable[ir.Module], words: frozenset[str]) -> None:
        self.names: set[str] = set(words)
        self._words = words
        self._cache: dict[int, bool] = {}  # by identity: modules outlive this
        bodies: list[tuple[str, set[str]]] = []
        for module in modules:
            for name, node in functions_of(module):
                bodies.append((name, names_in(node.body, words)))
        changed = True
        while changed:
            changed = False
            rest = []
            for name, mentioned in bodies:
                if name in self.names:
                    continue
                if mentioned & self.names:
                    self.names.add(name)
                    if name in ("__init__", "__call__"):
                        continue
                    changed = True
                else:
                    rest.append((name, mentioned))
            bodies = rest

    def matters(self, node: Any) -> bool:
        """Whether a piece of IR may touch what the rules ask about."""
        found = self._cache.get(id(node))
        if found is None:
            mentioned = names_in(node, self._words)
            found = bool(mentioned & self.names or mentioned & FLAG_NAMES)
            self._cache[id(node)] = found
        return found
