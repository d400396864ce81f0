"""Plain data classes and tuples as JSON values and back, each held against its declared type.

What is read was perhaps written by somebody else: it has the declared shape or it is refused.
"""

from __future__ import annotations

import types
import typing
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, TypeVar

T = TypeVar("T")
_SCALARS = (str, int, float, bool, type(None))


def encode(value: Any) -> Any:
    """A data class or a tuple as the list of its fields, collections as lists (sets in order)."""
    if isinstance(value, _SCALARS):
        return value
    if isinstance(value, (list, tuple)):
        return [encode(item) for item in value]
    if isinstance(value, (set, frozenset)):
        return sorted((encode(item) for item in value), key=repr)
    if isinstance(value, dict):
        return [[encode(key), encode(item)] for key, item in value.items()]
    # What makes data classes takes half as long to import as Python takes to start.
    from dataclasses import is_dataclass

    if is_dataclass(value):
        return [encode(getattr(value, name)) for name in _names(type(value))]
    raise TypeError(f"{type(value).__name__} is not plain")


def decode(kind: type[T], value: Any) -> T:
    """What ``encode`` made ``value`` of; raises ``ValueError`` if it cannot be a ``kind``."""
    try:
        shape: Any = kind
        made: T = _reader(shape)(value)
    except (TypeError, RecursionError) as error:
        raise ValueError(f"not plain data: {error}") from None
    return made


@cache
def _reader(kind: Any) -> Callable[[Any], Any]:
    """What reads values of one type."""
    origin, args = typing.get_origin(kind), typing.get_args(kind)
    if origin in (typing.Union, types.UnionType):
        return _of_union(args)
    if origin is typing.Literal:
        return _checked(lambda value: value in args and not isinstance(value, (list, bool)))
    if origin is tuple and args[-1:] != (...,):
        return _of_parts(args)
    if origin in (list, tuple, set, frozenset):
        return _of_many(origin, args[0])
    if origin is dict:
        pair = _of_parts(args)
        return lambda value: dict(pair(item) for item in _list(value))
    if kind is object:
        return _checked(lambda value: isinstance(value, _SCALARS))
    if kind is float:
        return _checked(lambda value: type(value) in (int, float))
    if kind.__module__ != "builtins":
        return _of_class(kind)
    return _checked(lambda value: type(value) is kind)


def _of_class(kind: Any) -> Callable[[Any], Any]:
    hints = typing.get_type_hints(kind)
    names = _names(kind)
    readers: list[Callable[[Any], Any]] = []

    def read(value: Any) -> Any:
        if not readers:  # late: classes may hold each other
            readers.extend(_reader(hints[name]) for name in names)
        parts = _list(value)
        if len(parts) != len(names):
            raise ValueError(f"not a {kind.__name__}")
        return kind(*(reader(part) for reader, part in zip(readers, parts, strict=True)))

    return read


def _names(kind: Any) -> Sequence[str]:
    """The fields of a data class or a named tuple."""
    if issubclass(kind, tuple):
        names: Sequence[str] = kind._fields
        return names
    from dataclasses import fields

    return [field.name for field in fields(kind)]


def _of_union(kinds: tuple[Any, ...]) -> Callable[[Any], Any]:
    others = [kind for kind in kinds if kind is not type(None)]

    def read(value: Any) -> Any:
        if value is None and len(others) < len(kinds):
            return None
        for kind in others[:-1]:
            try:
                return _reader(kind)(value)
            except ValueError:
                continue
        return _reader(others[-1])(value)

    return read


def _of_parts(kinds: tuple[Any, ...]) -> Callable[[Any], Any]:
    def read(value: Any) -> Any:
        parts = _list(value)
        if len(parts) != len(kinds):
            raise ValueError("not so many parts")
        return tuple(_reader(kind)(part) for kind, part in zip(kinds, parts, strict=True))

    return read


def _of_many(make: Callable[[Any], Any], kind: Any) -> Callable[[Any], Any]:
    reader = _reader(kind)
    return lambda value: make([reader(item) for item in _list(value)])


def _checked(holds: Callable[[Any], bool]) -> Callable[[Any], Any]:
    def read(value: Any) -> Any:
        if not holds(value):
            raise ValueError(f"not expected here: {type(value).__name__}")
        return value

    return read


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise ValueError("not a list")
    return value
