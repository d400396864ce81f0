"""Attributes and methods of TensorFlow objects and of graph nodes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bnlint.interp import api, option_parsers
from bnlint.interp.args import Args
from bnlint.interp.effects import (
    collections,
    estimators,
    exporting,
    keras,
    networks,
    norms,
    pipelines,
    recurrent,
    scopes,
    sessions,
    training,
)
from bnlint.interp.effects.variables import as_known
from bnlint.interp.guards import FALSE
from bnlint.interp.live_objects import (
    ArgScope,
    ArgumentParser,
    BatchNormLayer,
    ControlDependencies,
    DynamicModule,
    Estimator,
    ExitStack,
    GraphObject,
    GraphScope,
    Head,
    Holder,
    HubModule,
    KerasLayer,
    KerasModel,
    ModuleFinder,
    MovingAverage,
    NameScope,
    Optimizer,
    SavedModelBuilder,
    Saver,
    Session,
    SourceLoader,
    VariableScope,
)
from bnlint.interp.nodes import Assign, DataIterator, Node, Variable, nodes_in, nodes_of
from bnlint.interp.values import (
    NONE,
    Instance,
    Known,
    Method,
    Object,
    Place,
    Seq,
    Text,
    Unknown,
    Value,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from bnlint.interp.interpreter import Interpreter
    from bnlint.interp.scope import Frame
    from bnlint.interp.state import Graph

_NODE_METHODS = frozenset(
    [
        "eval",
        "run",
        "assign",
        "assign_add",
        "assign_sub",
        "get_shape",
        "set_shape",
        "initialized_value",
        "read_value",
        "scatter_sub",
        "scatter_update",
        "value",
        "as_list",
        "_add_control_input",
        "_add_control_inputs",
    ]
)


def node_attr(machine: Interpreter, node: Node, name: str) -> Value:
    """An attribute of a tensor, an operation or a variable."""
    if name in _NODE_METHODS:
        return Method(node, name)
    if name in ("op", "outputs", "output"):
        return node
    if name == "name":
        if node.kind == "variable" and node.name is not None:
            known = "?" not in node.name
            if known:
                return Known(f"{node.name}:0")
            parts = node.name.split("?")
            key = machine.state.keys.of("node name", node.id)
            return Text(parts[0], key, words=_words(node.name), parts=parts)
        if node.layer is not None and node.kind == "update" and node.name is not None:
            heads = [part.split("?", 1)[0] for part in node.name.split("|")]
            scope, path = node.name.split("|")[0], node.layer.name
            words = _words(f"{scope}|{path}AssignMovingAvg") if path is not None else None
            key = machine.state.keys.of("node name", node.id)
            return Text(heads[0], key, *heads[1:], words=words, parts=_own_names(node, path))
        return machine.state.unknown("an op's name", "node name", node.id)
    if name == "graph":
        return GraphObject(node.place, machine.state.graphs[node.graph])
    if name in ("shape", "dtype", "device"):
        return machine.state.unknown(
            f"a tensor's {name}", "attr", machine.state.keys.of("node", node.id), name
        )
    if name == "inputs":
        return Seq("list", list(node.inputs), True)
    if isinstance(node, DataIterator) and name == "make_initializer":
        return Method(node, name)
    if name == "initializer":
        if isinstance(node, DataIterator):
            return pipelines.initializer(machine, node, None)
        return machine.state.node("op", "initializer", (), node.place)
    return Unknown(
        "a tensor's attribute", machine.state.keys.of("node attr", node.id, name), (node,)
    )


def _words(name: str) -> str | None:
    """A name that has all the words of the whole one, None where they are not known.

    A number follows a name; what does not may stand for any text.
    """
    parts = name.split("?")
    return None if any(not p or p.endswith(("/", "|")) for p in parts[:-1]) else name


def _own_names(update: Node, path: str | None) -> list[str]:
    """What TensorFlow surely puts into the name of an update: what its layer is called."""
    if path is None or not update.api.startswith("tf."):
        return []
    label = as_known(path.rstrip("/").rpartition("/")[2])
    return [part for part in label.split("?") if part]


def _node_method(machine: Interpreter, node: Node, name: str, args: Args) -> Value:
    state = machine.state
    if name in ("eval", "run"):
        sessions.record_fed(machine, (node,), FALSE, args.get("feed_dict", 0), args)
        return state.unknown("a fetched value") if name == "eval" else NONE
    if isinstance(node, DataIterator) and name == "make_initializer":
        return pipelines.initializer(machine, node, args)
    if name in ("assign", "assign_add", "assign_sub", "scatter_sub", "scatter_update"):
        value = nodes_of(args.values())
        return training.assignment(machine, f"Variable.{name}", node, value, args)
    if name.startswith("_add_control_input"):
        training.wait_for(machine, node, nodes_in(args.get("op", 0) or args.get("ops")))
        return NONE
    if name in ("get_shape", "as_list"):
        return state.unknown("a shape", "shape", node.id)
    if name in ("initialized_value", "read_value", "value"):
        return node
    return NONE


def object_attr(machine: Interpreter, value: Object, name: str) -> Value:
    """An attribute of a TensorFlow object."""
    if isinstance(value, DynamicModule):
        return machine.modules.dynamic_member(machine, value, name)
    if isinstance(value, SourceLoader) and name == "loader":
        return value
    if name in value.attrs:
        return value.attrs[name]
    if name == "updates" and isinstance(value, keras.KERAS):
        return keras.updates(value)
    if isinstance(value, VariableScope) and name in ("name", "original_name_scope"):
        path = value.path if name == "name" else value.ops
        if "?" in path or "~" in path:
            return machine.state.unknown("a scope's name", "scope name", path)
        return Known(path.rstrip("/") if name == "name" else path)
    if isinstance(value, Session) and name == "graph":
        return value.graph or GraphObject(value.place, machine.state.graph)
    if isinstance(value, Session) and name in ("session", "sess"):
        return value
    if isinstance(value, KerasModel) and name in ("output", "outputs"):
        outputs: list[Value] = list(value.outputs or value.applied)
        return outputs[0] if name == "output" and outputs else Seq("list", outputs)
    return Method(value, name)


def leave_by_hand(machine: Interpreter, context: Object) -> None:
    """Leave a context that ``__enter__`` entered, if it was not left before."""
    leave, context.leave = context.leave, None
    if leave is not None:
        machine.state.entered_by_hand.remove(context)
        leave()


def call_method(
    machine: Interpreter, receiver: Value, name: str, args: Args, frame: Frame | None
) -> Value:
    """A method call on a node or a TensorFlow object."""
    if isinstance(receiver, Node):
        return _node_method(machine, receiver, name, args)
    if not isinstance(receiver, Object):
        return machine.unknown_call(machine.state.unknown("a method"), args)
    if name == "__enter__":
        if isinstance(receiver, ArgScope):
            receiver.leave = scopes.enter_by_hand(machine, receiver)
        else:
            receiver.leave = enter(machine, receiver)
        machine.state.entered_by_hand.append(receiver)
        return receiver.bound
    if name == "__exit__":
        leave_by_hand(machine, receiver)
        return NONE
    handler = _METHODS.get(type(receiver))
    if handler is not None:
        result = handler(machine, receiver, name, args)
        if result is not None:
            return result
    if isinstance(receiver, Holder):
        if receiver.cells and name in ("__call__", "call", "step"):
            return call_object(machine, receiver, args)
        if name.startswith(_ASKS):
            return machine.state.unknown(f"{receiver.label}.{name}", "session", name)
        inputs = [*receiver.nodes, *(n for v in args.values() for n in nodes_in(v))]
        if name == pipelines.INITIALIZABLE:
            return pipelines.of_dataset(machine, inputs, args)
        if not inputs or name.startswith(("map", "filter", "from_")):
            given = (*receiver.given, *args.values())
            return Holder(args.place, receiver.name, given=given, nodes=receiver.nodes)
        node = machine.state.node("op", f"{receiver.name}.{name}", inputs, args.place)
        key = machine.state.keys.of("node", node.id)
        return Unknown("a method's result", key, (node,))
    for value in args.values():
        if not isinstance(value, Known):
            machine.escape(value)
    deps = dict.fromkeys(nodes_of(args.values()))
    return machine.state.unknown(f"{receiver.kind}.{name}", deps=deps)


_ASKS = ("should_", "is_", "has_", "wait_for_stop")
"""How methods begin that tell whether something is so: a coordinator's ``should_stop``, say."""


