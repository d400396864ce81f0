"""What goes wrong with a graph file, said in one line."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


class GraphError(Exception):
    """A file that does not hold a readable graph, or a name that the graph does not hold."""


@contextmanager
def about(path: str) -> Iterator[None]:
    """Attributes are read late, where nobody knows the file any more: say which it was."""
    try:
        yield
    except GraphError as error:
        said = str(error)
        raise GraphError(said if said.startswith(f"{path}: ") else f"{path}: {said}") from None
