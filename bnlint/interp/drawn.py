"""Noise that the graph draws anew in each run. What is made of nothing else is a sample: no run
gets the batch of another one, though neither is fed any data.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bnlint.interp.nodes import ancestors

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from bnlint.interp.nodes import Node

_DRAWING = frozenset(
    f"tf.{name}"
    for name in (
        "random_gamma",
        "random_normal",
        "random_poisson",
        "random_uniform",
        "truncated_normal",
        # What TensorFlow calls the same below ``tf.random``.
        "gamma",
        "normal",
        "poisson",
        "uniform",
    )
)

_CONSTANT = frozenset(
    f"tf.{name}" for name in ("eye", "fill", "lin_space", "linspace", "ones", "range", "zeros")
)


def only_draws(fetches: Iterable[Node], fed: Collection[Node]) -> bool:
    """Whether what is fetched is computed from noise and weights alone, and from options (what is
    fed is none of the data, as the caller has made sure)."""
    sources = [
        node
        for node in ancestors(fetches, controls=False, fed=fed)
        if not node.inputs
        and node.kind not in ("variable", "const")
        and node.api not in _CONSTANT
        and node not in fed
    ]
    return bool(sources) and all(node.api in _DRAWING for node in sources)
