"""What a rule is, and how its verdicts over many states become one finding."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from bnlint.checks.reasoning import of_places, of_program
from bnlint.finding import About, Finding, Location, Related, Rule, Step, Subject

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from bnlint.model import GraphModel, NormLayer, Program, Project


class Check(NamedTuple):
    """A rule and the function that looks for it in a project."""

    rule: Rule
    check: Callable[[Project], Iterable[Finding]]


class Verdict(NamedTuple):
    """What one state says about one subject: a finding, or nothing wrong.

    ``idle`` is whether this state builds the subject and never uses it, though it runs something,
    ``run`` whether it is seen to run it. ``because`` gives the facts behind the finding.
    """

    subject: Location
    finding: Finding | None
    idle: bool = False
    because: Callable[[], Iterable[Step]] | None = None
    run: bool = False


def per_state(
    rule: Rule, judge: Callable[[GraphModel], Iterator[Verdict]], *, local: bool = False
) -> Callable[[Project], list[Finding]]:
    """Lift a judgement of one state to a whole project.

    A finding is definite if it holds in every state of a program in which its subject exists, and
    possible if it holds in some. The clearest of several programs speaks; one that never uses the
    subject does not count where another uses it and is right. A ``local`` judgement is also asked
    of programs that were not read to their end.
    """

    def check(project: Project) -> list[Finding]:
        best: dict[Location, Finding] = {}
        programs = [(p, _cases(states(p, local=local), judge)) for p in project.programs]
        right = {
            subject
            for _, cases in programs
            for subject, found in cases.items()
            if any(case.finding is None and not case.idle for case in found)
        }
        proven = {
            subject
            for _, cases in programs
            for subject, found in cases.items()
            if any(case.finding is None and case.run for case in found)
        }
        for program, cases in programs:
            for subject, finding in _join(program, cases, right, proven).items():
                known = best.get(subject)
                if known is None or (
                    known.confidence == "possible" and finding.confidence == "definite"
                ):
                    best[subject] = finding
        return list(best.values())

    return check


def _cases(
    graphs: Iterable[GraphModel], judge: Callable[[GraphModel], Iterator[Verdict]]
) -> dict[Location, list[_Case]]:
    """What each state says of each subject, the worst that is in use if it says several things."""
    cases: dict[Location, list[_Case]] = {}
    for state in graphs:
        here: dict[Location, _Case] = {}
        for verdict in judge(state):
            case = _Case(state, verdict.finding, verdict.idle, verdict.because, verdict.run)
            known = here.get(verdict.subject)
            here[verdict.subject] = case if known is None else _worse(known, case)
        for subject, case in here.items():
            cases.setdefault(subject, []).append(case)
    return cases


def _worse(one: _Case, other: _Case) -> _Case:
    """Of two things said of one place the worse, the first if they are alike, about both."""
    worse = max(one, other, key=lambda case: (not case.idle, case.finding is not None))
    if one.finding is None or other.finding is None:
        return worse
    said = one.finding if worse is one else other.finding
    return worse._replace(finding=said._replace(subject=_merged((one.finding, other.finding))))


def _join(
    program: Program,
    cases: dict[Location, list[_Case]],
    right: set[Location],
    proven: set[Location],
) -> dict[Location, Finding]:
    out = {}
    for subject, found in cases.items():
        used = [case for case in found if not case.idle]
        if not used and subject in right:
            continue  # fine: built here and not used; where it is used, it is right
        if subject in proven and not any(case.run for case in found):
            continue  # fine: nothing is run here; where it is run, it is right
        used = used or found
        bad = [case for case in used if case.finding is not None]
        if bad:
            good = [case for case in used if case.finding is None]
            out[subject] = _of_cases(program, subject, bad, good)
    return out


class _Case(NamedTuple):
    state: GraphModel
    finding: Finding | None
    idle: bool
    because: Callable[[], Iterable[Step]] | None
    run: bool


def _of_cases(program: Program, place: Location, bad: list[_Case], good: list[_Case]) -> Finding:
    """The clearest finding of the states in which there is one; possible if not all have one."""
    found = [(case.finding, case) for case in bad if case.finding is not None]
    finding, case = next((f for f in found if f[0].confidence == "definite"), found[0])
    steps = of_places(case.state, finding) if case.because is None else case.because()
    told = of_program(program, place, len(bad) + len(good), len(bad))
    subject = _merged(one for one, _ in found)
    finding = finding._replace(reasoning=(*steps, *told), subject=subject)
    if not good or finding.confidence == "possible":
        return finding
    where = None
    if program.explain is not None:
        where = program.explain(place, [c.state for c in bad], [c.state for c in good])
    reason = (
        "it does not hold on every path" if where is None else f"only on the paths where {where}"
    )
    return finding._replace(confidence="possible", reason=reason)


def states(program: Program, *, local: bool = False) -> list[GraphModel]:
    """The states to judge; never eager ones.

    Of a program that was not read to its end there are none, unless the question is ``local``: a
    layer by itself, which nothing that comes later can change.
    """
    graphs = [state for state in program.states if not state.eager]
    return graphs if local else [state for state in graphs if state.complete]


def about(place: Location, layers: Iterable[NormLayer] = ()) -> Subject:
    """The subject of a finding: its place, and the layers that are meant."""
    return Subject(place, tuple(dict.fromkeys(map(_about, layers))))


def _about(layer: NormLayer) -> About:
    wrong = layer.misplaced.parameter if layer.misplaced is not None else None
    path, value = layer.path, bool(layer.flag.value)
    # A Keras model makes a scope of its own, which the source does not show.
    inner = layer.open_root or layer.flavour == "keras"
    return About(layer.location, layer.trace, path, inner, value, wrong)


def _merged(findings: Iterable[Finding]) -> Subject | None:
    """The subject of one thing that holds in several states: the layers of all of them."""
    subjects = [finding.subject for finding in findings if finding.subject is not None]
    if not subjects:
        return None
    layers = dict.fromkeys(layer for subject in subjects for layer in subject.layers)
    return Subject(subjects[0].place, tuple(layers))


def related(*pairs: tuple[Location | None, str]) -> tuple[Related, ...]:
    """Related locations in order, leaving out unknown and repeated places."""
    out: list[Related] = []
    for location, message in pairs:
        if location is not None and all(r.location != location for r in out):
            out.append(Related(location, message))
    return tuple(out)


def place_of_flag(layer: NormLayer) -> Location:
    """Where to point: at the constant a caller passes, else at the layer itself."""
    origin, location = layer.flag.origin, layer.location
    if origin is None or layer.flag.from_default:
        return location
    inside = (
        origin.path == location.path
        and location.line <= origin.line
        and origin.end_line <= location.end_line
    )
    return location if inside else origin
