"""Sessions: what is fetched, and where weights come from elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bnlint.interp.args import Args
from bnlint.interp.choices import Choice
from bnlint.interp.effects import ops, pipelines
from bnlint.interp.guards import FALSE, Guard
from bnlint.interp.live_objects import Saver, Session
from bnlint.interp.nested import each_on_its_paths, rebuilt
from bnlint.interp.nodes import Node, nodes_in, through
from bnlint.interp.recorded import RunRecord, SaverRecord
from bnlint.interp.values import (
    NONE,
    Bound,
    Func,
    Instance,
    Known,
    Map,
    Object,
    Partial,
    Seq,
    Unknown,
    Value,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bnlint.interp.interpreter import Interpreter
    from bnlint.interp.scope import Frame


def make_session(machine: Interpreter, name: str, args: Args, frame: Frame | None) -> Value:
    run_hooks(machine, args)
    initialise(machine, args)
    graph = args.get("graph", 1)
    return Session(args.place, graph if isinstance(graph, Object) else None)


def make_scaffold(machine: Interpreter, name: str, args: Args, frame: Frame | None) -> Value:
    """``tf.train.Scaffold(init_fn=…)``: a session that is begun with it calls the function."""
    initialise(machine, args)
    return ops.generic(machine, name, args, frame)


def initialise(machine: Interpreter, args: Args) -> None:
    """Enter what sets the variables when a session begins: often it restores some of them."""
    for name in ("init_fn", "scaffold_fn"):
        given = args.get(name)
        if given is not None:
            machine.state.paths.split(given, lambda func: _begun_with(machine, func, args))


def _begun_with(machine: Interpreter, func: Value, args: Args) -> Value:
    target = func
    while isinstance(target, (Bound, Partial)):
        target = target.func
    if isinstance(target, Func) and target.key not in machine.state.entered:
        given = Args([], {}, args.place, more=True)
        machine.state.paths.apart(lambda: machine.call(func, given, None))
    return NONE


def run_hooks(machine: Interpreter, args: Args) -> None:
    """``SessionRunHook``: what ``before_run`` returns is fetched with every run."""
    for name in ("hooks", "chief_only_hooks", "training_hooks", "training_chief_hooks"):
        for hook in machine.iterate(args.get(name) or Known(None))[0]:
            if not isinstance(hook, Instance):
                continue
            for step in ("begin", "after_create_session", "before_run", "after_run"):
                method = machine.find(hook, step)
                if method is None:
                    continue
                given = Args([], {}, args.place, more=True)
                result = machine.call(method, given, None)
                if step == "before_run":
                    machine.state.record_run(RunRecord(args.place, tuple(nodes_in(result)), FALSE))


def record(machine: Interpreter, fetches: Value | None, args: Args) -> None:
    """Note one run of a session with the given fetches."""
    if fetches is not None:
        fetches = rebuilt(fetches, lambda value: _looked_up(machine, value))
    opaque = _opaque(machine, fetches)
    nodes = tuple(nodes_in(fetches))
    if isinstance(fetches, Object):
        nodes = fetches.nodes
    record_fed(machine, nodes, opaque, args.get("feed_dict", 1), args)


def record_fed(
    machine: Interpreter, nodes: tuple[Node, ...], opaque: Guard, feed: Value | None, args: Args
) -> None:
    """Note one run of some ops, with what it is fed."""
    nothing = feed is None or (isinstance(feed, Known) and feed.value is None)
    pairs = (
        [(feed.keys[k], value) for k, value in feed.items.items()] if isinstance(feed, Map) else []
    )
    listed = isinstance(feed, Map) and feed.exact and all(isinstance(k, Node) for k, _ in pairs)
    fed = tuple(key for key, _ in pairs if isinstance(key, Node))
    known = (nothing and not args.more) or listed
    given = frozenset(_data(machine, pairs))
    brought = pipelines.brought(machine, nodes, fed)
    data = [given | brought] if brought is not None and known and (listed or brought) else []
    pipelines.begin(machine, nodes, given, known=known and opaque == FALSE)
    run = RunRecord(
        args.place,
        nodes,
        opaque,
        not nothing,
        fed,
        tuple(
            (key, bool(value.value))
            for key, value in pairs
            if isinstance(key, Node) and isinstance(value, Known) and value.value in (True, False)
        ),
        known,
        turns=machine.state.turns_of_loops(),
        data=data,
    )
    machine.state.record_run(run)


def _data(machine: Interpreter, pairs: list[tuple[Value, Value]]) -> Iterator[tuple[Node, int]]:
    """What is fed to which tensor; a plain number is an option and no data.

    Each time that it is read, what differs by path may be another choice of the same values.
    """
    paths = machine.state.paths
    for key, value in pairs:
        if isinstance(key, Node):
            for _, one in paths.alternatives(value):
                if not isinstance(one, Known):
                    yield key, paths.keep(one)


def _opaque(machine: Interpreter, value: Value | None) -> Guard:
    """The paths on which something is fetched that nobody has seen: by name, or an unknown."""
    paths = machine.state.paths
    guards = paths.guards
    return guards.any_of(
        guard
        for guard, one in each_on_its_paths(guards, paths.now, value)
        if _unseen(one) or _may_train(machine, one)
    )


def _unseen(value: Value) -> bool:
    if isinstance(value, Choice):
        return False  # what it may be is asked one by one
    if isinstance(value, Unknown):
        return not value.deps or any(node.kind == "gap" for node in value.deps)
    if isinstance(value, Known):
        return isinstance(value.value, str)
    return isinstance(value, (Seq, Map)) and not value.exact


def _may_train(machine: Interpreter, value: Value) -> bool:
    """Whether a value may be a step: code that is not there was given a loss for it."""
    if not isinstance(value, Unknown) or isinstance(value, Choice):
        return False
    keys = machine.state.keys
    parts = keys.parts(value.key)
    while parts[0] in _PART_OF:
        parts = keys.parts(parts[1])
    return parts[0] == "call" and any(_is_loss(node) for node in through(value.deps))


_PART_OF = ("attr", "item", "part", "subscript")


def _is_loss(node: Node) -> bool:
    """Whether a measure has a gradient; those that count have none."""
    if not node.scalar:
        return False
    seen: set[Node] = set()
    todo = [node]
    while todo:
        below = todo.pop()
        if below.kind in ("norm", "variable"):
            return True
        if below not in seen and below.api not in _NO_GRADIENT:
            seen.add(below)
            todo.extend(below.inputs)
    return False


_NO_GRADIENT = frozenset(
    f"tf.{name}"
    for name in [
        "arg_max",
        "argmax",
        "argmin",
        "ceil",
        "equal",
        "floor",
        "greater",
        "greater_equal",
        "less",
        "less_equal",
        "nn.in_top_k",
        "nn.top_k",
        "not_equal",
        "round",
        "sign",
    ]
)


def _looked_up(machine: Interpreter, value: Value) -> Value | None:
    """What is fetched by this name; None for what is no name."""
    if isinstance(value, Known) and isinstance(value.value, str):
        return machine.state.by_name(value.value)
    return None


def run(machine: Interpreter, args: Args) -> Value:
    """``session.run(fetches, feed_dict)``; the result is no longer part of the graph."""
    fetches = args.get("fetches", 0)
    record(machine, fetches, args)
    return fetched(machine, fetches)


def fetched(machine: Interpreter, fetches: Value | None) -> Value:
    """What a run returns for these fetches."""

    def array(value: Value) -> Value | None:
        if isinstance(value, (Seq, Map)) and value.exact:
            return None
        return machine.state.unknown("a fetched value")

    return machine.state.unknown("a fetched value") if fetches is None else rebuilt(fetches, array)


def make_saver(machine: Interpreter, name: str, args: Args, frame: Frame | None) -> Value:
    """``Saver(var_list)``; one with a list that is not known in full is not judged."""
    state = machine.state
    saver = Saver(args.place)
    given = args.get("var_list", 0)
    whole = given is None or (isinstance(given, Known) and given.value is None)
    if whole and (args.more or not state.collection("variables")):
        return saver  # without any variable TensorFlow refuses to make one
    if whole or (isinstance(given, (Seq, Map)) and given.exact and _all_known(given)):
        record = SaverRecord(
            args.place,
            None if whole else frozenset(through(nodes_in(given))),
            state.graph.id,
            state.layer_ids,
            guard=state.paths.now,
        )
        saver.record = record
        state.savers.append(record)
    return saver


def _all_known(given: Seq | Map) -> bool:
    """Whether nothing unknown is among some variables."""
    items = given.items if isinstance(given, Seq) else given.items.values()
    return not any(isinstance(i, Unknown) and not isinstance(i, Choice) for i in items)


def note_saved(args: Args) -> None:
    """A saver is handed to what saves by it: a supervisor, a hook, a training loop."""
    saver = args.kwargs.get("saver")
    if isinstance(saver, Saver) and saver.record is not None:
        saver.record.saved = True


def restore(machine: Interpreter, name: str, args: Args, frame: Frame | None) -> Value:
    machine.state.restore()
    return machine.state.unknown("a restored value", deps=nodes_in(args.get("var_list")))


def train_loop(machine: Interpreter, name: str, args: Args, frame: Frame | None) -> Value:
    """``slim.learning.train(train_op, …)``: runs the train op, not UPDATE_OPS.

    A ``train_step_fn`` of the project's own runs what it likes in each step.
    """
    steps = args.get("number_of_steps")
    number = steps.value if isinstance(steps, Known) and isinstance(steps.value, int) else None
    machine.state.enter_loop(args.place, number)
    try:
        _train(machine, args.get("train_op", 0) or NONE, args)
    finally:
        machine.state.leave_loop()
    return NONE


def _train(machine: Interpreter, given: Value, args: Args) -> None:
    initialise(machine, args)
    record(machine, given, args)
    run_hooks(machine, args)
    step = args.get("train_step_fn")
    if step is not None and not isinstance(step, Known):
        session = Session(args.place)
        counter = args.get("global_step") or machine.state.unknown("a global step")
        options = args.get("train_step_kwargs") or machine.state.unknown("options of a step")
        machine.call(step, Args([session, given, counter, options], {}, args.place), None)


def train_step(machine: Interpreter, name: str, args: Args, frame: Frame | None) -> Value:
    """``slim.learning.train_step(sess, train_op, global_step, kwargs)``."""
    record(machine, args.get("train_op", 1), args)
    return machine.state.unknown("a step's loss and whether to stop")


def evaluation_loop(machine: Interpreter, name: str, args: Args, frame: Frame | None) -> Value:
    nodes = [n for key in ("eval_op", "final_op") for n in nodes_in(args.get(key))]
    machine.state.record_run(RunRecord(args.place, tuple(nodes), FALSE))
    machine.state.restore()
    return machine.state.unknown("evaluation results")


HANDLERS = {
    "tf.Session": make_session,
    "tf.InteractiveSession": make_session,
    "tf.train.MonitoredTrainingSession": make_session,
    "tf.train.MonitoredSession": make_session,
    "tf.train.SingularMonitoredSession": make_session,
    "tf.train.Supervisor": make_session,
    "tf.train.SessionManager": make_session,
    "tf.train.Scaffold": make_scaffold,
    "tf.get_default_session": make_session,
    "tf.keras.backend.get_session": make_session,
    "tf.train.Saver": make_saver,
    "tf.saver.Saver": make_saver,
    "tf.train.import_meta_graph": restore,
    "tf.train.init_from_checkpoint": restore,
    "tf.contrib.framework.init_from_checkpoint": restore,
    "tf.contrib.framework.assign_from_checkpoint": restore,
    "tf.contrib.framework.assign_from_checkpoint_fn": restore,
    "tf.contrib.framework.assign_from_values_fn": restore,
    "tf.saved_model.loader.load": restore,
    "tf.saved_model.load": restore,
    "tf.import_graph_def": restore,
    "tf.train.load_checkpoint": restore,
    "tf.train.NewCheckpointReader": restore,
    "tf.train.warm_start": restore,
    "tf.contrib.slim.learning.train": train_loop,
    "tf.contrib.slim.learning.train_step": train_step,
    "tf.contrib.training.train": train_loop,
    "tf.contrib.slim.evaluation.evaluate_once": evaluation_loop,
    "tf.contrib.slim.evaluation.evaluation_loop": evaluation_loop,
    "tf.contrib.slim.evaluation.evaluate_repeatedly": evaluation_loop,
    "tf.contrib.training.evaluate_once": evaluation_loop,
    "tf.contrib.training.evaluate_repeatedly": evaluation_loop,
}
