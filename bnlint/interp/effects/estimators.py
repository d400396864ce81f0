"""Estimators: a ``model_fn`` is built once for each mode, each in a graph of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bnlint.apis import UPDATE_OPS
from bnlint.interp.args import Args
from bnlint.interp.effects import ops, training
from bnlint.interp.effects.sessions import initialise, run_hooks
from bnlint.interp.guards import FALSE
from bnlint.interp.live_objects import Estimator, EstimatorSpec, Head
from bnlint.interp.nodes import Placeholder, nodes_in, nodes_of
from bnlint.interp.recorded import EstimatorRecord, RunRecord
from bnlint.interp.values import NONE, Bound, Func, Instance, Known, Partial, Value

if TYPE_CHECKING:
    from bnlint.interp.interpreter import Interpreter
    from bnlint.interp.scope import Frame


def make_estimator(machine: Interpreter, name: str, args: Args, frame: Frame | None) -> Value:
    """``Estimator(model_fn=…, params=…)``."""
    model_fn = args.get("model_fn", 0)
    state = machine.state
    record = EstimatorRecord(args.place)
    state.estimators.append(record)
    if isinstance(model_fn, (Func, Bound, Partial, Instance)):
        before = state.built_for
        for mode in ("train", "eval", "infer"):
            state.built_for = record, mode
            _build(machine, model_fn, mode, args)
        state.built_for = before
    return Estimator(args.place, record)


_USES = {
    "train": ("train",),
    "fit": ("train",),
    "partial_fit": ("train",),
    "evaluate": ("eval",),
    "predict": ("infer",),
    "train_and_evaluate": ("train", "eval"),
}


def estimator_method(
    machine: Interpreter, estimator: Estimator, name: str, args: Args
) -> Value | None:
    """Note for what an Estimator is used; what is called besides is not known."""
    _note(machine, estimator, name)
    return None


def train_and_evaluate(machine: Interpreter, name: str, args: Args, frame: Frame | None) -> Value:
    """``tf.estimator.train_and_evaluate(estimator, train_spec, eval_spec)``."""
    estimator = args.get("estimator", 0)
    if isinstance(estimator, Estimator):
        _note(machine, estimator, "train_and_evaluate")
    return ops.generic(machine, name, args, frame)


def _note(machine: Interpreter, estimator: Estimator, name: str) -> None:
    paths = machine.state.paths
    used = estimator.record.used
    for mode in _USES.get(name, ()):
        used[mode] = paths.guards.disj(used.get(mode, FALSE), paths.now)


def _parameters(func: Value) -> list[str] | None:
    if isinstance(func, Func):
        return [p.name for p in func.node.params.params]
    if isinstance(func, Bound):
        names = _parameters(func.func)
        return names[1:] if names else None
    if isinstance(func, Partial):
        names = _parameters(func.func)
        return [n for n in names if n not in func.kwargs] if names else None
    return None


def _build(machine: Interpreter, model_fn: Value, mode: str, args: Args) -> None:
    state = machine.state
    graph = state.new_graph()
    state.default_graph.append(graph)
    features = state.add(Placeholder, "features", (), args.place)
    labels = state.add(Placeholder, "labels", (), args.place)
    names = _parameters(model_fn) or ["features", "labels", "mode", "params"]
    given: dict[str, Value] = {}
    plain: list[Value] = [features, labels]
    for name in names:
        if name == "mode":
            given[name] = state.mode = Known(mode)
        elif name == "params":
            given[name] = args.get("params") or state.unknown("params", "name", "params")
        elif name == "config":
            given[name] = args.get("config") or state.unknown("config", "name", "config")
        elif name == "features":
            given[name] = features
        elif name == "labels":
            given[name] = labels
    if "features" in given:
        plain = []
    elif "labels" in given:
        plain = [features]
    try:
        state.paths.apart(lambda: machine.call(model_fn, Args(plain, given, args.place), None))
    finally:
        state.default_graph.pop()
        state.mode = None


def spec(machine: Interpreter, name: str, args: Args, frame: Frame | None) -> Value:
    """``EstimatorSpec``: the mode decides what is run."""
    run_hooks(machine, args)
    initialise(machine, args)
    mode = args.get("mode", 0)
    value = mode.value if isinstance(mode, Known) else None
    loss, train_op = args.get("loss", 2), args.get("train_op", 3)
    state = machine.state
    if train_op is not None and nodes_in(train_op) and value in (None, "train"):
        state.record_run(RunRecord(args.place, tuple(nodes_in(train_op) + nodes_in(loss)), FALSE))
    if value in ("eval", "infer"):
        measures = args.kwargs.get("eval_metrics") or args.get("eval_metric_ops", 4)
        nodes = nodes_of([args.get("predictions", 1), measures, loss])
        built_for = state.built_for
        state.record_run(RunRecord(args.place, tuple(nodes), FALSE, built_for=built_for))
    return EstimatorSpec(args.place, nodes=tuple(nodes_in(train_op)))


def make_head(machine: Interpreter, name: str, args: Args, frame: Frame | None) -> Value:
    """A canned head. Heads of ``tf.contrib.estimator`` run UPDATE_OPS from TensorFlow 1.12 on, but
    for one made of several; those of ``tf.estimator`` only if given ``update_ops``, those of
    ``tf.contrib.learn`` never (read and tried in 1.15)."""
    own = name.startswith("tf.contrib.estimator.") and not name.endswith(".multi_head")
    return Head(args.place, own)


def head_method(machine: Interpreter, head: Head, name: str, args: Args) -> Value | None:
    if name not in ("create_estimator_spec", "create_model_fn_ops"):
        return None
    state = machine.state
    mode = args.get("mode", 1)
    logits = [*nodes_in(args.get("logits", 2)), *nodes_in(args.get("labels", 3))]
    if isinstance(mode, Known) and mode.value != "train":
        state.record_run(RunRecord(args.place, tuple(logits), FALSE))
        return EstimatorSpec(args.place)
    loss = state.node("op", "head loss", logits, args.place)
    loss.scalar = True
    func = args.get("train_op_fn")
    trained: Value = NONE
    if func is not None and not isinstance(func, Known):
        trained = machine.call(func, Args([loss], {}, args.place), None)
    elif args.get("optimizer", 4) is not None:
        given = Args([loss], {}, args.place)
        trained = training.minimize(machine, args.get("optimizer", 4) or NONE, given)
    nodes = nodes_in(trained)
    updates = nodes_in(args.get("update_ops"))
    if head.runs_updates:
        updates += [n for i in state.collection(UPDATE_OPS) for n in nodes_in(i)]
    state.record_run(RunRecord(args.place, (*nodes, *updates), FALSE))
    return EstimatorSpec(args.place, nodes=(*nodes, *updates))


_HEADS = [
    "binary_classification_head",
    "multi_class_head",
    "multi_label_head",
    "regression_head",
    "multi_head",
    "poisson_regression_head",
    "logistic_regression_head",
]
_HEAD_CLASSES = [
    "RegressionHead",
    "BinaryClassHead",
    "MultiClassHead",
    "MultiLabelHead",
    "MultiHead",
    "PoissonRegressionHead",
    "LogisticRegressionHead",
]

HANDLERS = {
    "tf.estimator.Estimator": make_estimator,
    "tf.contrib.learn.Estimator": make_estimator,
    "tf.contrib.tpu.TPUEstimator": make_estimator,
    "tf.estimator.tpu.TPUEstimator": make_estimator,
    "tf.estimator.train_and_evaluate": train_and_evaluate,
    "tf.estimator.EstimatorSpec": spec,
    "tf.contrib.tpu.TPUEstimatorSpec": spec,
    "tf.estimator.tpu.TPUEstimatorSpec": spec,
    "tf.contrib.learn.ModelFnOps": spec,
    **{f"tf.contrib.estimator.{n}": make_head for n in _HEADS},
    **{f"tf.contrib.learn.{n}": make_head for n in _HEADS},
    **{f"tf.estimator.{n}": make_head for n in _HEAD_CLASSES},
}
