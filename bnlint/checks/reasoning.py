"""The chain of facts behind a finding: what the model says, in the order in which it leads there.

Nothing is judged here and nothing is guessed; what the model does not tell is not told.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from bnlint.finding import Finding, Location, Step

if TYPE_CHECKING:
    from bnlint.model import GraphModel, HandWritten, NormLayer, Program, TrainOp

_SHOWN = 3  # layers, reads and so on, of which there may be very many


def of_program(program: Program, subject: Location, told: int, found: int) -> Iterator[Step]:
    """What was run, what paths to the subject have in common, and on how many of the kinds of them
    that were ``told`` apart there is the finding."""
    needed = program.needs(subject) if program.needs is not None else None
    if needed is not None:
        yield Step(f"it can only be so where {needed}", subject)
    how = " with unknown arguments, as nothing calls it" if program.open else ""
    kinds = "every path" if found == told else f"{found} of the {told} kinds of paths"
    place = Location(program.path, 1, 1, 1, 1)
    yield Step(f"{program.root} was looked at{how}: it is so on {kinds} where it can be", place)


def of_layers(layers: Sequence[NormLayer]) -> Iterator[Step]:
    """How the first of some layers came to be, each call once."""
    entered: set[tuple[Location, ...]] = set()
    sources: set[Location] = set()
    places = list({(layer.location, layer.trace): layer for layer in layers}.values())
    for layer in places[:_SHOWN]:
        yield from _calls(layer.trace, entered, is_open=layer.open_root)
        name = _name(layer)
        made = f"{name} is set as the normalizer_fn" if layer.by_normalizer else name
        yield Step(f"{made}: {_flag(layer)}", layer.location)
        yield from _origin(layer, sources)
        yield Step(_updates(layer))
    if len(places) > _SHOWN:
        yield Step(f"and {len(places) - _SHOWN} more layers")


def of_places(model: GraphModel, finding: Finding) -> Iterator[Step]:
    """How what is at the places of a finding came to be, where no rule says what it is about."""
    places = {finding.location, *(related.location for related in finding.related)}
    yield from of_layers([layer for layer in model.layers if layer.location in places])
    entered: set[tuple[Location, ...]] = set()
    for use in model.hand_written:
        if use.location in places:
            yield from by_hand(use, entered)


def by_hand(use: HandWritten, entered: set[tuple[Location, ...]]) -> Iterator[Step]:
    """How a hand-written normalisation came to be."""
    yield from _calls(use.trace, entered, is_open=False)
    yield Step("the moments of the batch are computed here", use.moments)
    yield Step("and normalise here", use.location)


def of_modes(model: GraphModel, layers: Sequence[NormLayer]) -> Iterator[Step]:
    """How some layers came to be, and in which mode each run computes them."""
    yield from of_layers(layers)
    ids = {layer.id for layer in layers}
    updates = {update for layer in layers for update in layer.updates}
    told: list[Step] = []
    for run in model.runs:
        if ids.isdisjoint(run.evaluates | run.on | run.off) and updates.isdisjoint(run.reaches):
            continue
        what = "a train op is run here" if run.trains else "this run computes what comes after"
        on, off = bool(ids & run.on), bool(ids & run.off)
        mode = " in training mode" if on and not off else " in inference mode" if off else ""
        moved = ", with the updates" if updates & run.reaches else ""
        times = f", at most {run.turns} times" if run.loops and run.turns is not None else ""
        told.append(Step(f"{what}{mode}{moved}{times}", run.location))
    yield from _some(told)


def of_updates(model: GraphModel, op: TrainOp, wanted: Sequence[NormLayer]) -> Iterator[Step]:
    """How some layers came to be, and why a train op runs their updates or does not."""
    yield from of_layers(wanted)
    yield from _train_op(model, op, wanted)


def _train_op(model: GraphModel, op: TrainOp, wanted: Sequence[NormLayer]) -> Iterator[Step]:
    yield from _calls(op.trace, set(), is_open=any(layer.open_root for layer in wanted))
    name = op.api.rpartition(".")[2]
    trained = _layers(len(set(op.trains)))
    yield Step(f"{name} makes the train op, which trains {trained}", op.location)
    if op.undecided is not None:
        yield Step(op.undecided)
    # What goes to code that nobody sees may come back in what is waited for.
    sure = op.undecided is None and not any(layer.updated_by(model.escaped) for layer in wanted)
    yield from _some(_reads(model, op, wanted))
    yield from _some(_blocks(model, op, wanted, sure=sure))
    if any(layer.updated_by(op.loss_reaches - op.reaches) for layer in wanted):
        yield Step(
            "the value of the loss waits for updates, but a gradient does not need that value"
        )
    lacks = "so the train op does not run" if sure else "so the train op is not seen to run"
    yield Step(_told("so the train op runs", lacks, op.reaches, wanted))
    yield from _some(_runs(model, op, wanted))


def _calls(
    trace: Sequence[Location], entered: set[tuple[Location, ...]], *, is_open: bool
) -> Iterator[Step]:
    """The calls that lead somewhere, but those that were told of already.

    What nothing calls is ``is_open``: the first place is then its own.
    """
    for depth, call in enumerate(trace, 1):
        if trace[:depth] not in entered:
            entered.add(tuple(trace[:depth]))
            uncalled = is_open and depth == 1
            said = "nothing calls this, so it is entered" if uncalled else "this call is entered"
            yield Step(said, call)


def _name(layer: NormLayer) -> str:
    """What makes it, and of its path what is known."""
    name = layer.api.rpartition(".")[2]
    path = layer.path.strip("/")
    if "?" not in path:
        return f"{name} {path!r}" if path else name
    scope = path[: path.index("?")].rpartition("/")[0]
    return f"{name} in {scope!r}" if scope else name


def _flag(layer: NormLayer) -> str:
    flag, name = layer.flag, layer.flag_name
    if layer.misplaced is not None:
        return f"{layer.misplaced.value} is passed second, which is {layer.misplaced.parameter}"
    if flag.kind == "missing":
        default = "follows the learning phase" if flag.value is None else f"is {flag.value}"
        return f"{name} is not passed, and its default {default}"
    if flag.kind == "constant":
        return f"{name} is the constant {flag.value!r}"
    if flag.kind == "dynamic":
        return f"{name} is no constant"
    return f"what {name} is, is not known" + (f": {flag.reason}" if flag.reason else "")


def _origin(layer: NormLayer, known: set[Location]) -> Iterator[Step]:
    """Where the flag's value comes from, if that is elsewhere and was not told of already."""
    flag = layer.flag
    place = flag.origin or flag.made
    if place is None or place in known or place.within(layer.location):
        return
    known.add(place)
    if flag.origin is None:
        yield Step("the tensor is made here", place)
    elif flag.from_default:
        yield Step("the constant is the default of this parameter", place)
    else:
        yield Step("the constant is written here", place)


