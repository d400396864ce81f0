"""How a call is made for each combination of the alternatives of its arguments."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from bnlint.interp.args import Args
from bnlint.interp.choices import ABSENT, Alternative, Choice
from bnlint.interp.guards import FALSE
from bnlint.interp.nodes import MERGED, Node

if TYPE_CHECKING:
    from collections.abc import Callable

    from bnlint.interp.guards import Guard
    from bnlint.interp.interpreter import Interpreter
    from bnlint.interp.values import Value

_DATA = (0, "inputs", "x")
_TENSORS = MERGED | {"placeholder", "const"}
"""What a layer is applied to, as the first argument: which tensor it is decides nothing."""

_Cell: TypeAlias = "tuple[Guard, tuple[Value, ...]]"
"""Under a guard, what the arguments that are told apart are, in their order."""

MOST_COMBINATIONS = 64
"""In how many combinations of alternatives a call is looked at; beyond it they are unknowns."""


def lifted(
    machine: Interpreter,
    args: Args,
    use: Callable[[Args], Value],
    only: frozenset[int | str] | None = None,
) -> Value:
    """``use`` of the arguments for each combination of their alternatives, under its guard.

    ``only`` are the positions and names that matter; the other arguments stay as they are.
    """
    paths = machine.state.paths
    names: list[int | str] = []
    cells: list[_Cell] = [(paths.now, ())]
    plain = args
    given: list[tuple[int | str, Value]] = [*enumerate(args.positional), *args.kwargs.items()]
    for name, value in given:
        if not isinstance(value, Choice) or (only is not None and name not in only):
            continue
        found = paths.alternatives(value)
        if len(found) == 1:
            plain = _with(plain, name, found[0][1])
        elif name in _DATA and all(isinstance(v, Node) and v.kind in _TENSORS for _, v in found):
            tensors = [(guard, node) for guard, node in found if isinstance(node, Node)]
            plain = _with(plain, name, paths.phi(tensors))
        elif (finer := _divided(machine, cells, found)) is not None:
            names.append(name)
            cells = finer
        else:
            machine.state.widen("a call with more combinations of arguments than are followed")
    if not names:
        return use(plain)
    return paths.each(
        (guard, lambda values=values: use(_with_all(plain, names, values)))  # type: ignore[misc]
        for guard, values in cells
    )


def _divided(
    machine: Interpreter, cells: list[_Cell], found: list[Alternative]
) -> list[_Cell] | None:
    """Each cell divided by one more argument; None if they get too many.

    What depends on the same conditions comes in few combinations, however many arguments it is.
    """
    conj = machine.state.paths.guards.conj
    out: list[_Cell] = []
    for here, values in cells:
        for guard, value in found:
            both = conj(here, guard)
            if both == FALSE:
                continue
            if len(out) == MOST_COMBINATIONS:
                return None
            out.append((both, (*values, value)))
    return out


def _with_all(args: Args, names: list[int | str], values: tuple[Value, ...]) -> Args:
    for name, value in zip(names, values, strict=True):
        args = _with(args, name, value)
    return args


def _with(args: Args, name: int | str, value: Value) -> Args:
    """The arguments with another value for one of them, or without it where it is absent."""
    positional, kwargs = args.positional, args.kwargs
    if isinstance(name, int):
        if value is ABSENT:
            positional = positional[:name]  # those behind it are optional, too
        else:
            positional = [*positional[:name], value, *positional[name + 1 :]]
    elif value is ABSENT:
        kwargs = {k: v for k, v in kwargs.items() if k != name}
    else:
        kwargs = {**kwargs, name: value}
    out = Args(positional, kwargs, args.place, args.more, args.places)
    out.reads = args.reads
    return out
