"""BN403: a graph for inference that normalises with the statistics of its batch."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bnlint.checks.base import Check, Verdict, about, per_state, related
from bnlint.checks.updates import diagnose
from bnlint.finding import Finding, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bnlint.model import GraphModel

RULE = Rule("BN403", "training-graph-exported", "error")


def judge(model: GraphModel) -> Iterator[Verdict]:
    if model.exported is None:
        return  # fine: a training graph may be in training mode
    evaluated = {i for run in model.runs for i in run.evaluates}
    trained = {i for op in model.train_ops for i in op.trains}
    hidden = {
        layer.location: f". It hides that nothing runs the update ops ({found.cause})"
        for _, found in diagnose(model)
        if found is not None
        for layer in found.missing
    }
    always = [
        about(layer.location, [layer])
        for layer in model.layers
        if layer.flag.kind == "constant"
        and layer.flag.value is True
        and (model.outputs is None or layer.id in model.outputs)
        and not (layer.id in evaluated and layer.id in trained)  # fine: BN102 speaks
    ]
    if model.outputs is None:
        always += [about(use.location) for use in model.hand_written if use.batch_only]
    for subject in always:
        yield Verdict(
            subject.place,
            Finding(
                RULE,
                subject.place,
                "this graph is exported for inference, but the layer always normalises with the "
                "statistics of the batch it is given: a prediction depends on the other examples"
                + hidden.get(subject.place, ""),
                related((model.exported, "exported")) if model.outputs is not None else (),
                subject=subject,
            ),
        )


CHECK = Check(RULE, per_state(RULE, judge))
