"""Objects of classes that derive from ``dict``: options that are read as attributes, mostly."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bnlint.interp import dicts, truth
from bnlint.interp.values import (
    NONE,
    TRUE,
    Builtin,
    Class,
    External,
    Instance,
    Known,
    Map,
    Method,
    Value,
)

if TYPE_CHECKING:
    from bnlint.interp.args import Args
    from bnlint.interp.interpreter import Interpreter
    from bnlint.interp.scope import Frame

_IS_DICT = "<own attributes>"
_METHODS = frozenset(
    [
        "clear",
        "copy",
        "get",
        "has_key",
        "items",
        "iteritems",
        "iterkeys",
        "itervalues",
        "keys",
        "pop",
        "setdefault",
        "update",
        "values",
    ]
)


def is_dict(cls: Class) -> bool:
    """Whether a class derives from ``dict``."""
    return any(
        (isinstance(base, Builtin) and base.name == "dict")
        or (isinstance(base, External) and base.name == "collections.OrderedDict")
        for base in cls.foreign_bases()
    )


def begin(machine: Interpreter, instance: Instance) -> Map:
    """An object of such a class holds nothing yet."""
    held = Map()
    held.born = machine.state.paths.now
    instance.attrs[dicts.HELD] = held
    return held


def held_by(value: Value) -> Map | None:
    """The entries of such an object."""
    held = value.attrs.get(dicts.HELD) if isinstance(value, Instance) else None
    return held if isinstance(held, Map) else None


def tells(machine: Interpreter, held: Map, key: Value) -> bool:
    """Whether the entries say what is under a key: else the object is asked, always the same."""
    return held.exact or dicts.entry(machine, held, key) is not None


def attribute(machine: Interpreter, instance: Instance, name: str) -> Value | None:
    """A method of ``dict``, or an entry where ``self.__dict__ = self`` makes it an attribute."""
    held = held_by(instance)
    if held is None:
        return None
    if _IS_DICT in instance.attrs:
        found = dicts.entry(machine, held, Known(name))
        if found is not None:
            return machine.state.paths.read(machine.state.paths.present(found))
    if name == "get" and not held.exact:
        return Builtin("dict.get", lambda m, args, _: get(m, instance, held, args), True)
    return Method(held, name) if name in _METHODS else None


def get(machine: Interpreter, instance: Instance, held: Map, args: Args) -> Value:
    """``get(key, default)``."""
    key = args.positional[0] if args.positional else NONE
    if tells(machine, held, key):
        return machine.call(Method(held, "get"), args, None)
    keys = [truth.key_of(machine, value) for value in (instance, key)]
    return machine.state.unknown("an element of an unknown value", "subscript", *keys)


def of_super(machine: Interpreter, instance: Instance, name: str) -> Value | None:
    """``super().__init__(…)``, ``super().__setitem__(key, value)`` and their kin."""
    held = held_by(instance)
    if held is None:
        return None

    def update(machine: Interpreter, args: Args, frame: Frame | None) -> Value:
        return machine.call(Method(held, "update"), args, frame)

    def read(machine: Interpreter, args: Args, frame: Frame | None) -> Value:
        return get(machine, instance, held, args)

    def put(machine: Interpreter, args: Args, frame: Frame | None) -> Value:
        if len(args.positional) > 1:
            dicts.put(machine, held, args.positional[0], args.positional[1])
        return NONE

    if name in ("__init__", "__getitem__", "__setitem__"):
        use = {"__init__": update, "__getitem__": read, "__setitem__": put}[name]
        return Builtin(f"dict.{name}", use, True)
    return Method(held, name) if name in _METHODS else None


def keep(machine: Interpreter, instance: Instance, name: str, new: Value) -> bool:
    """Whether an attribute that is set becomes an entry, which it does then."""
    held = held_by(instance)
    if held is None:
        return False
    if name == "__dict__" and new is instance:
        instance.attrs[_IS_DICT] = TRUE
        return True
    shown = all(machine.find(instance, n) is not None for n in ("__getattr__", "__setattr__"))
    if not shown and _IS_DICT not in instance.attrs:
        return False
    dicts.put(machine, held, Known(name), new)
    return True
