"""BN109: name the parameter that the flag was meant for."""

from __future__ import annotations

from bnlint.finding import Finding
from bnlint.fix.edits import CannotFix, Edit, Fix
from bnlint.fix.tree import Tree

_FLAGS = {"batch_norm": "is_training", "batch_normalization": "training"}


def propose(tree: Tree, finding: Finding) -> Fix:
    """Pass the second argument by the flag's name; raises CannotFix."""
    call = tree.call_at(finding.location)
    name = tree.module.code_for_node(call.func).rsplit(".", 1)[-1]
    positional = [argument for argument in call.args if not argument.keyword]
    if name not in _FLAGS or len(positional) != 2 or any(a.star for a in call.args):
        raise CannotFix("the flag is not the last positional argument of a layer's own call")
    start, _ = tree.span(positional[1].value)
    return Fix(f"pass the flag as {_FLAGS[name]}", (Edit(start, start, f"{_FLAGS[name]}="),))
