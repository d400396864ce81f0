"""BN201 to BN205: make the train op wait for the update ops of the layers that it trains."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from bnlint.finding import Aim, Finding, Level, Location
from bnlint.fix.blocks import dedented, shifted, siblings, statement, unit, wrapped
from bnlint.fix.edits import CannotFix, Change, Plan
from bnlint.fix.names import TensorFlow, tensorflow
from bnlint.fix.sources import Sources
from bnlint.fix.tree import Tree

_MAKERS = ("minimize", "apply_gradients", "create_train_op", "optimize_loss")


def propose(sources: Sources, finding: Finding, aim: Aim) -> Iterator[Plan]:
    """The repairs of a train op, the one that changes least first; raises CannotFix."""
    tree = sources.tree(aim.place.path)
    train = statement(tree, tree.around(aim.place))
    names = tensorflow(tree, train)
    several = sum(map(_makes, tree.calls)) > 1
    level: Level = "unsafe" if several else "safe"
    why = (
        "the file makes several train ops, and the step will run the updates of all networks "
        "built before it"
        if several
        else None
    )
    if finding.rule.code in ("BN202", "BN203") and aim.broken is not None:
        yield from _moved_block(sources, aim.broken, tree, train, names, level, why)
    if finding.rule.code == "BN204" and aim.broken is not None:
        yield from _moved_read(sources, aim.broken, tree, train, level, why)
    if finding.rule.code == "BN205" and aim.broken is not None:
        yield from _righted_read(sources, aim, level, why)
    reads = [names.read(aim.key)]
    if several and aim.scope is not None:
        scoped = names.read(aim.key, aim.scope)
        for changes in _waiting(tree, train, names, scoped):
            yield Plan(
                f"make the train op in a block that waits for the update ops of {aim.scope}",
                changes,
                "unsafe",
                "the file makes several train ops; the step will run all updates under "
                f"{aim.scope}, and needs what they are fed with",
            )
    for read in reads:
        for changes in _waiting(tree, train, names, read):
            yield Plan(
                "make the train op in a block that waits for the update ops", changes, level, why
            )


def _waiting(
    tree: Tree,
    train: cst.SimpleStatementLine | cst.SimpleStatementSuite,
    names: TensorFlow,
    read: str,
) -> Iterator[tuple[Change, ...]]:
    """The block around the statement extended, else a block of its own."""
    block = next(
        (up for up in tree.above(train) if isinstance(up, (cst.With, cst.FunctionDef))), None
    )
    awaited = _awaited(block) if isinstance(block, cst.With) else None
    if isinstance(awaited, cst.List):
        start, end = tree.span(awaited)
        change = (
            Change(tree.path, end, end, f" + {read}")
            if awaited.elements
            else Change(tree.path, start, end, read)
        )
        yield (*names.imports, change)
    yield (*names.imports, *wrapped(tree, train, names.block(read)))


def _makes(call: cst.Call) -> bool:
    func = call.func
    name = func.attr.value if isinstance(func, cst.Attribute) else ""
    name = func.value if isinstance(func, cst.Name) else name
    return name in _MAKERS


def _awaited(block: cst.With) -> cst.BaseExpression | None:
    """What a ``control_dependencies`` block waits for."""
    if len(block.items) != 1 or not isinstance(block.items[0].item, cst.Call):
        return None
    call = block.items[0].item
    named = isinstance(call.func, cst.Attribute) and call.func.attr.value == "control_dependencies"
    return call.args[0].value if named and len(call.args) == 1 else None


def _moved_block(
    sources: Sources,
    broken: Location,
    tree: Tree,
    train: cst.SimpleStatementLine | cst.SimpleStatementSuite,
    names: TensorFlow,
    level: Level,
    why: str | None,
) -> Iterator[Plan]:
    """The block that holds the wrong thing: stretched to the train op, or moved there."""
    if broken.path != tree.path:
        return
    node = tree.around(broken)
    block = next((up for up in (node, *tree.above(node)) if isinstance(up, cst.With)), None)
    awaited = _awaited(block) if block is not None else None
    if block is None or awaited is None:
        return
    around = siblings(tree, block)
    if (
        train in around
        and isinstance(train, cst.SimpleStatementLine)
        and around.index(train) == around.index(block) + 1
        and isinstance(block.body, cst.IndentedBlock)
    ):
        first, last = tree.span(train)
        step = unit(tree, tree.span(block.body.body[0])[0])
        begin = tree.line(first)
        changes = (
            Change(tree.path, begin, begin, step),
            *shifted(tree, first, last, step),
        )
        yield Plan("make the train op inside the block", changes, level, why)
    if not _known_before(tree, awaited, train):
        return
    head = f"with {tree.source(block.items[0])}:"
    try:
        changes = (*dedented(tree, block), *wrapped(tree, train, head))
    except CannotFix:
        return
    yield Plan("move the block to the train op", changes, level, why)


def _known_before(tree: Tree, value: cst.BaseExpression, train: cst.CSTNode) -> bool:
    """Whether an expression can be evaluated in front of the train op, too."""
    if isinstance(value, cst.Call):
        return not any(isinstance(a.value, cst.Name) for a in value.args)
    if not isinstance(value, cst.Name):
        return False
    start = tree.span(train)[0]
    scope = tree.scope(train)
    return any(
        isinstance(node, cst.Assign)
        and any(
            isinstance(t.target, cst.Name) and t.target.value == value.value for t in node.targets
        )
        and tree.scope(node) is scope
        and tree.span(node)[1] <= start
        and tree.parent(tree.parent(node) or node) in (scope, getattr(scope, "body", None))
        for node in tree.nodes
    )


def _moved_read(
    sources: Sources,
    broken: Location,
    tree: Tree,
    train: cst.SimpleStatementLine | cst.SimpleStatementSuite,
    level: Level,
    why: str | None,
) -> Iterator[Plan]:
    """The statement that reads the collection, moved in front of the block of the train op."""
    if broken.path != tree.path:
        return
    read = tree.around(broken)
    line = next((up for up in tree.above(read) if isinstance(up, cst.BaseStatement)), None)
    if not isinstance(line, cst.SimpleStatementLine) or len(line.body) != 1:
        return
    assign = line.body[0]
    if not isinstance(assign, cst.Assign) or len(assign.targets) != 1:
        return
    target = assign.targets[0].target
    if not isinstance(target, cst.Name) or tree.scope(line) is not tree.scope(train):
        return
    uses = [
        node
        for node in tree.nodes
        if isinstance(node, cst.Name) and node.value == target.value and node is not target
    ]
    block = next(
        (
            up
            for up in (train, *tree.above(train))
            if isinstance(up, cst.BaseStatement)
            and any(tree.span(up)[0] <= tree.span(u)[0] < tree.span(up)[1] for u in uses)
        ),
        None,
    )
    if block is None or isinstance(block, cst.FunctionDef):
        return
    at = tree.line(tree.span(block)[0])
    indent = tree.text[at : tree.span(block)[0]]
    first, last = tree.span(line)
    between = [u for u in uses if last <= tree.span(u)[0] < tree.span(block)[0]]
    if indent.strip() or at < last:
        return
    text = f"{indent}{tree.source(line)}{tree.newline}"
    if not between and not tree.text[tree.line(first) : first].strip():
        gone = Change(tree.path, tree.line(first), tree.next_line(last), "")
        changes = (gone, Change(tree.path, at, at, text))
        alone = len(siblings(tree, line)) > 1 and not _comment(tree, last)
        if alone:
            yield Plan("read the collection where it is complete", changes, level, why)
            return
    yield Plan(
        "read the collection again where it is complete",
        (Change(tree.path, at, at, text),),
        level,
        why,
    )


def _comment(tree: Tree, offset: int) -> bool:
    return bool(tree.text[offset : tree.next_line(offset)].strip())


def _righted_read(sources: Sources, aim: Aim, level: Level, why: str | None) -> Iterator[Plan]:
    """The key, then the scope, of the read that finds nothing."""
    assert aim.broken is not None
    tree = sources.tree(aim.broken.path)
    call = tree.call_at(aim.broken)
    if not call.args or call.args[0].star:
        return
    names = tensorflow(tree, call)
    key = call.args[0].value
    wanted = names.read(aim.key)
    argument = wanted[wanted.index("(") + 1 : -1]
    start, end = tree.span(key)
    if tree.source(key) != argument:
        changes = (*names.imports, Change(tree.path, start, end, argument))
        yield Plan(f"read the collection {argument}", changes, level, why)
    if len(call.args) > 1:
        last = tree.span(call.args[-1].value)[1]
        wide = (Change(tree.path, end, last, ""),)
        yield Plan(
            "read the whole collection, without a scope",
            wide,
            "unsafe",
            "the scope may have been meant to leave other networks' updates out",
        )
