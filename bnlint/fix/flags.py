"""BN101: pass the training flag that is in scope, through the functions that dropped it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import libcst as cst

from bnlint.finding import Aim, Finding, Location
from bnlint.fix.calls import with_argument, with_parameter
from bnlint.fix.edits import CannotFix, Change, Plan
from bnlint.fix.names import tensorflow
from bnlint.fix.sources import Sources
from bnlint.fix.tree import Tree

_NAME = re.compile(
    r"(?:is|in|bn|if)?_?(?:train|training|trainable_phase)(?:_?(?:phase|flag|mode|ph|pl))?"
    r"|phase(?:_?train(?:ing)?)?|train_?phase",
    re.I,
)
_PLAIN = ("train", "phase")  # of variables, these are other things as often


@dataclass(frozen=True, slots=True)
class _Flag:
    """An expression that is the flag, and whether another name might be meant as well."""

    value: str
    rivals: tuple[str, ...] = ()


def propose(sources: Sources, finding: Finding, aim: Aim) -> Iterator[Plan]:
    """Give the layer the flag of the nearest function around it or of its callers."""
    assert aim.flag is not None
    changes: dict[Change, None] = {}
    rivals: set[str] = set()
    values: set[str] = set()
    deep = 0
    reason = "no training flag is in scope, nor in a function that calls it"
    for path in aim.calls or ((),):
        places = [*path, aim.place]
        try:
            steps = _path(sources, places)
        except CannotFix as error:
            reason = str(error)
            continue
        if steps is None:
            continue
        depth, flag = steps
        deep = max(deep, len(places) - 1 - depth)
        rivals.update(flag.rivals)
        values.add(flag.value)
        changes.update(dict.fromkeys(_changes(sources, places, depth, flag, aim)))
    if not changes:
        raise CannotFix(reason)
    one = values.pop() if len(values) == 1 else "the flag"
    how = f"pass {one} as {aim.flag}" + (", through its callers" if deep else "")
    if rivals:
        others = ", ".join(sorted(rivals))
        yield Plan(how, tuple(changes), "shown", f"{others} may be the flag, too")
    else:
        yield Plan(how, tuple(changes))


def _path(sources: Sources, places: list[Location]) -> tuple[int, _Flag] | None:
    """The innermost place on a call path where a flag is in scope, and the flag."""
    for depth in range(len(places) - 1, -1, -1):
        tree = sources.tree(places[depth].path)
        node = tree.around(places[depth])
        flag = _in_scope(tree, node)
        if flag is not None:
            return depth, flag
        if depth:
            _called(sources, places, depth)
    return None


def _called(
    sources: Sources, places: list[Location], depth: int
) -> tuple[Tree, cst.FunctionDef, Tree, cst.Call]:
    """The function around a place and the call that entered it; raises CannotFix."""
    tree = sources.tree(places[depth].path)
    function = tree.scope(tree.around(places[depth]))
    outer = sources.tree(places[depth - 1].path)
    call = outer.call_at(places[depth - 1])
    func = call.func
    name = func.attr.value if isinstance(func, cst.Attribute) else None
    name = func.value if isinstance(func, cst.Name) else name
    special = ("__call__", "__init__")
    if not isinstance(function, cst.FunctionDef) or (
        function.name.value != name and function.name.value not in special
    ):
        raise CannotFix("a function on the way to the layer is not called by its name")
    return tree, function, outer, call


def _changes(
    sources: Sources, places: list[Location], depth: int, flag: _Flag, aim: Aim
) -> Iterator[Change]:
    name = flag.value if flag.value.isidentifier() else str(aim.flag)
    for inner in range(depth + 1, len(places)):
        tree, function, outer, call = _called(sources, places, inner)
        yield with_parameter(tree, function, name, str(aim.default))
        yield with_argument(outer, call, name, flag.value if inner == depth + 1 else name)
    tree = sources.tree(aim.place.path)
    value = flag.value if depth == len(places) - 1 else name
    yield _at_layer(tree, tree.around(aim.place), str(aim.flag), value)


def _at_layer(tree: Tree, node: cst.CSTNode, flag: str, value: str) -> Change:
    """The flag as an argument of the layer's call, or among its ``normalizer_params``."""
    call = next((up for up in (node, *tree.above(node)) if isinstance(up, cst.Call)), None)
    if call is None:
        raise CannotFix("the layer is not made by a call")
    given = {argument.keyword.value: argument for argument in call.args if argument.keyword}
    if "normalizer_fn" not in given:
        if call is not node:
            raise CannotFix("the place is not the layer's own call")
        return with_argument(tree, call, flag, value)
    if "normalizer_params" not in given:
        return with_argument(tree, call, "normalizer_params", f"{{{flag!r}: {value}}}")
    params = given["normalizer_params"].value
    if isinstance(params, cst.Dict):
        at = tree.span(params)[0] + 1
        more = ", " if params.elements else ""
        return Change(tree.path, at, at, f"{flag!r}: {value}{more}")
    if isinstance(params, cst.Call) and tree.source(params.func) == "dict":
        return with_argument(tree, params, flag, value)
    raise CannotFix("normalizer_params is not written out at the layer")


