"""Prints the page docs/truth.md: ``PYTHONPATH=.:tests python -m truth.table > docs/truth.md``."""

from __future__ import annotations

import ast
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from test_fixtures import KNOWN as NOT_FOUND

from . import environment, recording
from .cases import LEFT_OUT, name_of, programs, scripts
from .compare import Case, Ran, disagreements, undecided, witnesses
from .programs import Outcome, judged, observed, seen
from .test_truth import KNOWN

INTRODUCTION = """\
# What is said and what happens

Each script below was run in TensorFlow 1.15.5, through `bnlint trace`. Three witnesses tell what
became of the moving statistics of its batch-norm layers: what `bnlint check` reports in the source
(`?` marks what is only possible), how many statistics of the trained layers `bnlint check-trace`
finds to be reached by what was run, and how many of them were seen to change in the run itself.

`tests/truth/test_truth.py` says what agreement is, line by line of each script, and asserts it:

```sh
pytest tests/truth                                        # compare the witnesses
PYTHONPATH=.:tests python -m truth.table > docs/truth.md  # write this page
```

Both need a Python 3.7, of pyenv or on the `PATH`. The first run builds an environment with
TensorFlow 1.15 in `~/.cache/bnlint-tf115` (`BNLINT_TF115=/path/to/python` names one that exists)
and runs all scripts, which takes a few minutes; later runs use what was recorded. Without a Python
3.7 the tests are skipped, or fail where `BNLINT_REQUIRE_TF115=1`.
"""

PROGRAMS = """\
## One program for each way

`fixtures/programs/` has one program for each way of being right or wrong that was met. Each takes
ten steps of training. *Seen* is how many of the moving statistics changed: all, some, none, n/a
where there are none; or that TensorFlow refused to build or to train it. It was first seen in other
programs that do the same (`observed.csv`), and again when these were run. *Graph* is what bnlint
says from the graph and from what training fetched and fed: how many statistics training writes to,
whether it moves them, and the findings of `bnlint check-trace`. *Static* are the findings of
`bnlint check` in the source.
"""


def page(cases: Iterable[Case]) -> Iterator[str]:
    yield INTRODUCTION
    told = [(case, disagreements(case)) for case in cases]
    yield from _scripts([row for row in told if row[0].script.stem not in observed()])
    yield from _programs([row for row in told if row[0].script.stem in observed()])
    yield ""
    yield "## Not run\n"
    yield "| script | why |"
    yield "|---|---|"
    for name, reason in sorted(LEFT_OUT.items()):
        yield f"| {name} | {reason} |"


Rows = list[tuple[Case, list[str]]]


def _programs(rows: Rows) -> Iterator[str]:
    yield ""
    yield PROGRAMS
    right = sum(_as_observed(case) for case, _ in rows)
    agree = sum(_disputed(case, wrong) is None for case, wrong in rows)
    yield (
        f"{len(rows)} programs: of {right} the run and the graph say what was seen; of {agree} the "
        "source agrees.\n"
    )
    yield "| program | what it does | seen | graph: reached | moved | findings | static | |"
    yield "|---|---|---|---|---|---|---|---|"
    for case, wrong in rows:
        by_graph = judged(case)
        name = case.script.stem
        cells = [name, _docstring(case.script), observed()[name].moved, _of(by_graph)]
        cells += ["" if by_graph.reached is None else by_graph.moved]
        cells += [", ".join(by_graph.findings) or "nothing", _static(case)]
        disputed = _disputed(case, wrong)
        word = "agree" if disputed is None else f"**no**: {disputed}"
        yield f"| {' | '.join(cells)} | {word if _as_observed(case) else '**not as seen**'} |"


def _disputed(case: Case, wrong: list[str]) -> str | None:
    """Why the source does not tell what becomes of a program, if it does not."""
    name = name_of(case.script)
    if wrong:
        return KNOWN.get(name, "unknown")
    return NOT_FOUND.get(name)


def _as_observed(case: Case) -> bool:
    expected = observed()[case.script.stem]
    return judged(case) == expected and seen(case).moved == expected.moved


def _of(outcome: Outcome) -> str:
    if outcome.reached is None:
        return "nothing trained"
    return f"{outcome.reached} of {outcome.statistics}"


def _docstring(script: Path) -> str:
    return ast.get_docstring(ast.parse(script.read_text("utf-8"))) or ""


def _scripts(rows: Rows) -> Iterator[str]:
    counts = Counter(_kind(case) for case, _ in rows)
    broken = sum(bool(wrong) for _, wrong in rows)
    open_ = sum(undecided(case) for case, wrong in rows if not wrong)
    yield (
        f"{len(rows)} scripts: {len(rows) - broken - open_} agree, {broken} do not; of {open_} the "
        "source says only what is possible.\n"
    )
    for kind in KINDS:
        yield f"- {counts[kind]}: {kind}"
    yield ""
    yield "## Disagreements\n"
    yield "| script | why | what the witnesses say |"
    yield "|---|---|---|"
    for case, wrong in rows:
        if wrong:
            name = name_of(case.script)
            yield f"| {name} | {KNOWN.get(name, '**unknown**')} | {'; '.join(wrong)} |"
    yield ""
    yield "## All scripts\n"
    yield "| script | static | graph: reached | statistics: moved | |"
    yield "|---|---|---|---|---|"
    for case, wrong in rows:
        cells = [name_of(case.script), _static(case), _reached(case), _moved(case)]
        yield f"| {' | '.join(cells)} | {_word(case, wrong)} |"


def _word(case: Case, wrong: list[str]) -> str:
    if wrong:
        return "**no**"
    return "undecided" if undecided(case) else "agree"


KINDS = (
    "some trained layer has update ops that nothing runs",
    "all update ops of the trained layers are run",
    "trained layers that have no update ops",
    "no layer with moving statistics is trained",
)


def _kind(case: Case) -> str:
    if any(step.unreached for ran in case.ran for step in ran.steps):
        return KINDS[0]
    trained = [ran.layers[name] for ran in case.ran for name in ran.trained()]
    if not trained:
        return KINDS[3]
    return KINDS[1] if all(layer.writers for layer in trained) else KINDS[2]


def _static(case: Case) -> str:
    codes = {f.rule.code + ("?" if f.confidence == "possible" else "") for f in case.found}
    return ", ".join(sorted(codes)) or "nothing"


def _statistics(case: Case) -> Iterator[tuple[Ran, str]]:
    for ran in case.ran:
        for name in ran.trained():
            for statistic in ran.layers[name].statistics:
                yield ran, statistic


def _reached(case: Case) -> str:
    marks = [statistic in ran.reached for ran, statistic in _statistics(case)]
    return f"{sum(marks)} of {len(marks)}" if marks else "none trained"


def _moved(case: Case) -> str:
    marks = [ran.observed.changed.get(s, False) for ran, s in _statistics(case)]
    return f"{sum(marks)} of {len(marks)}" if marks else "none trained"


def main() -> int:
    try:
        python = environment.interpreter()
    except environment.Unavailable as error:
        print(f"truth: {error}", file=sys.stderr)
        return 1
    found = scripts() + programs()

    def recorded(script: Path) -> recording.Recording:
        return recording.record(script, python)

    with ThreadPoolExecutor(recording.WORKERS) as pool:
        recordings = pool.map(recorded, found)
        for line in page(witnesses(*both) for both in zip(found, recordings, strict=True)):
            print(line)
    return 0


if __name__ == "__main__":
    sys.exit(main())
