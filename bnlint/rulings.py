"""Whether a graph confirms what a source was said to do wrong. When in doubt: undecided."""

from __future__ import annotations

import os.path
import re
from collections.abc import Sequence

from bnlint import told_by_runs
from bnlint.checks.bn306_weights_beside_the_layer import ABOVE
from bnlint.finding import About, Finding, Location
from bnlint.graph.beside import biased, scaled
from bnlint.graph.build import FetchSet
from bnlint.graph.command import shown
from bnlint.graph.evidence import Evidence
from bnlint.graph.judge import Verdict
from bnlint.reports import Ruling, Status
from bnlint.subjects import Found, Script, Subjects, on_line
from bnlint.told_by_runs import Told

# Rules that name different causes of one thing, which a graph shows without its cause.
UPDATES = frozenset({"BN201", "BN202", "BN203", "BN204", "BN205", "BN206"})
FLAGS = frozenset({"BN101", "BN102", "BN103", "BN104", "BN109", "BN110"})
# What no graph shows: the parameters of functions, and what was meant.
SOURCE_ONLY = {
    "BN103": "a graph does not show the parameters of functions",
    "BN106": "a graph does not show which variant its author meant a branch to hold",
    "BN305": "the layout that convolutions are told is not looked for in a graph",
    "BN307": "a graph does not show which layers are meant to stay what they are",
    "BN402": "a graph does not show in which order its ops were made",
}
# What a recording shows, and a graph that was saved does not.
RECORDED = {
    "BN105": "only a recording tells what is evaluated, and what is fed then",
    "BN107": "only a recording has the other graph",
    "BN108": "only a recording has the graphs of all modes",
    "BN207": "only a recording tells which steps are run",
    "BN302": "only a recording tells what is evaluated",
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
        if code in RECORDED and not self._evidence.recorded:
            return _undecided(claim, RECORDED[code])
        if code in UPDATES:
            return self._updates(claim)
        if code in RECORDED or code in ("BN306", "BN403"):
            return self._told(claim)
        if code in FLAGS and code != "BN104":  # that one depends on what is fed
            return self._flag(claim)
        return self._same_code(claim)

    def _updates(self, claim: Finding) -> Ruling:
        if not any(True for _ in self._evidence.training()):
            return _undecided(claim, "nothing in this graph trains")
        found = self._subjects.find(_layers(claim))
        if isinstance(found, str):
            found = self._all_of(claim) or found
        if isinstance(found, str):
            return _undecided(claim, found)
        found = [item for item in found if item.layer.writers and item.training()]
        if not found:
            return _undecided(claim, "in this graph its layers have no updates, or are not trained")
        return self._reached(claim, found)

    def _all_of(self, claim: Finding) -> list[Found]:
        """What a recorded step of this line trains, where the source has layers without names.

        Which is which does not matter as long as all of them fare alike.
        """
        here = self._subjects.of_file(_layers(claim))
        found = [item for item in self._subjects.all if self._made_here(claim, item)]
        found = [item for item in found if item.layer.writers]
        graphs = {id(item.judged) for item in found}
        return found if len(graphs) == 1 and all(item in here for item in found) else []

    def _made_here(self, claim: Finding, item: Found) -> bool:
        """Whether what trains a layer was made where the claim is."""
        return any(
            on_line(op.location, place)
            for fetches, _ in item.training()
            for op in item.judged.model.train_ops
            for place in _places(claim)
            if op.name == fetches.name
        )

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
            doubts = {_doubt(item, fetches) for item, fetches, _ in lacking}
            if None not in doubts:
                what = f"{fetches.name} does not reach {node}, but {doubts.pop()}"
                return _undecided(claim, what, found)
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

    def _told(self, claim: Finding) -> Ruling:
        """What runs tell of a layer, or the ops around it."""
        code = claim.rule.code
        if code == "BN302":
            found = told_by_runs.written_at([claim.location], self._subjects.all)
            if not found:
                return _undecided(claim, "nothing that was recorded is made there")
            return _answer(claim, told_by_runs.moved_in_evaluation(found), found)
        matching = self._subjects.find(_layers(claim))
        if isinstance(matching, str):
            return _undecided(claim, matching)
        return _answer(claim, self._answer(code, claim, matching), matching)

    def _answer(self, code: str, claim: Finding, found: list[Found]) -> Told | str:
        if code == "BN105":
            return told_by_runs.evaluated(found)
        if code == "BN107":
            return told_by_runs.left_out(found, self._evidence.graphs)
        if code == "BN108":
            return told_by_runs.mapped(found)
        if code == "BN207":
            return told_by_runs.in_every_phase(found)
        return _exported(found) if code == "BN403" else _beside(claim, found)

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


def _doubt(item: Found, fetches: FetchSet) -> str | None:
    """Why the graph itself takes a step without updates for possibly right."""
    ops = item.judged.model.train_ops
    return next((op.undecided for op in ops if op.name == fetches.name), None)


def _exported(found: list[Found]) -> Told | str:
    """BN403: whatever is exported, a layer whose flag is True for good has no other mode."""
    flags = [item.layer.flag for item in found]
    if any(flag.kind != "constant" for flag in flags) or len({flag.value for flag in flags}) > 1:
        return "its flag is no constant in this graph, and may be False in what is exported"
    item, value = found[0], bool(flags[0].value)
    what = f"the flag of {item.layer.name} is the constant {value}"
    return Told("confirmed" if value else "refuted", what, item, item.layer.name)


def _beside(claim: Finding, found: list[Found]) -> Told | str:
    """BN306: the bias below a layer, or the gamma that it has not."""
    item, name = found[0], found[0].layer.name
    if any(place.message == ABOVE for place in claim.related):
        told = {scaled(one.judged.analysis, one.layer) for one in found}
        if told == {False}:
            return Told("confirmed", f"{name} multiplies with no weight", item, name)
        if told == {True}:
            return Told("refuted", f"{name} has a gamma", item, name)
        return "the graph does not show whether it has a gamma"
    told = {biased(one.judged.analysis, one.layer) for one in found}
    if told == {True}:
        return Told("confirmed", f"a weight is added to what {name} normalises", item, name)
    if told == {False}:
        return Told("refuted", f"what {name} normalises has no bias", item, name)
    return "the graph does not show what is right below it"


def _answer(claim: Finding, told: Told | str, found: Sequence[Found]) -> Ruling:
    if isinstance(told, str):
        return _undecided(claim, told, found)
    return _ruling(claim, told.status, told.reason, told.item, told.node, found)


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
