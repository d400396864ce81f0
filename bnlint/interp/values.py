"""Abstract values: a small closed family."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from bnlint.finding import Location
from bnlint.interp.guards import TRUE as TRUE_GUARD
from bnlint.interp.guards import Guard

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from bnlint.interp.nodes import Node
    from bnlint.interp.scope import Frame
    from bnlint.source import ir

Place = tuple[str, "ir.Span"]
"""A path and a span: where something is written."""


def location(place: Place) -> Location:
    """A place as findings name it."""
    path, (line, column, end_line, end_column) = place
    return Location(path, line, column, end_line, end_column)


class Value:
    """Base of all abstract values."""

    __slots__ = ()


class Known(Value):
    """A Python scalar whose value is known.

    ``origin`` is where the literal was written; ``default`` whether that is a parameter default;
    ``assumed`` whether the value is only this state's decision about something unknown.
    """

    __slots__ = ("assumed", "default", "origin", "value")

    def __init__(
        self,
        value: Any,
        origin: Place | None = None,
        default: bool = False,
        assumed: bool = False,
    ) -> None:
        self.value = value
        self.origin = origin
        self.default = default
        self.assumed = assumed

    def __repr__(self) -> str:
        return f"Known({self.value!r})"


NONE = Known(None)
TRUE = Known(True)
FALSE = Known(False)


class Unknown(Value):
    """Anything; ``reason`` says why nothing is known.

    ``key`` names the unknown symbolically: equal keys are equal unknowns, so two tests of the
    same unknown condition agree within one state. ``deps`` are the graph nodes it may depend on,
    ``hint`` a likely value (a default) that steers which path is tried first.
    """

    __slots__ = ("deps", "hint", "key", "reason")

    def __init__(
        self, reason: str, key: int, deps: tuple[Node, ...] = (), hint: Value | None = None
    ) -> None:
        self.reason = reason
        self.key = key
        self.deps = deps
        self.hint = hint

    def __repr__(self) -> str:
        return f"Unknown({self.reason!r})"


_LETTERS = re.compile("[A-Za-z]+")


class Text(Value):
    """A string of which only the beginning is known: TensorFlow numbers unnamed layers.

    Where there are ``others`` it begins with one of these or with ``prefix``. ``words`` is a text
    that has every word of it, where that much is known, and ``parts`` are some parts of it.
    """

    __slots__ = ("heads", "key", "parts", "words")

    def __init__(
        self,
        prefix: str,
        key: int,
        *others: str,
        words: str | None = None,
        parts: Sequence[str] = (),
    ) -> None:
        self.heads = (prefix, *others)
        self.key = key
        self.words = words
        self.parts = tuple(parts)

    def starts_with(self, head: str) -> bool | None:
        answers = {
            True if own.startswith(head) else None if head.startswith(own) else False
            for own in self.heads
        }
        return answers.pop() if len(answers) == 1 else None

    def holds(self, text: str) -> bool | None:
        """Whether a text is a part of it. Numbers and underscores may be TensorFlow's."""
        if self.words is not None and any(run not in self.words for run in _LETTERS.findall(text)):
            return False
        known = any(text in part for part in self.parts)
        return True if known or all(text in own for own in self.heads) else None


class Seq(Value):
    """A list, tuple or set. ``exact`` is false where elements may be missing or optional."""

    __slots__ = ("born", "exact", "items", "kind", "read")

    def __init__(self, kind: str, items: list[Value], exact: bool = True) -> None:
        self.kind = kind
        self.items = items
        self.exact = exact
        self.read: int | None = None  # the collection read this list came from
        self.born: Guard = TRUE_GUARD  # the paths on which it exists

    def __repr__(self) -> str:
        return f"Seq({self.kind}, {self.items!r})"


