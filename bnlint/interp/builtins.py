"""Python's own functions, as far as building a graph needs them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bnlint.interp import attributes, executing, iterables, subscripts, truth
from bnlint.interp.args import Args
from bnlint.interp.choices import ABSENT
from bnlint.interp.guards import FALSE as FALSE_GUARD
from bnlint.interp.lifting import lifted
from bnlint.interp.live_objects import BatchNormLayer
from bnlint.interp.loading import import_module
from bnlint.interp.nodes import Node, nodes_in
from bnlint.interp.overwriting import overwrite_attributes
from bnlint.interp.values import (
    FALSE,
    NONE,
    TRUE,
    Api,
    Bound,
    Builtin,
    Class,
    External,
    Func,
    Instance,
    Known,
    Map,
    ModuleEnv,
    Namespace,
    Object,
    Partial,
    Seq,
    Super,
    Unknown,
    Value,
)
from bnlint.source import ir

if TYPE_CHECKING:
    from bnlint.interp.interpreter import Interpreter
    from bnlint.interp.scope import Frame


def lookup(name: str) -> Value | None:
    """The builtin of that name, if bnlint gives it a meaning."""
    return _TABLE.get(name)


def _isinstance(machine: Interpreter, args: Args, frame: Frame | None) -> Value:
    if len(args.positional) != 2:
        return machine.state.unknown("isinstance")
    value, kinds = args.positional
    wanted = machine.iterate(kinds)[0] if isinstance(kinds, Seq) else [kinds]
    answers = [_is_instance(machine, value, k) for k in wanted]
    if any(a is True for a in answers):
        return TRUE
    if all(a is False for a in answers):
        return FALSE
    keys = [truth.key_of(machine, value), *(truth.key_of(machine, k) for k in wanted)]
    return machine.state.unknown("a type test", "isinstance", *keys)


def _is_instance(machine: Interpreter, value: Value, kind: Value) -> bool | None:
    if isinstance(kind, Class):
        if isinstance(value, Instance):
            return kind in value.cls.mro() or (None if value.cls.foreign_bases() else False)
        return None if isinstance(value, Unknown) else False
    if isinstance(kind, Builtin):
        if isinstance(value, Seq):
            return kind.name == value.kind
        if isinstance(value, Map):
            return kind.name == "dict"
        if isinstance(value, Known):
            return type(value.value).__name__ == kind.name or (
                kind.name == "int" and isinstance(value.value, bool)
            )
        return None if isinstance(value, Unknown) else False
    if isinstance(kind, Api) and isinstance(value, Object):
        return _is_layer(value, kind.name)
    if isinstance(kind, Api) and isinstance(value, (Known, Seq, Map, Func, Instance)):
        return False if kind.name in ("tf.Tensor", "tf.Variable", "tf.Operation") else None
    if isinstance(kind, Api) and isinstance(value, Node):
        return True if kind.name == "tf.Tensor" else None
    return None


_LAYERS = ("tf.layers.", "tf.keras.layers.")


def _is_layer(value: Object, kind: str) -> bool | None:
    """Whether a layer object is of a TensorFlow class; those of tf.layers derive from Keras'."""
    name = value.row.name if isinstance(value, BatchNormLayer) else value.label
    if not name.startswith(_LAYERS) or not kind.startswith(_LAYERS):
        return None
    own, other = name.rpartition(".")[2], kind.rpartition(".")[2]
    return other in (own, "Layer")


def _getattr(machine: Interpreter, args: Args, frame: Frame | None) -> Value:

    if len(args.positional) < 2:
        return machine.state.unknown("getattr")
    value, name = args.positional[:2]
    options = truth.options(machine, name)
    if options is not None:
        rest = args.positional[2:]
        return lifted(
            machine,
            Args([value, options, *rest], {}, args.place),
            lambda given: _getattr(machine, given, frame),
        )
    if isinstance(name, Known) and isinstance(name.value, str):
        if (
            len(args.positional) > 2
            and isinstance(value, Instance)
            and machine.state.paths.presence(value.attrs.get(name.value, ABSENT)) == FALSE_GUARD
            and attributes.find(machine, value, name.value) is None
        ):
            return args.positional[2]
        return attributes.get_attr(machine, value, name.value, args.place)
    hint = name.hint if isinstance(name, Unknown) else None
    if isinstance(hint, Known) and isinstance(hint.value, str) and not isinstance(value, Unknown):
        return attributes.get_attr(machine, value, hint.value, args.place)
    if isinstance(value, ModuleEnv):
        return subscripts.get_item(machine, _public(value), name, args.place)
    return machine.unknown_from("getattr with an unknown name", value)


