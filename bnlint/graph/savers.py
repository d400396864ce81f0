"""Savers that save a layer's weights without its moving statistics.

A saver is the SaveV2 ops (one a device) below one scope; its second input lists the names.
"""

from __future__ import annotations

import os.path
from collections.abc import Collection, Sequence

from bnlint.graph.attrs import Tensor
from bnlint.graph.index import Graph
from bnlint.graph.layers import Layer


def find_savers(
    graph: Graph, layers: Sequence[Layer], ran: Collection[str] | None = None
) -> list[tuple[str, list[str]]]:
    """Each saver with the names of the layers that it leaves the statistics of out.

    None of them if another saver has everything: then this one is for something special. ``ran``
    are the nodes that are known to have run: what only ever restored is no saver then.
    """
    saved: dict[str, set[str]] = {}
    for node in graph.having(("SaveV2", "SaveSlices", "Save")):
        if len(node.inputs) > 1 and (ran is None or node.name in ran):
            listed = graph.node(node.inputs[1])
            value = listed.attr("value") if listed is not None else None
            if isinstance(value, Tensor):
                scope = os.path.dirname(node.name)
                saved.setdefault(scope, set()).update(value.strings())
    found = []
    for scope, names in saved.items():
        left = [
            layer.name
            for layer in layers
            if not names.isdisjoint(layer.own) and names.isdisjoint(layer.statistics)
        ]
        found.append((scope, left))
    complete = any(not left for _, left in found)
    return [] if complete else found
