"""bnlint on a checkout before and after each mutation, in a copy of it.

A place is taken where a label says that it is right and bnlint, too, is silent before the mutation.
"""

from __future__ import annotations

import csv
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.corpus.analyse import ROOT
from benchmarks.corpus.labels import Label
from benchmarks.mutation.mutations import EXPECTED, FLAG, TRUE, Mutant, mutants
from benchmarks.mutation.units import units, write

TIMEOUT = 120
_KEPT = (".py", ".ipynb", ".json", ".yaml", ".yml", ".cfg", ".toml")
_COMMAND = "import sys; sys.path[0] = sys.argv.pop(1); import bnlint.__main__"
# What one is told of a finding: file, code, first line, last line.
_Finding = tuple[str, str, int, int]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a mutant: ``found``, missed, or, with a reason, no mistake at all."""

    mutation: str
    place: str
    found: bool
    invalid: str = ""
    said: str = ""


def judge(checkout: Path, known: Sequence[Label]) -> list[Outcome]:
    mine = [label for label in known if label.folder == checkout.name and label.verdict == "ok"]
    paths = sorted({label.path for label in mine})
    outcomes = []
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder, "checkout")
        _copied(checkout, copy)
        (copy / ".git").mkdir(exist_ok=True)  # where the project begins
        for path in paths:
            if (copy / path).is_file():
                right = [label for label in mine if label.path == path]
                outcomes += _file(copy, path, right, _invalid(checkout.name))
    return [
        Outcome(o.mutation, f"{checkout.name}/{o.place}", o.found, o.invalid, o.said)
        for o in outcomes
    ]


def _file(
    copy: Path, path: str, right: Sequence[Label], invalid: dict[tuple[str, str], str]
) -> list[Outcome]:
    chosen = [m for unit in units(copy, path) for m in mutants(unit) if _labelled(m, right)]
    if not chosen:
        return []
    stored = (copy / path).read_bytes()
    before = _findings(copy, path)
    outcomes = []
    for mutant in chosen:
        if _speaks(mutant, before):
            continue  # not silent before
        if reason := invalid.get((mutant.mutation, mutant.place)):
            outcomes.append(Outcome(mutant.mutation, mutant.place, False, reason))
            continue
        write(copy, mutant.unit, mutant.text)
        after = _findings(copy, path)
        (copy / path).write_bytes(stored)
        new = set(after) - set(before)
        said = ", ".join(sorted({code for _, code, *_ in new})) or "nothing new"
        outcomes.append(Outcome(mutant.mutation, mutant.place, _speaks(mutant, new), said=said))
    return outcomes


def _labelled(mutant: Mutant, right: Iterable[Label]) -> bool:
    """Whether a label of the mutation's rule calls the place right.

    The train op that takes the updates may stand anywhere in the file, and so may a notebook's
    layer: its labels count lines of the JSON.
    """
    rules = {FLAG: ("R1",), TRUE: ("R1", "R3")}.get(mutant.mutation, ("R2",))
    near = mutant.mutation in (FLAG, TRUE) and mutant.unit.cell is None
    return any(
        label.rule in rules and (not near or label.covers(mutant.first, mutant.last))
        for label in right
    )


def _speaks(mutant: Mutant, findings: Iterable[_Finding]) -> bool:
    codes, here = EXPECTED[mutant.mutation]
    return any(
        found.startswith(codes) and (not here or (first <= mutant.last and last >= mutant.first))
        for _, found, first, last in findings
    )


def _findings(copy: Path, path: str) -> list[_Finding]:
    command = [sys.executable, "-c", _COMMAND, str(ROOT), "check", path, "--format", "json"]
    try:
        done = subprocess.run(
            command,
            cwd=copy,
            capture_output=True,
            timeout=TIMEOUT,
            env=os.environ | {"PYTHONDONTWRITEBYTECODE": "1"},
            check=False,
        )
        report = json.loads(done.stdout)
    except (subprocess.TimeoutExpired, ValueError):
        print(f"{path}: no report", file=sys.stderr)
        return []
    return [(f["path"], f["code"], f["line"], f["end_line"]) for f in report["findings"]]


def _copied(checkout: Path, copy: Path) -> None:
    def left_out(folder: str, names: list[str]) -> list[str]:
        files = [name for name in names if Path(folder, name).is_file()]
        return [name for name in files if not name.endswith(_KEPT)] + [".git"]

    shutil.copytree(checkout, copy, ignore=left_out, symlinks=False)


def _invalid(folder: str) -> dict[tuple[str, str], str]:
    """The mutants that are no mistakes, found by reading, and why."""
    with Path(__file__).with_name("invalid.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["folder"] == folder]
    return {(row["mutation"], row["place"]): row["reason"] for row in rows}
