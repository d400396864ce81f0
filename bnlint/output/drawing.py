"""A graph's train ops and layers, drawn: the paths from each train op to the moving statistics.

Each train op is a box with a rail below it. Where it should move statistics, a path branches off,
by way of the update ops to the statistics; one that stops is broken where it stops. 300 layers
would be 300 times the same picture: layers of one scope whose paths are alike share one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from bnlint.output.page import count, safe
from bnlint.output.scopes import Scope, scopes
from bnlint.reports import Drawing, Edge, LayerRow, Path, TrainRow, Way

# So many names are looked over at once; more of what is well are folded away.
FOLDED = 24
# So many nodes stand for all in one station.
SHOWN = 3
GLYPH = 7.3


@dataclass(frozen=True, slots=True)
class _Shape:
    """What the paths of layers have to have in common to be one picture."""

    way: Way
    nodes: tuple[str, ...]
    waits: tuple[str, ...]
    run_by: tuple[str, ...]


@dataclass(slots=True)
class _Lane:
    """Paths of one shape, and the places of their layers in the report."""

    layers: list[int] = field(default_factory=list)
    paths: list[Path] = field(default_factory=list)


def draw(drawing: Drawing, number: int) -> Iterator[str]:
    """The drawing of one report, the ``number``-th of its page, as HTML."""
    layers = drawing.report.layers
    left = set(range(len(layers)))
    for place, row in enumerate(drawing.report.train_ops):
        edges = {edge.layer: edge for edge in drawing.edges if edge.train_op == place}
        left -= edges.keys()
        yield from _train_op(row, layers, edges, number)
    if left and drawing.report.train_ops:
        yield '<section class="op"><header>no train op</header>\n<div class="rail">\n'
        for scope in scopes({place: layers[place].name for place in sorted(left)}):
            said = f"{count(len(scope.members), 'layer')} that nothing here trains or updates"
            yield f'<section class="scope"><h3>{_called(scope)}{said}</h3>\n'
            yield from _names(scope, scope.members, "none", number)
            yield "</section>\n"
        yield "</div></section>\n"


def _train_op(
    row: TrainRow, layers: Sequence[LayerRow], edges: Mapping[int, Edge], number: int
) -> Iterator[str]:
    good = row.moved == row.total and not row.fails and not row.idle
    yield (
        f'<section class="op {"well" if good else "broken"}"><header><code>{safe(row.name)}</code> '
        f"{safe(_told(row))}</header>\n"
    )
    if edges:
        yield '<div class="rail">\n'
        for scope in scopes({place: layers[place].name for place in edges}):
            yield from _scope(scope, {place: edges[place] for place in scope.members}, number)
        yield "</div>\n"
    yield "</section>\n"


def _told(row: TrainRow) -> str:
    told = f"{row.reached} of {row.total} moving statistics reached"
    if row.idle:
        return f"{told}, but it is in a dead branch and trains nothing"
    if row.fails:
        return f"{told}, but running it fails: {row.fails}"
    return f"{told}, {row.moved} of them moved" if row.moved < row.reached else told


def _scope(scope: Scope, edges: Mapping[int, Edge], number: int) -> Iterator[str]:
    updated = sum(edge.moves for edge in edges.values())
    share = f'<span class="share"><i style="width:{100 * updated / len(edges):.1f}%"></i></span>'
    said = f"{updated} of {count(len(edges), 'layer')} updated"
    yield f'<section class="scope"><h3>{_called(scope)}{share}{said}</h3>\n'
    for shape, lane in _lanes(scope, edges).items():
        yield f'<div class="{shape.way}">\n'
        yield from _path(shape, lane)
        yield from _names(scope, lane.layers, shape.way, number)
        yield "</div>\n"
    yield "</section>\n"


def _called(scope: Scope) -> str:
    return f"<code>{safe(scope.name)}</code> " if scope.name else ""


def _lanes(scope: Scope, edges: Mapping[int, Edge]) -> dict[_Shape, _Lane]:
    """What is broken comes first."""
    lanes: dict[_Shape, _Lane] = {}
    for place, edge in edges.items():
        for path in edge.paths:
            inside = scope.layers[place] + "/"
            shape = _Shape(
                path.way,
                # How many updates a statistic has makes a difference, how they are called does not.
                ("",) * len(path.nodes) if path.way != "moves" else (),
                tuple(name for name in path.waits if not name.startswith(inside)),
                path.run_by,
            )
            lane = lanes.setdefault(shape, _Lane())
            lane.paths.append(path)
            if place not in lane.layers[-1:]:
                lane.layers.append(place)
    return dict(sorted(lanes.items(), key=lambda item: item[0].way == "moves"))


def _path(shape: _Shape, lane: _Lane) -> Iterator[str]:
    """The train op is the rail, at the left."""
    nodes = [node for path in lane.paths for node in path.nodes]
    statistics = _station("moving statistic", [path.variable for path in lane.paths])
    updates = _station("update op", nodes)
    first, run = '<span class="wire first"></span>', '<span class="wire"></span>'
    cut, unused = '<span class="wire cut"></span>', '<span class="wire unused"></span>'
    if shape.way == "moves":
        # Of a statistic that a recording saw changing, the update may not be known.
        parts = [first, updates, run, statistics] if nodes else [first, statistics]
    elif shape.way == "idle":
        parts = [first, updates, cut, statistics] if nodes else [cut, statistics]
    elif shape.way == "unwritten":
        parts = [cut, statistics]
    elif shape.run_by:
        by = _station("another train op", shape.run_by)
        parts = [cut, by, unused, updates, unused, statistics]
    elif waits := [name for path in lane.paths for name in path.waits]:
        parts = [cut, _station("what waits for it", waits), unused, updates, unused, statistics]
    else:
        parts = [cut, updates, unused, statistics]
    yield f'<div class="path">{"".join(parts)}</div>\n'
    if said := _why(shape, lane):
        yield f'<p class="why">{said}</p>\n'


def _why(shape: _Shape, lane: _Lane) -> str:
    if shape.way == "moves":
        return ""
    if shape.way == "idle":
        return "The update runs and changes nothing."
    if shape.way == "unwritten":
        return "Nothing in the graph writes it."
    if shape.run_by:
        return "Only another train op runs the update."
    if any(path.waits for path in lane.paths):
        return "What waits for the update is not run with the train op."
    return "Nothing waits for the update."


def _station(kind: str, names: Sequence[str]) -> str:
    """A box with the names, or with what is left of them where there are many layers."""
    told = list(dict.fromkeys(names))
    kinds = list(dict.fromkeys(name.rpartition("/")[2] for name in told))
    every = told if len(told) <= SHOWN else kinds
    lines = "".join(f"<code>{safe(name)}</code>" for name in every[:SHOWN])
    more = "" if len(every) <= SHOWN else f"<small>and {len(every) - SHOWN} more</small>"
    many = f"{len(told)} {kind}s" if len(told) > 1 else kind
    return f'<span class="station"><small>{many}</small>{lines}{more}</span>'


def _names(scope: Scope, places: Sequence[int], look: str, number: int) -> Iterator[str]:
    """The layers of a picture, each of which leads to its row in the table."""
    names = [scope.short(place) for place in places]
    wide = f"{max(map(len, names)) * GLYPH + 12:.0f}px"
    folded = look in ("moves", "none") and len(places) > FOLDED
    if folded:
        yield f"<details><summary>{count(len(places), 'layer')}</summary>\n"
    yield f'<div class="layers" style="--wide: min({wide}, 100%)">\n'
    for place, name in zip(places, names, strict=True):
        yield (
            f'<a class="layer {look}" href="#layer-{number}-{place}" '
            f'title="{safe(scope.layers[place])}">{safe(name)}</a>\n'
        )
    yield "</div>\n"
    if folded:
        yield "</details>\n"
