"""Adding an argument to a call, and a parameter to a function."""

from __future__ import annotations

import libcst as cst

from bnlint.fix.edits import CannotFix, Change
from bnlint.fix.tree import Tree


def with_argument(tree: Tree, call: cst.Call, name: str, value: str) -> Change:
    """``name=value`` as the last argument, in front of ``**``; raises CannotFix."""
    if any(argument.keyword and argument.keyword.value == name for argument in call.args):
        raise CannotFix(f"the call has {name} already")
    text = f"{name}={value}"
    starred = next((argument for argument in call.args if argument.star == "**"), None)
    if starred is not None:
        at = tree.span(starred)[0]
        return Change(tree.path, at, at, f"{text}, ")
    if call.args:
        at = _after(tree, call.args[-1].value)
        return Change(tree.path, at, at, f", {text}")
    at = tree.span(call)[1] - 1
    return Change(tree.path, at, at, text)


def with_parameter(tree: Tree, function: cst.FunctionDef, name: str, default: str) -> Change:
    """``name=default`` as the last parameter that can be named; raises CannotFix."""
    has = function.params
    every = [*has.posonly_params, *has.params, *has.kwonly_params]
    if any(parameter.name.value == name for parameter in every):
        raise CannotFix(f"{function.name.value} has a parameter {name} already")
    text = f"{name}={default}"
    if isinstance(has.star_arg, (cst.Param, cst.ParamStar)):
        if tree.python2:
            raise CannotFix(f"{function.name.value} takes any number of arguments")
        last = has.kwonly_params[-1] if has.kwonly_params else has.star_arg
        assert isinstance(last, cst.Param)
        at = _after(tree, last.default or last.annotation or last.name)
        return Change(tree.path, at, at, f", {text}")
    if has.params or has.posonly_params:
        last = (has.params or has.posonly_params)[-1]
        at = _after(tree, last.default or last.annotation or last.name)
        return Change(tree.path, at, at, f", {text}")
    at = tree.text.index("(", tree.span(function.name)[1]) + 1
    return Change(tree.path, at, at, f"{text}, " if has.star_kwarg else text)


def _after(tree: Tree, node: cst.CSTNode) -> int:
    """Where a node ends with its own brackets."""
    at = tree.span(node)[1]
    text = tree.text
    for _ in getattr(node, "rpar", ()):
        ahead = at
        while text[ahead : ahead + 1].isspace():
            ahead += 1
        if text[ahead : ahead + 1] == ")" and not _closed(tree, node, at):
            at = ahead + 1
    return at


def _closed(tree: Tree, node: cst.CSTNode, at: int) -> bool:
    """Whether the span of a node holds its brackets."""
    start = tree.span(node)[0]
    return tree.text[start] == "(" and tree.text[at - 1] == ")"
