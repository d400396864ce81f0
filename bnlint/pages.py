"""The rule pages: where they are, which rules they describe, and what they say."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

FRONT_MATTER_KEYS = ("code", "name", "severity", "since", "fix")
# Who decides the rule: source and graph alike, or (so far) a graph or checkpoint only.
WITNESSES = ("both", "graph")

# What the rules of each family are about.
FAMILIES = {
    "BN1": "the training flag",
    "BN2": "the update ops",
    "BN3": "the statistics themselves",
    "BN4": "saving and restoring",
    "BN9": "the files and the comments in them",
}

_PAGE_NAME = re.compile(r"(BN\d{3})-([a-z0-9-]+)\.md")
_FENCE = re.compile(r" {0,3}(```+|~~~+)")


class PageError(Exception):
    """A rule page that is not laid out as rule pages are."""


@dataclass(frozen=True, slots=True)
class Page:
    """A parsed page: ``text`` is all below its title, ``sections`` the ``##`` parts of that.

    ``witness`` is one of ``WITNESSES``; a page that does not say has ``both``.
    """

    path: Path
    code: str
    name: str
    severity: str
    since: str
    fix: str
    witness: str
    title: str
    text: str
    sections: Mapping[str, str]


def directory() -> Path:
    """``bnlint/_rules`` where bnlint is installed, ``rules`` beside the package in a checkout."""
    package = Path(__file__).parent
    shipped = package / "_rules"
    return shipped if shipped.is_dir() else package.parent / "rules"


@cache
def names() -> Mapping[str, str]:
    """Every rule's name by its code, in order of codes; read off the names of the pages."""
    found = {}
    try:
        entries = os.listdir(directory())
    except OSError:
        entries = []
    for entry in sorted(entries):
        if match := _PAGE_NAME.fullmatch(entry):
            found[match[1]] = match[2]
    return found


def find(code_or_name: str) -> Page | None:
    """The page of a rule, given its code in any case, or its name."""
    wanted = code_or_name.strip()
    for code, name in names().items():
        if wanted.upper() == code or wanted.lower() == name:
            return read(directory() / f"{code}-{name}.md")
    return None


def all_pages() -> list[Page]:
    return [read(directory() / f"{code}-{name}.md") for code, name in names().items()]


def read(path: Path) -> Page:
    return parse(path.read_text(encoding="utf-8"), path)


def parse(text: str, path: Path) -> Page:
    lines = text.splitlines()
    if not lines or lines[0] != "---" or "---" not in lines[1:]:
        raise PageError(f"{path.name}: no front matter between two --- lines")
    end = lines.index("---", 1)
    fields = _front_matter(lines[1:end], path)
    title, text = _title("\n".join(lines[end + 1 :]).strip(), path)
    return Page(
        path=path,
        code=fields["code"],
        name=fields["name"],
        severity=fields["severity"],
        since=fields["since"],
        fix=fields["fix"],
        witness=fields["witness"],
        title=title,
        text=text,
        sections=_sections(text),
    )


def _front_matter(lines: Sequence[str], path: Path) -> dict[str, str]:
    fields: dict[str, str] = {}
    known = (*FRONT_MATTER_KEYS, "witness")
    for line in lines:
        key, colon, value = line.partition(":")
        if not colon or key in fields or key not in known:
            raise PageError(f"{path.name}: not a front matter line: {line!r}")
        fields[key] = value.strip()
    missing = [key for key in FRONT_MATTER_KEYS if key not in fields]
    if missing:
        raise PageError(f"{path.name}: no {', '.join(missing)} in the front matter")
    if fields.setdefault("witness", WITNESSES[0]) not in WITNESSES:
        raise PageError(f"{path.name}: witness is {' or '.join(WITNESSES)}")
    return fields


def _title(body: str, path: Path) -> tuple[str, str]:
    first, _, rest = body.partition("\n")
    if not first.startswith("# "):
        raise PageError(f"{path.name}: no '# title' line below the front matter")
    return first[2:].strip(), rest.strip() + "\n"


def _sections(text: str) -> dict[str, str]:
    """The text under each ``##`` heading; a ``##`` in a code block is a comment."""
    fence = ""
    current: list[str] = []
    sections: dict[str, list[str]] = {}
    for line in text.splitlines():
        if match := _FENCE.match(line):
            if not fence:
                fence = match[1]
            elif match[1].startswith(fence):
                fence = ""
        elif not fence and line.startswith("## "):
            current = sections.setdefault(line[3:].strip(), [])
            continue
        current.append(line)
    return {heading: "\n".join(lines).strip() for heading, lines in sections.items()}