def _session_method(machine: Interpreter, session: Session, name: str, args: Args) -> Value | None:
    if name == "run":
        return sessions.run(machine, args)
    if name in ("partial_run", "partial_run_setup", "make_callable"):
        sessions.record(machine, args.get("fetches", 1 if name == "partial_run" else 0), args)
        if name == "make_callable":
            return Method(session, "ignored")
        return machine.state.unknown("a fetched value")
    if name in ("as_default", "managed_session", "prepare_or_wait_for_session", "prepare_session"):
        return session
    if name in ("wait_for_session", "recover_session"):
        machine.state.restore()
        return session
    if name in ("should_stop", "close", "ignored", "stop", "start_queue_runners", "loop"):
        return machine.state.unknown(f"session.{name}", "session", name)
    return None


def _graph_method(machine: Interpreter, value: GraphObject, name: str, args: Args) -> Value | None:
    graph = value.graph
    if name in ("get_collection", "get_collection_ref"):
        return collections.get_collection(machine, name, args, None, graph)
    if name in ("add_to_collection", "add_to_collections"):
        return collections.add_to_collection(machine, name, args, None, graph)
    if name == "as_default":
        return GraphScope(args.place, graph, entered=value)
    if name == "control_dependencies":
        return scopes.control_dependencies(machine, name, args, None)
    if name == "get_operations":
        return collections.get_operations(machine, graph)
    if name == "name_scope":
        return scopes.name_scope(machine, name, args, None)
    if name == "device":
        return scopes.device(machine, name, args, None)
    if name in ("get_tensor_by_name", "get_operation_by_name", "as_graph_element"):
        return _by_name(machine, graph, args)
    return NONE if name == "finalize" else None


