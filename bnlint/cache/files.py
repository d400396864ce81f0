"""Lowered files by their content: to read one back costs about a fifteenth of parsing it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from bnlint.cache.identity import tool
from bnlint.cache.plain import decode, encode
from bnlint.source.errors import SourceError
from bnlint.source.packed import pack, unpack
from bnlint.trail import digest

if TYPE_CHECKING:
    from bnlint.cache.store import Store
    from bnlint.source.load import Loaded

_KIND = "ir"


class Files:
    """What files were lowered to."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._tool = tool(store).encode()

    def get(self, data: bytes, path: str) -> Loaded | None:
        """What a file with this content and name was lowered to, if that is known."""
        from bnlint.source.notebook import Cell

        value = self._store.get(_KIND, self._key(data, path))
        try:
            packed = decode(tuple[str, bool, list[tuple[int, Cell]], list[tuple[int, str]]], value)
            return unpack(packed, data, path)
        except (ValueError, SourceError):
            return None

    def put(self, data: bytes, path: str, loaded: Loaded) -> None:
        self._store.put(_KIND, self._key(data, path), encode(pack(loaded)))

    def _key(self, data: bytes, path: str) -> str:
        return digest(self._tool, os.path.splitext(path)[1].encode(), data)
