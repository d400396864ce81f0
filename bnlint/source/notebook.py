"""Jupyter notebooks (nbformat 3 and 4): their code cells as one program.

The cells are read in order, as if run from the top. Magics and shell lines are masked in place so
that columns hold. Where a source line lies in the JSON file is found by walking the JSON text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from json.decoder import JSONDecodeError, scanstring  # type: ignore[attr-defined]

from bnlint.source.errors import SourceError

_SPACE = re.compile(r"[ \t\r\n]*")
_SCALAR = re.compile(r"true|false|null|NaN|-?Infinity|[-+0-9.eE]+")
_LINE_MAGIC = re.compile(r"\s*(?:%(?!%)|!|\?)")
_HELP = re.compile(r"\s*[\w.*\[\]'\"]+\?\??\s*$")
# What IPython runs without a percent sign, as long as no variable has that name.
_BARE_MAGIC = re.compile(
    r"(?:cat|cd|conda|cp|ls|man|mkdir|more|mv|pip|rm|rmdir)[ \t]+"
    r"(?!(?:and|for|if|in|is|not|or)\b)[\w.~/$-]"
)
_TIMED = re.compile(
    r"(\s*)(%(?:time|timeit|prun|memit)\b(?:\s+-(?:[slTD]\s*\S+|\w+(?:\s+\d+)?))*\s+)(?=\S)"
)
# White space is taken by one part only: two that can share it are tried in every way.
_ASSIGNED = re.compile(r"(\s*(?:[\w,.]|\[[^\]=]*\])(?:[\w, .]|\[[^\]=]*\])*=\s*)[%!]")
_RUN_AS_PYTHON = ("time", "timeit", "capture", "prun", "python", "python3", "python2")
# What decides whether the next line continues this one.
_TOKEN = re.compile(
    r"(?P<comment>#.*)|(?P<long>\"{3}|'{3})"
    r"|(?P<string>\"(?:\\.|[^\"\\])*\"|'(?:\\.|[^'\\])*')|(?P<open>[(\[{])|(?P<close>[)\]}])"
)
_MAX_DEPTH = 100


@dataclass(frozen=True, slots=True)
class Cell:
    """A code cell: its 1-based number among the code cells, its lines and their lines in JSON.

    ``pieces`` are the strings of its source: start and end in the JSON text, and value.
    """

    number: int
    lines: tuple[str, ...]
    raw_lines: tuple[int, ...]
    pieces: tuple[tuple[int, int, str], ...] = ()

    @property
    def indent(self) -> str:
        """White space before the first line that has text: IPython takes it off all lines."""
        first = next((line for line in self.lines if line.strip()), "")
        return first[: len(first) - len(first.lstrip(" \t"))]

    @property
    def text(self) -> str:
        indent = self.indent
        return "\n".join(mask(tuple(line.removeprefix(indent) for line in self.lines)))


def cells(text: str, path: str) -> list[Cell]:
    """The code cells of a notebook; raises ``SourceError`` if it is not one."""
    try:
        found = list(_Reader(text).code_cells())
    except (JSONDecodeError, IndexError, ValueError) as error:
        position = getattr(error, "pos", 0)
        line = text.count("\n", 0, position) + 1 if isinstance(position, int) else 1
        raise SourceError(path, line, "not a notebook: its JSON is damaged") from None
    return [Cell(i, *pieces) for i, pieces in enumerate(found, 1)]


def mask(lines: tuple[str, ...]) -> list[str]:
    """The lines with magics, shell commands and help requests replaced, columns kept."""
    first = next((line for line in lines if line.strip()), "")
    if first.lstrip().startswith("%%"):
        name = re.match(r"\s*%%(\w+)", first)
        if name is None or name[1] not in _RUN_AS_PYTHON:
            return ["" for _ in lines]
    out: list[str] = []
    inside = _Inside()
    command = False  # the line before is a command that goes on
    for line in lines:
        if command:
            command = line.endswith("\\")
            out.append("")
            continue
        # What looks like a magic is an operator in the middle of a statement: loss % 3.
        masked = line if inside else _masked(line)
        command = masked != line and line.endswith("\\") and not masked.endswith("\\")
        inside.feed(masked)
        out.append(masked)
    return out


def _masked(line: str) -> str:
    if line.lstrip().startswith("%%"):
        return ""
    if timed := _TIMED.match(line):
        # %time statement: still run, so a header of the same width takes the magic's place.
        return timed[1] + "if 1:".ljust(len(timed[2])) + line[timed.end() :]
    if _LINE_MAGIC.match(line) or _HELP.match(line) or _BARE_MAGIC.match(line):
        return line[: len(line) - len(line.lstrip())] + "pass"
    if assigned := _ASSIGNED.match(line):
        # Nobody knows what it gives; a constant would be known.
        return assigned[1] + "get_ipython()"
    return line


class _Inside:
    """Whether the next line is in the middle of a statement: true or false as such."""

    def __init__(self) -> None:
        self._quote = ""
        self._depth = 0
        self._continued = False

    def __bool__(self) -> bool:
        return bool(self._quote) or self._depth > 0 or self._continued

    def feed(self, line: str) -> None:
        at = 0
        while True:
            if self._quote:
                end = line.find(self._quote, at)
                if end < 0:
                    return
                at, self._quote = end + 3, ""
            token = _TOKEN.search(line, at)
            if token is None or token["comment"]:
                break
            at = token.end()
            if token["long"]:
                self._quote = token["long"]
            elif token["open"]:
                self._depth += 1
            elif token["close"]:
                self._depth = max(0, self._depth - 1)
        self._continued = line.endswith("\\")


class _Reader:
    """Walks JSON text and keeps track of where the strings of code cells begin."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._line = 1
        self._counted = 0

    def code_cells(
        self,
    ) -> Iterator[tuple[tuple[str, ...], tuple[int, ...], tuple[tuple[int, int, str], ...]]]:
        root = self._value(0, 0)[0]
        if not isinstance(root, dict):
            raise ValueError("no object")
        sheets = root.get("worksheets")
        groups = [root] if "cells" in root else sheets if isinstance(sheets, list) else None
        if groups is None:
            raise ValueError("no cells")
        if not _is_python(root.get("metadata")):
            return
        for group in groups:
            found = group.get("cells") if isinstance(group, dict) else None
            if not isinstance(found, list):
                raise ValueError("no list of cells")
            for cell in found:
                if not isinstance(cell, dict) or _plain(cell.get("cell_type")) != "code":
                    continue
                source = cell.get("source", cell.get("input", ()))
                pieces = source if isinstance(source, list) else [source]
                texts = [p for p in pieces if isinstance(p, _Text)]
                yield *self._lines(texts), tuple((p.start, p.end, p.value) for p in texts)

    def _lines(self, pieces: list[_Text]) -> tuple[tuple[str, ...], tuple[int, ...]]:
        lines: list[str] = [""]
        raws: list[int] = [self._line_at(pieces[0].start)] if pieces else [1]
        for piece in pieces:
            raw = self._line_at(piece.start)
            if not lines[-1]:
                raws[-1] = raw
            for i, part in enumerate(re.split(r"\r\n|\r|\n", piece.value)):
                if i:
                    lines.append("")
                    raws.append(raw)
                lines[-1] += part
        return tuple(lines), tuple(raws)

    def _line_at(self, position: int) -> int:
        if position >= self._counted:
            self._line += self._text.count("\n", self._counted, position)
        else:
            self._line = self._text.count("\n", 0, position) + 1
        self._counted = position
        return self._line

    def _skip(self, at: int) -> int:
        match = _SPACE.match(self._text, at)
        return match.end() if match else at

    def _value(self, at: int, depth: int) -> tuple[object, int]:
        if depth > _MAX_DEPTH:
            raise ValueError("nested too deeply")
        at = self._skip(at)
        char = self._text[at]
        if char == '"':
            value, end = scanstring(self._text, at + 1, False)
            return _Text(value, at, end), end
        if char == "{":
            return self._object(at + 1, depth)
        if char == "[":
            return self._array(at + 1, depth)
        scalar = _SCALAR.match(self._text, at)
        if scalar is None:
            raise JSONDecodeError("no value", self._text, at)
        return None, scalar.end()

    def _object(self, at: int, depth: int) -> tuple[object, int]:
        out: dict[str, object] = {}
        at = self._skip(at)
        if self._text[at] == "}":
            return out, at + 1
        while True:
            at = self._skip(at)
            if self._text[at] != '"':
                raise JSONDecodeError("no key", self._text, at)
            key, at = scanstring(self._text, at + 1, False)
            at = self._skip(at)
            if self._text[at] != ":":
                raise JSONDecodeError("no colon", self._text, at)
            out[key], at = self._value(at + 1, depth + 1)
            at = self._skip(at)
            if self._text[at] == "}":
                return out, at + 1
            if self._text[at] != ",":
                raise JSONDecodeError("no comma", self._text, at)
            at += 1

    def _array(self, at: int, depth: int) -> tuple[object, int]:
        out: list[object] = []
        at = self._skip(at)
        if self._text[at] == "]":
            return out, at + 1
        while True:
            value, at = self._value(at, depth + 1)
            out.append(value)
            at = self._skip(at)
            if self._text[at] == "]":
                return out, at + 1
            if self._text[at] != ",":
                raise JSONDecodeError("no comma", self._text, at)
            at += 1


@dataclass(frozen=True, slots=True)
class _Text:
    """A JSON string, where it starts and where it ends, quotes included."""

    value: str
    start: int
    end: int


def _plain(value: object) -> str | None:
    return value.value if isinstance(value, _Text) else None


def _is_python(metadata: object) -> bool:
    """Whether the kernel is a Python one; a notebook that does not say counts as one."""
    for section, key in (("language_info", "name"), ("kernelspec", "language")):
        part = metadata.get(section) if isinstance(metadata, dict) else None
        name = _plain(part.get(key)) if isinstance(part, dict) else None
        if name:
            return "python" in name.lower()
    return True
