"""Classes whose constructor is made of their fields: named tuples, data classes, those of attrs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bnlint.interp.args import Args
from bnlint.interp.live_objects import Constructor
from bnlint.interp.values import (
    Builtin,
    Class,
    External,
    Instance,
    Known,
    Map,
    Object,
    Seq,
    Value,
)
from bnlint.source import ir

if TYPE_CHECKING:
    from bnlint.interp.interpreter import Interpreter
    from bnlint.interp.scope import Frame

FIELDS = "<fields>"
_DEFAULTS = "<defaults>"
_NEW = "<new>"

_GENERATORS = frozenset(
    [
        "dataclasses.dataclass",
        "attr.s",
        "attr.attrs",
        "attr.dataclass",
        "attr.define",
        "attr.frozen",
        "attr.mutable",
        "attrs.define",
        "attrs.frozen",
        "attrs.mutable",
    ]
)


def namedtuple(machine: Interpreter, args: Args, frame: Frame | None) -> Value:
    """``collections.namedtuple`` and ``typing.NamedTuple`` as functions."""
    names = args.get("field_names", 1) or args.get("fields", 1)
    fields: list[Value] = []
    if isinstance(names, Known) and isinstance(names.value, str):
        fields = [Known(n) for n in names.value.replace(",", " ").split()]
    elif isinstance(names, Seq):
        fields = [
            item.items[0] if isinstance(item, Seq) and item.items else item for item in names.items
        ]
    attrs: dict[str, Value] = {FIELDS: Seq("tuple", fields)}
    defaults = args.get("defaults")
    if defaults is not None:
        attrs[_DEFAULTS] = defaults
    return Class(None, "namedtuple", None, [], attrs)


def declare(machine: Interpreter, cls: Class, stmt: ir.ClassDef, frame: Frame) -> None:
    """Note the fields of a class statement that gets its constructor from them."""
    named = any(isinstance(b, External) and b.name == "typing.NamedTuple" for b in cls.bases)
    if not named and not any(_generates(machine, d, frame) for d in stmt.decorators):
        return
    inherited = [
        name for base in cls.bases if isinstance(base, Class) for name in base.fields() or ()
    ]
    names = dict.fromkeys([*inherited, *stmt.fields])
    cls.attrs[FIELDS] = Seq("tuple", [Known(name) for name in names])


def _generates(machine: Interpreter, decorator: ir.Expr, frame: Frame) -> bool:
    made = decorator.func if isinstance(decorator, ir.Call) else decorator
    if not isinstance(made, (ir.Name, ir.Attr)):
        return False
    value = machine.eval(made, frame)
    return isinstance(value, External) and value.name in _GENERATORS


def fill(machine: Interpreter, instance: Instance, args: Args) -> None:
    """Give a new instance the fields that its generated constructor gives it."""
    cls = instance.cls
    names = cls.fields() or []
    defaults = _defaults(cls)
    for index, name in enumerate(names):
        value = args.get(name, index)
        if value is None and not args.more:
            value = next((c.attrs[name] for c in cls.mro() if name in c.attrs), None)
            at = index - len(names) + len(defaults)
            if value is None and at >= 0:
                value = defaults[at]
        if value is None:
            key = machine.state.keys.of("attr", instance.key, name)
            value = machine.state.unknown(f"nothing gives the field {name}", "field", key)
        instance.attrs[name] = value


def _defaults(cls: Class) -> list[Value]:
    """Those of the last fields of a named tuple, however they were set."""
    found = cls.attrs.get(_DEFAULTS)
    new = cls.attrs.get(_NEW)
    if isinstance(new, Object):
        found = new.attrs.get("__defaults__", found)
    return list(found.items) if isinstance(found, Seq) else []


def class_member(machine: Interpreter, cls: Class, name: str) -> Value | None:
    """What a named tuple's class has beside its fields."""
    names = cls.fields()
    if names is None:
        return None
    if name == "_fields":
        return Seq("tuple", [Known(field) for field in names])
    if name == "_make":
        return Builtin(name, lambda m, a, _: _make(m, cls, a))
    if name == "__new__" and "__new__" not in cls.attrs:
        # Its __defaults__ are those of the fields.
        return cls.attrs.setdefault(_NEW, Constructor(("", (0, 0, 0, 0))))
    return None


def _make(machine: Interpreter, cls: Class, args: Args) -> Value:
    given = args.get("iterable", 0)
    items, exact = machine.iterate(given) if given is not None else ([], False)
    return machine.call(cls, Args(items, {}, args.place, more=not exact), None)


def member(machine: Interpreter, instance: Instance, name: str) -> Value | None:
    """A method that a named tuple has."""
    if instance.cls.fields() is None:
        return None
    if name == "_replace":
        return Builtin(name, lambda m, a, _: _replaced(m, instance, a))
    if name == "_asdict":
        return Builtin(name, lambda *_: _as_dict(instance))
    return None


def replace(machine: Interpreter, args: Args, frame: Frame | None) -> Value:
    """``dataclasses.replace`` and ``attr.evolve``."""
    instance = args.get("obj", 0) or args.get("inst")
    if not isinstance(instance, Instance):
        return machine.unknown_from("a copy", *args.values())
    return _replaced(machine, instance, args)


def as_dict(machine: Interpreter, args: Args, frame: Frame | None) -> Value:
    """``dataclasses.asdict``."""
    instance = args.get("obj", 0) or args.get("inst")
    if not isinstance(instance, Instance) or instance.cls.fields() is None:
        return machine.unknown_from("a dict of fields", *args.values())
    return _as_dict(instance)


def field(machine: Interpreter, args: Args, frame: Frame | None) -> Value:
    """``dataclasses.field`` and ``attr.ib``: as a class attribute it is its default."""
    default = args.get("default")
    return default if default is not None else machine.unknown_from("a field", *args.values())


def _replaced(machine: Interpreter, instance: Instance, args: Args) -> Value:
    state = machine.state
    made = Instance(instance.cls, state.keys.of("instance", state.fresh()), state.paths.now)
    made.open = instance.open or args.more
    made.attrs.update(instance.attrs)
    made.attrs.update(args.kwargs)
    if args.more:
        for name in instance.cls.fields() or ():
            if name not in args.kwargs:
                made.attrs[name] = state.unknown(f"the field {name} may be replaced")
    return made


def _as_dict(instance: Instance) -> Value:
    out = Map(not instance.open)
    for name in instance.cls.fields() or ():
        if name in instance.attrs:
            out.put(Known(name), instance.attrs[name])
    return out
