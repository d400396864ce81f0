"""A file that was read and lowered, as data that another process or a later run can take."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bnlint.source import codec, read
from bnlint.source.errors import SourceError

if TYPE_CHECKING:
    from bnlint.source.load import Loaded
    from bnlint.source.notebook import Cell

Packed = tuple[str, bool, "list[tuple[int, Cell]]", "list[tuple[int, str]]"]
"""A module as ``codec`` writes it, whether it is Python 2, its cells, the lines and texts of what
in it could not be read."""


def pack(loaded: Loaded) -> Packed:
    errors = [(error.line, error.message) for error in loaded.errors]
    return codec.encode(loaded.module), loaded.python2, loaded.cells, errors


def unpack(packed: Packed, data: bytes, path: str) -> Loaded:
    """What was packed of a file with this content; raises ``ValueError`` if it is none."""
    from bnlint.source.load import Loaded  # what imports this need not need a parser

    module, python2, cells, errors = packed
    return Loaded(
        codec.decode(module),
        read.decode(data, path),
        python2,
        cells,
        [SourceError(path, line, message) for line, message in errors],
    )
