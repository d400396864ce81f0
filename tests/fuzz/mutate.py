"""Inputs that are nearly right: seeds, changed in some places."""

from __future__ import annotations

from collections.abc import Callable, Sequence

Step = tuple[int, int, int]
"""What is done, and two numbers that say where and with what."""

TOKENS: list[bytes] = [
    token.encode("utf-8", "surrogatepass")
    for token in [
        *"()[]{}:;,.=#'\"\\`@!%&*-+<>/|~^$? \t\f\r\n\0",
        *"\x1b\x07\x08\x7f\x85\u2028\u202e\ufeff\ud800é",
        *("'''", '"""', "f'{", "\\\n", "\r\n", "**", "[[:", "[!", "```python\n", "\n::error::x"),
        *("9" * 30, "-1", "1e999", "0x", "NaN", "true", "null", '{"a":', "[[[[[[[[", "2" * 5000),
        *("def ", "lambda:", "yield ", "async ", "match x:\n case ", "else:", "print ", "exec "),
        *("# bnlint: ignore[", "# bnlint: disable", "BN201", "%matplotlib\n", "!ls\n", "..", "/"),
    ]
] + [b"\xff", b"\xff\xff\xff\xff\x0f", b"\x80", b"\x00\x00\x00\x00", b"\x08\x01", b"\x0a\xff\x7f"]


def _flip(data: bytes, where: int, what: int) -> bytes:
    at = where % len(data)
    return data[:at] + bytes([data[at] ^ (1 << what % 8)]) + data[at + 1 :]


def _insert(data: bytes, where: int, what: int) -> bytes:
    at = where % len(data)
    return data[:at] + TOKENS[what % len(TOKENS)] + data[at:]


def _replace(data: bytes, where: int, what: int) -> bytes:
    at = where % len(data)
    return data[:at] + TOKENS[what % len(TOKENS)] + data[at + 1 + what % 7 :]


def _repeat(data: bytes, where: int, what: int) -> bytes:
    at = where % len(data)
    return data[:at] + data[at : at + 1 + what % 9] * (2 + what % 200) + data[at:]


def _delete(data: bytes, where: int, what: int) -> bytes:
    at = where % len(data)
    return data[:at] + data[at + 1 + what % 40 :]


def _truncate(data: bytes, where: int, what: int) -> bytes:
    return data[: where % len(data)]


def _move(data: bytes, where: int, what: int) -> bytes:
    at, to = where % len(data), what % len(data)
    return data[:at] + data[to : to + 30] + data[at:]


def _swap_lines(data: bytes, where: int, what: int) -> bytes:
    lines = data.splitlines(True)
    one, other = where % len(lines), what % len(lines)
    lines[one], lines[other] = lines[other], lines[one]
    return b"".join(lines)


def _double_line(data: bytes, where: int, what: int) -> bytes:
    lines = data.splitlines(True)
    at = where % len(lines)
    return b"".join([*lines[:at], lines[at] * (1 + what % 20), *lines[at:]])


STEPS: Sequence[Callable[[bytes, int, int], bytes]] = (
    _flip,
    _insert,
    _replace,
    _repeat,
    _delete,
    _truncate,
    _move,
    _swap_lines,
    _double_line,
)


def mutated(seed: bytes, steps: Sequence[Step]) -> bytes:
    """A seed after some steps; it stays short enough to be read in an instant."""
    data = seed
    for kind, where, what in steps:
        if data:
            data = STEPS[kind % len(STEPS)](data, where, what)[:100_000]
    return data
