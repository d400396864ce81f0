"""Whether a graph confirms what a source was said to do wrong. When in doubt: undecided."""

from __future__ import annotations

import os.path
import re
from collections.abc import Sequence

from bnlint.finding import About, Finding, Location
from bnlint.graph.build import FetchSet
from bnlint.graph.command import shown
from bnlint.graph.evidence import Evidence
from bnlint.graph.judge import Verdict
from bnlint.reports import Ruling, Status
from bnlint.subjects import Found, Script, Subjects, on_line

# Rules that name different causes of one thing, which a graph shows without its cause.
UPDATES = frozenset({"BN201", "BN202", "BN203", "BN204", "BN205", "BN206"})
FLAGS = frozenset({"BN101", "BN102", "BN103", "BN104", "BN109", "BN110"})
# What no graph shows: the parameters of functions, and layers that were built in vain.
SOURCE_ONLY = {
    "BN103": "a graph does not show the parameters of functions",
    "BN105": "a graph does not show which runs are an evaluation",
    "BN107": "a graph does not show that another graph has a layer more",
    "BN108": "a graph has one mode, and does not show what decided on its flag",
    "BN207": "a graph does not show in which order its steps are run",
    "BN302": "whether an update is made in a branch is not looked for in a graph",
    "BN305": "the layout that convolutions are told is not looked for in a graph",
    "BN306": "it is information, and no claim that something goes wrong",
    "BN307": "a graph does not show which layers are meant to stay what they are",
    "BN402": "a graph does not show in which order its ops were made",
    "BN106": "a graph does not show which variant its author meant a branch to hold",
}


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
    """Rules on claims, knowing all of them and what the script makes."""

    def __init__(self, evidence: Evidence, claims: Sequence[Finding], script: Script) -> None:
        self._evidence = evidence
        self._claims = claims
        self._subjects = Subjects(script, evidence)

    def rule(self, claim: Finding) -> Ruling:
        code = claim.rule.code
        if code in SOURCE_ONLY:
            return _undecided(claim, SOURCE_ONLY[code])
        if code in UPDATES:
            return self._updates(claim)
        if code in FLAGS and code != "BN104":  # that one depends on what is fed
            return self._flag(claim)
        return self._same_code(claim)

    def _updates(self, claim: Finding) -> Ruling:
        if not any(True for _ in self._evidence.training()):
            return _undecided(claim, "nothing in this graph trains")
        found = self._subjects.find(_layers(claim))
        if isinstance(found, str):
            return _undecided(claim, found)
        found = [item for item in found if item.layer.writers and item.training()]
        if not found:
            return _undecided(claim, "in this graph its layers have no updates, or are not trained")
        return self._reached(claim, found)

    def _reached(self, claim: Finding, found: list[Found]) -> Ruling:
        lacking: list[tuple[Found, FetchSet, str]] = []
        reached: list[tuple[Found, FetchSet, str]] = []
        for item in found:
            sets = self._of(claim, item.training())
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
        if lacking and reached and any("?" in layer.path for layer in _layers(claim)):
            return _undecided(claim, "some layers that it may be about lack updates", found)
        parts: list[tuple[str, Status]] = [(i.layer.name, "confirmed") for i, _, _ in lacking]
        parts += [(item.layer.name, "refuted") for item, _, _ in reached]
        if lacking:
            item, fetches, node = lacking[0]
            what = f"{fetches.name} does not reach {node}, which updates {item.layer.name}"
            if len(lacking) + len(reached) > 1:
                what += f" ({len(lacking)} of {len(lacking) + len(reached)} layers lack updates)"
            ruling = _ruling(claim, "confirmed", what, item, fetches.name, found)
            ruling.layers = tuple(parts) if reached else ()
            return ruling
        still = [item for item, _, _ in reached if not item.moved()]
        if still and still[0].watched():
            name = still[0].layer.name
            what = f"the moving statistics of {name} were watched, and did not change"
            return _ruling(claim, "confirmed", what, still[0], name, found)
        item, fetches, _ = reached[0]
        node = item.layer.writers[0].name
        what = f"{fetches.name} reaches {node}, which updates {item.layer.name}"
        if self._evidence.recorded:
            what = f"{node}, which updates {item.layer.name}, was run"
        why = next((h.detail for _, v in item.training() for h in v.hindrances if h.certain), None)
        if why is not None:
            return _undecided(claim, f"{what}, but changes nothing: {why}", found)
        return _ruling(claim, "refuted", what, item, node, found)

    def _of(
        self, claim: Finding, sets: list[tuple[FetchSet, Verdict]]
    ) -> list[tuple[FetchSet, Verdict]]:
        """What was made where the claim is, if that is told: else another op may be meant."""
        made = {
            (id(judged), op.name)
            for judged in self._evidence.graphs
            for op in judged.model.train_ops
            if any(on_line(op.location, place) for place in _places(claim))
        }
        own = [
            (fetches, verdict)
            for judged in self._evidence.graphs
            for fetches, verdict in judged.training
            if (id(judged), fetches.name) in made and any(verdict is other for _, other in sets)
        ]
        return own or sets

    def _left(self, item: Found, verdict: Verdict) -> str:
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

    def _flag(self, claim: Finding) -> Ruling:
        found = self._subjects.find(_layers(claim))
        if isinstance(found, str):
            return _undecided(claim, found)
        known = [item for item in found if item.layer.flag.kind not in ("unknown", "both")]
        if len(known) < len(found):
            return _undecided(claim, "the graph does not tell the flag of its layer", found)
        constant = [item for item in known if item.layer.flag.kind == "constant"]
        if not constant:
            item = known[0]
            what = f"the flag of {item.layer.name} is {item.layer.flag}"
            return _ruling(claim, "refuted", what, item, item.layer.flag.node, found)
        if len(constant) < len(known):
            return _undecided(claim, "some layers that it may be about have another flag", found)
        return self._constant(claim, constant)

    def _constant(self, claim: Finding, found: list[Found]) -> Ruling:
        """All layers have constant flags: is it the value that was claimed, and does it matter?"""
        item = next((item for item in found if item.training()), found[0])
        name = item.layer.name
        wrong = _layers(claim)[0].parameter
        if wrong == "decay":
            status: Status = "confirmed" if item.layer.momentum == 1.0 else "undecided"
            what = f"the momentum of {name} is {item.layer.momentum}"
            return _ruling(claim, status, what, item, name, found)
        claimed = {layer.value for layer in _layers(claim)}
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
        if claim.rule.code == "BN102" and item.layer.flag.value:
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

    def _ambiguous(self, claim: Finding) -> bool:
        return any("?" in layer.path for layer in _layers(claim))

    def _same_code(self, claim: Finding) -> Ruling:
        """Other rules: the graph has a finding of that code about the layer, or the only one."""
        code = claim.rule.code
        same = [finding for finding in self._evidence.findings if finding.rule.code == code]
        if code == "BN301":
            return self._hand_written(claim, same)
        found = self._subjects.find(_layers(claim))
        if isinstance(found, str):
            return _undecided(claim, found)
        names = {item.layer.name for item in found}
        about = [finding for finding in same if names & _nodes(finding)]
        if not about:
            return _undecided(claim, "the graph shows no such thing", found)
        return _confirmed(claim, about[0], _nodes(about[0]))

    def _hand_written(self, claim: Finding, same: Sequence[Finding]) -> Ruling:
        """A hand-written layer has no path; it is told by its scope and by how many are there."""
        scopes = self._subjects.hand_written(_places(claim))
        if not scopes:
            return _undecided(claim, "the source does not tell in which scope it is")
        about: list[Finding] = []
        for scope in scopes:
            here = [finding for finding in same if _scope(finding) == scope.strip("/")]
            if len(here) not in self._subjects.built(scope):
                where = f"below {scope}" if scope else "outside of all scopes"
                return _undecided(
                    claim, f"the graph has {len(here)} such layers {where}, the script has others"
                )
            about += here
        return _confirmed(claim, about[0], {name for f in about for name in _nodes(f)})


