"""Which edits keep a finding's fingerprint, and which do not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bnlint.finding import Finding, Location, Related, Rule
from bnlint.fingerprint import normal, stamped

RULE = Rule("BN201", "train-op-without-update-ops", "error")


def fingerprint(text: str, *, related: str = "", code: str = "BN201") -> str:
    """Of a finding about all of a file, with another file in its story."""

    def all_of(path: str, text: str) -> Location:
        lines = text.split("\n")
        return Location(path, 1, 1, len(lines), len(lines[-1]) + 1)

    places = (Related(all_of("b.py", related), "there"),) if related else ()
    finding = Finding(Rule(code, "x", "error"), all_of("a.py", text), "message", places)
    (found,) = stamped([finding], lambda path, _cell: {"a.py": text, "b.py": related}[path])
    return found.fingerprint


@pytest.mark.parametrize(
    "text",
    [
        "opt.minimize(\n    loss, 'a#b'\n)",
        "opt.minimize(\n    loss,  # the loss\n    'a#b',\n)",
        'opt.minimize(loss, "a#b")',
        "opt . minimize(loss, \\\n\t'a#b')",
        "opt.minimize(loss,\r\n'a#b')",
    ],
)
def test_a_formatter_keeps_it(text: str) -> None:
    assert fingerprint(text) == fingerprint("opt.minimize(loss, 'a#b')")


@pytest.mark.parametrize("text", ["opt.minimize(cost, 'a#b')", "opt.minimize(loss, 'a#c')"])
def test_other_code_has_another(text: str) -> None:
    assert fingerprint(text) != fingerprint("opt.minimize(loss, 'a#b')")


def test_another_way_or_rule_has_another() -> None:
    marks = {
        fingerprint("f()"),
        fingerprint("f()", related="g()"),
        fingerprint("f()", related="h()"),
        fingerprint("f()", code="BN202"),
    }
    assert len(marks) == 4
    assert fingerprint("f()", related="g( )") == fingerprint("f()", related="g()")


def test_lines_that_move_keep_it_and_twins_are_told_apart() -> None:
    def at(line: int) -> Finding:
        return Finding(RULE, Location("a.py", line, 5, line, 8), "message")

    before = stamped([at(1), at(2)], lambda *_: "x = f()\ny = f()\n")
    after = stamped([at(3), at(5)], lambda *_: "\n\nx = f()\n\ny = f()\n")
    assert [f.fingerprint for f in before] == [f.fingerprint for f in after]
    assert before[1].fingerprint == f"{before[0].fingerprint}-2"


def test_nodes_of_a_graph() -> None:
    def at(node: str) -> Finding:
        return Finding(RULE, Location("a.meta", 1, 1, 1, 1, node=node), "message")

    assert len({found.fingerprint for found in stamped([at("a"), at("b")])}) == 2


@given(st.text())
def test_any_text_has_one(text: str) -> None:
    assert normal(normal(text)) is not None
    assert len(fingerprint(text)) == 16
