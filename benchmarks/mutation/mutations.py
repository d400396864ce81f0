"""The ways in which a correct program is broken, each at every place where it can be."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

from benchmarks.mutation.units import Unit

FLAG, TRUE = "the flag removed", "the flag replaced by True"
EMPTY, DROPPED = "UPDATE_OPS replaced by an empty list", "the control dependency dropped"
EARLY = "collected before the layers"
GOALS = {FLAG: 0.98, TRUE: 0.90, EMPTY: 0.98, DROPPED: 0.98, EARLY: 0.98}
# The rules that are right to speak, and whether they must do so at the place of the mutation.
EXPECTED: dict[str, tuple[tuple[str, ...], bool]] = {
    FLAG: (("BN101",), True),
    TRUE: (("BN102", "BN103"), False),
    EMPTY: (("BN2",), False),
    DROPPED: (("BN2",), False),
    EARLY: (("BN2",), False),
}

_FLAGS = ("training", "is_training")
_LAYER = re.compile(r"(?:^|\.)(?:batch_norm|batch_normalization|fused_batch_norm|BatchNorm)$")
_UPDATES = re.compile(r"\bUPDATE_OPS\b|['\"]update_ops['\"]")


@dataclass(frozen=True, slots=True)
class Mutant:
    """A program with one mistake. ``first`` to ``last`` are the lines that were changed."""

    mutation: str
    unit: Unit
    text: str
    first: int
    last: int

    @property
    def place(self) -> str:
        cell = "" if self.unit.cell is None else f"cell {self.unit.cell}:"
        return f"{self.unit.path}:{cell}{self.first}"


def mutants(unit: Unit) -> Iterator[Mutant]:
    for node in ast.walk(unit.tree):
        if isinstance(node, ast.Call):
            yield from _of_layer(unit, node)
            yield from _of_collection(unit, node)
        elif isinstance(node, ast.With):
            yield from _of_dependency(unit, node)


def _of_layer(unit: Unit, call: ast.Call) -> Iterator[Mutant]:
    if not _LAYER.search(ast.unparse(call.func)):
        return
    for keyword in call.keywords:
        if keyword.arg in _FLAGS:
            begin, end = unit.span(keyword)  # type: ignore[arg-type]
            yield from _mutant(FLAG, unit, call, *_with_comma(unit.text, begin, end), "")
            if not isinstance(keyword.value, ast.Constant):
                yield from _mutant(TRUE, unit, call, *unit.span(keyword.value), "True")


def _of_collection(unit: Unit, call: ast.Call) -> Iterator[Mutant]:
    name = ast.unparse(call.func)
    if not name.endswith(("get_collection", "get_collection_ref")) or not call.args:
        return
    key = ast.unparse(call.args[0])
    if not _UPDATES.search(key):
        return
    yield from _mutant(EMPTY, unit, call, *unit.span(call), "[]")
    imported = _last_import(unit.tree)
    if imported is None or "." not in name or name.split(".")[0] not in _imported(unit.tree):
        return
    begin, end = unit.span(call)
    changed = unit.replaced(begin, end, "_collected_early")
    after = unit.span(imported)[1]
    early = f"; _collected_early = {name}({key})"
    yield Mutant(EARLY, unit, changed[:after] + early + changed[after:], *_lines(call))


def _of_dependency(unit: Unit, block: ast.With) -> Iterator[Mutant]:
    """The block is replaced by its body; its own lines become comments."""
    if len(block.items) != 1 or not isinstance(block.items[0].context_expr, ast.Call):
        return
    call = block.items[0].context_expr
    if not ast.unparse(call.func).endswith("control_dependencies") or not call.args:
        return
    if not _holds_updates(unit, call.args[0]) or block.body[0].lineno == block.lineno:
        return
    lines = unit.text.splitlines(keepends=True)
    outer, inner = block.col_offset, block.body[0].col_offset
    head = range(block.lineno - 1, block.body[0].lineno - 1)
    assert block.end_lineno is not None
    for place in head:
        lines[place] = "#" + lines[place]
    for place in range(block.body[0].lineno - 1, block.end_lineno):
        if lines[place][outer:inner].isspace() and len(lines[place]) > inner:
            lines[place] = lines[place][:outer] + lines[place][inner:]
    text = "".join(lines)
    try:
        ast.parse(text)
    except SyntaxError:
        return  # a string or an expression over several lines
    yield Mutant(DROPPED, unit, text, block.lineno, block.end_lineno)


def _holds_updates(unit: Unit, value: ast.expr) -> bool:
    """Whether the expression is UPDATE_OPS, or a name that is once assigned from it."""
    if _UPDATES.search(ast.unparse(value)):
        return True
    names = {node.id for node in ast.walk(value) if isinstance(node, ast.Name)}
    return any(
        isinstance(node, ast.Assign)
        and _UPDATES.search(ast.unparse(node.value))
        and any(isinstance(target, ast.Name) and target.id in names for target in node.targets)
        for node in ast.walk(unit.tree)
    )


def _mutant(
    mutation: str, unit: Unit, call: ast.Call, begin: int, end: int, new: str
) -> Iterator[Mutant]:
    try:
        text = unit.replaced(begin, end, new)
        ast.parse(text)
    except (SyntaxError, ValueError):
        return
    yield Mutant(mutation, unit, text, *_lines(call))


def _lines(node: ast.expr) -> tuple[int, int]:
    return node.lineno, node.end_lineno or node.lineno


def _with_comma(text: str, begin: int, end: int) -> tuple[int, int]:
    """The span with the comma that goes with it, behind it or before."""
    if behind := re.compile(r"\s*,[ \t]*").match(text, end):
        return begin, behind.end()
    before = re.search(r",\s*$", text[:begin])
    return (before.start() if before else begin), end


def _last_import(tree: ast.Module) -> ast.stmt | None:
    """The last of the imports that the module begins with."""
    last = None
    for statement in tree.body:
        if isinstance(statement, ast.Import | ast.ImportFrom):
            last = statement
        elif not isinstance(statement, ast.Expr):
            break
    return last


def _imported(tree: ast.Module) -> set[str]:
    names = set()
    for statement in tree.body:
        if isinstance(statement, ast.Import | ast.ImportFrom):
            for alias in statement.names:
                names.add(alias.asname or alias.name.split(".")[0])
        elif not isinstance(statement, ast.Expr):
            break
    return names
