"""From a layer as its call left it to the layer of the model that rules read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bnlint.finding import Location
from bnlint.interp.effects import neighbours
from bnlint.interp.effects.variables import as_known
from bnlint.interp.guards import FALSE
from bnlint.interp.values import Place, location
from bnlint.model import Crossed, Flag, Misplaced, NormLayer, UnusedFlag

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from bnlint.interp.guards import Guard
    from bnlint.interp.keys import Keys
    from bnlint.interp.nodes import Node
    from bnlint.interp.recorded import Layer, TrainingFlag

    Readers = Mapping[Node, list[Node]]


def norm_layer(layer: Layer, readers: Readers, *, adversarial: bool) -> NormLayer:
    """What rules are told of a layer: ``readers`` are what reads each tensor."""
    unused = layer.unused_parameter
    return NormLayer(
        id=layer.id,
        api=layer.api,
        flavour=layer.flavour,
        flag_name=layer.flag.name,
        location=location(layer.place),
        flag=_flag(layer.flag),
        destination=layer.destination,  # type: ignore[arg-type]
        updates=tuple(update.id for update in layer.updates),
        collection=layer.collection,
        trace=tuple(location(p) for p in layer.trace),
        by_normalizer=layer.by_normalizer,
        misplaced=Misplaced(*layer.misplaced) if layer.misplaced is not None else None,
        unused_parameter=unused[0] if unused is not None else None,
        unused_parameter_location=location(unused[1]) if unused is not None else None,
        open_root=layer.open_root,
        scope_may_give_flag=layer.scope_may_give_flag,
        graph=layer.graph,
        momentum=layer.momentum,
        name=layer.name if "?" not in layer.name else None,
        path=as_known(layer.name),
        adversarial=adversarial,
        unit_test=layer.unit_test,
        frozen=layer.frozen,
        crossed=Crossed(location(layer.crossed[0]), layer.crossed[1])
        if layer.crossed is not None
        else None,
        mode=layer.built_for[1] if layer.built_for is not None else None,
        uncounted=layer.uncounted,
        biased=_biased(layer, readers),
        squashed=_squashed(layer, readers),
    )


def _flag(flag: TrainingFlag) -> Flag:
    if flag.chosen and (flag.kind == "constant" or flag.phase):
        return Flag("dynamic", flag.value)
    place = flag.origin if flag.kind == "constant" else None
    return Flag(
        flag.kind,
        flag.value,
        location(place) if place is not None else None,
        flag.from_default,
        flag.reason,
        location(flag.made) if flag.made is not None else None,
    )


def _biased(layer: Layer, readers: Readers) -> Location | None:
    """The layer below that adds a bias, if nothing but this layer reads what it gives."""
    below = layer.biased
    if below is None:
        return None
    own = {layer.output, *layer.updates}
    alone = all(reader in own for reader in readers.get(below, ()))
    return location(below.place) if alone else None


def _squashed(layer: Layer, readers: Readers) -> Location | None:
    """The activation that reads a layer without gamma, and depends on its scale."""
    if not layer.unscaled or layer.output is None:
        return None
    above = (n for n in readers.get(layer.output, ()) if neighbours.saturates(n))
    return next((location(node.place) for node in above), None)


def unused_flags(layers: Iterable[Layer]) -> list[UnusedFlag]:
    """The flag parameters that functions over some layers never read."""
    out = []
    for layer in layers:
        if layer.unused_parameter is not None and layer.misplaced is None:
            name, place = layer.unused_parameter
            out.append(UnusedFlag(name, location(place), location(layer.place)))
    return out


def unmapped(
    layers: Iterable[Layer], keys: Keys, holds: Callable[[Guard], bool]
) -> Iterator[tuple[int, Location]]:
    """Layers whose flag is one unknown in all modes of an Estimator that is used in several."""
    seen: dict[tuple[int, Place, tuple[Place, ...], int], set[str]] = {}
    built = [layer for layer in layers if layer.built_for is not None]
    for layer in built:
        key = layer.flag.key
        if key is None or layer.built_for is None or keys.set_elsewhere(key):
            continue
        estimator, mode = layer.built_for
        if holds(estimator.used.get(mode, FALSE)):
            site = (id(estimator), layer.place, layer.trace, key)
            seen.setdefault(site, set()).add(mode)
    for layer in built:
        if layer.built_for is None or layer.flag.key is None:
            continue
        estimator, mode = layer.built_for
        modes = seen.get((id(estimator), layer.place, layer.trace, layer.flag.key), set())
        if mode == "train" and mode in modes and len(modes) > 1:
            yield layer.id, location(estimator.place)
