"""Moving whole statements to the right, to the left, and into a ``with``."""

from __future__ import annotations

import libcst as cst

from bnlint.fix.edits import CannotFix, Change
from bnlint.fix.tree import Tree


def statement(tree: Tree, node: cst.CSTNode) -> cst.SimpleStatementLine | cst.SimpleStatementSuite:
    """The plain statement, with those that share its line, that holds a node."""
    for up in (node, *tree.above(node)):
        if isinstance(up, (cst.SimpleStatementLine, cst.SimpleStatementSuite)):
            return up
        if isinstance(up, (cst.FunctionDef, cst.ClassDef)):
            break
    raise CannotFix("the call is not in a plain statement of its own")


def indent_of(tree: Tree, offset: int) -> str:
    """The white space in front of an offset; raises CannotFix if something else is there."""
    indent = tree.text[tree.line(offset) : offset]
    if indent.strip():
        raise CannotFix("the statement does not begin its line")
    return indent


def unit(tree: Tree, offset: int) -> str:
    """One step of indentation: that of the block around, else of the file."""
    indent = indent_of(tree, offset)
    return "\t" if indent.endswith("\t") else tree.module.default_indent


def wrapped(
    tree: Tree, line: cst.SimpleStatementLine | cst.SimpleStatementSuite, head: str
) -> list[Change]:
    """Changes that put a statement under a compound header such as ``with …:``."""
    first, last = tree.span(line)
    newline = tree.newline
    if isinstance(line, cst.SimpleStatementSuite):
        # if x: statement
        owner = tree.parent(line)
        assert owner is not None
        start = first = tree.span(line.body[0])[0]
        while tree.text[start - 1] in " \t":
            start -= 1
        outer = indent_of(tree, tree.span(owner)[0])
        step = unit(tree, tree.span(owner)[0])
        text = f"{newline}{outer}{step}{head}{newline}{outer}{step}{step}"
        return [
            Change(tree.path, start, first, text),
            *shifted(tree, first, last, step + step),
        ]
    indent = indent_of(tree, first)
    step = unit(tree, first)
    begin = first - len(indent)
    return [
        Change(tree.path, begin, begin, f"{indent}{head}{newline}{step}"),
        *shifted(tree, first, last, step),
    ]


def shifted(tree: Tree, first: int, last: int, step: str) -> list[Change]:
    """Changes that move the lines that begin in a range to the right, strings and blanks apart."""
    return [
        Change(tree.path, start, start, step)
        for start in tree.line_starts(first, last)
        if not _in_string(tree, start) and tree.text[start : start + 1] not in ("\r", "\n", "")
    ]


def dedented(tree: Tree, block: cst.With) -> list[Change]:
    """Changes that take the header of a block away; raises CannotFix."""
    body = block.body
    if not isinstance(body, cst.IndentedBlock):
        raise CannotFix("the block is on one line")
    start = tree.span(block)[0]
    outer = indent_of(tree, start)
    first, last = tree.span(body.body[0])[0], tree.span(body.body[-1])[1]
    inner = indent_of(tree, first)
    step = inner.removeprefix(outer)
    top = tree.next_line(tree.span(block.items[-1])[1])
    changes = [Change(tree.path, tree.line(start), top, "")]
    for at in [top, *tree.line_starts(top, last)]:
        if _in_string(tree, at) or tree.text[at : at + 1] in ("\r", "\n", ""):
            continue
        if tree.text.startswith(inner, at):
            cut = at + len(outer)
            changes.append(Change(tree.path, cut, cut + len(step), ""))
    return changes


def _in_string(tree: Tree, offset: int) -> bool:
    return any(start < offset < end for start, end in tree.strings)


def siblings(tree: Tree, node: cst.CSTNode) -> list[cst.BaseStatement]:
    """The statements of the body that a statement is in."""
    parent = tree.parent(node)
    if isinstance(parent, (cst.IndentedBlock, cst.Module)):
        return [s for s in parent.body if isinstance(s, cst.BaseStatement)]
    return []
