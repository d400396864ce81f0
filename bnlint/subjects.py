"""Which layers of a graph are the ones that a script makes, and which a finding is about.

A place in a file is no proof: the graph may be another program's. What identifies a layer is the
path of its variables; a recording also knows the line on which each was made. A graph that has
layers which the script does not make is another program's, and nothing is ruled on it.
"""

from __future__ import annotations

import os.path
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from bnlint.finding import About, Location
from bnlint.graph.build import FetchSet, Judged
from bnlint.graph.evidence import Evidence
from bnlint.graph.judge import Verdict
from bnlint.graph.layers import Layer
from bnlint.model import Destination, GraphModel, HandWritten, NormLayer

# An unnamed layer is numbered by TensorFlow: all that is known is the start of its name.
_NUMBERED = re.compile(r"(?<=[^/?])\\\?(?=/|$)")


@dataclass(frozen=True, slots=True)
class Found:
    """A layer of a graph that a claim may be about."""

    judged: Judged
    layer: Layer

    def training(self) -> list[tuple[FetchSet, Verdict]]:
        """The fetch sets that train it."""
        return [
            (fetches, verdict)
            for fetches, verdict in self.judged.training
            if self.layer in self.judged.analysis.trained_layers(verdict)
        ]

    def moved(self) -> bool:
        """Whether any run moved all of its statistics that have updates."""
        wanted = {name for name, nodes in self.layer.updates.items() if nodes}
        return wanted <= {name for _, verdict in self.judged.sets for name in verdict.moved}

    def watched(self) -> bool:
        """Whether its values were watched and did not change, though they ought to have."""
        return any(
            hindrance.kind == "still" and hindrance.layer == self.layer.name
            for _, verdict in self.judged.sets
            for hindrance in verdict.hindrances
        )

    @property
    def place(self) -> Location:
        """Where the program made it, if that was recorded."""
        return self._model.location

    @property
    def destination(self) -> Destination:
        """Where its updates went."""
        return self._model.destination

    @property
    def _model(self) -> NormLayer:
        layers = self.judged.model.layers
        return next(layer for layer in layers if layer.name == self.layer.name)


@dataclass(slots=True)
class Script:
    """What the source makes on any of its paths: the layers, and hand-written normalisation.

    ``paths`` has, for each way through the program, how many layers bear which path.
    """

    layers: list[NormLayer] = field(default_factory=list)
    hand_written: list[list[HandWritten]] = field(default_factory=list)
    paths: list[Counter[str]] = field(default_factory=list)
    looped: set[str] = field(default_factory=set)

    def add(self, model: GraphModel) -> None:
        """Take in one path of one program."""
        self.layers += model.layers
        self.hand_written.append(list(model.hand_written))
        self.paths.append(Counter(layer.path for layer in model.layers))
        sites = Counter((layer.path, layer.location, layer.trace) for layer in model.layers)
        self.looped.update(path for (path, _, _), count in sites.items() if count > 1)


