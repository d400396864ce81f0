"""One run: find the files, analyse those that matter, check, and sort out what to say."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bnlint import codes
from bnlint.apis import BUILT_IN, Apis
from bnlint.entries import find_entries
from bnlint.finding import Finding, Location, each_once, identity, order
from bnlint.fingerprint import stamped
from bnlint.judging import Judge, Progress, Told
from bnlint.outcome import Problem, Report, Silenced
from bnlint.per_file import PerFile, PerFileIgnores
from bnlint.shards import Shard, share
from bnlint.trail import digest
from bnlint.users import may_matter, users_of
from bnlint.whole import has_batch_norm, is_whole
from bnlint.workspace import Workspace

if TYPE_CHECKING:
    from bnlint import ignores
    from bnlint.cache.runs import Runs
    from bnlint.cache.store import Store
    from bnlint.model import Program
    from bnlint.source.discover import Walk


@dataclass(frozen=True, slots=True)
class Options:
    """What to check and what to say. ``overlay`` holds unsaved files, which are then checked,
    unless ``files`` names others. ``programs`` are the users, where they are known already.

    With ``users`` the files are judged together with the programs of the project that use them;
    what is found is shown if a place of it is in one of the files. ``ignores`` tells whether
    comments and ``per_file`` silence findings, ``require_reason`` that only those comments do which
    say why. ``apis`` are the
    rows for libraries. ``cache`` opens the folder of what earlier runs kept. Of several
    shares of the work only ``shard`` is done. ``keep`` asks for the analysed programs,
    and what of these findings are about.
    """

    paths: Sequence[str] = (".",)
    exclude: Sequence[str] = ()
    select: Sequence[str] = ()
    ignore: Sequence[str] = ()
    pedantic: bool = False
    markdown: bool = False
    users: bool = False
    overlay: dict[str, bytes] = field(default_factory=dict)
    ignores: bool = True
    require_reason: bool = False
    per_file: Sequence[PerFile] = ()
    files: Sequence[str] = ()
    programs: Sequence[str] | None = None
    apis: Apis = BUILT_IN
    cache: Callable[[], Store] | None = None
    jobs: int = 1
    shard: Shard | None = None
    keep: bool = False


@dataclass(slots=True)
class Outcome:
    """A report, and what went wrong in bnlint itself: where, and the exception.

    ``programs`` are those that were analysed for it, if they were to be kept.
    """

    report: Report
    files: int
    source: Callable[[str, int | None], str | None]
    crashes: list[tuple[str, Exception]]
    programs: list[Program] = field(default_factory=list)


def check(options: Options, progress: Progress | None = None) -> Outcome:
    """Say what is wrong, in the same words whether or not an earlier run knew it already."""
    workspace = Workspace(options.overlay, options.apis, options.jobs)
    if options.cache is None or _is_soon_done(options, workspace):
        return _check(options, workspace, _work(options, workspace), progress)
    store = options.cache()
    runs = _runs(options, store)
    known = runs.recall_unchanged()
    if known is None:
        work = _work(options, workspace)
        if work.entries:
            known = runs.recall(workspace.trail(), Workspace(options.overlay, options.apis))
    if known is not None:
        report, files = known
        return Outcome(report, files, workspace.source, [])
    outcome = _check(options, workspace, work, progress, store)
    if not outcome.crashes:
        runs.keep(workspace, outcome.report, outcome.files, analysed=bool(work.entries))
    store.tidy()
    return outcome


def _is_soon_done(options: Options, workspace: Workspace) -> bool:
    """Whether the run is over before a cache is opened: some files, and none of them matters."""
    named = options.files or options.overlay or options.paths
    if any(os.path.isdir(path) for path in named):
        return False
    return not any(may_matter(os.path.abspath(path), workspace) for path in named)


def files(options: Options) -> tuple[list[str], list[Problem]]:
    """The files that would be checked, as they are shown, and what could not be searched."""
    workspace = Workspace(options.overlay, options.apis)
    return list(map(_relative, _files(options, workspace)[0])), workspace.problems


@dataclass(frozen=True, slots=True)
class _Work:
    """The files that are asked about, those of them that cannot be read, the programs that use
    them, and what of all that is worth an analysis, in groups that have nothing in common."""

    paths: Sequence[str]
    unread: Sequence[str]
    users: Sequence[str]
    entries: Sequence[Sequence[str]]


def _work(options: Options, workspace: Workspace) -> _Work:
    paths, walked = _files(options, workspace)
    unread = [problem.path for problem in workspace.problems]
    users: Sequence[str] = []
    whole = options.shard is None and walked is not None and is_whole(paths, walked, workspace)
    if whole and walked is not None and not has_batch_norm(paths, walked, workspace, options.jobs):
        return _Work(paths, unread, users, [])
    if options.users and not whole:
        known = options.programs
        users = users_of(paths, options.exclude, workspace) if known is None else known
    if options.shard is not None:
        paths, users = share(paths, users, options.shard, workspace)
    return _Work(paths, unread, users, find_entries(sorted({*paths, *users}), workspace))


def _runs(options: Options, store: Store) -> Runs:
    from bnlint.cache.runs import Runs

    question = {
        field.name: getattr(options, field.name)
        for field in dataclasses.fields(options)
        if field.name not in ("cache", "jobs", "overlay", "apis")
    }
    question["overlay"] = {path: digest(data) for path, data in options.overlay.items()}
    question["apis"] = options.apis.own
    return Runs(store, question)


def _check(
    options: Options,
    workspace: Workspace,
    work: _Work,
    progress: Progress | None,
    store: Store | None = None,
) -> Outcome:
    paths = work.paths
    told = Told()
    # A tree without batch norm ends here: the imports below cost more than all of the above.
    if work.entries:
        if store is not None:
            from bnlint.cache.files import Files

            workspace.kept = Files(store)
        told = Judge(options, workspace, progress, store).of(work.entries)
    run = _Run(options, workspace, told)
    report = run.report()
    if work.users:
        _about(report, work, options, workspace, store)
    if work.entries:
        report.findings = sorted([*report.findings, *run.about_suppressions(paths)], key=order)
    report.findings = stamped(report.findings, workspace.source)
    hidden = stamped((item.finding for item in report.silenced), workspace.source)
    report.silenced = [
        dataclasses.replace(item, finding=finding)
        for item, finding in zip(report.silenced, hidden, strict=True)
    ]
    lowered = workspace.lowered()
    report.checked = sum(path in lowered for path in paths)
    report.skipped = sum(path not in lowered and not workspace.failed(path) for path in paths)
    crashes = [(_relative(where), error) for where, error in workspace.crashes + told.crashes]
    return Outcome(report, len(paths), workspace.source, crashes, told.programs)


def _files(options: Options, workspace: Workspace) -> tuple[list[str], Walk | None]:
    """The files that are asked about, and how they were searched for, if they were."""
    if options.files or options.overlay:
        return sorted(map(os.path.abspath, options.files or options.overlay)), None
    walked = workspace.discover(options.paths, options.exclude, markdown=options.markdown)
    for error in walked.errors:
        workspace.fail(error)
    return sorted({os.path.abspath(path) for path in walked.found}), walked


class _Run:
    def __init__(self, options: Options, workspace: Workspace, told: Told) -> None:
        self._options = options
        self._workspace = workspace
        self._told = told
        self._per_file = PerFileIgnores(options.per_file if options.ignores else ())

    def report(self) -> Report:
        """What is to be said."""
        options = self._options
        comments = self._comments()
        findings: list[Finding] = []
        silenced: dict[tuple[str, Location, str], Silenced] = {}
        for finding in self._told.findings:
            if options.pedantic or finding.confidence == "definite":
                mark = self._silencing(finding, comments)
                finding = self._displayed(finding)
                if mark is None:
                    findings.append(finding)
                else:
                    silenced.setdefault(identity(finding), Silenced(finding, *mark))
        problems = [
            dataclasses.replace(problem, path=_relative(problem.path))
            for problem in self._workspace.problems
            if not codes.matches(codes.UNREADABLE, options.ignore)
            and self._per_file.silencing(codes.UNREADABLE, problem.path) is None
        ]
        notes = self._told.notes.union(*(file.notes for file in comments.values()))
        return Report(
            findings=each_once(findings),
            python2=[_relative(path) for path in self._workspace.python2()],
            problems=sorted(problems, key=lambda problem: (problem.path, problem.line)),
            notes=sorted(notes) if options.pedantic else [],
            incomplete=sorted(
                dataclasses.replace(item, path=_relative(item.path))
                for item in self._told.incomplete
            ),
            silenced=sorted(silenced.values(), key=lambda item: order(item.finding)),
        )

    def about_suppressions(self, paths: Collection[str]) -> list[Finding]:
        """BN901 and BN902: of the comments in these files, and of what is configured for them.

        What they silence is only known if every program was read to its end.
        """
        from bnlint import suppressions
        from bnlint.checks import CHECKS

        options = self._options
        given = set(paths)
        every = self._comments()
        comments = {path: file for path, file in every.items() if path in given}
        found = list(suppressions.unknown(comments))
        broken = self._told.crashes or self._workspace.crashes or self._workspace.problems
        if not (broken or self._told.incomplete):
            every_code = [check.rule.code for check in CHECKS]
            on = [c for c in every_code if codes.selected(c, options.select, options.ignore)]
            # A comment without a code, or for a whole family, does not mean what is on request.
            source = [c for c in every_code if c in on or c not in codes.ON_REQUEST]
            found += suppressions.unused(comments, self._told.findings, source, on)
            found += suppressions.unused_entries(
                self._per_file, paths, self._folders(), self._told.findings, source, on
            )
        return [
            self._displayed(finding)
            for finding in found
            if codes.selected(finding.rule.code, options.select, options.ignore)
            and self._silencing(finding, every) is None
        ]

    def _silencing(
        self, finding: Finding, comments: dict[str, ignores.Ignores]
    ) -> tuple[bool, str] | None:
        """What silences a finding: whether it is no comment, and why it does; None if nothing."""
        from bnlint import ignores

        comment = ignores.silencing(finding, comments)
        if comment is not None:
            return False, comment.why
        entry = self._per_file.silencing(finding.rule.code, finding.location.path)
        return None if entry is None else (True, f"per-file-ignores of {entry.pattern}")

    def _folders(self) -> list[str]:
        """The folders that are checked as a whole."""
        options = self._options
        if options.files or options.overlay or options.shard is not None:
            return []
        return [os.path.abspath(path) for path in options.paths if os.path.isdir(path)]

    def _comments(self) -> dict[str, ignores.Ignores]:
        lowered = self._workspace.lowered()
        if not (self._options.ignores and lowered):
            return {}
        from bnlint import ignores

        required = self._options.require_reason
        return {
            path: ignores.parse(module.comments, _relative(path), require_reason=required)
            for path, module in lowered.items()
        }

    def _displayed(self, finding: Finding) -> Finding:
        related = tuple(
            dataclasses.replace(related, location=self._located(related.location))
            for related in finding.related
        )
        reasoning = tuple(
            step
            if step.location is None
            else dataclasses.replace(step, location=self._located(step.location))
            for step in finding.reasoning
        )
        place = self._located(finding.location)
        return dataclasses.replace(
            finding,
            location=place,
            related=related,
            reasoning=reasoning,
            subject=finding.subject if self._options.keep else None,
        )

    def _located(self, location: Location) -> Location:
        location = self._workspace.located(location)
        return dataclasses.replace(location, path=_relative(location.path))


def _about(
    report: Report, work: _Work, options: Options, workspace: Workspace, store: Store | None
) -> None:
    """Leave what is about the files that were given: a place is in one, or they show it alone."""
    given = set(map(_relative, work.paths))
    told = given.union(map(_relative, work.unread))
    report.problems = [problem for problem in report.problems if problem.path in told]
    report.incomplete = [item for item in report.incomplete if item.path in given]
    report.silenced = [item for item in report.silenced if _paths(item.finding) & given]
    if all(_paths(finding) & given for finding in report.findings):
        return
    groups = find_entries(work.paths, workspace)
    alone = _Run(options, workspace, Judge(options, workspace, None, store).of(groups))
    known = {(finding.rule, finding.location) for finding in alone.report().findings}
    report.findings = [
        finding
        for finding in report.findings
        if _paths(finding) & given or (finding.rule, finding.location) in known
    ]


def _paths(finding: Finding) -> set[str]:
    return {finding.location.path, *(related.location.path for related in finding.related)}


def _relative(path: str) -> str:
    """The path as it is shown: relative if it lies below the working directory."""
    here = os.path.join(os.getcwd(), "")
    path = os.path.abspath(path)
    return path[len(here) :] if path.startswith(here) else path
