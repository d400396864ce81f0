"""Which part of the package may know which, as ``docs/design.md`` draws it."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "bnlint"


def _name(path: Path) -> str:
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {_name(path): path for path in PACKAGE.rglob("*.py")}


def _imported(path: Path) -> Iterator[str]:
    """Every import, also those inside functions and for the type checker only."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module is not None:
            for alias in node.names:
                member = f"{node.module}.{alias.name}"
                yield member if member in MODULES else node.module
        elif isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name


ARROWS = {
    module: {other for other in _imported(path) if other in MODULES and other != module}
    for module, path in MODULES.items()
}


def _reached(module: str) -> set[str]:
    found: set[str] = set()
    left = [module]
    while left:
        for other in ARROWS[left.pop()] - found:
            found.add(other)
            left.append(other)
    return found


def test_there_is_no_circle_beyond_pairs() -> None:
    pairs = {
        frozenset((one, other))
        for one, others in ARROWS.items()
        for other in others
        if one in ARROWS[other]
    }
    groups = {module: module for module in MODULES}
    for one, other in map(sorted, pairs):
        first, second = groups[one], groups[other]
        assert first != second, f"a circle of pairs at {one} and {other}"
        groups = {m: first if g == second else g for m, g in groups.items()}
    contracted: dict[str, set[str]] = defaultdict(set)
    for one, others in ARROWS.items():
        contracted[groups[one]] |= {groups[other] for other in others} - {groups[one]}
    TopologicalSorter(contracted).prepare()


@pytest.mark.parametrize(
    ("part", "allowed"),
    [
        ("finding", set()),
        ("outcome", {"finding"}),
        ("model", {"finding", "outcome"}),
        ("reports", {"finding", "outcome"}),
        ("checks", {"finding", "model", "outcome"}),
        ("fix", {"deep", "finding", "source"}),
        ("source", {"deep", "regular"}),
        ("apis", set()),
        ("trail", set()),
        ("interp", {"apis", "deep", "finding", "model", "outcome", "source"}),
        ("output", {"codes", "finding", "outcome", "pages", "printable", "reports"}),
    ],
)
def test_a_part_reaches_only_what_is_below_it(part: str, allowed: set[str]) -> None:
    here = f"bnlint.{part}"
    modules = [m for m in MODULES if m == here or m.startswith(f"{here}.")]
    assert modules
    reached = {other.split(".")[1] for m in modules for other in _reached(m) if "." in other}
    # What the package says of itself, its version, is no part of it.
    assert reached - {part} <= allowed


def test_the_two_witnesses_do_not_know_each_other() -> None:
    for module in MODULES:
        reached = _reached(module)
        if module.startswith("bnlint.interp"):
            assert not any(other.startswith("bnlint.graph") for other in reached), module
        if module.startswith("bnlint.graph"):
            assert not any(other.startswith("bnlint.interp") for other in reached), module
