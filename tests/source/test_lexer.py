r"""Tokens are cut where Python cuts them; any text gives some tokens."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bnlint.source.lexer import line_starts, place, tokenize


def cut(text: str) -> list[str]:
    tokens = tokenize(text)
    return [text[a:b] for a, b in zip(tokens.starts, tokens.ends, strict=True)]


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("a.b(c)", ["a", ".", "b", "(", "c", ")"]),
        ('x = 1 # (comment\'s "quote"\ny', ["x", "=", "1", "y"]),
        ("a \\\n  + b", ["a", "+", "b"]),
        ("a \\\r\n  + b", ["a", "+", "b"]),
        ("r'\\' b", ["r'\\' b"]),
        ("'a\\\nb' c", ["'a\\\nb'", "c"]),
        ("'a\\\r\nb' c", ["'a\\\r\nb'", "c"]),
        ('"""a"b\'\n""" c', ['"""a"b\'\n"""', "c"]),
        ("''''a''' ''", ["''''a'''", "''"]),
        ("Rb'x' bR'''y''' u'z' rbb'x'", ["Rb'x'", "bR'''y'''", "u'z'", "rbb", "'x'"]),
        (
            "a**=b//c<<=d!=e->f:=...",
            ["a", "**=", "b", "//", "c", "<<=", "d", "!=", "e", "->", "f", ":=", "..."],
        ),
        ("1if x else.5e-3j", ["1", "if", "x", "else", ".5e-3j"]),
        ("0x1for x in 1_000.0_1", ["0x1f", "or", "x", "in", "1_000.0_1"]),
        ("1..real", ["1.", ".", "real"]),
        ("naïve ε क्षेत्र", ["naïve", "ε", "क्षेत्र"]),
        ("a\fb\t\fc", ["a", "b", "c"]),
        ("", []),
        (" \n\t\f\r\n", []),
    ],
)
def test_tokens(text: str, tokens: list[str]) -> None:
    assert cut(text) == tokens


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("f'a{b}c'", ["f'", "{", "b", "}", "'"]),
        ("f'{{a}}'", ["f'", "'"]),
        ("f'{a!r:>{w}}' x", ["f'", "{", "a", "!", "r", ":", "{", "w", "}", "}", "'", "x"]),
        ("f'{a!=b}'", ["f'", "{", "a", "!=", "b", "}", "'"]),
        ("f'{a:=5}'", ["f'", "{", "a", ":", "}", "'"]),
        ("f'{(a:=5)}'", ["f'", "{", "(", "a", ":=", "5", ")", "}", "'"]),
        ("f'{d[\"k\"]}'", ["f'", "{", "d", "[", '"k"', "]", "}", "'"]),
        ('f"{d["k"]}"', ['f"', "{", "d", "[", '"k"', "]", "}", '"']),
        ("f'{f\"{1}\"}'", ["f'", "{", 'f"', "{", "1", "}", '"', "}", "'"]),
        ("f'''{\na # }\n}'''", ["f'''", "{", "a", "}", "'''"]),
        ("rf'\\{a}'", ["rf'", "{", "a", "}", "'"]),
        ("f'\\N{DASH}{a}'", ["f'", "{", "a", "}", "'"]),
        ("f'\\'{a}'", ["f'", "{", "a", "}", "'"]),
        ("f'{ {1: 2}[1] }'", ["f'", "{", "{", "1", ":", "2", "}", "[", "1", "]", "}", "'"]),
    ],
)
def test_fstrings(text: str, tokens: list[str]) -> None:
    assert cut(text) == tokens


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("'open\nx", ["'open", "x"]),
        ('"""open\nx', ['"""open\nx']),
        ("f'{a", ["f'", "{", "a"]),
        ("f'a\nb", ["f'", "\n", "b"]),
        ("a $ ? b", ["a", "$", "?", "b"]),
        (")]}", [")", "]", "}"]),
    ],
)
def test_broken_text(text: str, tokens: list[str]) -> None:
    assert cut(text) == tokens


def test_comments_that_name_bnlint() -> None:
    text = "x = '# bnlint: no'  # bnlint: ignore[BN201] (why)\n# other\nf'''{a # bnlint: b\n}'''"
    assert [text[a:b] for a, b in tokenize(text).comments] == [
        "# bnlint: ignore[BN201] (why)",
        "# bnlint: b",
    ]


def test_depth_and_group() -> None:
    tokens = tokenize("f(a)\ng([{b}], 1)\n")
    assert (tokens.depth, tokens.group) == (3, 9)
    assert tokenize("x = ')'").depth == 0
    assert tokenize("f'{a[0]}'").depth == 3  # an f-string counts, as it does for the parser


def test_lines() -> None:
    text = "a\nb\r\nc\rd\fe\v\u2028f"
    starts = line_starts(text)
    assert starts == [0, 2, 5, 7]
    assert place(starts, text.index("f")) == (4, 6)
    assert line_starts("") == [0]
    assert line_starts("\n\n") == [0, 1, 2]


@given(st.text(alphabet=st.sampled_from("ab1'\"\\\n\r{}()[]:!#fFrRbB .=,\té\0")))
def test_any_text_gives_tokens_in_order(text: str) -> None:
    tokens = tokenize(text)
    flat = [offset for pair in zip(tokens.starts, tokens.ends, strict=True) for offset in pair]
    assert flat == sorted(flat)
    assert all(a < b for a, b in zip(tokens.starts, tokens.ends, strict=True))
    assert not flat or flat[-1] <= len(text)
