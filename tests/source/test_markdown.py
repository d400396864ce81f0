"""Fenced blocks of Python in Markdown, as CommonMark has them."""

from __future__ import annotations

import pytest

from bnlint.source.markdown import Block, python_blocks


def texts(text: str) -> list[str]:
    return [block.text for block in python_blocks(text)]


@pytest.mark.parametrize(
    ("info", "python"),
    [
        ("python", True),
        ("Python", True),
        ("py", True),
        ("python2", True),
        ("python3 title=x", True),
        (" python", True),
        ("{.python .numberLines}", True),
        ("{python}", True),
        ("python,ignore", True),
        ("", False),
        ("sh", False),
        ("pycon", False),
        ("python-repl", False),
        ("pytb", False),
        ("ipython", False),
    ],
)
def test_languages(info: str, python: bool) -> None:
    assert texts(f"```{info}\nf(a)\n```\n") == (["f(a)"] if python else [])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a\n```python\nf(a)\ng(b)\n```\nb\n", [Block(2, 0, "f(a)\ng(b)")]),
        ("~~~python\nf(a)\n```\n~~~\n", [Block(1, 0, "f(a)\n```")]),
        ("````python\nf(a)\n```\n````\n", [Block(1, 0, "f(a)\n```")]),
        ("```python\nf(a)\n`````\n", [Block(1, 0, "f(a)")]),
        ("```python\nf(a)\n``` x\n```\n", [Block(1, 0, "f(a)\n``` x")]),
        ("- x:\n\n  ```python\n  if a:\n    f(a)\n  ```\n", [Block(3, 2, "if a:\n  f(a)")]),
        ("\t```python\n\tf(a)\n\n\t```\n", [Block(1, 1, "f(a)\n")]),
        ("  ```python\n f(a)\n  ```\n", [Block(1, 2, "f(a)")]),
        ("```python\r\nf(a)\r\n```\r\n", [Block(1, 0, "f(a)")]),
        ("```python\nf(a)", [Block(1, 0, "f(a)")]),
        ("```python\n```\n", [Block(1, 0, "")]),
        ("```python\nf(a)\n```\n\n~~~py\ng(b)\n~~~\n", [Block(1, 0, "f(a)"), Block(5, 0, "g(b)")]),
        # No fence: code in a line, and a fence that is shown in another block.
        ("```python f(a)``` is code\n", []),
        ("````\n```python\nf(a)\n```\n````\n", []),
        ("```sh\n~~~python\n```\n```python\nf(a)\n```\n", [Block(4, 0, "f(a)")]),
    ],
)
def test_blocks(text: str, expected: list[Block]) -> None:
    assert python_blocks(text) == expected
