"""Scopes: variables, names, arguments (``arg_scope``) and control dependencies."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bnlint.interp.args import Args
from bnlint.interp.choices import ABSENT, Choice
from bnlint.interp.effects import variables
from bnlint.interp.guards import FALSE
from bnlint.interp.live_objects import (
    ArgScope,
    ControlDependencies,
    NameScope,
    PlainContext,
    ScopeTable,
    VariableScope,
)
from bnlint.interp.nested import each_once
from bnlint.interp.nodes import Group, nodes_in, through
from bnlint.interp.recorded import Block
from bnlint.interp.values import (
    NONE,
    Api,
    Bound,
    Func,
    Known,
    Map,
    Partial,
    Place,
    Seq,
    Template,
    Unknown,
    Value,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from bnlint.interp.interpreter import Interpreter
    from bnlint.interp.scope import Frame

# --- arg_scope --------------------------------------------------------------------------------


def target_key(value: Value) -> str | None:
    """The key under which ``arg_scope`` keeps the arguments of a function."""
    if isinstance(value, Api):
        return f"api:{value.name}"
    if isinstance(value, Func):
        return f"func:{value.key}"
    if isinstance(value, (Bound, Partial)):
        return target_key(value.func)
    return None


def arg_scope(machine: Interpreter, name: str, args: Args, frame: Frame | None) -> Value:
    """``arg_scope(functions, **arguments)`` or ``arg_scope(scope)``.

    What functions are given adds to the scope in force where it is *entered*; a scope that was
    entered before stands for itself.
    """
    first = args.get("list_ops_or_scope", 0)
    if isinstance(first, ArgScope) and first.table is not None:
        return fixed(args.place, first.table, first.unknown)
    if isinstance(first, Map) and not args.kwargs and not first.items and first.exact:
        return fixed(args.place, {}, False)
    if not isinstance(first, Seq):
        return ArgScope(args.place, None, True)
    given: list[tuple[str, str | None]] = []
    unknown = not first.exact or args.more
    for target in first.items:
        key = target_key(target)
        if key is None:
            unknown = True
            continue
        given.append((key, target.name if isinstance(target, Api) else None))
    return ArgScope(args.place, None, unknown, given, args.kwargs)


def fixed(place: Place, table: ScopeTable, unknown: bool) -> ArgScope:
    """An argument scope whose arguments are all there, wherever it is entered."""
    return ArgScope(place, table, unknown)


def enter_arg_scope(machine: Interpreter, scope: ArgScope) -> Callable[[], None]:
    state = machine.state
    table = scope.table
    if table is None:
        table = {key: dict(kwargs) for key, kwargs in state.arg_scopes[-1].items()}
        for key, name in scope.given:
            row = machine.modules.apis.functions.get(name) if name is not None else None
            if row is not None and row.flag in scope.kwargs:
                state.scoped_flags.add(row.name)
            entry = table.setdefault(key, {})
            for kwarg, value in scope.kwargs.items():
                entry[kwarg] = (value, scope.place)
    state.arg_scopes.append(table)
    state.arg_scope_unknown += int(scope.unknown)
    scope.entered = fixed(scope.place, table, scope.unknown)

    def leave() -> None:
        state.arg_scopes.pop()
        state.arg_scope_unknown -= int(scope.unknown)

    return leave


def enter_by_hand(machine: Interpreter, scope: ArgScope) -> Callable[[], None]:
    """``scope.__enter__()``: what comes after it also runs on paths that did not enter it."""
    paths, scopes = machine.state.paths, machine.state.arg_scopes
    below = scopes[-1]
    leave = enter_arg_scope(machine, scope)
    scopes[-1] = {
        key: {
            name: (paths.over(below.get(key, {}).get(name, (ABSENT,))[0], value), place)
            for name, (value, place) in entry.items()
        }
        for key, entry in scopes[-1].items()
    }
    return leave


def with_arg_scope(machine: Interpreter, key: str, args: Args) -> Args:
    """The arguments of a call, completed by the argument scopes in force."""
    entry = machine.state.arg_scopes[-1].get(key)
    if not entry:
        return args

    paths = machine.state.paths
    absent = machine.state.unknown("an argument scope that is entered on some paths only")
    kwargs = {
        name: paths.filled(value, absent)
        for name, (value, _) in entry.items()
        if paths.guards.meets(paths.now, paths.presence(value))
    }
    places = {name: place for name, (_, place) in entry.items()}
    kwargs.update(args.kwargs)
    places.update(args.places)
    return Args(args.positional, kwargs, args.place, args.more, places)


# --- variable and name scopes -------------------------------------------------------------------


def _segment(machine: Interpreter, value: Value | None) -> str | None:
    if isinstance(value, Known):
        return str(value.value) if isinstance(value.value, str) else None
    if isinstance(value, VariableScope):
        return "/" + value.path
    return "?" if value is None else variables.segment_of(machine, value)


def variable_scope(
    machine: Interpreter, name: str, args: Args, frame: Frame | None
) -> VariableScope:
    """``variable_scope(name_or_scope, default_name)``; also opens the name scope."""
    segment = _segment(machine, args.get("name_or_scope", 0))
    default = segment is None
    if segment is None:
        segment = _segment(machine, args.get("default_name", 1)) or "?"
    return VariableScope(args.place, segment, default=default)


def name_scope(machine: Interpreter, name: str, args: Args, frame: Frame | None) -> Value:
    segment = _segment(machine, args.get("name", 0))
    if segment is None:
        segment = _segment(machine, args.get("default_name", 1)) or ""
    return NameScope(args.place, segment)


def _join(path: str, segment: str) -> str:
    if segment.startswith("/"):
        return segment[1:]
    return f"{path}{segment}/" if segment else path


def enter_variable_scope(machine: Interpreter, scope: VariableScope) -> Callable[[], None]:
    state = machine.state
    segment = scope.segment
    path = _join(state.variable_scopes[-1], segment)
    if scope.default:
        path = _not_open_yet(machine, path)
    state.graph.opened.setdefault(path, []).append(state.paths.now)
    state.variable_scopes.append(path)
    # A scope object is entered again by its last name, below the name scope in force.
    name = path.rstrip("/").rsplit("/", 1)[-1] if segment.startswith("/") else segment
    state.name_scopes.append(_unique(machine, _join(state.name_scopes[-1], name)))
    ops = state.name_scopes[-1]
    scope.path = path
    scope.entered = VariableScope(scope.place, "/" + path, path, ops)

    graph = state.graph
    numbers, opened = dict(graph.numbers), {name: [*v] for name, v in graph.opened.items()}

    def leave() -> None:
        state.variable_scopes.pop()
        state.name_scopes.pop()
        if segment.startswith("/"):
            # A scope object leaves all numbers as they were.
            graph.numbers, graph.opened = numbers, opened
        else:
            variables.begin_again(machine, path)

    return leave


def in_template(machine: Interpreter, template: Template, place: Place) -> Callable[[], None]:
    """Enter the scope of a template: a new one where it is called first, the same ever after."""
    entered = machine.state.graph.templates
    scope = entered.get(template)
    if scope is None:
        scope = VariableScope(place, template.scope, default=True)
    leave = enter_variable_scope(machine, scope)
    if isinstance(scope.entered, VariableScope):
        entered.setdefault(template, scope.entered)
    return leave


def _not_open_yet(machine: Interpreter, path: str) -> str:
    """The path of a scope with a default name: TensorFlow numbers the further ones, ``conv_1/``."""
    graph, paths = machine.state.graph, machine.state.paths
    wanted, number = path, 0
    while True:
        met = [g for g in graph.opened.get(wanted, ()) if paths.guards.conj(g, paths.now) != FALSE]
        if not met:
            return wanted
        if not any(paths.guards.implies(paths.now, g) for g in met):
            return f"{path[:-1]}?/"  # opened before on some paths only
        number += 1
        wanted = f"{path[:-1]}_{number}/"


def enter_name_scope(machine: Interpreter, scope: NameScope) -> Callable[[], None]:
    state = machine.state
    segment = scope.segment
    if segment.endswith("/") and segment != "/":
        path = segment
    else:
        path = _unique(machine, _join(state.name_scopes[-1], segment))
    state.name_scopes.append(path)
    known = "?" not in path
    scope.entered = Known(path) if known else state.unknown("a name scope", "name scope", path)

    def leave() -> None:
        state.name_scopes.pop()

    return leave


def _unique(machine: Interpreter, path: str) -> str:
    """TensorFlow numbers a name scope that is opened again: ``gen/``, then ``gen_1/``."""
    if not path or "?" in path or path == machine.state.name_scopes[-1]:
        return path
    names = machine.state.graph.names
    count = names.get(path, 0)
    names[path] = count + 1
    return path if count == 0 else f"{path[:-1]}_{count}/"


# --- control dependencies -----------------------------------------------------------------------


def control_dependencies(machine: Interpreter, name: str, args: Args, frame: Frame | None) -> Value:
    value = args.get("control_inputs", 0)
    clear = isinstance(value, Known) and value.value is None
    reads: set[int] = set()
    for _, one in machine.state.paths.alternatives(value or NONE):
        if isinstance(one, Seq):
            reads.update(
                i.read for i in (one, *one.items) if isinstance(i, Seq) and i.read is not None
            )
    for node in through(nodes_in(value)):
        if isinstance(node, Group):
            reads |= node.reads
    return ControlDependencies(
        args.place, reads, clear, _opaque(value), nodes=tuple(nodes_in(value))
    )


def _opaque(value: Value | None) -> bool:
    """Whether the list may hold ops that nobody here has seen."""
    return any(isinstance(one, Unknown) and not isinstance(one, Choice) for one in each_once(value))


def enter_control_dependencies(
    machine: Interpreter, scope: ControlDependencies
) -> Callable[[], None]:
    state = machine.state
    block = Block(
        len(state.all_blocks),
        scope.place,
        scope.nodes,
        scope.reads,
        scope.clear,
        scope.opaque,
        guard=state.paths.now,
    )
    state.blocks.append(block)
    state.all_blocks.append(block)

    def leave() -> None:
        state.blocks.remove(block)

    return leave


def with_dependencies(machine: Interpreter, name: str, args: Args, frame: Frame | None) -> Value:
    """``with_dependencies(dependencies, tensor)``: an identity that waits for the dependencies."""
    before = nodes_in(args.get("dependencies", 0))
    tensor = args.get("output_tensor", 1)
    node = machine.state.node("linear", name, nodes_in(tensor), args.place)
    node.controls = tuple(dict.fromkeys([*node.controls, *before]))
    node.scalar = any(n.scalar for n in nodes_in(tensor))
    return node


def add_arg_scope(machine: Interpreter, name: str, args: Args, frame: Frame | None) -> Value:
    value = args.positional[0] if args.positional else NONE
    if isinstance(value, Func):
        value.arg_scoped = True
    return value


def current_arg_scope(machine: Interpreter, name: str, args: Args, frame: Frame | None) -> Value:
    return fixed(args.place, machine.state.arg_scopes[-1], False)


def get_variable_scope(machine: Interpreter, name: str, args: Args, frame: Frame | None) -> Value:
    path = machine.state.variable_scopes[-1]
    return VariableScope(args.place, "/" + path, path, machine.state.name_scopes[-1])


def device(machine: Interpreter, name: str, args: Args, frame: Frame | None) -> Value:
    return PlainContext(args.place, entered=NONE)


HANDLERS = {
    "tf.contrib.framework.arg_scope": arg_scope,
    "tf.contrib.framework.add_arg_scope": add_arg_scope,
    "tf.contrib.framework.current_arg_scope": current_arg_scope,
    "tf.variable_scope": variable_scope,
    "tf.variable_op_scope": variable_scope,
    "tf.get_variable_scope": get_variable_scope,
    "tf.name_scope": name_scope,
    "tf.op_scope": name_scope,
    "tf.control_dependencies": control_dependencies,
    "tf.with_dependencies": with_dependencies,
    "tf.device": device,
    "tf.colocate_with": device,
}
