"""What each kind of statement does to an abstract run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bnlint.interp import (
    bypass,
    classes,
    comparisons,
    containers,
    contexts,
    decorators,
    dicts,
    exceptions,
    loops,
    operators,
    stages,
)
from bnlint.interp.choices import ABSENT, Choice
from bnlint.interp.guards import FALSE, TRUE, Guard
from bnlint.interp.scope import Ended, Frame
from bnlint.interp.syntax import contains_yield, is_unwritten, refuses
from bnlint.interp.values import NONE, Api, External, Known, Map, ModuleEnv, Seq, Value
from bnlint.source import ir

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from bnlint.interp.interpreter import Interpreter


def _expr(machine: Interpreter, stmt: ir.ExprStmt, frame: Frame) -> Ended:
    if stmt.value.__class__ is ir.Const:
        frame.has_gap = frame.has_gap or is_unwritten(stmt)
    machine.eval(stmt.value, frame)
    return False


def _assign(machine: Interpreter, stmt: ir.Assign, frame: Frame) -> Ended:
    value = machine.eval(stmt.value, frame)
    for target in stmt.targets:
        machine.bind(target, value, frame)
    return False


def _aug_assign(machine: Interpreter, stmt: ir.AugAssign, frame: Frame) -> Ended:
    old = machine.eval(stmt.target, frame)
    new = machine.eval(stmt.value, frame)
    op = stmt.op.rstrip("=") or stmt.op
    if isinstance(old, Choice):
        parts = [v for _, v in machine.state.paths.alternatives(old)]
        if op == "+" and all(isinstance(v, Seq) and v.kind == "list" for v in parts):
            machine.state.paths.split(old, lambda one: _extend(machine, one, new))
            return False
    elif isinstance(old, Seq) and old.kind == "list" and op == "+":
        _extend(machine, old, new)
        return False
    machine.bind(
        stmt.target, operators.binary(machine, op, old, new, machine.place(frame, stmt)), frame
    )
    return False


def _extend(machine: Interpreter, target: Value, new: Value) -> Value:
    assert isinstance(target, Seq)
    items, exact = machine.iterate(new)
    machine.state.paths.append(target, items)
    target.exact = target.exact and exact
    return NONE


def _return(machine: Interpreter, stmt: ir.Return, frame: Frame) -> Ended:
    value = machine.eval(stmt.value, frame) if stmt.value is not None else NONE
    frame.returns.append((machine.state.paths.now, value))
    return True


def _delete(machine: Interpreter, stmt: ir.Delete, frame: Frame) -> Ended:
    for target in stmt.targets:
        if isinstance(target, ir.Name):
            if target.id in frame.locals:
                machine.state.paths.write(frame.locals, target.id, ABSENT, frame.guard)
        elif isinstance(target, ir.Subscript):
            owner, index = machine.eval(target.value, frame), target.index
            for guard, one in machine.state.paths.alternatives(owner):
                before = machine.state.paths.now
                machine.state.paths.now = guard
                _delete_item(machine, one, index, frame)
                machine.state.paths.now = before
    return False


def _delete_item(machine: Interpreter, value: Value, index: ir.Expr, frame: Frame) -> None:
    if isinstance(value, Seq):
        whole = isinstance(index, ir.Slice) and index.lower is None and index.upper is None
        if whole:
            machine.state.paths.replace(value, [])
        else:
            position = NONE if isinstance(index, ir.Slice) else machine.eval(index, frame)
            containers.delete_at(machine, value, position)
    elif isinstance(value, Map):
        dicts.remove(machine, value, machine.eval(index, frame))


def _scope_decl(machine: Interpreter, stmt: ir.ScopeDecl, frame: Frame) -> Ended:
    if stmt.kind == "global":
        if frame.locals is not frame.module.globals:
            frame.global_names = (frame.global_names or set()) | set(stmt.names)
    else:
        for name in stmt.names:
            outer = frame.parent.find(name) if frame.parent else None
            if outer is not None:
                frame.outer_names = {**(frame.outer_names or {}), name: outer}
    return False


def _import(machine: Interpreter, stmt: ir.Import, frame: Frame) -> Ended:
    for item in stmt.names:
        module = machine.modules.load(machine, item.name, 0, frame.module.path)
        if isinstance(module, External) and _is_missing(machine, item.name, 0, stmt, frame):
            return True
        if item.alias is not None:
            machine.store(item.alias, module, frame)
        else:
            head = item.name.split(".")[0]
            root = (
                module
                if head == item.name
                else machine.modules.load(machine, head, 0, frame.module.path)
            )
            machine.store(head, root, frame)
    return False


def _is_missing(
    machine: Interpreter,
    dotted: str,
    level: int,
    stmt: ir.Stmt,
    frame: Frame,
    *,
    sure: bool = False,
) -> bool:
    """Whether the program goes on where an import fails, as it does here.

    One of the project's own that is not there is noted, unless the program copes. A name of a
    library fails, too, if the project has the same module where the handler looks for it. ``sure``
    is whether nothing but the project can have it.
    """
    state, path = machine.state, frame.module.path
    resolver = machine.modules.resolver
    lacks = resolver.lacks(dotted, level, path, state.sys_path)
    if not state.instead:
        if lacks:
            state.not_found[path, stmt.span[0]] = "." * level + dotted
        return False
    elsewhere = (
        _is_the_same(dotted, other)
        and resolver.resolve(other, dots, path, state.sys_path) is not None
        for dots, other in state.instead[-1]
    )
    if not sure and not lacks and not any(elsewhere):
        return False
    state.paths.leave("ImportError", machine.place(frame, stmt))
    return True


def _is_the_same(one: str, other: str) -> bool:
    """Whether two names may mean one module, seen from two folders: one ends with the other."""
    short, long = sorted((one.split("."), other.split(".")), key=len)
    return long[len(long) - len(short) :] == short


def _import_from(machine: Interpreter, stmt: ir.ImportFrom, frame: Frame) -> Ended:
    if stmt.module == "__future__":
        return False
    module = machine.modules.load(machine, stmt.module, stmt.level, frame.module.path)
    if isinstance(module, External) and _is_missing(machine, stmt.module, stmt.level, stmt, frame):
        return True
    for item in stmt.names:
        if item.name == "*":
            if isinstance(module, (Api, External)):
                _add_stars(frame.module.stars, [module.name])
            if isinstance(module, ModuleEnv):
                _add_stars(frame.module.stars, module.stars)
                listed = module.globals.get("__all__")
                names = (
                    {i.value for i in listed.items if isinstance(i, Known)}
                    if isinstance(listed, Seq)
                    else {n for n in module.globals if not n.startswith("_")}
                )
                for name in names:
                    if name in module.globals:
                        machine.store(name, module.globals[name], frame)
            continue
        value = machine.modules.member(machine, module, item.name)
        if isinstance(module, ModuleEnv) and machine.modules.shows_all(module, item.name):
            dotted = f"{stmt.module}.{item.name}" if stmt.module else item.name
            if _is_missing(machine, dotted, stmt.level, stmt, frame, sure=True):
                return True
        machine.store(item.alias or item.name, value, frame)
    return False


def _add_stars(known: list[str], more: Sequence[str]) -> None:
    """Each once: modules that star-import each other twice would double them at every step."""
    known.extend(name for name in dict.fromkeys(more) if name not in known)


def _if(machine: Interpreter, stmt: ir.If, frame: Frame) -> Ended:
    test = machine.eval(stmt.test, frame)
    bypass.note_mode(machine, stmt.test, test, frame)
    paths = machine.state.paths
    machine.state.conditions.asking = machine.place(frame, stmt.test)
    truth = machine.guard_of(test)
    on_true, on_false = paths.guards.split(paths.now, truth)
    if on_false == FALSE and truth == TRUE and not paths.tries and _to_be_filled_in(stmt):
        return False
    body, orelse = bypass.branches(machine, stmt, frame, on_true, on_false)
    body, orelse = stages.branches(machine, stmt, frame, body, orelse)
    if on_false == FALSE:
        return body()
    if on_true == FALSE:
        return orelse()
    return machine.fork([(on_true, body), (on_false, orelse)])


def _to_be_filled_in(stmt: ir.If) -> bool:
    """Whether a constant stands for what a user writes there, and is refused as long as it does.

    Nobody runs the program like that, so it does not end there.
    """
    return not stmt.orelse and not isinstance(stmt.test, ir.Const) and refuses(stmt.body)


def _match(machine: Interpreter, stmt: ir.Match, frame: Frame) -> Ended:
    subject = machine.eval(stmt.subject, frame)
    paths = machine.state.paths
    guards = paths.guards
    parts: list[tuple[Guard, Callable[[], Ended]]] = []
    left = paths.now
    for case in stmt.cases:
        paths.now = left
        takes = TRUE
        if case.literal is not None:
            literal = machine.eval(case.literal, frame)
            place = machine.place(frame, case)
            takes = machine.guard_of(comparisons.compare(machine, "==", subject, literal, place))
        paths.now = guards.conj(left, takes)
        if paths.now == FALSE:
            continue
        for name in case.binds:
            machine.store(name, machine.unknown_from("a matched part", subject), frame)
        if case.guard is not None:
            takes = guards.conj(takes, machine.guard_of(machine.eval(case.guard, frame)))
        parts.append(
            (guards.conj(left, takes), lambda case=case: machine.block(case.body, frame))  # type: ignore[misc]
        )
        left = guards.minus(left, takes)
        if left == FALSE:
            break
    parts.append((left, lambda: False))
    return machine.fork((guard, part) for guard, part in parts if guard != FALSE)


def _function(machine: Interpreter, stmt: ir.FunctionDef, frame: Frame) -> Ended:
    generator = machine.modules.generators.get(id(stmt))
    if generator is None:
        generator = machine.modules.generators[id(stmt)] = contains_yield(stmt.body)
    func = machine.make_function(stmt, stmt.name, stmt.params, frame, generator)
    value: Value = func
    for decorator in reversed(stmt.decorators):
        value = decorators.decorate(
            machine, machine.eval(decorator, frame), value, frame, decorator
        )
    machine.store(stmt.name, value, frame)
    return False


def _class(machine: Interpreter, stmt: ir.ClassDef, frame: Frame) -> Ended:
    machine.store(stmt.name, classes.define(machine, stmt, frame), frame)
    return False


STATEMENTS: dict[type, Callable[[Interpreter, Any, Frame], Ended]] = {
    ir.ExprStmt: _expr,
    ir.Assign: _assign,
    ir.AugAssign: _aug_assign,
    ir.Return: _return,
    ir.Raise: exceptions.run_raise,
    ir.Assert: exceptions.run_assert,
    ir.Delete: _delete,
    ir.Jump: loops.jump,
    ir.ScopeDecl: _scope_decl,
    ir.Import: _import,
    ir.ImportFrom: _import_from,
    ir.If: _if,
    ir.For: loops.run_for,
    ir.While: loops.run_while,
    ir.With: contexts.run_with,
    ir.Try: exceptions.run_try,
    ir.Match: _match,
    ir.FunctionDef: _function,
    ir.ClassDef: _class,
}
