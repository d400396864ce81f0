"""What a run looked at, so that a later one can tell whether it would see the same.

Everything counts that the outcome may depend on, also what was looked for and is not there: a file
that is new may be what an import means from now on.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

try:
    from _blake2 import blake2b  # hashlib loads OpenSSL besides
except ImportError:
    from hashlib import blake2b


class Trail(NamedTuple):
    """``files`` are digests of what was read, or why it could not be, ``folders`` of what was
    listed, ``marks`` whether something was there, and ``searches`` digests of what searches of
    folders found.

    ``steady`` is false if one file had two contents during the run: nothing may then be concluded.
    """

    files: dict[str, str]
    folders: dict[str, str]
    marks: dict[str, bool]
    searches: list[tuple[tuple[str, ...], tuple[str, ...], bool, str]]
    steady: bool = True


def digest(*parts: bytes) -> str:
    """A name for some content that nothing else has."""
    whole = blake2b(digest_size=16)
    for part in parts:
        whole.update(len(part).to_bytes(8, "big"))
        whole.update(part)
    return whole.hexdigest()


def digest_of_names(names: Iterable[str]) -> str:
    return digest(*(name.encode("utf-8", "surrogatepass") for name in names))
