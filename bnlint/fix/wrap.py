"""BN201: make the train op in a block that waits for the update ops."""

from __future__ import annotations

import libcst as cst

from bnlint.finding import Finding
from bnlint.fix.edits import CannotFix, Edit, Fix
from bnlint.fix.tree import Tree

_MAKERS = ("minimize", "apply_gradients")
_STATEMENTS = (cst.Assign, cst.AnnAssign, cst.Expr, cst.Return)


def propose(tree: Tree, finding: Finding) -> Fix:
    """Put the statement under ``control_dependencies``; raises CannotFix."""
    call = tree.call_at(finding.location)
    if not _makes(call):
        raise CannotFix("only minimize and apply_gradients are put into a block")
    line = _statement(tree, call)
    first, last = tree.span(line)
    start = tree.line(first)
    indent = tree.text[start:first].removeprefix("\ufeff")
    if indent.strip():
        raise CannotFix("the statement does not begin its line")
    statement = tree.text[first:last]
    if "\\\n" in statement or "\\\r" in statement or '"""' in statement or "'''" in statement:
        raise CannotFix("the statement's lines cannot be moved to the right")
    tf = _alias(tree)
    head = f"with {tf}.control_dependencies({tf}.get_collection({tf}.GraphKeys.UPDATE_OPS)):"
    unit = tree.module.default_indent
    newline = tree.module.default_newline
    begin = first - len(indent)
    edits = [Edit(begin, begin, f"{indent}{head}{newline}{unit}")]
    for match in range(first, last):
        after = tree.text[match + 1 : match + 2]
        if tree.text[match] == "\n" and after not in ("\r", "\n"):
            edits.append(Edit(match + 1, match + 1, unit))
    several = sum(map(_makes, tree.calls())) > 1
    return Fix(
        "make the train op in a block that waits for the update ops",
        tuple(edits),
        "unsafe" if several else "safe",
        "the file makes several train ops, and the step will run the updates of all networks "
        "built before it"
        if several
        else None,
    )


def _makes(call: cst.Call) -> bool:
    return isinstance(call.func, cst.Attribute) and call.func.attr.value in _MAKERS


def _statement(tree: Tree, call: cst.Call) -> cst.SimpleStatementLine:
    node: cst.CSTNode | None = call
    while node is not None and not isinstance(node, cst.SimpleStatementLine):
        node = tree.parent(node)
    if node is None or len(node.body) != 1 or not isinstance(node.body[0], _STATEMENTS):
        raise CannotFix("the call is not in a plain statement of its own")
    return node


def _alias(tree: Tree) -> str:
    """What the file calls TensorFlow 1's names: ``tf``, or ``tf.compat.v1`` if it says that."""
    for line in tree.module.body:
        if not isinstance(line, cst.SimpleStatementLine):
            continue
        for statement in line.body:
            if not isinstance(statement, cst.Import):
                continue
            for item in statement.names:
                name = tree.module.code_for_node(item.name)
                if name not in ("tensorflow", "tensorflow.compat.v1"):
                    continue
                alias = item.evaluated_alias or name
                old = f"{alias}.compat.v1"
                return old if f"{old}." in tree.text else alias
    raise CannotFix("the file does not import tensorflow by name at its top level")
