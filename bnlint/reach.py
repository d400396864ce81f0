"""Which files come to which: by imports that name a module, or by a name that is computed."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence

from bnlint.apis import Apis
from bnlint.source.resolve import up

# TensorFlow and what comes with it, beside the rows of apis.py; nets are slim's networks, which
# programs take along.
_FRAMEWORK = frozenset(
    ["tensorflow", "tf", "keras", "tf_keras", "slim", "tf_slim", "nets", "sonnet", "tensorflow_hub"]
)

Test = Callable[[bytes, Sequence[str]], bool]
"""Tells something of a file by its bytes and by the names that it imports."""


def names_framework(apis: Apis) -> Test:
    """Whether a file imports TensorFlow or a library like it."""
    if apis.own:  # a row of the user's may mean a function of the project
        return lambda _, __: True
    rows = (*apis.functions, *apis.layers, *apis.makers)
    libraries = _FRAMEWORK.union(name.partition(".")[0] for name in rows)

    return lambda _, names: any(not libraries.isdisjoint(name.split(".")) for name in names)


def levels(speaks: bool) -> int:
    """How many folders above its own a file may find a module by a computed name: in a larger tree,
    what lies further away belongs to something else.

    ``speaks`` is whether it comes to the framework by imports that name it.
    """
    return 2 if speaks else 1


def reach(path: str, speaks: bool) -> str:
    """How all paths begin that a computed name in a file may mean."""
    return os.path.join(up(os.path.dirname(path), levels(speaks)), "")


def reaching(paths: Iterable[str], leads: Mapping[str, Iterable[str]]) -> set[str]:
    """Some files, and those that they lead to, however far away: what imports them, say."""
    todo = list(paths)
    seen = set(todo)
    while todo:
        new = set(leads.get(todo.pop(), ())) - seen
        seen |= new
        todo.extend(new)
    return seen