class Map(Value):
    """A dict. Keys are Python scalars, or ``id``-like tuples for keys that are abstract values."""

    __slots__ = ("born", "exact", "factory", "items", "keys", "namespace")

    def __init__(self, exact: bool = True) -> None:
        self.items: dict[Any, Value] = {}
        self.keys: dict[Any, Value] = {}
        self.exact = exact
        self.factory: Value | None = None  # of a defaultdict: what makes a missing entry
        self.namespace = False  # whether it is what globals() returns
        self.born: Guard = TRUE_GUARD  # the paths on which it exists

    def put(self, key: Value, value: Value) -> None:
        if isinstance(key, Known):
            hashed: Any = key.value
        elif isinstance(key, Unknown):
            hashed = ("unknown", key.key)
        else:
            hashed = ("value", id(key))
        self.items[hashed] = value
        self.keys[hashed] = key

    def get(self, key: Value) -> Value | None:
        if isinstance(key, Known):
            return self.items.get(key.value)
        if isinstance(key, Unknown):
            return self.items.get(("unknown", key.key))
        return self.items.get(("value", id(key)))


class Attributes(Map):
    """``instance.__dict__``: what is put into it becomes an attribute."""

    __slots__ = ("instance",)

    def __init__(self, instance: Instance) -> None:
        super().__init__(not instance.open)
        self.instance = instance
        for name, value in instance.attrs.items():
            super().put(Known(name), value)

    def put(self, key: Value, value: Value) -> None:
        super().put(key, value)
        if isinstance(key, Known) and isinstance(key.value, str):
            self.instance.attrs[key.value] = value


class _Names(dict[Any, Value]):
    """The keys of a namespace: each is a text."""

    def __missing__(self, name: Any) -> Value:
        return Known(name)


class Namespace(Map):
    """``globals()``: the very names of a module, whatever is made of them later."""

    __slots__ = ()

    def __init__(self, module: ModuleEnv) -> None:
        super().__init__()
        self.namespace = True
        self.born = module.born
        self.items = module.globals
        self.keys = _Names((name, Known(name)) for name in module.globals)


class Api(Value):
    """A TensorFlow symbol by its canonical dotted name (``tf.layers.dense``)."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return f"Api({self.name})"


class External(Value):
    """A module or symbol outside the project that is not TensorFlow (``numpy.random``)."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name


class Builtin(Value):
    """A Python builtin, or a method bound to an abstract container.

    ``whole`` is whether it takes arguments that differ by path as they are.
    """

    __slots__ = ("call", "name", "whole")

    def __init__(self, name: str, call: Callable[..., Value], whole: bool = False) -> None:
        self.name = name
        self.call = call
        self.whole = whole


class Func(Value):
    """A function or lambda of the project, with its closure."""

    __slots__ = (
        "arg_scoped",
        "attrs",
        "closure",
        "defaults",
        "defining_class",
        "generator",
        "key",
        "module",
        "name",
        "node",
    )

    def __init__(
        self,
        node: ir.FunctionDef | ir.Lambda,
        name: str,
        module: ModuleEnv,
        closure: Frame | None,
        defaults: dict[str, Value],
        generator: bool,
    ) -> None:
        self.node = node
        self.name = name
        self.module = module
        self.closure = closure
        self.defaults = defaults
        self.generator = generator
        self.arg_scoped = False
        self.defining_class: Class | None = None
        self.attrs: dict[str, Value] = {}
        self.key = (module.path, node.span)

    def __repr__(self) -> str:
        return f"Func({self.name})"


class Descriptor(Value):
    """A decorated class member: ``property``, ``staticmethod`` or ``classmethod``."""

    __slots__ = ("func", "kind")

    def __init__(self, kind: str, func: Value) -> None:
        self.kind = kind
        self.func = func


class Bound(Value):
    """A function bound to its first argument."""

    __slots__ = ("func", "receiver")

    def __init__(self, func: Value, receiver: Value) -> None:
        self.func = func
        self.receiver = receiver


class Partial(Value):
    """``functools.partial``."""

    __slots__ = ("args", "func", "kwargs")

    def __init__(self, func: Value, args: list[Value], kwargs: dict[str, Value]) -> None:
        self.func = func
        self.args = args
        self.kwargs = kwargs


class Template(Partial):
    """``tf.make_template``: a function with a variable scope of its own, named ``scope``."""

    __slots__ = ("scope",)

    def __init__(self, func: Value, kwargs: dict[str, Value], scope: str) -> None:
        super().__init__(func, [], kwargs)
        self.scope = scope


