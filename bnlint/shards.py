"""One of several shares of the work, such that all of them together find what one run finds.

Files are judged together if one imports the other, however far away, so these stay together. What
an import means is guessed from names, and too much rather than too little, as in ``entries.py``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bnlint.disjoint import Disjoint
from bnlint.importing import importers
from bnlint.source.errors import SourceError
from bnlint.source.prefilter import imports_by_value, may_use_batch_norm
from bnlint.workspace import Workspace

_CHANGES_PATH = (b"sys.path", b"from sys import", b"addsitedir")

Shard = tuple[int, int]
"""Which share, from 1, and how many there are."""


def share(
    paths: Sequence[str], users: Sequence[str], shard: Shard, workspace: Workspace
) -> tuple[list[str], list[str]]:
    """Those of the files and of their users that are in one share."""
    number, shares = shard
    load = [0] * shares
    mine: set[str] = set()
    for size, group in sorted(_groups([*paths, *users], workspace), key=lambda g: (-g[0], g[1])):
        lightest = load.index(min(load))
        load[lightest] += size
        if lightest == number - 1:
            mine.update(group)
    return [path for path in paths if path in mine], [path for path in users if path in mine]


def _groups(paths: Sequence[str], workspace: Workspace) -> list[tuple[int, list[str]]]:
    """The files that belong together, sorted, with what they hold in bytes."""
    groups = Disjoint()
    sizes: dict[str, int] = {}
    by_name: dict[str, set[str]] = {}
    changes_path: list[str] = []
    by_value: list[str] = []
    with_layers: list[str] = []
    for path, file in importers(paths, workspace):
        sizes[path] = 0
        if isinstance(file, SourceError):
            continue
        sizes[path] = len(file.data)
        if may_use_batch_norm(file.data, workspace.apis.needles):
            with_layers.append(path)
        if imports_by_value(file.data):
            by_value.append(path)
        if any(word in file.data for word in _CHANGES_PATH):
            changes_path.append(path)
        by_name[path] = file.meant.by_name
        for imported in file.meant.near:
            groups.join(path, imported)
    if by_value:
        for path in [*by_value, *with_layers]:  # they may import any of these
            groups.join(by_value[0], path)
    _join_by_name(groups, changes_path, by_name)
    return [(sum(map(sizes.__getitem__, group)), group) for group in groups.sets(sorted(sizes))]


def _join_by_name(
    groups: Disjoint, changes_path: Sequence[str], by_name: Mapping[str, set[str]]
) -> None:
    """A file of any folder may be meant where a program changes ``sys.path``, and in all that it
    imports."""
    before = -1
    while before != groups.joins:
        before = groups.joins
        changed = {groups.head(path) for path in changes_path}
        for path, others in by_name.items():
            if groups.head(path) in changed:
                for other in others:
                    groups.join(path, other)
