"""Whether a graph confirms what a source was said to do wrong. When in doubt: undecided."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal

from bnlint.finding import Finding
from bnlint.graph.build import FetchSet, Judged
from bnlint.graph.command import shown
from bnlint.graph.evidence import Evidence
from bnlint.graph.judge import Verdict
from bnlint.graph.layers import Layer
from bnlint.model import NormLayer

Status = Literal["confirmed", "refuted", "undecided"]

# Rules that name different causes of one thing, which a graph shows without its cause.
UPDATES = frozenset({"BN201", "BN202", "BN203", "BN204", "BN205", "BN206"})
FLAGS = frozenset({"BN101", "BN102", "BN103", "BN104", "BN109"})
# What no graph shows: the parameters of functions, and layers that were built in vain.
SOURCE_ONLY = {
    "BN103": "a graph does not show the parameters of functions",
    "BN302": "whether an update is made in a branch is not looked for in a graph",
    "BN402": "a graph does not show in which order its ops were made",
    "BN106": "a graph does not show which variant its author meant a branch to hold",
}


@dataclass(slots=True)
class Claim:
    """A finding about source: ``layers`` are at its place, ``missing`` those without updates."""

    finding: Finding
    layers: list[NormLayer] = field(default_factory=list)
    missing: list[NormLayer] = field(default_factory=list)


@dataclass(slots=True)
class Ruling:
    """What the graph says of a finding. ``node`` is in the graph at ``path``; ``about`` are the
    names of the layers and train ops that were looked at."""

    finding: Finding
    status: Status
    reason: str
    node: str | None = None
    path: str | None = None
    about: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class _Found:
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


def family(code: str) -> frozenset[str]:
    if code == "BN109":
        return FLAGS | {"BN303"}  # True as a decay is a momentum of 1
    return next((group for group in (UPDATES, FLAGS) if code in group), frozenset({code}))


def covers(ruling: Ruling, finding: Finding) -> bool:
    """Whether the source already said what a graph's finding says."""
    if ruling.status == "refuted" or finding.rule.code not in family(ruling.finding.rule.code):
        return False
    nodes = {finding.location.node, *(related.location.node for related in finding.related)}
    return not ruling.about.isdisjoint(node for node in nodes if node is not None)


