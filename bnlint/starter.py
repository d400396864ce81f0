"""The first lines of a configuration and of a hook, added to files that may be there already.

What is there stays byte for byte. A file that is laid out in a way that is not understood is not
changed: nobody wants a tool's guess in it.
"""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass

TABLE = """\
[tool.bnlint]
# Keys as in docs/reference.md of bnlint; all of them may be left out.
# select = ["BN2"]
# exclude = ["third_party/"]
# baseline = "bnlint-baseline.json"
"""
HOOK = """\
- repo: local
  hooks:
    - id: bnlint
      name: bnlint
      entry: bnlint check --force-exclude
      language: system
      types_or: [python, jupyter]
      require_serial: true
"""

_COMMENT = re.compile(r"[ \t]*#")
_REPOS = re.compile(r"repos:[ \t]*(?:#.*)?")
_ITEM = re.compile(r"( *)- ")
_KEY = re.compile(r"[A-Za-z_]+:|---|\.\.\.")


class NotUnderstood(ValueError):
    """A file that is not laid out as such files are; the text says in what way."""


@dataclass(frozen=True, slots=True)
class Addition:
    """What is to be added to a text, and at which of its characters."""

    at: int
    text: str

    def to(self, text: str) -> str:
        return text[: self.at] + self.text + text[self.at :]


def table(text: str) -> Addition | None:
    """What a ``pyproject.toml`` lacks; None if it has the table already."""
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib

    def parsed(text: str) -> object:
        tool = tomllib.loads(text.removeprefix("\ufeff")).get("tool", {})
        return tool.get("bnlint") if isinstance(tool, dict) else None

    try:
        if parsed(text) is not None:
            return None
    except RecursionError:
        raise NotUnderstood("nested too deeply") from None
    except ValueError as error:
        raise NotUnderstood(f"not valid TOML: {error}") from None
    addition = _addition(text, len(text), TABLE, gap=True)
    try:
        if parsed(addition.to(text)) == {}:
            return addition
    except ValueError:
        pass  # `tool` is written inline, and nothing can be added to it
    raise NotUnderstood("a table [tool.bnlint] cannot be added at its end")


def hook(text: str) -> Addition | None:
    """What a ``.pre-commit-config.yaml`` lacks, as its last hook; None if it has bnlint already."""
    lines = text.splitlines(keepends=True)
    code = [line for line in lines if not _COMMENT.match(line)]
    if any("bnlint" in line for line in code):
        return None
    if not any(line.strip() for line in code):
        return _addition(text, len(text), f"repos:\n{HOOK}")
    starts = [n for n, line in enumerate(lines) if _REPOS.fullmatch(line.rstrip())]
    if len(starts) != 1:
        raise NotUnderstood("there is no line that says repos: and nothing else")
    first, last = starts[0] + 1, starts[0] + 1
    indent: str | None = None
    for number in range(first, len(lines)):
        line = lines[number]
        inside = indent is not None and line.startswith(f"{indent} ")
        if not line.strip() or (_COMMENT.match(line) and not inside):
            continue
        if indent is None:
            item = _ITEM.match(line)
            if item is None:
                raise NotUnderstood("its repos are not a list with a line for each")
            indent = item[1]
        elif not inside and not line.startswith(f"{indent}- "):
            if not _KEY.match(line):
                raise NotUnderstood(f"line {number + 1} is neither in its repos nor the next key")
            break
        last = number + 1
    if indent is None:
        raise NotUnderstood("its list of repos is empty")
    entry = "".join(f"{indent}{line}\n" for line in HOOK.splitlines())
    return _addition(text, sum(map(len, lines[:last])), entry)


def _addition(text: str, at: int, added: str, *, gap: bool = False) -> Addition:
    """Whole lines more in a text, in its own line ends."""
    before = text[:at]
    if before and not before.endswith("\n"):
        added = f"\n{added}"
    if before and gap:
        added = f"\n{added}"
    if "\r\n" in text:
        added = added.replace("\n", "\r\n")
    return Addition(at, added)