class Chosen(Partial):
    """A function that a test of the mode chose: ``test`` and ``target`` as in ``Decided``."""

    __slots__ = ("taken", "target", "test", "training")

    def __init__(self, func: Value, test: Place, target: str, taken: bool, training: bool) -> None:
        super().__init__(func, [], {})
        self.test = test
        self.target = target
        self.taken = taken
        self.training = training


class Class(Value):
    """A class of the project."""

    __slots__ = ("_order", "attrs", "bases", "derived", "module", "name", "node")

    def __init__(
        self,
        node: ir.ClassDef | None,
        name: str,
        module: ModuleEnv | None,
        bases: list[Value],
        attrs: dict[str, Value],
    ) -> None:
        self.node = node
        self.name = name
        self.module = module
        self.bases = bases
        self.attrs = attrs
        self.derived: list[Class] = []  # the classes that name it as a base
        self._order: list[Class] | None = None  # bases never change

    def mro(self) -> list[Class]:
        """The class and those it derives from, in the order in which they are looked through."""
        if self._order is None:
            # Depth first: all above a base is above it wherever it is met, so its own order serves.
            found: dict[Class, None] = {self: None}
            for base in self.bases:
                if isinstance(base, Class):
                    found.update(dict.fromkeys(base.mro()))
            self._order = list(found)
        return self._order

    def fields(self) -> list[str] | None:
        """The field names of a ``namedtuple``, or of a class derived from one; None for others."""
        for cls in self.mro():
            found = cls.attrs.get("<fields>")
            if isinstance(found, Seq):
                return [f.value for f in found.items if isinstance(f, Known)]
        return None

    def foreign_bases(self) -> list[Value]:
        return [b for c in self.mro() for b in c.bases if not isinstance(b, Class)]

    def __repr__(self) -> str:
        return f"Class({self.name})"


class Instance(Value):
    """An object of a project class. ``open`` where its attributes may come from elsewhere."""

    __slots__ = ("attrs", "born", "cls", "key", "open")

    def __init__(self, cls: Class, key: int, born: Guard) -> None:
        self.cls = cls
        self.attrs: dict[str, Value] = {}
        self.key = key
        self.open = False
        self.born = born  # the paths on which it exists

    def __repr__(self) -> str:
        return f"Instance({self.cls.name})"


@dataclass(slots=True, eq=False, repr=False)
class Object(Value):
    """A live TensorFlow object (an optimizer, a session, a graph, a layer, a scope …).

    Each kind has a class in ``live_objects.py``. ``nodes`` are the graph nodes that it holds,
    ``attrs`` what was written to it, ``entered`` what ``with … as`` binds, None for itself, and
    ``leave`` what leaves it, where ``__enter__`` was called by hand.
    """

    kind: ClassVar[str]

    place: Place
    nodes: tuple[Node, ...] = field(default=(), kw_only=True)
    attrs: dict[str, Value] = field(default_factory=dict, kw_only=True)
    entered: Value | None = field(default=None, kw_only=True)
    leave: Callable[[], None] | None = field(default=None, kw_only=True)

    @property
    def label(self) -> str:
        """What ops that it makes are called."""
        return self.kind

    @property
    def bound(self) -> Value:
        """What ``with … as`` binds."""
        return self if self.entered is None else self.entered

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.kind})"


class Method(Value):
    """A method of a TensorFlow object, or of an unknown receiver."""

    __slots__ = ("name", "receiver")

    def __init__(self, receiver: Value, name: str) -> None:
        self.receiver = receiver
        self.name = name


class Super(Value):
    """``super()``: attribute look-up after ``cls`` in the receiver's resolution order."""

    __slots__ = ("cls", "receiver")

    def __init__(self, cls: Class, receiver: Value) -> None:
        self.cls = cls
        self.receiver = receiver


class ModuleEnv(Value):
    """A module of the project and its globals; ``stars`` are libraries it star-imports."""

    __slots__ = ("born", "globals", "name", "path", "stars")

    def __init__(self, path: str, name: str, born: Guard) -> None:
        self.path = path
        self.name = name
        self.globals: dict[str, Value] = {}
        self.stars: list[str] = []
        self.born = born  # the paths on which it is imported

    def __repr__(self) -> str:
        return f"Module({self.path})"
