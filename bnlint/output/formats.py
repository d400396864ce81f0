"""The formats that hold findings and nothing else, for whatever command found them."""

from __future__ import annotations

from importlib import import_module
from typing import TextIO

from bnlint.outcome import Report

# How each is asked for, and the module that writes it; ``text`` and ``json`` say more than findings
# and are each command's own.
_WRITERS = {
    "concise": ("text", "write_concise"),
    "jsonl": ("json", "write_lines"),
    "sarif": ("sarif", "write"),
    "github": ("github", "write"),
    "gitlab": ("gitlab", "write"),
    "junit": ("junit", "write"),
}
OWN = ("text", "json")
FORMATS = ("text", "concise", "json", *(name for name in _WRITERS if name != "concise"))


def write(name: str, report: Report, stream: TextIO) -> None:
    """Write a report in one of the formats that are not a command's own."""
    module, function = _WRITERS[name]
    getattr(import_module(f"bnlint.output.{module}"), function)(report, stream)
