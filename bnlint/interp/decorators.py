"""What decorators make of a function or a class."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bnlint.interp.args import Args
from bnlint.interp.live_objects import GeneratorContext
from bnlint.interp.scope import Frame
from bnlint.interp.values import (
    Api,
    Bound,
    Builtin,
    Class,
    Descriptor,
    External,
    Func,
    Partial,
    Unknown,
    Value,
)
from bnlint.source import ir

if TYPE_CHECKING:
    from bnlint.interp.interpreter import Interpreter


def decorate(
    machine: Interpreter, decorator: Value, value: Value, frame: Frame, node: ir.Expr
) -> Value:
    """Apply a decorator; one from outside the project is taken to keep the function's meaning."""
    if isinstance(decorator, Builtin) and decorator.name in (
        "property",
        "staticmethod",
        "classmethod",
    ):
        return Descriptor(decorator.name, value)
    if isinstance(decorator, External):
        last = decorator.name.rsplit(".", 1)[-1]
        if last in ("contextmanager", "contextlib") and isinstance(value, Func):

            def deferred(_: Interpreter, args: Args, __: Frame | None) -> Value:
                return GeneratorContext(args.place, value, args)

            return Builtin(f"contextmanager {value.name}", deferred)
        if last in ("cached_property", "abstractproperty", "lazy_property"):
            return Descriptor("property", value)
        return value
    if isinstance(decorator, Api):
        if decorator.name.endswith(".add_arg_scope") and isinstance(value, Func):
            value.arg_scoped = True
        return value
    if isinstance(decorator, (Func, Bound, Class, Partial)):
        place = machine.place(frame, node)
        result = machine.call(decorator, Args([value], {}, place), frame)
        return value if isinstance(result, Unknown) else result
    accessor = isinstance(node, ir.Attr) and node.attr in ("setter", "getter", "deleter")
    if accessor and isinstance(value, Func):
        # @name.setter: the property stays, its setter is kept beside it.
        if isinstance(node, ir.Attr) and node.attr == "setter":
            frame.locals[f"<setter {value.name}>"] = value
        return frame.locals.get(value.name, value)
    return value