def _in_scope(tree: Tree, node: cst.CSTNode) -> _Flag | None:
    for up in [*tree.above(node), tree.module]:
        if isinstance(up, cst.FunctionDef):
            flag = _parameter(tree, up) or _variable(tree, up, node)
            if flag is not None:
                return flag
        if isinstance(up, cst.ClassDef):
            flag = _attribute(tree, up, node)
            if flag is not None:
                return flag
    return _variable(tree, tree.module, node)


def _parameter(tree: Tree, function: cst.FunctionDef) -> _Flag | None:
    has = function.params
    names = [p.name.value for p in (*has.posonly_params, *has.params, *has.kwonly_params)]
    flag = _chosen([name for name in names if _NAME.fullmatch(name)])
    if flag is None and "mode" in names and names[0] == "features":
        # The signature of an Estimator's model function.
        return _Flag(f"mode == {tensorflow(tree, function).name}.estimator.ModeKeys.TRAIN")
    return flag


def _variable(tree: Tree, scope: cst.FunctionDef | cst.Module, node: cst.CSTNode) -> _Flag | None:
    start = tree.span(node)[0]
    found = [
        target.target.value
        for assign in tree.nodes
        if isinstance(assign, cst.Assign) and tree.scope(assign) is scope
        for target in assign.targets
        if isinstance(target.target, cst.Name)
        and _NAME.fullmatch(target.target.value)
        and target.target.value.lower() not in _PLAIN
        and tree.span(assign)[1] <= start
        and not any(isinstance(up, cst.ClassDef) for up in _until(tree, assign, scope))
    ]
    return _chosen(list(dict.fromkeys(found)))


def _until(tree: Tree, node: cst.CSTNode, scope: cst.CSTNode) -> Iterator[cst.CSTNode]:
    for up in tree.above(node):
        if up is scope:
            return
        yield up


def _attribute(tree: Tree, owner: cst.ClassDef, node: cst.CSTNode) -> _Flag | None:
    """An attribute of the object that its constructor sets."""
    method = next((up for up in tree.above(node) if tree.parent(up) is owner.body), None)
    if not isinstance(method, cst.FunctionDef) or not method.params.params:
        return None
    me = method.params.params[0].name.value
    found = [
        target.target.attr.value
        for assign in tree.nodes
        if isinstance(assign, cst.Assign) and owner in tree.above(assign)
        for target in assign.targets
        if isinstance(target.target, cst.Attribute)
        and tree.source(target.target.value) == me
        and _NAME.fullmatch(target.target.attr.value)
        and target.target.attr.value not in _PLAIN
        and _set_first(tree, assign, method)
    ]
    return _chosen([f"{me}.{name}" for name in dict.fromkeys(found)])


def _set_first(tree: Tree, assign: cst.Assign, method: cst.FunctionDef) -> bool:
    scope = tree.scope(assign)
    constructor = isinstance(scope, cst.FunctionDef) and scope.name.value == "__init__"
    return constructor and scope is not method


def _chosen(names: list[str]) -> _Flag | None:
    return _Flag(names[0], tuple(names[1:])) if names else None
