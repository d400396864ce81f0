"""Names that lead to batch norm: a closure over what the project's functions mention.

A name matters if it is one of the words of the APIs, or if some function of that name mentions a
name that matters.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bnlint.interp.effects import flags
from bnlint.source import ir

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


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


def run_at_once(body: Sequence[ir.Stmt]) -> list[Any]:
    """What of some statements is run when they are, and not when what they define is called."""
    out: list[Any] = []
    todo: list[Any] = list(body)
    while todo:
        item = todo.pop()
        if isinstance(item, list):
            todo.extend(item)
        elif isinstance(item, ir.FunctionDef):
            out += item.decorators
            out += [param.default for param in item.params.params if param.default is not None]
        elif isinstance(item, ir.ClassDef):
            out += item.decorators
            todo.extend(item.body)
        elif isinstance(item, (ir.If, ir.For, ir.While, ir.With, ir.Try, ir.Handler)):
            todo.extend(getattr(item, name) for name in item.__dataclass_fields__ if name != "span")
        elif isinstance(item, ir.Node):
            out.append(item)
    return out


def imported_names(body: Sequence[ir.Stmt]) -> list[str]:
    """The dotted names that imports of some statements may mean; leading dots stay."""
    names: dict[str, None] = {}
    for stmt in run_at_once(body):
        if isinstance(stmt, ir.Import):
            names.update(dict.fromkeys(item.name for item in stmt.names))
        elif isinstance(stmt, ir.ImportFrom):
            base = "." * stmt.level + stmt.module
            names[base] = None
            dot = "" if base.endswith(".") else "."
            names.update(dict.fromkeys(f"{base}{dot}{item.name}" for item in stmt.names))
    return list(names)


def mentions(module: ir.Module, words: frozenset[str]) -> list[tuple[str, set[str]]]:
    """The functions and classes of a module with the names that each mentions.

    What a special method mentions is mentioned by its class, which is how it is called.
    """
    found: list[tuple[str, set[str]]] = []
    for name, node in functions_of(module):
        if not name.startswith("__"):
            mentioned = names_in(node.body, words)
            if isinstance(node, ir.ClassDef):
                mentioned |= names_in(node.bases)
            found.append((name, mentioned))
    return found


class Relevance:
    """The names that lead to one of some words, through what functions mention."""

    def __init__(self, functions: Iterable[tuple[str, set[str]]], words: frozenset[str]) -> None:
        self._words = words
        self._cache: dict[int, bool] = {}  # by identity: modules outlive this
        mentioning: dict[str, list[str]] = {}
        for name, mentioned in functions:
            for other in mentioned:
                mentioning.setdefault(other, []).append(name)
        # How many functions lie between a name and the words.
        self._distances = dict.fromkeys(words, 0)
        queue = list(words)
        for known in queue:  # grows by what mentions it
            for name in mentioning.get(known, ()):
                if name not in self._distances:
                    self._distances[name] = self._distances[known] + 1
                    queue.append(name)
        self.names: set[str] = set(self._distances)

    def distance(self, node: Any) -> int:
        """How many functions lie between a piece of IR and the words; large if it has no way."""
        names = names_in(node, self._words)
        return min((self._distances[n] for n in names & self.names), default=len(self.names))

    def matters(self, node: Any) -> bool:
        """Whether a piece of IR may touch what the rules ask about."""
        found = self._cache.get(id(node))
        if found is None:
            mentioned = names_in(node, self._words)
            found = bool(mentioned & self.names or mentioned & flags.NAMES)
            self._cache[id(node)] = found
        return found
