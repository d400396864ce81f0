"""Trees that are given whole: nothing that is not given can be imported by what is.

Where that is so, and nothing that is given has batch norm, there is nothing to look for: it need
not be found out what imports mean. That is most of what a large tree without batch norm costs.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence

from bnlint.entries import as_script, imports_by_value
from bnlint.project import ROOT_MARKS
from bnlint.source.discover import Walk
from bnlint.source.errors import SourceError
from bnlint.source.prefilter import imported_names, may_use_it_in_any
from bnlint.workspace import Workspace

_BLOCK = 256 * 1024
"""So many bytes are searched at once: few enough to stay near the processor."""


def is_whole(paths: Sequence[str], walked: Walk, workspace: Workspace) -> bool:
    """Whether files are all that a search found in the roots of projects."""
    tops = tuple(os.path.join(top, "") for top in walked.tops)
    return (
        bool(tops)
        and not walked.errors
        and all(path.startswith(tops) for path in paths)
        and all(
            any(workspace.exists(os.path.join(top, mark)) for mark in ROOT_MARKS)
            for top in walked.tops
        )
    )


def has_batch_norm(paths: Sequence[str], walked: Walk, workspace: Workspace) -> bool:
    """Whether a file may have batch norm, or import one that was not given and may; perhaps."""
    needles = workspace.apis.needles
    names = {name.encode() for name in walked.passed if name.isidentifier()}
    block: list[bytes] = []
    size = 0
    dots: dict[str, bytes] = {}
    for path in paths:
        try:
            data = workspace.peek(path)
        except SourceError:
            return True  # it has to be told
        folder = os.path.dirname(path)
        if folder not in dots:
            dots[folder] = b"." * (_depth(folder, walked.tops) + 1)
        if _leads_above(data, dots[folder]) or (
            folder in walked.partial and imports_by_value(data)
        ):
            return True
        if any(name in data for name in names) and _imports(path, data, walked.passed):
            return True
        block.append(data)
        size += len(data)
        if size >= _BLOCK:
            if may_use_it_in_any(block, needles):
                return True
            block, size = [], 0
    return may_use_it_in_any(block, needles)


def _depth(folder: str, tops: Sequence[str]) -> int:
    """How many folders one may go up from a file without leaving all tops, itself included."""
    return 1 + min(
        folder[len(top) :].count(os.sep) for top in tops if f"{folder}{os.sep}".startswith(top)
    )


def _leads_above(data: bytes, dots: bytes) -> bool:
    """Whether an import goes up so many folders."""
    return dots in data and re.search(rb"from[ \t\f\\\r\n]*" + re.escape(dots), data) is not None


def _imports(path: str, data: bytes, names: set[str]) -> bool:
    """Whether an import has one of some names."""
    found = imported_names(as_script(path, data))
    return any(not names.isdisjoint(name.split(".")) for name in found)
