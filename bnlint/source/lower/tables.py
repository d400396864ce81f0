"""Tables by libcst class, made from names, so that libcst is imported when one is asked for."""

from __future__ import annotations

from typing import TypeVar

_T = TypeVar("_T")


def by_class(names: dict[str, _T]) -> dict[type, _T]:
    import libcst

    # A name may be missing: some node types are younger than the oldest libcst that will do.
    return {getattr(libcst, name): value for name, value in names.items() if hasattr(libcst, name)}
