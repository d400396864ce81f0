"""What the rules about updates that are reached and do nothing share."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from bnlint.checks.base import Verdict, about, related
from bnlint.checks.reasoning import of_updates
from bnlint.finding import Finding, Rule, Step

if TYPE_CHECKING:
    from collections.abc import Callable

    from bnlint.model import Gate, GateKind, GraphModel, TrainOp


class Gated(NamedTuple):
    """A train op and one cause for which updates it reaches do nothing."""

    op: TrainOp
    gate: Gate
    layers: str


def verdicts(
    rule: Rule, kind: GateKind, tell: Callable[[Gated], str]
) -> Callable[[GraphModel], Iterator[Verdict]]:
    """A rule about one kind of gate: one finding for each train op and cause."""

    def judge(model: GraphModel) -> Iterator[Verdict]:
        layers = {layer.id: layer for layer in model.layers}
        some_run = any(op.run for op in model.train_ops)
        for op in model.train_ops:
            if some_run and not op.run:
                continue  # fine: another train op is the one that is run
            causes: dict[str, list[Gate]] = {}
            for gate in op.gates:
                if gate.kind == kind:
                    causes.setdefault(gate.detail, []).append(gate)
            if not causes:
                yield Verdict(op.location, None)
            for gates in causes.values():
                gate = gates[0]
                names = {layers[g.layer].name for g in gates}
                one = next(iter(names))
                which = "a batch-norm layer" if op.location.node is None else str(one)
                if len(gates) > 1:
                    which = f"{len(gates)} batch-norm layers"
                subject = op.location
                if subject.node is not None:  # in a graph one op may have several causes
                    subject = subject._replace(node=f"{subject.node} < {gate.location.node}")
                yield Verdict(
                    subject,
                    Finding(
                        rule,
                        op.location,
                        tell(Gated(op, gate, which)),
                        related(
                            (gate.location, "the cause"),
                            *((layers[g.layer].location, "a layer it is about") for g in gates[:3]),
                        ),
                        "definite" if gate.certain else "possible",
                        None if gate.certain else "the graph does not tell what is fed",
                        subject=about(op.location, (layers[g.layer] for g in gates)),
                    ),
                    because=partial(_because, model, op, gates),
                )

    return judge


def _because(model: GraphModel, op: TrainOp, gates: list[Gate]) -> Iterator[Step]:
    ids = {gate.layer for gate in gates}
    layers = [layer for layer in model.layers if layer.id in ids]
    yield from of_updates(model, op, layers)
    yield Step(f"but {gates[0].detail}", gates[0].location)