class Judge:
    """Rules on claims, knowing all of them: what only one can mean needs no name."""

    def __init__(self, evidence: Evidence, claims: Sequence[Claim]) -> None:
        self._evidence = evidence
        self._claims = claims

    def rule(self, claim: Claim) -> Ruling:
        code = claim.finding.rule.code
        if code in SOURCE_ONLY:
            return _undecided(claim, SOURCE_ONLY[code])
        if code in UPDATES:
            return self._updates(claim)
        if code in FLAGS:
            return self._flag(claim)
        return self._same_code(claim)

    def _updates(self, claim: Claim) -> Ruling:
        if not any(True for _ in self._evidence.training()):
            return _undecided(claim, "nothing in this graph trains")
        found = self._find(claim.missing)
        if found is None and self._alone(claim, UPDATES) and self._one_train_op():
            found = [item for item in map(_found, self._evidence.layers()) if item.training()]
        if not found:
            return _undecided(claim, "the layers that it is about are not told apart in this graph")
        found = [item for item in found if item.layer.writers and item.training()]
        if not found:
            return _undecided(claim, "in this graph its layers have no updates, or are not trained")
        return self._reached(claim, found)

    def _reached(self, claim: Claim, found: list[_Found]) -> Ruling:
        lacking: list[tuple[_Found, FetchSet, str]] = []
        reached: list[tuple[_Found, FetchSet, str]] = []
        for item in found:
            sets = item.training()
            left = [(fetches, self._left(item, verdict)) for fetches, verdict in sets]
            if len({bool(node) for _, node in left}) > 1:
                names = [" does not reach ".join((f.name, node)) for f, node in left if node]
                return _undecided(
                    claim,
                    f"{names[0]}, another train op does: --train-op tells which is run",
                    found,
                )
            fetches, node = left[0]
            (lacking if node else reached).append((item, fetches, node))
        if lacking and reached and any("?" in layer.path for layer in claim.missing):
            return _undecided(claim, "some layers that it may be about lack updates", found)
        if lacking:
            item, fetches, node = lacking[0]
            what = f"{fetches.name} does not reach {node}, which updates {item.layer.name}"
            if len(lacking) + len(reached) > 1:
                what += f" ({len(lacking)} of {len(lacking) + len(reached)} layers lack updates)"
            return _ruling(claim, "confirmed", what, item, fetches.name, found)
        item, fetches, _ = reached[0]
        node = item.layer.writers[0].name
        what = f"{fetches.name} reaches {node}, which updates {item.layer.name}"
        if self._evidence.recorded:
            what = f"{node}, which updates {item.layer.name}, was run"
        why = next((h.detail for _, v in item.training() for h in v.hindrances if h.certain), None)
        if why is not None:
            what += f" (but changes nothing: {why})"
        return _ruling(claim, "refuted", what, item, node, found)

    def _left(self, item: _Found, verdict: Verdict) -> str:
        """An update that is not run: by a train op, or by anything that was recorded."""
        run = set(verdict.reached)
        if self._evidence.recorded:
            run.update(*(other.reached for _, other in item.judged.sets))
        elif any(fetches.run for fetches, _ in item.judged.sets):
            run.update(*(other.reached for f, other in item.judged.sets if f.run))
        for statistic, nodes in item.layer.updates.items():
            if nodes and statistic not in run:
                return nodes[0].name
        return ""

    def _flag(self, claim: Claim) -> Ruling:
        found = self._find(claim.layers)
        if found is None and self._alone(claim, FLAGS) and len({*self._names()}) == 1:
            found = list(map(_found, self._evidence.layers()))
        if not found:
            return _undecided(claim, "its layer is not told apart in this graph")
        known = [item for item in found if item.layer.flag.kind not in ("unknown", "both")]
        if len(known) < len(found) or not claim.layers:
            return _undecided(claim, "the graph does not tell the flag of its layer", found)
        constant = [item for item in known if item.layer.flag.kind == "constant"]
        if not constant:
            item = known[0]
            what = f"the flag of {item.layer.name} is {item.layer.flag}"
            return _ruling(claim, "refuted", what, item, item.layer.flag.node, found)
        if len(constant) < len(known):
            return _undecided(claim, "some layers that it may be about have another flag", found)
        return self._constant(claim, constant)

    def _constant(self, claim: Claim, found: list[_Found]) -> Ruling:
        """All layers have constant flags: is it the value that was claimed, and does it matter?"""
        item = next((item for item in found if item.training()), found[0])
        name = item.layer.name
        wrong = claim.layers[0].misplaced
        if wrong is not None and wrong.parameter == "decay":
            status: Status = "confirmed" if item.layer.momentum == 1.0 else "undecided"
            what = f"the momentum of {name} is {item.layer.momentum}"
            return _ruling(claim, status, what, item, name, found)
        claimed = {bool(layer.flag.value) for layer in claim.layers}
        actual = {bool(item.layer.flag.value) for item in found}
        if len(claimed) > 1 or (len(actual) > 1 and self._ambiguous(claim)):
            return _undecided(claim, "its layers have different flags", found)
        if actual != claimed:
            shows = "True in one graph and False in another" if len(actual) > 1 else actual.pop()
            what = f"the flag of {name} is {shows}"
            return _ruling(claim, "refuted", what, item, name, found)
        what = f"the flag of {name} is the constant {claimed.pop()}"
        if item.layer.flag.value is False and not item.training():
            return _undecided(claim, f"{what}, but nothing in this graph trains it", found)
        if claim.finding.rule.code == "BN102" and item.layer.flag.value:
            names = {item.layer.name for item in found}
            seen = [f for f in self._evidence.findings if f.rule.code == "BN102"]
            if not any(names & _nodes(finding) for finding in seen):
                unknown = (
                    "nothing that was recorded evaluates it"
                    if self._evidence.recorded
                    else "only a recording tells whether it is evaluated"
                )
                return _undecided(claim, f"{what}; {unknown}", found)
            what += ", and it is evaluated"
        return _ruling(claim, "confirmed", what, item, name, found)

    def _ambiguous(self, claim: Claim) -> bool:
        return any("?" in layer.path for layer in claim.layers)

    def _same_code(self, claim: Claim) -> Ruling:
        """Other rules: the graph has a finding of that code about the layer, or the only one."""
        code = claim.finding.rule.code
        same = [finding for finding in self._evidence.findings if finding.rule.code == code]
        found = self._find(claim.layers) or []
        names = {item.layer.name for item in found}
        about = [finding for finding in same if names & _nodes(finding)]
        if not about and not found and self._alone(claim, frozenset({code})):
            about = same if len(same) == 1 else []
        if not about:
            reason = "the graph shows no such thing" if not same else "it is not told which"
            return _undecided(claim, reason, found)
        place = about[0].location
        return Ruling(
            claim.finding,
            "confirmed",
            about[0].message,
            place.node,
            place.path,
            frozenset(_nodes(about[0])),
        )

    def _find(self, layers: Sequence[NormLayer]) -> list[_Found] | None:
        """The layers of the graphs that have these paths; None if one of them has no match."""
        if not layers or any(not layer.path.strip("/?") for layer in layers):
            return None
        found: list[_Found] = []
        for layer in layers:
            here = list(self._matching(layer.path.strip("/")))
            if not here:
                return None
            found += [item for item in here if item not in found]
        return found

    def _matching(self, path: str) -> Iterator[_Found]:
        pattern = re.compile(".*".join(map(re.escape, path.split("?"))))
        exact = [i for i in map(_found, self._evidence.layers()) if pattern.fullmatch(i.layer.name)]
        if exact:
            yield from exact
            return
        below = re.compile(f".*/{pattern.pattern}")  # in a scope that the source does not show
        inside = [i for i in map(_found, self._evidence.layers()) if below.fullmatch(i.layer.name)]
        if len(_about(inside)) == 1:
            yield from inside

    def _alone(self, claim: Claim, codes: frozenset[str]) -> bool:
        return all(c is claim or c.finding.rule.code not in codes for c in self._claims)

    def _one_train_op(self) -> bool:
        """Whether only one thing trains: the same name in several recordings is one."""
        return len({fetches.name for _, fetches, _ in self._evidence.training()}) == 1

    def _names(self) -> Iterator[str]:
        for _, layer in self._evidence.layers():
            yield layer.name


def _found(pair: tuple[Judged, Layer]) -> _Found:
    return _Found(*pair)


def _nodes(finding: Finding) -> set[str]:
    places = (finding.location, *(related.location for related in finding.related))
    return {place.node for place in places if place.node is not None}


def _about(found: Sequence[_Found]) -> frozenset[str]:
    """Layers, by name. A train op of a graph's finding comes with the layers it leaves behind."""
    return frozenset(item.layer.name for item in found)


def _undecided(claim: Claim, reason: str, found: Sequence[_Found] = ()) -> Ruling:
    return Ruling(claim.finding, "undecided", reason, about=_about(found))


def _ruling(
    claim: Claim,
    status: Status,
    reason: str,
    item: _Found,
    node: str | None,
    found: Sequence[_Found],
) -> Ruling:
    return Ruling(claim.finding, status, reason, node, shown(item.judged.path), _about(found))
