"""What stays the same of a finding when its file is edited elsewhere.

A fingerprint is made of the rule, the code at the finding's place and the code at the places of its
story, so that lines that move or are reformatted keep it, and another way to the same line has
another one. Layers that are only shown as examples are left out: one more does not make a finding
new. The path of the file is not a part of it. In a graph the names of nodes are the code.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable

from bnlint.finding import Finding, Location

Source = Callable[[str, int | None], str | None]

_LINES = re.compile(r"\r\n|\r|\n")
# A string, or what a formatter may add, drop or move: comments, white space, continued lines.
_TOKEN = re.compile(
    r"(?P<string>\"\"\".*?\"\"\"|'''.*?'''|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*')"
    r"|(?P<blank>\#[^\n]*|\s+|\\\n)",
    re.DOTALL,
)
_LAST_COMMA = re.compile(r",(?=[)\]}])")


def stamped(findings: Iterable[Finding], source: Source | None = None) -> list[Finding]:
    """The findings with their fingerprints: 16 hexadecimal digits, and ``-2`` and so on for
    those of one file that look alike. ``source`` gives a file's or a notebook cell's text."""
    seen: Counter[tuple[str, str]] = Counter()
    found = []
    for finding in findings:
        mark = _mark(finding, source)
        key = (finding.location.path, mark)
        seen[key] += 1
        found.append(
            finding._replace(fingerprint=mark if seen[key] == 1 else f"{mark}-{seen[key]}")
        )
    return found


def _mark(finding: Finding, source: Source | None) -> str:
    way = sorted(
        {_content(place.location, source) for place in finding.related if not place.example}
    )
    parts = [finding.rule.code, _content(finding.location, source), *way]
    data = "\0".join(parts).encode("utf-8", "surrogatepass")
    import hashlib  # loads OpenSSL, which most runs do not need

    return hashlib.sha256(data).hexdigest()[:16]


def _content(location: Location, source: Source | None) -> str:
    if location.node is not None:
        return location.node
    text = source(location.path, location.cell) if source is not None else None
    if text is None:
        return ""
    lines = _LINES.split(text)[location.line - 1 : location.end_line]
    if not lines:
        return ""
    # The end first: on one line the columns of both ends count from the same start.
    lines[-1] = lines[-1][: max(0, location.end_column - 1)]
    lines[0] = lines[0][max(0, location.column - 1) :]
    return normal("\n".join(lines))


def normal(code: str) -> str:
    """Code as no formatter changes it: without layout, comments, last commas, kinds of quotes."""

    def token(match: re.Match[str]) -> str:
        string = match["string"]
        return "" if string is None else f'"{string.strip(string[0])}"'

    return _LAST_COMMA.sub("", _TOKEN.sub(token, code))
