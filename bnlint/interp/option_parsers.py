"""``argparse``: the options of a program, and what is known of their values."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bnlint.interp.args import Args
from bnlint.interp.live_objects import ArgumentParser
from bnlint.interp.values import NONE, Known, Seq, Value

if TYPE_CHECKING:
    from bnlint.interp.interpreter import Interpreter


def method(machine: Interpreter, value: ArgumentParser, name: str, args: Args) -> Value | None:
    """``argparse``: the defaults are hints, never facts."""
    state = machine.state
    if name == "add_argument":
        names = [a.value for a in args.positional if isinstance(a, Known)]
        label = next((n for n in names if isinstance(n, str) and n.startswith("--")), None)
        label = label or next((n for n in names if isinstance(n, str)), None)
        given = args.get("dest")
        if isinstance(given, Known) and isinstance(given.value, str):
            label = given.value
        default = args.get("default")
        if default is None:
            action = args.get("action")
            if isinstance(action, Known) and action.value in ("store_true", "store_false"):
                default = Known(action.value == "store_false")
        if label is None:
            return NONE
        option = label.lstrip("-").replace("-", "_")
        if default is not None:
            state.flag_defaults[option] = default
        choices = args.get("choices")
        if isinstance(choices, Seq) and isinstance(label, str):
            state.note_choices(option, choices, default)
        return NONE
    if name in ("parse_args", "parse_known_args"):
        parsed = state.unknown("a command-line argument", "name", "FLAGS")
        if name == "parse_known_args":
            return Seq("tuple", [parsed, state.unknown("the other arguments")])
        return parsed
    if name in (
        "add_argument_group",
        "add_mutually_exclusive_group",
        "add_parser",
        "add_subparsers",
    ):
        return value
    if name == "set_defaults":
        state.flag_defaults.update(args.kwargs)
        return NONE
    return NONE if name == "register" else None