def _updates(layer: NormLayer) -> str:
    if not layer.updates:
        return "it makes no update ops"
    if layer.destination == "in_place":
        return "its updates are a part of the layer itself, and run with it"
    if layer.destination == "layer":
        return "its update ops are in a list of the layer object, and in no collection"
    if layer.destination == "collection" and layer.collection is not None:
        return f"its update ops are in the collection {layer.collection!r}"
    return "where its update ops are, is not known"


def _reads(model: GraphModel, op: TrainOp, wanted: Sequence[NormLayer]) -> Iterator[Step]:
    for read in model.reads:
        scope = f" below the scope {read.scope!r}" if read.scope is not None else ""
        held = _told("it holds", "it does not hold", read.updates, wanted)
        lacks = not any(layer.updated_by(read.updates) for layer in wanted)
        if lacks and all(layer.id >= read.before for layer in wanted):
            held += ", built later"
        used = "the train op waits for it" if read.id in op.reads else "not for this train op"
        yield Step(f"the collection {read.key!r} is read{scope}: {held}; {used}", read.location)
    if not model.reads:
        yield Step("no collection of update ops is read")


def _blocks(
    model: GraphModel, op: TrainOp, wanted: Sequence[NormLayer], *, sure: bool
) -> Iterator[Step]:
    lacks = "this block does not wait for" if sure else "this block is not seen to wait for"
    for block in model.guards:
        what = _told("this block waits for", lacks, block.updates, wanted)
        inside = "is made in it" if op.id in block.train_ops else "is not made in it"
        yield Step(f"{what}, and the train op {inside}", block.location)
    if not model.guards:
        yield Step("there is no control_dependencies block")


def _runs(model: GraphModel, op: TrainOp, wanted: Sequence[NormLayer]) -> Iterator[Step]:
    """The runs that have to do with it, or with the updates."""
    for run in model.runs:
        if op.id in run.trains:
            here = "the train op is run here"
            lacks = (
                f"{here}, without" if not run.opaque else f"{here}, with more, but not seen with"
            )
            yield Step(_told(f"{here}, with", lacks, run.reaches, wanted), run.location)
        elif any(layer.updated_by(run.reaches) for layer in wanted):
            yield Step(_told("this run runs", "", run.reaches, wanted), run.location)
    if not any(op.id in run.trains for run in model.runs):
        yield Step("no run of the train op is seen")


def _some(steps: Iterable[Step]) -> Iterator[Step]:
    steps = list(dict.fromkeys(steps))
    yield from steps[:_SHOWN]
    if len(steps) > _SHOWN:
        yield Step(f"and {len(steps) - _SHOWN} more of these")


def _told(has: str, lacks: str, updates: frozenset[int], wanted: Sequence[NormLayer]) -> str:
    """Of how many of the layers meant something has the updates."""
    of = {layer.id: layer.updated_by(updates) for layer in wanted}
    these = "this layer" if len(of) == 1 else f"these {len(of)} layers"
    some = sum(of.values())
    if not some:
        return f"{lacks} the updates of {these}"
    return f"{has} the updates of {these if some == len(of) else f'{some} of {these}'}"


def _layers(number: int) -> str:
    return "a batch-norm layer" if number == 1 else f"{number} batch-norm layers"