def _public(module: ModuleEnv) -> Map:
    """What a module offers by name."""
    out = Map()
    out.namespace = True
    for name, value in module.globals.items():
        if not name.startswith("_"):
            out.put(Known(name), value)
    return out


def _eval(machine: Interpreter, args: Args, frame: Frame | None) -> Value:
    """``eval`` of a name that is known, or the default of an option."""
    text = args.positional[0] if args.positional else NONE
    options = truth.options(machine, text)
    if options is not None:
        paths = machine.state.paths
        return paths.split(options, lambda one: _eval(machine, _just(one, args), frame))
    if isinstance(text, Unknown) and text.hint is not None:
        text = text.hint
    current = machine.state.frames[-1] if machine.state.frames else frame
    if not (isinstance(text, Known) and isinstance(text.value, str)) or current is None:
        return machine.unknown_from("eval", *args.positional)
    parts = text.value.strip().split(".")
    if not all(part.isidentifier() for part in parts):
        return machine.unknown_from("eval", *args.positional)
    found = machine.eval(ir.Name((0, 0, 0, 0), parts[0]), current)
    for part in parts[1:]:
        found = attributes.get_attr(machine, found, part, args.place)
    return found


def _just(value: Value, args: Args) -> Args:

    return Args([value], {}, args.place)


def _setattr(machine: Interpreter, args: Args, frame: Frame | None) -> Value:
    if len(args.positional) == 3:
        value, name, new = args.positional
        if isinstance(name, Known) and isinstance(name.value, str):
            attributes.set_attr(machine, value, name.value, new)
        else:
            overwrite_attributes(machine.state, value)
    return NONE


def _hasattr(machine: Interpreter, args: Args, frame: Frame | None) -> Value:
    if len(args.positional) == 2:
        value, name = args.positional
        if isinstance(name, Known) and isinstance(value, Instance):
            if attributes.find(machine, value, name.value):
                return TRUE
            stored = value.attrs.get(name.value)
            if stored is not None:
                return machine.state.paths.boolean(machine.state.paths.presence(stored))
            if not value.cls.foreign_bases() or not value.open:
                return FALSE
        if isinstance(name, Known) and isinstance(value, (Seq, Map)):
            return FALSE if name.value not in ("__iter__", "__len__", "keys", "items") else TRUE
        keys = [truth.key_of(machine, v) for v in args.positional]
        return machine.state.unknown("hasattr", "hasattr", *keys)
    return machine.state.unknown("hasattr")


def _super(machine: Interpreter, args: Args, frame: Frame | None) -> Value:
    if len(args.positional) >= 2 and isinstance(args.positional[0], Class):
        return Super(args.positional[0], args.positional[1])
    if frame is not None and frame.cls is not None and frame.self_value is not None:
        return Super(frame.cls, frame.self_value)
    return machine.state.unknown("super")


def _print(machine: Interpreter, args: Args, frame: Frame | None) -> Value:
    return NONE


def _scalar(kind: Any) -> Any:
    def make(machine: Interpreter, args: Args, frame: Frame | None) -> Value:
        if not args.positional:
            return Known(kind())
        value = args.positional[0]
        if isinstance(value, Known):
            try:
                return Known(kind(value.value), value.origin, value.default, value.assumed)
            except (TypeError, ValueError, OverflowError) as error:
                # A handler may wait for what is written to fail; else more is meant than is known.
                if machine.state.paths.tries and value.origin is not None and not value.assumed:
                    machine.state.paths.leave(type(error).__name__, args.place)
                return machine.state.unknown("a conversion")
        if kind is bool:
            known = truth.truth_of(machine, value)
            if known is not None and not isinstance(value, Node):
                return Known(known)
            if isinstance(value, Unknown):
                return value
        key = truth.key_of(machine, value)
        hint = value.hint if isinstance(value, Unknown) else None
        return Unknown(
            value.reason if isinstance(value, Unknown) else "a conversion",
            machine.state.keys.of("convert", kind.__name__, key),
            tuple(nodes_in(value)),
            hint,
        )

    return make


