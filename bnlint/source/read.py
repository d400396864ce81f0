"""Reading a file, and turning its bytes into text as Python would."""

from __future__ import annotations

import re

from bnlint.regular import MEGABYTE, CannotRead, TooLarge, read_regular, shown_size
from bnlint.source.errors import SourceError

MAX_BYTES = 10 * MEGABYTE

_BOM = b"\xef\xbb\xbf"
_UTF16 = (b"\xff\xfe", b"\xfe\xff")

# PEP 263: a comment in one of the first two lines, the second only after a blank or a comment.
_DECLARATION = re.compile(rb"[ \t\f]*#[^\r\n]*?coding[:=][ \t]*([-\w.]+)")
_NO_CODE = re.compile(rb"[ \t\f]*(?:#[^\r\n]*)?(?:\r\n|\r|\n)")

# Bytes that no text of any ASCII-based encoding holds. The exceptions have been seen in source
# files: tab, line ends, form feed, backspace, escape, and the end-of-file mark of DOS.
_CONTROL = re.compile(rb"[\x00-\x07\x0e-\x19\x1c-\x1f]")


def read_bytes(path: str) -> bytes:
    """The content of a file.

    Raises ``SourceError`` if it is missing, unreadable, not a regular file, or over ``MAX_BYTES``.
    """
    try:
        return read_regular(path, MAX_BYTES)
    except TooLarge as error:
        raise _too_large(path, error) from None
    except CannotRead as error:
        raise SourceError(path, 1, f"cannot be read: {error}") from None


def within_limit(data: bytes, path: str) -> bytes:
    """What somebody hands over as the content of a file, held to the same ``MAX_BYTES``."""
    if len(data) > MAX_BYTES:
        raise _too_large(path, TooLarge(f"larger than {shown_size(MAX_BYTES)}"))
    return data


def _too_large(path: str, error: TooLarge) -> SourceError:
    return SourceError(path, 1, f"{error}; exclude it or split it up")


def decode(data: bytes, path: str) -> str:
    """The text of a source file, its line ends as they are and without a byte order mark.

    A file that declares no encoding and is not UTF-8 is read as Latin-1, as Python 2 would have
    run it. Raises ``SourceError`` if the file is binary, declares an unknown encoding, or is not
    in the one it declares.
    """
    if data.startswith(_UTF16):
        raise SourceError(path, 1, "cannot be decoded: UTF-16; save it as UTF-8")
    if b"\0" in data:
        line = _line(data, data.index(b"\0"))
        raise SourceError(path, line, "cannot be decoded: a NUL byte; this is not a text file")
    if data.startswith(_BOM):
        return _decode(data[len(_BOM) :], "utf-8", path)
    declared, line = _declaration(data)
    if declared is not None:
        return _declared(data, declared, line, path)
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        control = _CONTROL.search(data)
        if control is not None:
            message = "cannot be decoded: neither UTF-8 nor text"
            raise SourceError(path, _line(data, control.start()), message) from None
        return data.decode("latin-1")


def _declaration(data: bytes) -> tuple[str | None, int]:
    """The encoding that the file declares, if any, and on which line."""
    match = _DECLARATION.match(data)
    if match is not None:
        return match[1].decode("latin-1"), 1
    first = _NO_CODE.match(data)
    if first is not None:
        match = _DECLARATION.match(data, first.end())
        if match is not None:
            return match[1].decode("latin-1"), 2
    return None, 1


def _declared(data: bytes, declared: str, line: int, path: str) -> str:
    # Emacs appends the line ends to the name: "utf-8-unix".
    name = re.sub(r"-(?:unix|dos|mac)$", "", declared.lower().replace("_", "-"))
    try:
        return _decode(data, name, path)
    except LookupError:
        message = f"cannot be decoded: unknown encoding {declared!r}"
        raise SourceError(path, line, message) from None


def _decode(data: bytes, encoding: str, path: str) -> str:
    """Raises ``SourceError``, or ``LookupError`` for an unknown encoding."""
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        line = _line(data, error.start)
        message = f"cannot be decoded: not {encoding}; declare the encoding it is in"
        raise SourceError(path, line, message) from None
    except UnicodeError:  # some codecs of Python give no position
        message = f"cannot be decoded: not {encoding}; declare the encoding it is in"
        raise SourceError(path, 1, message) from None


def _line(data: bytes, offset: int) -> int:
    before = data[:offset]
    return 1 + before.count(b"\n") + before.count(b"\r") - before.count(b"\r\n")
