"""The mutation measure as Markdown."""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.corpus.tables import table
from benchmarks.mutation.judge import Outcome
from benchmarks.mutation.mutations import GOALS


def shares(outcomes: Sequence[Outcome]) -> str:
    rows = []
    for mutation, goal in GOALS.items():
        mine = [outcome for outcome in outcomes if outcome.mutation == mutation]
        valid = [outcome for outcome in mine if not outcome.invalid]
        found = sum(outcome.found for outcome in valid)
        share = f"{found / len(valid):.3f}" if valid else ""
        folders = len({outcome.place.split("/")[0] for outcome in valid})
        unsound = str(len(mine) - len(valid))
        rows.append(
            (mutation, str(len(valid)), str(folders), str(found), share, f"{goal:.2f}", unsound)
        )
    head = ("mutation", "mutants", "checkouts", "found", "share", "goal", "no mistakes")
    return table(head, rows)


def missed(outcomes: Sequence[Outcome]) -> str:
    lines = [
        f"- {outcome.mutation}: {outcome.place} ({outcome.said})"
        for outcome in outcomes
        if not outcome.found and not outcome.invalid
    ]
    return "\n".join([f"Missed: {len(lines) or 'none'}.", *([""] if lines else []), *lines])
