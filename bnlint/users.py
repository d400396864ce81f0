"""Which programs of a project use the files that are given, so that a change is judged with them.

A helper that loses its guard says nothing of batch norm by itself; the script that ties it to a
network does. A network is judged over all programs that build it, so the others that import the
networks of a given script count as well: one file is told what the whole project is. The project
is what lies below the nearest folder with a ``.git`` or a ``pyproject.toml``, or else beside the
file.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from bnlint.project import files_of
from bnlint.source.errors import SourceError
from bnlint.source.prefilter import imported_by, imports_by_value, may_use_batch_norm
from bnlint.source.resolve import ByName
from bnlint.workspace import Workspace

# A file that names none of these can tie nothing of a network to anything else.
_WORDS = (
    b"tensorflow",
    b"Optimizer",
    b"minimize",
    b"apply_gradients",
    b"train_op",
    b"UPDATE_OPS",
    b"update_ops",
    b"control_dependencies",
    b"is_training",
)


def users_of(paths: Sequence[str], exclude: Sequence[str], workspace: Workspace) -> list[str]:
    """The other files of the project that import, however far away, one of these or a network
    that one of these imports."""
    given = set(paths)
    wanted = [path for path in paths if may_matter(path, workspace)]
    others = [path for path in files_of(wanted, exclude, workspace) if path not in given]
    if not others:
        return []
    known = ByName([*paths, *others])
    importers: dict[str, list[str]] = {}
    imports: dict[str, set[str]] = {}
    needles = workspace.apis.needles
    able: list[str] = []
    networks: set[str] = set()
    for path in [*paths, *others]:
        data = _data(path, workspace)
        if imports_by_value(data):
            able.append(path)
        if may_use_batch_norm(data, needles):
            networks.add(path)
        meant = workspace.resolver.candidates(path, imported_by(path, data), known)
        imports[path] = meant.near
        for imported in meant.near | meant.by_name:
            importers.setdefault(imported, []).append(path)
    for path in able:  # it may mean any network
        imports[path] = imports[path] | networks - {path}
    for network in networks:
        importers.setdefault(network, []).extend(able)
    found: set[str] = set()
    further = _imported(wanted, imports)
    networks |= {  # what lies elsewhere was not looked at
        path
        for path in further - imports.keys()
        if may_use_batch_norm(_data(path, workspace), needles)
    }
    todo = [*wanted, *(networks & further)]
    while todo:
        for importer in importers.get(todo.pop(), ()):
            if importer not in found and importer not in given:
                found.add(importer)
                todo.append(importer)
    return sorted(found)


def _imported(paths: Iterable[str], imports: dict[str, set[str]]) -> set[str]:
    """The files that some files import, however far away."""
    seen: set[str] = set()
    todo = list(paths)
    while todo:
        new = imports.get(todo.pop(), set()) - seen
        seen |= new
        todo.extend(new)
    return seen


def may_matter(path: str, workspace: Workspace) -> bool:
    """Whether a file may have to do with networks."""
    data = _data(path, workspace)
    return may_use_batch_norm(data, workspace.apis.needles) or any(word in data for word in _WORDS)


def _data(path: str, workspace: Workspace) -> bytes:
    """The bytes of a file, none where it cannot be read."""
    try:
        return workspace.data(path)
    except SourceError:
        return b""
