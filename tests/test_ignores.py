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
    (ignore,) = parsed.ignores
    assert (ignore.first, ignore.last) == (2, 2)
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
        (
            "# bnlint: ignore-files",
            "not a bnlint comment: 'ignore-files' (write `# bnlint: ignore[CODE] reason`)",
        ),
        (
            "# bnlint: ignore-file BN201",
            "an ignore-file without its brackets: 'ignore-file BN201' (write `ignore-file[CODE]`)",
        ),
        ("# bnlint: enable", "an enable without its disable"),
        ("# bnlint: ignore[]", "an ignore with an empty code in its brackets"),
    ],
)
def test_comments_that_silence_nothing(text: str, note: str) -> None:
    parsed = parse(text)
    assert parsed.ignores == ()
    assert parsed.notes == (f"a.py:2: {note}",)


def test_the_good_codes_of_a_partly_wrong_comment_work() -> None:
    parsed = parse("# bnlint: ignore[BN201, XX1]")
    assert [ignore.prefixes for ignore in parsed.ignores] == [("BN201",)]
    assert parsed.notes == ()
    assert parsed.unknown == (((2, 1, 2, 29), "no rule 'XX1' to ignore"),)


def test_what_an_unknown_code_was_meant_to_be() -> None:
    parsed = parse("# bnlint: ignore[BN210]")
    assert parsed.ignores == ()
    said = "no rule 'BN210' to ignore; did you mean BN201 or BN101?"
    assert [text for _, text in parsed.unknown] == [said]


def test_rules_are_named_by_name_or_code() -> None:
    parsed = parse("# bnlint: ignore[Train-op-without-update-ops, BN101] why")
    assert [ignore.prefixes for ignore in parsed.ignores] == [("BN201", "BN101")]
    parsed = parse("# bnlint: ignore[train-op-without-update-op]")
    said = (
        "no rule 'train-op-without-update-op' to ignore; did you mean train-op-without-update-ops?"
    )
    assert (parsed.ignores, [text for _, text in parsed.unknown]) == ((), [said])
    blocks = [
        Comment(f"# bnlint: {text}", (line, 1, line, 9))
        for line, text in ((1, "disable[BN201]"), (3, "enable[train-op-without-update-ops]"))
    ]
    (block,) = ignores.parse(blocks, "a.py").ignores
    assert (block.first, block.last) == (1, 3)


def test_a_name_without_its_brackets_is_not_a_reason() -> None:
    text = "ignore train-op-without-update-ops: later"
    parsed = parse(f"# bnlint: {text}")
    said = f"a.py:2: an ignore without its brackets: {text!r} (write `ignore[CODE]`)"
    assert (parsed.ignores, parsed.notes) == ((), (said,))
    assert parse("# bnlint: ignore train op without update ops: later").ignores


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
    assert (ignores.silencing(finding(), {path: parse(text, line)}) is not None) is silenced


@pytest.mark.parametrize(
    ("comments", "silenced"),
    [
        ({3: "ignore-next-line[BN201] why"}, True),
        ({4: "ignore-next-line[BN201]"}, True),  # the finding goes on to line 6
        ({6: "ignore-next-line"}, False),
        ({9: "ignore-file[BN201] old"}, True),
        ({9: "ignore-file"}, True),
        ({9: "ignore-file[BN101]"}, False),
        ({1: "disable[BN201]"}, True),
        ({1: "disable[BN201]", 3: "enable[BN201]"}, False),
        ({1: "disable[BN201]", 3: "enable"}, False),
        ({1: "disable[BN201]", 3: "enable[BN101]"}, True),
        ({1: "disable", 3: "enable[BN201]"}, True),
        ({5: "disable[BN201]", 8: "enable[BN201]"}, True),
        ({7: "disable[BN201]"}, False),
    ],
)
def test_lines_files_and_blocks(comments: dict[int, str], silenced: bool) -> None:
    written = [Comment(f"# bnlint: {text}", (line, 1, line, 9)) for line, text in comments.items()]
    parsed = ignores.parse(reversed(written), "a.py")
    assert (ignores.silencing(finding(), {"a.py": parsed}) is not None) is silenced


@pytest.mark.parametrize("text", ["ignore", "ignore[BN201]", "ignore[BN201] --", "disable[BN201]:"])
def test_a_reason_can_be_required(text: str) -> None:
    for why, works in (("", False), (" because", True)):
        comment = Comment(f"# bnlint: {text}{why}", (4, 1, 4, 9))
        parsed = ignores.parse([comment], "a.py", require_reason=True)
        assert (ignores.silencing(finding(), {"a.py": parsed}) is not None) is works
        assert bool(parsed.notes) is not works


def test_a_comment_of_very_many_codes() -> None:
    listed = ",".join(f"XX{number}" for number in range(50_000))
    parsed = parse(f"# bnlint: ignore[{listed},BN201]")
    assert [ignore.prefixes for ignore in parsed.ignores] == [("BN201",)]
    said = [text for _, text in parsed.unknown]
    assert said[0] == "no rule 'XX0' to ignore"
    assert said[-1] == "49,980 more unknown codes to ignore"
    assert len(said) == 21
