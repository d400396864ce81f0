"""JSON and back; the property test is with the generated programs of ``test_positions``."""

from __future__ import annotations

import json

import pytest
from ir_shapes import low

from bnlint.source import ir
from bnlint.source.codec import VERSION, decode, encode

PROGRAM = """\
@d(1, *a, k=2.5, **b)
async def f(x, /, y=None, *z, w=b"\\0", **k):  # bnlint: ignore[BN101]
    global g
    with a as b, c: return [i for i in (1, 2j, ...) if i]
class C(B): pass
for i in x: break
else: del a, b
while True: a[1:, ::2] += lambda: {1: 2, **c}
try: raise E
except E as e: assert not a
finally: from ..a import b as c, d
match a:
    case [x, *_] if x: yield_ = 1 < 2 is not 3
    case "\\ud800": pass
x = f"a{b!r:>3}" if (y := 1) else 1e999
"""


def test_round_trip() -> None:
    module = low(PROGRAM)
    text = encode(module)
    assert decode(text) == module
    assert encode(decode(text)) == text


def test_round_trip_of_what_is_deeply_nested() -> None:
    module = low("x = " + "+".join(["a"] * 1500) + "\n")
    depth, node = 0, decode(encode(module)).body[0]
    value = node.value if isinstance(node, ir.Assign) else None
    while isinstance(value, ir.BinOp):
        depth, value = depth + 1, value.left
    assert depth == 1499


def test_types_are_kept() -> None:
    values = [s.value for s in decode(encode(low("True; 1; 1.0; '1'"))).body]  # type: ignore[union-attr]
    assert [repr(value.value) for value in values] == ["True", "1", "1.0", "'1'"]  # type: ignore[union-attr]
    module = decode(encode(low("def f(): pass\n")))
    assert type(module.span) is tuple
    assert type(module.body[0].name_span) is tuple  # type: ignore[union-attr]


def test_what_is_no_module_is_refused() -> None:
    document = json.loads(encode(low("a\n")))
    changes: tuple[dict[str, object], ...] = (
        {"version": VERSION + 1},
        {"nodes": ["Name"]},
        {"rows": []},
        {"rows": [[999, 1, 1, 1, 1]]},
        {"rows": [["Name", 1, 1, 1, 1]]},
        {"rows": [[-1, 1, 1, 1, 1]]},
        {"rows": [[0]]},
        {"rows": 1},
        {"rows": document["rows"][:1]},
    )
    for change in changes:
        with pytest.raises(ValueError, match=r"module|node"):
            decode(json.dumps({**document, **change}))
    for text in ("", "[]", "{}", "null", "[" * 100_000):
        with pytest.raises(ValueError, match=r"module|Expecting"):
            decode(text)
