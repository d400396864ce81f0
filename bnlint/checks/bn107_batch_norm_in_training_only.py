"""BN107: a batch-norm layer that is built for training and left out for everything else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bnlint.checks.base import Check, about, related
from bnlint.checks.decisions import left_out
from bnlint.checks.reasoning import of_layers
from bnlint.finding import Finding, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bnlint.model import Project

RULE = Rule("BN107", "batch-norm-in-training-only", "error")


def check(project: Project) -> Iterator[Finding]:
    for location, (layer, test) in left_out(project).items():
        yield Finding(
            RULE,
            location,
            "this layer is there in training only: everything else uses its input as it is, in a "
            "range that the weights behind it were not trained for",
            related(
                (test, "the test that leaves it out"),
                (layer.trace[-1] if layer.trace else None, "called from here"),
            ),
            reasoning=tuple(of_layers([layer])),
            subject=about(location, [layer]),
        )


CHECK = Check(RULE, check)
