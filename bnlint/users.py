"""Which programs of a project use the files that are given, so that a change is judged with them.

A helper that loses its guard says nothing of batch norm by itself; the script that ties it to a
network does. A network is judged over all programs that build it, so the others that import the
networks of a given script count as well: one file is told what the whole project is. The project
is what lies below the nearest folder with a ``.git`` or a ``pyproject.toml``, or else beside the
file.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from bnlint.entries import as_script, imports_by_value
from bnlint.project import files_of
from bnlint.source.errors import SourceError
from bnlint.source.prefilter import imported_names, may_use_batch_norm
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
    for path in [*paths, *others]:
        names = imported_names(as_script(path, _data(path, workspace)))
        meant = workspace.resolver.candidates(path, names, known)
        imports[path] = meant.near
        for imported in meant.near | meant.by_name:
            importers.setdefault(imported, []).append(path)
    _add_imports_by_value(imports, importers, workspace)
    found: set[str] = set()
    todo = [*wanted, *_networks(wanted, imports, workspace)]
    while todo:
        for importer in importers.get(todo.pop(), ()):
            if importer not in found and importer not in given:
                found.add(importer)
                todo.append(importer)
    return sorted(found)


def _add_imports_by_value(
    imports: dict[str, set[str]], importers: dict[str, list[str]], workspace: Workspace
) -> None:
    """What computes the names of its imports may import any of the networks."""
    able = [path for path in imports if imports_by_value(_data(path, workspace))]
    networks = [path for path in imports if able and _has_batch_norm(path, workspace)]
    for path in able:
        imports[path].update(network for network in networks if network != path)
    for network in networks:
        importers.setdefault(network, []).extend(able)


def _has_batch_norm(path: str, workspace: Workspace) -> bool:
    return may_use_batch_norm(_data(path, workspace), workspace.apis.needles)


def _networks(
    paths: Iterable[str], imports: dict[str, set[str]], workspace: Workspace
) -> list[str]:
    """The files with batch norm that some files import, however far away."""
    seen: set[str] = set()
    todo = list(paths)
    while todo:
        new = imports.get(todo.pop(), set()) - seen
        seen |= new
        todo.extend(new)
    return sorted(path for path in seen - set(paths) if _has_batch_norm(path, workspace))


def may_matter(path: str, workspace: Workspace) -> bool:
    """Whether a file may have to do with networks."""
    data = _data(path, workspace)
    return _has_batch_norm(path, workspace) or any(word in data for word in _WORDS)


def _data(path: str, workspace: Workspace) -> bytes:
    """The bytes of a file, none where it cannot be read."""
    try:
        return workspace.data(path)
    except SourceError:
        return b""
