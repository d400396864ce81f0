"""Files with what they import, read one after the other, until nothing new is imported."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from bnlint.source.errors import SourceError
from bnlint.source.prefilter import imported_by
from bnlint.source.resolve import ByName, Candidates
from bnlint.workspace import Workspace


class Importer(NamedTuple):
    """A file: its bytes, the names that it imports, and the files that these may mean."""

    path: str
    data: bytes
    names: list[str]
    meant: Candidates


def importers(
    paths: Sequence[str], workspace: Workspace
) -> Iterator[tuple[str, Importer | SourceError]]:
    """Some files and all that they may import, however far away, or why one cannot be read.

    What an import means is guessed from names and folders alone, and too much rather than too
    little.
    """
    known = ByName(paths)
    queue = list(dict.fromkeys(paths))
    seen = set(queue)
    for path in queue:  # grows by imported files that were not asked for
        try:
            data = workspace.data(path)
        except SourceError as error:
            yield path, error
            continue
        names = imported_by(path, data)
        meant = workspace.resolver.candidates(path, names, known)
        yield path, Importer(path, data, names, meant)
        new = sorted((meant.near | meant.by_name) - seen)
        seen.update(new)
        queue += new