def _by_name(machine: Interpreter, graph: Graph, args: Args) -> Value:
    label = args.get("name", 0)
    state = machine.state
    if isinstance(label, Known) and isinstance(label.value, str):
        found = state.by_name(label.value, graph)
        if found is not None:
            return found
        return state.unknown("a tensor found by name", "by name", label.value)
    return state.unknown("a tensor found by name")


def _optimizer_method(
    machine: Interpreter, value: Optimizer, name: str, args: Args
) -> Value | None:
    for owner in (value.name, "tf.train.Optimizer"):
        patched = machine.state.patched.get(f"{owner}.{name}")
        if patched is not None:
            return machine.call(patched, args.with_first(value), None)
    return training.optimizer_method(machine, value, name, args)


def _saver_method(machine: Interpreter, value: Saver, name: str, args: Args) -> Value | None:
    if name in ("restore", "recover_last_checkpoints"):
        machine.state.restore()
        return NONE
    if name == "save":
        if value.record is not None:
            value.record.saved = True
        return machine.state.unknown("a checkpoint path")
    return None


def _average_method(
    machine: Interpreter, value: MovingAverage, name: str, args: Args
) -> Value | None:
    """``ExponentialMovingAverage``: ``apply`` makes an op, ``average`` reads a shadow variable."""
    state = machine.state
    if name == "apply":
        source = args.get("var_list", 0)
        nodes = nodes_in(source)
        inputs = [node for node in nodes if node.kind != "variable"]
        node = state.add(Assign, "ExponentialMovingAverage.apply", inputs, args.place)
        node.value = tuple(nodes)
        node.targets = (value,)
        node.rate = value.rate
        node.in_a_branch = state.branch_depth > 0
        return node
    if name == "average":
        shadow = state.add(Variable, "ExponentialMovingAverage.average", (), args.place)
        shadow.shadow_of = value
        return shadow
    if name in ("variables_to_restore", "average_name"):
        return state.unknown("shadow variables", "shadow", name)
    return None


def _norm_layer_method(
    machine: Interpreter, value: BatchNormLayer, name: str, args: Args
) -> Value | None:
    if name in ("apply", "call", "__call__"):
        return norms.call_layer(machine, value, args)
    if name in ("get_updates_for", "_get_updates_for"):
        return keras.updates(value)
    return None


def _model_method(machine: Interpreter, value: KerasModel, name: str, args: Args) -> Value | None:
    if name == "add" and args.positional:
        keras.add(machine, value, args.positional[0])
        return NONE
    if name in ("__call__", "call", "apply"):
        return keras.call_model(machine, value, args)
    if name == "get_updates_for":
        return keras.updates(value)
    if name in ("load_weights", "set_weights"):
        machine.state.restore()
    return None


def _loader_method(
    machine: Interpreter, loader: SourceLoader, name: str, args: Args
) -> Value | None:
    return loader.module if name in ("load_module", "create_module") else NONE


def _finder_method(
    machine: Interpreter, finder: ModuleFinder, name: str, args: Args
) -> Value | None:
    """``find_module(name)`` and ``find_spec(name)``."""
    asked = args.positional[0] if args.positional else NONE
    if name not in ("find_module", "find_spec") or not isinstance(asked, Known):
        return None
    leaf = str(asked.value).rpartition(".")[2]
    found = machine.modules.resolver.find(finder.folder, [leaf])
    return NONE if found is None else SourceLoader(args.place, machine.modules.run(machine, found))


