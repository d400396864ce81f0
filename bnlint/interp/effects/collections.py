"""Graph collections: reading (a copy), the live reference, adding."""

from __future__ import annotations

import re
import warnings
from typing import TYPE_CHECKING

from bnlint.interp.args import Args
from bnlint.interp.nodes import Node, nodes_in, nodes_of
from bnlint.interp.recorded import Read
from bnlint.interp.state import Graph
from bnlint.interp.values import NONE, Known, Map, Seq, Unknown, Value

if TYPE_CHECKING:
    from bnlint.interp.interpreter import Interpreter
    from bnlint.interp.scope import Frame

_VARIABLES = ("variables", "trainable_variables", "local_variables", "model_variables")


def get_collection(
    machine: Interpreter, name: str, args: Args, frame: Frame | None, graph: Graph | None = None
) -> Value:
    """``get_collection(key, scope)``: a copy of what is there now."""
    state = machine.state
    graph = graph or state.graph
    key = args.get("key", 0) or args.get("name")
    if not (isinstance(key, Known) and isinstance(key.value, str)):
        deps = [n for items in graph.collections.values() for i in items for n in nodes_in(i)]
        return Unknown(
            "a collection whose name is not known",
            state.fresh_key(),
            tuple(dict.fromkeys(d for d in deps if d.kind == "update")),
        )
    live = name.endswith("_ref")
    paths = state.paths
    items = state.collection(key.value, graph)
    exact = True
    scope = args.get("scope", 1)
    text: str | None = None
    if not live:
        items = paths.elements(Seq("list", items))
        if scope is not None and not (isinstance(scope, Known) and not scope.value):
            text = str(scope.value) if isinstance(scope, Known) else "?"
            pattern = scope.value if isinstance(scope, Known) else None
            if isinstance(pattern, str):
                kept = [(i, matches(paths.present(i), pattern)) for i in items]
                items = [i for i, verdict in kept if verdict is not False]
                exact = all(verdict is not None for _, verdict in kept)
            else:
                exact = False
    out = Seq("list", items, exact)
    if not live:
        out.born = paths.now
    if key.value not in _VARIABLES:
        read = Read(
            len(state.reads),
            key.value,
            text,
            args.place,
            nodes_of(items),
            graph.id,
            state.layer_ids,
            guard=paths.now,
        )
        read.source = items if live else None
        state.reads.append(read)
        out.read = read.id
    return out


def matches(item: Value, pattern: str) -> bool | None:
    """Whether ``re.match(pattern, item.name)`` holds; None where the name is not known."""
    if not isinstance(item, Node) or item.name is None:
        return None
    verdicts = {_match_name(pattern, name) for name in item.name.split("|")}
    if True in verdicts:
        return True
    return None if None in verdicts else False


_NESTED = re.compile(r"[)\]}*+?][*+{]")
_MANY = re.compile(r"[*+{]")


def _is_tame(pattern: str) -> bool:
    """Whether matching a user's pattern is surely no work: few repetitions, none of another."""
    return (
        len(pattern) <= 500
        and len(_MANY.findall(pattern)) <= 2
        and not _NESTED.search(pattern)
        and not re.search(r"\{\d{4}", pattern)
    )


def _match_name(pattern: str, name: str) -> bool | None:
    if not _is_tame(pattern):
        return None
    known = name.split("?", 1)[0]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what Python thinks of the pattern is not for our user
            if re.match(pattern, known):
                return True
    except re.error:
        return None
    if "?" not in name:
        # An update's own name goes on below the layer's path, so a longer pattern may still match.
        plain = re.escape(pattern) == pattern.replace("/", "/") or pattern.isidentifier()
        return None if plain and pattern.startswith(known) and known else False
    if not known:
        return None
    plain = all(c.isalnum() or c in "_/" for c in pattern)
    if not plain:
        return None
    return None if pattern.startswith(known) else False


def add_to_collection(
    machine: Interpreter, name: str, args: Args, frame: Frame | None, graph: Graph | None = None
) -> Value:
    key, value = args.get("name", 0), args.get("value", 1)
    keys = key.items if isinstance(key, Seq) else [key]
    for one in keys:
        if isinstance(one, Known) and isinstance(one.value, str) and value is not None:
            machine.state.add_to(one.value, value, graph)
        elif value is not None:
            machine.state.escape(nodes_in(value))
    return NONE


_ANY = "<a collection whose name is not known>"


def collect_output(machine: Interpreter, keys: Value | None, alias: str, value: Value) -> Value:
    """``outputs_collections``: a layer's output is collected under the name of its scope."""
    if keys is None or (isinstance(keys, Known) and not keys.value):
        return value
    for node in nodes_in(value):
        node.alias = alias
        for key in keys.items if isinstance(keys, Seq) else [keys]:
            known = isinstance(key, Known) and isinstance(key.value, str)
            machine.state.add_to(key.value if known else _ANY, node)  # type: ignore[attr-defined]
    return value


