"""Moving statistics of a trained graph, estimated anew from data: a repair without retraining.

Python 2.7 and 3.5 and later, TensorFlow 1.4 to 2.x: this file imports neither TensorFlow nor the
rest of bnlint, so that a program of TensorFlow 1 can use it where it is.

The updates of a layer average: ``new = momentum * old + (1 - momentum) * batch``. They are run with
old values of 0, which leaves the batch's statistics times a factor, and the factor is told by what
they leave of a large value. So nothing needs to be known of how the updates are made, and nothing
is added to the graph but ops that set variables.
"""
# mypy: ignore-errors
# ruff: noqa

from __future__ import absolute_import, division

_LARGE = 1e4
_LEAST = 1e-5
_ENDS = ("moving_mean", "moving_variance")


class CannotRecalibrate(ValueError):
    """The statistics cannot be estimated; the message says why and what to do."""


def recalibrate(session, batches, updates=None):
    """Set the moving statistics of a graph to those of some batches of training data.

    ``session`` is a ``tf.Session`` with the trained weights. ``batches`` are ``feed_dict``s of
    representative batches, with which the network runs in training mode (the flag is fed True);
    some tens of them, of the size and the augmentation of training. ``updates`` are the update ops,
    by default those in the collection ``update_ops``; for Keras layers, ``model.updates``.

    A mean becomes the mean over the batches, a variance the mean variance within a batch and the
    variance between the means of batches. Weights stay as they are.

    Returns the names of the variables that were set. Raises CannotRecalibrate, and leaves all
    statistics as they were, if there are no updates, no batches, or updates that change nothing.
    """
    graph = session.graph
    updates = list(graph.get_collection("update_ops") if updates is None else updates)
    if not updates:
        raise CannotRecalibrate(
            "this graph has no update ops: build it with the training flag, or pass updates="
        )
    variables = [v for v in graph.get_collection("variables") if v.op.name.endswith(_ENDS)]
    if not variables:
        raise CannotRecalibrate("this graph has no moving_mean and no moving_variance")
    every = [v.op.name for v in graph.get_collection("variables")]
    for name in every:
        if name.rpartition("/")[2] in ("biased", "local_step") or "/renorm_" in name:
            raise CannotRecalibrate("%s: batch renorm and zero debiasing are not averages" % name)
    before = session.run(variables)
    try:
        values = _estimate(session, variables, updates, batches)
    except BaseException:
        _set(session, variables, before)
        raise
    _set(session, variables, values)
    return [variable.op.name for variable in variables]


def _estimate(session, variables, updates, batches):
    factors = None
    seen = [[] for _ in variables]
    for feeds in batches:
        if factors is None:
            factors = _factors(session, variables, updates, feeds)
        left = _after(session, variables, updates, feeds, 0.0)
        for values, value, factor in zip(seen, left, factors):
            values.append(value / factor)
    if factors is None:
        raise CannotRecalibrate("no batches were given")
    names = [variable.op.name for variable in variables]
    means = [sum(values) / len(values) for values in seen]
    out = []
    for name, mean in zip(names, means):
        if name.endswith("moving_variance"):
            partner = name[: -len("moving_variance")] + "moving_mean"
            if partner in names:
                number = names.index(partner)
                spread = [(value - means[number]) ** 2 for value in seen[number]]
                mean = mean + sum(spread) / max(len(spread) - 1, 1)
            mean = abs(mean)
        out.append(mean)
    return out


def _factors(session, variables, updates, feeds):
    """What each update multiplies the batch's statistics with: 1 minus its momentum."""
    none = _after(session, variables, updates, feeds, 0.0)
    large = _after(session, variables, updates, feeds, _LARGE)
    factors = []
    for variable, low, high in zip(variables, none, large):
        factor = 1.0 - float(((high - low) / _LARGE).mean())
        if factor < _LEAST:
            raise CannotRecalibrate(
                "%s: its updates change nothing; is the training flag fed True, and is the "
                "momentum less than 1?" % variable.op.name
            )
        factors.append(min(factor, 1.0))
    return factors


def _after(session, variables, updates, feeds, value):
    """What the updates leave of variables that all hold one value."""
    shapes = [variable.get_shape().as_list() for variable in variables]
    _set(session, variables, [_filled(shape, value) for shape in shapes])
    session.run(updates, feeds)
    return session.run(variables)


def _filled(shape, value):
    import numpy

    return numpy.full(shape, value, "float32")


def _set(session, variables, values):
    for variable, value in zip(variables, values):
        variable.load(value, session)