def _layers(claim: Finding) -> tuple[About, ...]:
    return claim.subject.layers if claim.subject is not None else ()


def _places(claim: Finding) -> list[Location]:
    return [claim.subject.place] if claim.subject is not None else []


def _confirmed(claim: Finding, seen: Finding, layers: set[str]) -> Ruling:
    """The graph has a finding of the same kind."""
    place = seen.location
    return Ruling(claim, "confirmed", seen.message, place.node, place.path, frozenset(layers))


def _nodes(finding: Finding) -> set[str]:
    places = (finding.location, *(related.location for related in finding.related))
    return {place.node for place in places if place.node is not None}


# The scope that an op of a normalisation is in, below the one that its call opens.
_CALL = re.compile(r"(?:^|/)batchnorm(?:_\d+)?$")


def _scope(finding: Finding) -> str:
    """The scope that a hand-written layer of a graph is built in."""
    return _CALL.sub("", os.path.dirname(finding.location.node or ""))


def _about(found: Sequence[Found]) -> frozenset[str]:
    """Layers, by name. A train op of a graph's finding comes with the layers it leaves behind."""
    return frozenset(item.layer.name for item in found)


def _undecided(claim: Finding, reason: str, found: Sequence[Found] = ()) -> Ruling:
    return Ruling(claim, "undecided", reason, about=_about(found))


def _ruling(
    claim: Finding,
    status: Status,
    reason: str,
    item: Found,
    node: str | None,
    found: Sequence[Found],
) -> Ruling:
    return Ruling(claim, status, reason, node, shown(item.judged.path), _about(found))
