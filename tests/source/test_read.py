"""Bytes become the text that Python would read."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from bnlint.source import read
from bnlint.source.errors import SourceError


def refusal(data: bytes) -> tuple[int, str]:
    with pytest.raises(SourceError) as caught:
        read.decode(data, "x.py")
    assert caught.value.path == "x.py"
    return caught.value.line, caught.value.message


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"", ""),
        (b"a\n", "a\n"),
        ("é = 'ü'\n".encode(), "é = 'ü'\n"),
        (b"\xef\xbb\xbfa\n", "a\n"),
        (b"\xef\xbb\xbf# coding: utf-8\na\n", "# coding: utf-8\na\n"),
        (b"a\r\nb\rc\fd\n", "a\r\nb\rc\fd\n"),
        (b"# -*- coding: latin-1 -*-\n\xe9\n", "# -*- coding: latin-1 -*-\né\n"),
        (b"#!/usr/bin/python\n# vim: set fileencoding=cp1252 :\n\x80\n",
         "#!/usr/bin/python\n# vim: set fileencoding=cp1252 :\n€\n"),
        (b"\f\n \t# coding=koi8-r\n\xc1\n", "\f\n \t# coding=koi8-r\n\u0430\n"),
        (b"#\r#coding:cp1252\r\x80\r", "#\r#coding:cp1252\r€\r"),
        (b"# coding: utf-8-unix\n\xc3\xa9\n", "# coding: utf-8-unix\né\n"),
        (b"# coding: Latin_1-dos\r\n\xe9\r\n", "# coding: Latin_1-dos\r\né\r\n"),
        # Not declarations: on line 3, or on line 2 after code.
        (b"\n\n# coding: klingon\n", "\n\n# coding: klingon\n"),
        (b"a\n# coding: klingon\n", "a\n# coding: klingon\n"),
        (b"a = 'coding: klingon'\n", "a = 'coding: klingon'\n"),
        # Python 2 code of its age: no declaration, a name in a comment.
        (b"# Andr\xe9\na\n", "# André\na\n"),
    ],
)  # fmt: skip
def test_decode(data: bytes, text: str) -> None:
    assert read.decode(data, "x.py") == text


@pytest.mark.parametrize(
    ("data", "line", "message"),
    [
        (b"a\nb\0c\n", 2, "cannot be decoded: a NUL byte; this is not a text file"),
        ("a\n".encode("utf-16"), 1, "cannot be decoded: UTF-16; save it as UTF-8"),
        (b"a\r\n\rb\xff\x01", 3, "cannot be decoded: neither UTF-8 nor text"),
        (b"#!\n# coding: klingon\n", 2, "cannot be decoded: unknown encoding 'klingon'"),
        (b"# coding: rot13\n", 1, "cannot be decoded: unknown encoding 'rot13'"),
        (b"# coding: utf-8\n\n\xe9\n", 3,
         "cannot be decoded: not utf-8; declare the encoding it is in"),
        (b"\xef\xbb\xbfa\n\xe9\n", 2,
         "cannot be decoded: not utf-8; declare the encoding it is in"),
    ],
)  # fmt: skip
def test_what_cannot_be_decoded(data: bytes, line: int, message: str) -> None:
    assert refusal(data) == (line, message)


def test_no_declared_encoding_breaks_the_reader() -> None:
    for name in ("idna", "punycode", "undefined", "unicode_escape", "utf-7", "hex", "zip", "-", ""):
        try:
            text = read.decode(f"# coding: {name}\n\\x '\\N{{'\n".encode() + b"\xff", "x.py")
        except SourceError:
            continue
        assert isinstance(text, str)


def test_read_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.py"
    path.write_bytes(b"a\r\n\xff")
    assert read.read_bytes(str(path)) == b"a\r\n\xff"

    def reason(target: object) -> str:
        with pytest.raises(SourceError) as caught:
            read.read_bytes(str(target))
        assert (caught.value.path, caught.value.line) == (str(target), 1)
        return caught.value.message

    assert reason(tmp_path) == "cannot be read: is a directory"
    assert reason(tmp_path / "gone.py") == "cannot be read: no such file or directory"
    assert "embedded null" in reason("a\0b")
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe.py")
        assert reason(tmp_path / "pipe.py") == "cannot be read: not a regular file"
    monkeypatch.setattr(read, "MAX_BYTES", 3)
    assert "larger than" in reason(path)


def test_permission(tmp_path: Path) -> None:
    path = tmp_path / "a.py"
    path.write_bytes(b"a")
    path.chmod(0)
    if os.access(path, os.R_OK):
        pytest.skip("an administrator may read everything")
    with pytest.raises(SourceError, match="permission denied"):
        read.read_bytes(str(path))
    path.chmod(stat.S_IRUSR | stat.S_IWUSR)
