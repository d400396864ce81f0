"""How a class is made: its body, then what its bases, its metaclass and its decorators do with it.

That is how classes enter a registry that a program looks them up in later.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bnlint.interp import decorators, records
from bnlint.interp.args import Args
from bnlint.interp.choices import Choice
from bnlint.interp.scope import Frame
from bnlint.interp.values import Class, Descriptor, Func, Known, Map, Seq, Value

if TYPE_CHECKING:
    from bnlint.interp.interpreter import Interpreter
    from bnlint.source import ir

_METACLASS = "__metaclass__"  # as Python 2 says it; it is inherited
_BASES_A_STEP = 8  # what is looked up in so many bases costs as much as a step


def define(machine: Interpreter, stmt: ir.ClassDef, frame: Frame) -> Value:
    """What the name of a class statement is bound to."""
    bases = [machine.eval(b.value, frame) for b in stmt.bases if b.name is None]
    given = {b.name: machine.eval(b.value, frame) for b in stmt.bases if b.name is not None}
    attrs: dict[str, Value] = {}
    cls = Class(stmt, stmt.name, frame.module, bases, attrs)
    body = Frame(frame.module, attrs, frame if frame.locals is not frame.module.globals else None)
    body.cls = cls
    body.guard = machine.state.paths.now
    machine.block(stmt.body, body)
    machine.state.steps += len(cls.mro()) // _BASES_A_STEP
    records.declare(machine, cls, stmt, frame)
    metaclass = given.pop("metaclass", None)
    if metaclass is not None:
        attrs[_METACLASS] = metaclass
    value: Value = _by_metaclass(machine, cls, machine.place(frame, stmt))
    for base in cls.bases:
        if isinstance(base, Class):
            base.derived.append(cls)
    _tell_bases(machine, cls, Args([cls], given, machine.place(frame, stmt)))
    for decorator in reversed(stmt.decorators):
        made = decorators.decorate(machine, machine.eval(decorator, frame), value, frame, decorator)
        value = made if isinstance(made, (Class, Func, Choice)) else value
    return value


def _by_metaclass(machine: Interpreter, cls: Class, place: tuple[str, ir.Span]) -> Value:
    """The class, having gone through ``__new__`` and ``__init__`` of its metaclass."""
    metaclass = next((c.attrs[_METACLASS] for c in cls.mro() if _METACLASS in c.attrs), None)
    if not isinstance(metaclass, Class):
        return cls
    namespace = Map()
    for name, member in cls.attrs.items():
        namespace.put(Known(name), member)
    told: list[Value] = [Known(cls.name), Seq("tuple", list(cls.bases)), namespace]
    value: Value = cls
    making = machine.state.making
    making.append(cls)
    try:
        new = _own(metaclass, "__new__")
        if new is not None:
            made = machine.call(new, Args([metaclass, *told], {}, place), None)
            value = made if isinstance(made, Class) else cls
        init = _own(metaclass, "__init__")
        if init is not None:
            machine.call(init, Args([value, *told], {}, place), None)
    finally:
        making.pop()
    return value


def _tell_bases(machine: Interpreter, cls: Class, args: Args) -> None:
    for base in cls.mro()[1:]:
        if "__init_subclass__" in base.attrs and (hook := _member(base, "__init_subclass__")):
            machine.call(hook, args, None)
            return


def _own(cls: Class, name: str) -> Value | None:
    return next((found for c in cls.mro() if (found := _member(c, name)) is not None), None)


def _member(cls: Class, name: str) -> Value | None:
    found = cls.attrs.get(name)
    found = found.func if isinstance(found, Descriptor) else found
    return found if isinstance(found, Func) else None
