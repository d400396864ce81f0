"""The rules for a graph: those for source, and those that only a graph or checkpoint can decide."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bnlint.checks import (
    CHECKS,
    bn209_updates_need_another_feed,
    bn210_step_in_a_dead_branch,
    bn404_statistics_never_updated,
)
from bnlint.checks.base import Check

if TYPE_CHECKING:
    from bnlint.finding import Finding
    from bnlint.model import Project

GRAPH_CHECKS: tuple[Check, ...] = (
    bn209_updates_need_another_feed.CHECK,
    bn210_step_in_a_dead_branch.CHECK,
    bn404_statistics_never_updated.CHECK,
)
"""Those that a source does not decide, in the order of their codes."""


def judge(project: Project, *, recorded: bool = True) -> list[Finding]:
    """All findings about graphs, each with the graph as its witness.

    Without a recording a graph does not tell whether its weights were restored, and a network that
    is restored may well be trained with its statistics frozen.
    """
    both = {check.rule.code: check for check in (*CHECKS, *GRAPH_CHECKS)}
    found: list[Finding] = []
    for code in sorted(both):
        for finding in both[code].check(project):
            told = finding._replace(witness="graph")
            if code == "BN102" and not recorded:
                told = told._replace(
                    confidence="possible",
                    reason="the graph does not tell whether the statistics are restored",
                )
            found.append(told)
    return found
