"""The values of string literals."""

from __future__ import annotations

import ast

from bnlint.source import ir


def joined(span: ir.Span, parts: list[ir.Expr]) -> ir.Expr:
    """The concatenation of ``parts``: one literal if they are all literals."""
    values = [part.value for part in parts if isinstance(part, ir.Const) and part.kind == "str"]
    if len(values) == len(parts):
        return ir.Const(span, "str", "".join(map(str, values)))
    return ir.Joined(span, parts)


def string_const(span: ir.Span, source: str) -> ir.Const:
    quote = source[-1]
    start = source.index(quote)
    prefix = source[:start].lower()
    if "b" in prefix:
        return ir.Const(span, "bytes", source)
    width = 3 if source.startswith(quote * 3, start) and len(source) >= start + 6 else 1
    inner = source[start + width : -width]
    if "\r" in inner:
        # Python reads every line end as one "\n".
        inner = inner.replace("\r\n", "\n").replace("\r", "\n")
    if "\\" in inner and "r" not in prefix:
        inner = _unescape(inner, quote * width)
    return ir.Const(span, "str", inner)


def format_text(text: str, quote: str, raw: bool) -> str:
    """The value of a text part of an f-string."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if "\\" in text and not raw:
        text = _unescape(text, quote)
    return text.replace("{{", "{").replace("}}", "}")


def _unescape(inner: str, quote: str) -> str:
    try:
        value = ast.literal_eval(quote + inner + quote)
    except (SyntaxError, ValueError, MemoryError):
        # libcst lets "\x1" through. Python would not run the file; its text is as good a value.
        return inner
    return value if isinstance(value, str) else inner
