"""Which programs of a project use the files that are given, so that a change is judged with them.

A helper that loses its guard says nothing of batch norm by itself; the script that ties it to a
network does. A network is judged over all programs that build it, so the others that import the
networks of a given script count as well: one file is told what the whole project is. The project
is what lies below the nearest folder with a ``.git`` or a ``pyproject.toml``, or else beside the
file.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence

from bnlint.project import files_of
from bnlint.reach import names_framework, reach, reaching
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
    speaks = names_framework(workspace.apis)
    able: list[str] = []
    speaking: list[str] = []
    networks: set[str] = set()
    for path in [*paths, *others]:
        data = _data(path, workspace)
        if imports_by_value(data):
            able.append(path)
        if may_use_batch_norm(data, needles):
            networks.add(path)
        names = imported_by(path, data)
        if speaks(data, names):
            speaking.append(path)
        meant = workspace.resolver.candidates(path, names, known)
        imports[path] = meant.near
        for imported in meant.near | meant.by_name:
            importers.setdefault(imported, []).append(path)
    near = _networks_near(reaching(able, importers), reaching(speaking, importers), networks)
    for path, meant_by_value in near.items():
        imports[path] = imports[path] | meant_by_value
        for network in meant_by_value:
            importers.setdefault(network, []).append(path)
    further = reaching(wanted, imports)
    networks |= {  # what lies elsewhere was not looked at
        path
        for path in further - imports.keys()
        if may_use_batch_norm(_data(path, workspace), needles)
    }
    found = reaching([*wanted, *(networks & further)], importers)
    return sorted(found - given)


def _networks_near(
    computing: Iterable[str], speaking: Container[str], networks: Iterable[str]
) -> dict[str, set[str]]:
    """The other networks that files may mean by the names which they, or what they import,
    compute."""
    near: dict[str, set[str]] = {}
    for path in computing:
        around = reach(path, path in speaking)
        near[path] = {one for one in networks if one.startswith(around) and one != path}
    return near


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
