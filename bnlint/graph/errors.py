"""What goes wrong with a graph file, said in one line."""

from __future__ import annotations


class GraphError(Exception):
    """A file that does not hold a readable graph, or a name that the graph does not hold."""
