"""Attribute access on abstract values."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bnlint.interp import api, objects, own_dicts, records
from bnlint.interp.args import Args
from bnlint.interp.choices import ABSENT, Choice
from bnlint.interp.effects import keras
from bnlint.interp.guards import FALSE, TRUE
from bnlint.interp.nodes import Node, nodes_in
from bnlint.interp.values import (
    NONE,
    Api,
    Attributes,
    Bound,
    Builtin,
    Chosen,
    Class,
    Descriptor,
    External,
    Func,
    Instance,
    Known,
    Map,
    Method,
    ModuleEnv,
    Object,
    Partial,
    Place,
    Seq,
    Super,
    Text,
    Unknown,
    Value,
)

if TYPE_CHECKING:
    from bnlint.interp.interpreter import Interpreter


def get_attr(machine: Interpreter, value: Value, name: str, place: Place) -> Value:
    """``value.name``."""
    if isinstance(value, Choice):
        return machine.state.paths.split(value, lambda one: get_attr(machine, one, name, place))
    if isinstance(value, Api):
        return api_member(machine, value.name, name)
    if isinstance(value, Instance):
        return _instance_attr(machine, value, name, place)
    if isinstance(value, ModuleEnv):
        return machine.modules.member(machine, value, name)
    if isinstance(value, Node):
        return objects.node_attr(machine, value, name)
    if isinstance(value, Object):
        return objects.object_attr(machine, value, name)
    if isinstance(value, (Seq, Map, Known, Text)):
        return Method(value, name)
    if isinstance(value, Class):
        return _class_attr(machine, value, name)
    if isinstance(value, Super):
        return _super_attr(machine, value, name)
    if isinstance(value, External):
        return External(f"{value.name}.{name}")
    if isinstance(value, Func):
        stored = value.attrs.get(name)
        if stored is not None:
            return machine.state.paths.present(stored)
        if name == "__name__":
            return Known(value.name)
        if name == "__defaults__":
            return Seq("tuple", list(value.defaults.values())) if value.defaults else NONE
        return machine.state.unknown("a function's attribute", "attr", str(value.key), name)
    if isinstance(value, Bound):
        return get_attr(machine, value.func, name, place)
    if isinstance(value, Chosen):
        return get_attr(machine, value.func, name, place)
    if isinstance(value, Partial):
        if name == "func":
            return value.func
        return machine.state.unknown("a partial's attribute")
    if isinstance(value, Unknown):
        state = machine.state
        if state.keys.parts(value.key)[-1] == "GraphKeys":
            # Whatever module it is asked of: guides leave the import out.
            constant = api.constant(f"tf.GraphKeys.{name}")
            if constant is not None:
                return Known(constant)
        hint = None
        key = state.keys.of("attr", value.key, name)
        if state.keys.parts(value.key) == ("name", "FLAGS"):
            hint = state.flag_defaults.get(name)
            if name in state.flag_choices:
                state.conditions.close(key, state.flag_choices[name])
        plain = Unknown(value.reason, key, value.deps, hint)
        stored = state.unknown_attrs.get(value.key, {}).get(name)
        return plain if stored is None else state.paths.filled(stored, plain)
    return machine.state.unknown("an attribute", deps=nodes_in(value))


def api_member(machine: Interpreter, owner: str, name: str) -> Value:
    """A member of a TensorFlow module or class: a constant or a canonical symbol."""
    full = api.canonical(f"{owner}.{name}")
    patched = machine.state.patched.get(full)
    if patched is not None:
        return machine.state.paths.filled(patched, Api(full))
    constant = api.constant(full)
    if constant is not None:
        return Known(constant)
    if full.endswith(".FLAGS"):
        return machine.state.unknown("a command-line flag", "name", "FLAGS")
    last = owner.rpartition(".")[2]
    if last.isupper() and len(last) > 1:
        # A constant is no module: what it holds is not told by TensorFlow's names.
        key = machine.state.keys.of("external", owner)
        return machine.state.unknown(f"{owner} is an object", "attr", key, name)
    return Api(full)


def find(machine: Interpreter, instance: Instance, name: str) -> Value | None:
    """A class member bound to ``instance``; None if its project classes have none."""
    for cls in instance.cls.mro():
        found = cls.attrs.get(name)
        if found is not None:
            return _bind(machine, found, instance, instance.cls)
    return None


def _bind(machine: Interpreter, member: Value, instance: Instance, cls: Class) -> Value:
    if isinstance(member, Choice):
        paths = machine.state.paths
        return paths.split(paths.present(member), lambda one: _bind(machine, one, instance, cls))
    if isinstance(member, Descriptor):
        if member.kind == "staticmethod":
            return member.func
        if member.kind == "classmethod":
            return Bound(member.func, cls)
        return member
    if isinstance(member, Func):
        return Bound(member, instance)
    return member


def _instance_attr(machine: Interpreter, value: Instance, name: str, place: Place) -> Value:
    stored = value.attrs.get(name)
    if stored is None:
        return _inherited_attr(machine, value, name, place)
    stored = machine.state.resolve(stored)
    if not isinstance(stored, Choice) and stored is not ABSENT:
        return stored
    paths = machine.state.paths
    there = paths.guards.conj(paths.presence(stored), paths.now)
    if there == paths.now:
        return paths.present(stored)
    if there == FALSE:
        return _inherited_attr(machine, value, name, place)
    return paths.each(
        [
            (there, lambda: paths.present(stored)),
            (
                paths.guards.minus(paths.now, there),
                lambda: _inherited_attr(machine, value, name, place),
            ),
        ]
    )


def _inherited_attr(machine: Interpreter, value: Instance, name: str, place: Place) -> Value:
    """An attribute that an object has from its class, or from elsewhere."""
    member = find(machine, value, name)
    if isinstance(member, Descriptor):
        return machine.call(member.func, Args([value], {}, place), None)
    if member is not None:
        return member
    of_record = records.member(machine, value, name)
    if of_record is not None:
        return of_record
    if name == "__class__":
        return value.cls
    if name == "__dict__":
        return Attributes(value)
    of_dict = own_dicts.attribute(machine, value, name)
    if of_dict is not None:
        return of_dict
    fallback = find(machine, value, "__getattr__")
    held = own_dicts.held_by(value)
    if fallback is not None and held is not None and not isinstance(fallback, Bound):
        return own_dicts.get(machine, value, held, Args([Known(name)], {}, place))
    if fallback is not None:
        return machine.call(fallback, Args([Known(name)], {}, place), None)
    for base in value.cls.foreign_bases():
        if isinstance(base, Api):
            delegate = objects.for_base(machine, value, base.name, place)
            if base.name in keras.BASES and name in keras.INHERITED:
                delegate = keras.of_instance(value, place)
            if delegate is not None:
                return objects.object_attr(machine, delegate, name)
    key = machine.state.keys.of("attr", value.key, name)
    return Unknown(f"the attribute {name} is set elsewhere", key)


def _class_attr(machine: Interpreter, value: Class, name: str) -> Value:
    for cls in value.mro():
        if name in cls.attrs:
            member = machine.state.paths.present(cls.attrs[name])
            if isinstance(member, Descriptor):
                if member.kind == "classmethod":
                    return Bound(member.func, value)
                return member.func
            return member
    of_record = records.class_member(machine, value, name)
    if of_record is not None:
        return of_record
    if name == "__name__":
        return Known(value.name)
    if name == "__subclasses__":
        derived = list(value.derived)
        return Builtin(name, lambda *_: Seq("list", list(derived)))
    for base in value.foreign_bases():
        if isinstance(base, Api):
            return api_member(machine, base.name, name)
    return machine.state.unknown(
        "a class attribute", "attr", machine.state.keys.of("external", value.name), name
    )


def _super_attr(machine: Interpreter, value: Super, name: str) -> Value:
    receiver = value.receiver
    owner = receiver.cls if isinstance(receiver, Instance) else receiver
    if isinstance(owner, Class):
        order = owner.mro()
        after = order[order.index(value.cls) + 1 :] if value.cls in order else order
        for cls in after:
            if name in cls.attrs:
                member = cls.attrs[name]
                if isinstance(receiver, Instance):
                    return _bind(machine, member, receiver, receiver.cls)
                return member.func if isinstance(member, Descriptor) else Bound(member, receiver)
    if isinstance(receiver, Instance):
        of_dict = own_dicts.of_super(machine, receiver, name)
        if of_dict is not None:
            return of_dict
    if name == "__init__":
        return Builtin("object.__init__", lambda *_: machine.state.unknown("super"))
    if name == "__new__" and machine.state.making:
        made = machine.state.making[-1]
        return Builtin("type.__new__", lambda *_: made)
    if isinstance(receiver, Instance):
        for base in receiver.cls.foreign_bases():
            if isinstance(base, Api):
                delegate = objects.for_base(machine, receiver, base.name, ("", (0, 0, 0, 0)))
                if delegate is not None:
                    return Method(delegate, name)
    return machine.state.unknown("a member of a class outside the project")


def set_attr(machine: Interpreter, value: Value, name: str, new: Value) -> None:
    """``value.name = new``."""
    paths = machine.state.paths
    if isinstance(value, Choice):
        paths.split(value, lambda one: _set(machine, one, name, new))
    else:
        _set(machine, value, name, new)


def _set(machine: Interpreter, value: Value, name: str, new: Value) -> Value:
    paths = machine.state.paths
    if isinstance(value, Instance):
        for cls in value.cls.mro():
            member = cls.attrs.get(name)
            if isinstance(member, Descriptor) and member.kind == "property":
                setter = cls.attrs.get(f"<setter {name}>")
                if setter is not None:
                    place = ("", (0, 0, 0, 0))
                    machine.call(setter, Args([value, new], {}, place), None)
                    return NONE
        if own_dicts.keep(machine, value, name, new):
            return NONE
        if name == "__dict__" and isinstance(new, Map):
            for key, item in new.items.items():
                if isinstance(key, str):
                    paths.write(value.attrs, key, item, value.born)
            return NONE
        paths.write(value.attrs, name, new, value.born)
    elif isinstance(value, (Class, Func)):
        paths.write(value.attrs, name, new, TRUE)
    elif isinstance(value, ModuleEnv):
        paths.write(value.globals, name, new, value.born)
    elif isinstance(value, Object):
        paths.write(value.attrs, name, new, TRUE)
    elif isinstance(value, Api):
        paths.write(machine.state.patched, api.canonical(f"{value.name}.{name}"), new, TRUE)
    elif isinstance(value, Unknown):
        paths.write(machine.state.unknown_attrs.setdefault(value.key, {}), name, new, TRUE)
    return NONE