def _callable(machine: Interpreter, args: Args, frame: Frame | None) -> Value:
    value = args.positional[0] if args.positional else NONE
    if isinstance(value, (Known, Seq, Map)):
        return FALSE
    if isinstance(value, (Func, Bound, Partial, Class, Builtin, Api)):
        return TRUE
    if isinstance(value, Instance):
        return TRUE if attributes.find(machine, value, "__call__") is not None else FALSE
    return machine.state.unknown("callable", "callable", truth.key_of(machine, value))


def _type(machine: Interpreter, args: Args, frame: Frame | None) -> Value:
    if len(args.positional) == 1:
        value = args.positional[0]
        if isinstance(value, Instance):
            return value.cls
        if isinstance(value, Seq):
            return _TABLE[value.kind]
        if isinstance(value, Known):
            return _TABLE.get(type(value.value).__name__) or machine.state.unknown("a type")
        return _class_of_result(machine, value) or machine.state.unknown(
            "a type", "type", truth.key_of(machine, value)
        )
    return machine.state.unknown("a type made at run time")


def _class_of_result(machine: Interpreter, value: Value) -> Value | None:
    """The class outside the project whose call gave an unknown value."""
    if isinstance(value, Unknown):
        head, *rest = machine.state.keys.parts(value.key)
        if head == "call" and rest and isinstance(rest[0], int):
            kind, *name = machine.state.keys.parts(rest[0])
            if kind == "external" and name[0].rpartition(".")[2][:1].isupper():
                return External(name[0])
    return None


def leave_program(machine: Interpreter, args: Args, frame: Frame | None) -> Value:
    machine.state.paths.leave("SystemExit", args.place)
    return NONE


def identity(machine: Interpreter, args: Args, frame: Frame | None) -> Value:
    return args.positional[0] if args.positional else NONE


def _locals(machine: Interpreter, args: Args, frame: Frame | None) -> Value:
    out = Map()
    current = machine.state.frame_of(frame)
    if current is not None and current.locals is current.module.globals:
        return Namespace(current.module)
    if current is not None:
        for name, value in current.locals.items():
            out.put(Known(name), value)
    return out


def _vars(machine: Interpreter, args: Args, frame: Frame | None) -> Value:
    if not args.positional:
        return _locals(machine, args, frame)
    value = args.positional[0]
    if isinstance(value, Instance):
        return attributes.get_attr(machine, value, "__dict__", args.place)
    if isinstance(value, Unknown):  # a namespace: its entries are its attributes
        return value
    return machine.unknown_from("the attributes of a value", value)


def _globals(machine: Interpreter, args: Args, frame: Frame | None) -> Value:
    current = machine.state.frame_of(frame)
    return Map() if current is None else Namespace(current.module)


_WHOLE = frozenset(
    [
        "list",
        "tuple",
        "set",
        "frozenset",
        "dict",
        "zip",
        "enumerate",
        "map",
        "filter",
        "sorted",
        "reversed",
        "sum",
        "any",
        "all",
        "next",
        "print",
        "iter",
        "locals",
        "globals",
        "super",
    ]
)
"""Functions that take an argument that differs by path as it is."""

_TABLE: dict[str, Value] = {
    name: Builtin(name, func, name in _WHOLE)
    for name, func in {
        **iterables.FUNCTIONS,
        **executing.FUNCTIONS,
        "isinstance": _isinstance,
        "getattr": _getattr,
        "eval": _eval,
        "setattr": _setattr,
        "hasattr": _hasattr,
        "callable": _callable,
        "super": _super,
        "print": _print,
        "int": _scalar(int),
        "float": _scalar(float),
        "str": _scalar(str),
        "bool": _scalar(bool),
        "type": _type,
        "exit": leave_program,
        "quit": leave_program,
        "iter": identity,
        "locals": _locals,
        "vars": _vars,
        "globals": _globals,
        "__import__": import_module,
        "property": identity,
        "staticmethod": identity,
        "classmethod": identity,
    }.items()
}
for _old, _new in (("basestring", "str"), ("unicode", "str"), ("long", "int")):
    _TABLE[_old] = _TABLE[_new]  # names of Python 2
_TABLE["object"] = External("object")
_TABLE["Exception"] = External("Exception")
_TABLE["NotImplemented"] = NONE
