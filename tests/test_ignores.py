"""``# bnlint: ignore`` comments: which findings they silence, and what is said of wrong ones."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from bnlint import ignores
from bnlint.finding import Finding, Location, Related, Rule

pytestmark = pytest.mark.usefixtures("two_rules")


@dataclass
class Comment:
    text: str
    span: tuple[int, int, int, int]


def parse(text: str, line: int = 2) -> ignores.Ignores:
    return ignores.parse([Comment(text, (line, 1, line, 1 + len(text)))], "a.py")


def codes_of(text: str) -> tuple[str, ...]:
    parsed = parse(text)
    assert parsed.notes == ()
    ((ignore,),) = parsed.by_line.values()
    assert ignore.line == 2
    return ignore.prefixes


@pytest.mark.parametrize(
    ("text", "prefixes"),
    [
        ("# bnlint: ignore", ()),
        ("# bnlint: ignore a reason", ()),
        ("# bnlint: ignore: a reason", ()),
        ("# bnlint: ignore[BN201]", ("BN201",)),
        ("#bnlint:ignore[BN201]", ("BN201",)),
        ("# bnlint: ignore[BN201] a reason, with [brackets]", ("BN201",)),
        ("# bnlint: ignore[BN201]: a reason", ("BN201",)),
        ("# bnlint: ignore [bn201 , BN101]", ("BN201", "BN101")),
        ("# bnlint: ignore[BN2] the whole family", ("BN2",)),
        ("# noqa: E501  # bnlint: ignore[BN201] why", ("BN201",)),
    ],
)
def test_comments_that_work(text: str, prefixes: tuple[str, ...]) -> None:
    assert codes_of(text) == prefixes


@pytest.mark.parametrize(
    ("text", "note"),
    [
        (
            "# bnlint: ingore[BN201]",
            "not a bnlint comment: 'ingore[BN201]' (write `# bnlint: ignore[CODE] reason`)",
        ),
        (
            "# bnlint: ignored",
            "not a bnlint comment: 'ignored' (write `# bnlint: ignore[CODE] reason`)",
        ),
        ("# bnlint:", "not a bnlint comment: '' (write `# bnlint: ignore[CODE] reason`)"),
        (
            "# bnlint: ignore BN201",
            "an ignore without its brackets: 'ignore BN201' (write `ignore[CODE]`)",
        ),
        (
            "# bnlint: ignore[BN201",
            "an ignore without its brackets: 'ignore[BN201' (write `ignore[CODE]`)",
        ),
        ("# bnlint: ignore[]", "an ignore with an empty code in its brackets"),
        ("# bnlint: ignore[BN210]", "no rule 'BN210' to ignore; did you mean BN201 or BN101?"),
    ],
)
def test_comments_that_silence_nothing(text: str, note: str) -> None:
    parsed = parse(text)
    assert parsed.by_line == {}
    assert parsed.notes == (f"a.py:2: {note}",)


def test_the_good_codes_of_a_partly_wrong_comment_work() -> None:
    parsed = parse("# bnlint: ignore[BN201, XX1]")
    assert parsed.by_line == {2: [ignores.Ignore(2, ("BN201",))]}
    assert parsed.notes == ("a.py:2: no rule 'XX1' to ignore",)


def finding(code: str = "BN201") -> Finding:
    """A finding on lines 4 to 6 of a.py, with a related place on line 1 of net.py."""
    return Finding(
        Rule(code, "name", "error"),
        Location("a.py", 4, 1, 6, 2),
        "message",
        (Related(Location("net.py", 1, 1, 1, 5), "the layer"),),
    )


@pytest.mark.parametrize(
    ("path", "line", "text", "silenced"),
    [
        ("a.py", 3, "# bnlint: ignore[BN201]", False),
        ("a.py", 4, "# bnlint: ignore[BN201]", True),
        ("a.py", 5, "# bnlint: ignore[BN201]", True),
        ("a.py", 6, "# bnlint: ignore", True),
        ("a.py", 6, "# bnlint: ignore[BN101]", False),
        ("a.py", 7, "# bnlint: ignore[BN201]", False),
        ("net.py", 1, "# bnlint: ignore[BN2]", True),
        ("net.py", 2, "# bnlint: ignore[BN201]", False),
        ("other.py", 4, "# bnlint: ignore[BN201]", False),
    ],
)
def test_the_lines_on_which_a_comment_works(
    path: str, line: int, text: str, silenced: bool
) -> None:
    assert ignores.silenced(finding(), {path: parse(text, line)}) is silenced