def _exit_stack_method(
    machine: Interpreter, value: ExitStack, name: str, args: Args
) -> Value | None:
    """``contextlib.ExitStack``: what it enters is left when the stack is."""
    if name == "enter_context" and args.positional:
        context = args.positional[0]
        if isinstance(context, Object):
            value.leaves.append(enter(machine, context))
            return context.bound
        if isinstance(context, Instance):
            return _enter_instance(machine, value, context, args)
        return context
    if name in ("close", "__exit__"):
        _leave_all(value)
        return NONE
    return None


def _enter_instance(machine: Interpreter, stack: ExitStack, context: Instance, args: Args) -> Value:
    nothing = Args([], {}, args.place)
    begin = machine.find(context, "__enter__")
    end = machine.find(context, "__exit__")
    result = machine.call(begin, nothing, None) if begin is not None else context
    if end is not None:
        given = Args([NONE, NONE, NONE], {}, args.place)
        stack.leaves.append(lambda: machine.call(end, given, None))
    return result


def _leave_all(stack: ExitStack) -> None:
    while stack.leaves:
        stack.leaves.pop()()


_METHODS: dict[type[Object], Callable[[Interpreter, Any, str, Args], Value | None]] = {
    Session: _session_method,
    GraphObject: _graph_method,
    Optimizer: _optimizer_method,
    Saver: _saver_method,
    SavedModelBuilder: exporting.builder_method,
    MovingAverage: _average_method,
    BatchNormLayer: _norm_layer_method,
    KerasModel: _model_method,
    Head: estimators.head_method,
    Estimator: estimators.estimator_method,
    ExitStack: _exit_stack_method,
    ModuleFinder: _finder_method,
    SourceLoader: _loader_method,
    ArgumentParser: option_parsers.method,
}
"""What gives the methods of an object of each class their meaning, None for none."""


def call_object(machine: Interpreter, value: Object, args: Args) -> Value:
    """Call a TensorFlow object: a layer, a model."""
    if isinstance(value, BatchNormLayer):
        return norms.call_layer(machine, value, args)
    if isinstance(value, KerasLayer):
        return keras.call_layer(machine, value, args)
    if isinstance(value, KerasModel):
        return keras.call_model(machine, value, args)
    if isinstance(value, HubModule):
        return networks.call_hub_module(machine, value, args)
    inputs = [*value.nodes, *(n for v in args.values() for n in nodes_in(v))]
    if isinstance(value, Holder):
        inputs.extend(recurrent.below(machine, value, args))
    node = machine.state.node("op", value.label, inputs, args.place)
    return Unknown("a call of an object", machine.state.keys.of("node", node.id), (node,))


def enter(machine: Interpreter, value: Object) -> Callable[[], None]:
    """Enter a TensorFlow context; returns what leaves it."""
    state = machine.state
    if isinstance(value, ControlDependencies):
        return scopes.enter_control_dependencies(machine, value)
    if isinstance(value, VariableScope):
        return scopes.enter_variable_scope(machine, value)
    if isinstance(value, NameScope):
        return scopes.enter_name_scope(machine, value)
    if isinstance(value, ArgScope):
        return scopes.enter_arg_scope(machine, value)
    if isinstance(value, ExitStack):
        return lambda: _leave_all(value)
    scope = value.graph if isinstance(value, Session) else value
    if isinstance(scope, GraphScope) or (
        isinstance(scope, GraphObject) and isinstance(value, Session)
    ):
        state.default_graph.append(scope.graph)

        def leave() -> None:
            state.default_graph.pop()

        return leave
    return lambda: None


def for_base(
    machine: Interpreter, instance: Instance, base: str, place: Place, args: Args | None = None
) -> Object | None:
    """The TensorFlow half of an instance whose class derives from a TensorFlow class."""
    found = instance.attrs.get("<base>")
    if isinstance(found, Object):
        return found
    made: Object | None = None
    if api.is_optimizer(base):
        made = Optimizer(place, base, instance)
    elif base in machine.modules.apis.layers:
        given = args or Args([], {}, place, more=True)
        made = norms.layer_class(machine, base, given, None)
    elif base.endswith("Session"):
        made = Session(place)
    if made is not None:
        instance.attrs["<base>"] = made
    return made