def named_output(machine: Interpreter, name: str, args: Args, frame: Frame | None) -> Value:
    """``collect_named_outputs(collections, alias, outputs)``."""
    alias = args.get("alias", 1)
    text = alias.value if isinstance(alias, Known) and isinstance(alias.value, str) else "?"
    return collect_output(machine, args.get("collections", 0), text, args.get("outputs", 2) or NONE)


def end_points(machine: Interpreter, name: str, args: Args, frame: Frame | None) -> Value:
    """``convert_collection_to_dict(collection)``: outputs by the names of their layers."""
    state = machine.state
    key = args.get("collection", 0)
    found = Map(exact=False)
    collections = state.graph.collections
    if isinstance(key, Known) and isinstance(key.value, str):
        items = [*state.collection(key.value), *collections.get(_ANY, ())]
    else:
        items = [i for some in collections.values() for i in some]
    for item in state.paths.elements(Seq("list", items)):
        for node in nodes_in(item):
            if (alias := node.alias) is not None:
                known = Known(alias) if "?" not in alias else state.unknown("the name of a layer")
                found.put(known, item)
    return found


def variables(machine: Interpreter, name: str, args: Args, frame: Frame | None) -> Value:
    """``tf.trainable_variables(scope)`` and ``tf.global_variables(scope)``."""

    key = "trainable_variables" if "trainable" in name else "variables"
    scope = args.get("scope", 0)
    given: list[Value] = [Known(key)] + ([scope] if scope is not None else [])
    found = get_collection(machine, "get_collection", Args(given, {}, args.place), frame)
    assert isinstance(found, Seq)
    found.exact = found.exact and name.startswith("tf.") and not args.more
    return found


def variables_to_restore(machine: Interpreter, name: str, args: Args, frame: Frame | None) -> Value:
    """``get_variables_to_restore(include, exclude)``: all below some scopes, but for others."""
    everything = variables(machine, "tf.global_variables", Args([], {}, args.place), frame)
    assert isinstance(everything, Seq)
    wanted, unwanted = args.get("include", 0), args.get("exclude", 1)
    kept, exact = everything.items, everything.exact and not args.more
    if wanted is not None and not _is_none(wanted):
        kept, sure = _below(kept, wanted)
        exact = exact and sure
    if unwanted is not None and not _is_none(unwanted):
        dropped, sure = _below(kept, unwanted)
        kept = [item for item in kept if not any(item is other for other in dropped)]
        exact = exact and sure
    return Seq("list", kept, exact)


def _is_none(value: Value) -> bool:
    return isinstance(value, Known) and value.value is None


def _below(items: list[Value], scopes: Value) -> tuple[list[Value], bool]:
    """The variables that may be under one of some scopes, and whether these are just they."""
    if not isinstance(scopes, Seq):
        return items, False
    known = [s.value for s in scopes.items if isinstance(s, Known) and isinstance(s.value, str)]
    found: list[Value] = []
    sure = scopes.exact and len(known) == len(scopes.items)
    for item in items:
        verdicts = {matches(item, scope) for scope in known}
        if not sure or not verdicts <= {False}:
            found.append(item)
        sure = sure and (True in verdicts or None not in verdicts)
    return found, sure


def total_loss(machine: Interpreter, name: str, args: Args, frame: Frame | None) -> Value:
    """``tf.losses.get_total_loss``: the sum of all collected losses."""
    state = machine.state
    items = [*state.collection("losses"), *state.collection("regularization_losses")]
    node = state.node("linear", name, nodes_of(items), args.place)
    node.scalar = True
    return node


def collected_losses(machine: Interpreter, name: str, args: Args, frame: Frame | None) -> Value:
    key = "regularization_losses" if "regularization" in name else "losses"
    return Seq("list", machine.state.paths.elements(Seq("list", machine.state.collection(key))))


def get_operations(machine: Interpreter, graph: Graph) -> Value:
    """Every op of the graph; of these only update ops matter."""
    return Seq("list", [n for n in graph.nodes if n.kind in ("update", "train")], False)


HANDLERS = {
    "tf.get_collection": get_collection,
    "tf.get_collection_ref": get_collection,
    "tf.add_to_collection": add_to_collection,
    "tf.add_to_collections": add_to_collection,
    "tf.contrib.layers.utils.convert_collection_to_dict": end_points,
    "tf.contrib.layers.utils.collect_named_outputs": named_output,
    "tf.trainable_variables": variables,
    "tf.global_variables": variables,
    "tf.model_variables": variables,
    "tf.contrib.framework.get_variables_to_restore": variables_to_restore,
    "tf.losses.get_total_loss": total_loss,
    "tf.losses.get_losses": collected_losses,
    "tf.losses.get_regularization_losses": collected_losses,
    "tf.losses.get_regularization_loss": total_loss,
}