class Subjects:
    """Finds the layers of a script in graphs."""

    def __init__(self, script: Script, evidence: Evidence) -> None:
        self._script = script
        self._all = [Found(judged, layer) for judged, layer in evidence.layers()]
        self._recorded = evidence.recorded

    @cached_property
    def foreign(self) -> str | None:
        """Why the graph is another program's, if it is, or cannot be told from another's."""
        strange = [found.layer.name for found in self._all if not self._made(found)]
        # What is written by hand has no path in the source, and may be any of them.
        if strange and not any(self._script.hand_written):
            return f"the graph has layers that the script does not make, such as {min(strange)}"
        for path in {layer.path for layer in self._script.layers}:
            if path.strip("/?") and self._miscounted(path):
                return f"the graph has another number of layers {path.strip('/').rstrip('?')}"
        return None

    def _made(self, found: Found) -> bool:
        return any(
            pattern.fullmatch(found.layer.name)
            or (inner and re.fullmatch(f".*/{pattern.pattern}", found.layer.name))
            for pattern, inner in self._patterns
        )

    @cached_property
    def _patterns(self) -> list[tuple[re.Pattern[str], bool]]:
        known = {(layer.path, _inner(layer)) for layer in self._script.layers}
        return [(pattern(path), inner) for path, inner in sorted(known)]

    def _miscounted(self, path: str) -> bool:
        """Whether layers without a name are as many in no way through the program.

        How often a loop goes round the source need not tell.
        """
        if not path.strip("/").endswith("?") or path in self._script.looped:
            return False
        counts = {paths[path] for paths in self._script.paths if paths[path]}
        return bool(self._all) and any(
            (here := sum(bool(pattern(path).fullmatch(name)) for name in names))
            and here not in counts
            for names in self._graphs()
        )

    def _graphs(self) -> Iterable[list[str]]:
        graphs: dict[int, list[str]] = {}
        for found in self._all:
            graphs.setdefault(id(found.judged), []).append(found.layer.name)
        return graphs.values()

    def find(self, layers: Sequence[About]) -> list[Found] | str:
        """The layers of the graphs that are these, or why they are not told apart."""
        found: list[Found] = []
        seen = True
        for layer in layers:
            here = list(self._matching(layer))
            if not here:
                known = "?" not in layer.path.strip("/")
                return (
                    f"this graph has no layer {layer.path.strip('/')}"
                    if known and layer.path
                    else "the layers that it is about are not told apart in this graph"
                )
            seen = seen and all(self._on_line(item, layer) for item in here)
            found += [item for item in here if item not in found]
        if not found:
            return "the source does not tell which layers it is about"
        if not seen and self.foreign is not None:
            return self.foreign
        return found

    def of_file(self, layers: Sequence[About]) -> list[Found]:
        """All recorded layers that were made in the files of these, which have no path."""
        if not self._recorded or any(layer.path.strip("/?") for layer in layers):
            return []
        files = {
            os.path.basename(p.path) for layer in layers for p in (layer.location, *layer.trace)
        }
        return [item for item in self._all if os.path.basename(item.place.path) in files]

    @property
    def all(self) -> Sequence[Found]:
        """Every layer of the graphs."""
        return self._all

    def _matching(self, layer: About) -> Iterator[Found]:
        on_line = [item for item in self._all if self._on_line(item, layer)]
        if not layer.path.strip("/?"):
            yield from on_line
            return
        wanted = pattern(layer.path)
        exact = [item for item in self._all if wanted.fullmatch(item.layer.name)]
        if exact:
            yield from [item for item in exact if item in on_line] or exact
            return
        if layer.open_root:  # in a scope that the source does not show
            below = re.compile(f".*/{wanted.pattern}")
            inside = [item for item in self._all if below.fullmatch(item.layer.name)]
            if len({item.layer.name for item in inside}) == 1:
                yield from inside

    def _on_line(self, found: Found, layer: About) -> bool:
        return self._recorded and any(
            on_line(found.place, place) for place in (layer.location, *layer.trace)
        )

    def hand_written(self, places: Sequence[Location]) -> list[str]:
        """The scopes of what is built at these places; empty if the source does not tell them."""
        scopes: set[str] = set()
        for state in self._script.hand_written:
            scopes.update(use.scope for use in state if use.location in places)
        return [] if any("?" in scope for scope in scopes) else sorted(scopes)

    def built(self, scope: str) -> set[int]:
        """How many hand-written layers are built below a scope, on each path that has some."""
        counts = (sum(use.scope == scope for use in state) for state in self._script.hand_written)
        return {count for count in counts if count}


def _inner(layer: NormLayer) -> bool:
    """Whether it may be in a scope that the source does not show, as a Keras model makes one."""
    return layer.open_root or layer.flavour == "keras"


def pattern(path: str) -> re.Pattern[str]:
    """What the names of layers with this path look like. ``?`` is what the source does not tell."""
    escaped = _NUMBERED.sub(r"(?:_\\d+)?", re.escape(path.strip("/")))
    return re.compile(escaped.replace(r"\?", ".*"))


def on_line(made: Location, place: Location) -> bool:
    """Whether what was recorded to be made on a line was made at this place of the source.

    The recording may come from another machine, where the same file lay elsewhere.
    """
    same = os.path.basename(made.path) == os.path.basename(place.path)
    return same and place.line <= made.line <= place.end_line and made.line > 0
