"""BN109: name the parameter that the flag was meant for."""

from __future__ import annotations

from collections.abc import Iterator

from bnlint.finding import Aim, Finding
from bnlint.fix.edits import CannotFix, Change, Plan
from bnlint.fix.sources import Sources

_FLAGS = {"batch_norm": "is_training", "batch_normalization": "training"}


def propose(sources: Sources, finding: Finding, aim: Aim) -> Iterator[Plan]:
    """Pass the second argument by the flag's name; raises CannotFix."""
    tree = sources.tree(aim.place.path)
    call = tree.call_at(aim.place)
    name = tree.source(call.func).rsplit(".", 1)[-1]
    positional = [argument for argument in call.args if not argument.keyword]
    if name not in _FLAGS or len(positional) != 2 or any(a.star for a in call.args):
        raise CannotFix("the flag is not the last positional argument of a layer's own call")
    start, _ = tree.span(positional[1].value)
    change = Change(tree.path, start, start, f"{_FLAGS[name]}=")
    yield Plan(f"pass the flag as {_FLAGS[name]}", (change,))
