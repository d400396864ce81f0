"""Trees that are given whole: nothing that is not given can be imported by what is.

Where that is so, and nothing that is given has batch norm, there is nothing to look for: it need
not be found out what imports mean. That is most of what a large tree without batch norm costs.
"""

from __future__ import annotations

import os
import re
import signal
import sys
import threading
from collections.abc import Sequence

from bnlint.project import ROOT_MARKS
from bnlint.source.discover import Walk
from bnlint.source.errors import SourceError
from bnlint.source.prefilter import imported_by, imports_by_value, may_use_it_in_any
from bnlint.source.read import read_bytes
from bnlint.workspace import Workspace

_BLOCK = 256 * 1024
"""So many bytes are searched at once: few enough to stay near the processor."""

_WORTH = 400
"""So many files are worth a second process, which takes as long to start as 40 to be read."""


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


def has_batch_norm(
    paths: Sequence[str], walked: Walk, workspace: Workspace, processes: int
) -> bool:
    """Whether a file may have batch norm, or import one that was not given and may; perhaps."""
    workspace.look_at(paths)
    needles = workspace.apis.needles
    # A copy of a process that has threads may wait for ever for what one of them holds.
    alone = sys.platform == "linux" and threading.active_count() == 1
    if processes < 2 or len(paths) < _WORTH or not alone:
        return _look(paths, walked, needles)
    child = os.fork()
    if not child:
        found = True  # whatever happens: then the other process looks closer
        try:
            found = _look(paths[1::2], walked, needles)
        finally:
            os._exit(found)
    found = True
    try:
        found = _look(paths[::2], walked, needles)
    finally:
        if found:
            os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
    return found or status != 0


def _look(paths: Sequence[str], walked: Walk, needles: Sequence[bytes]) -> bool:
    names = {name.encode() for name in walked.passed if name.isidentifier()}
    block: list[bytes] = []
    size = 0
    dots: dict[str, bytes] = {}
    for path in paths:
        try:
            data = read_bytes(path)
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
    return any(not names.isdisjoint(name.split(".")) for name in imported_by(path, data))
