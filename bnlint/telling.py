"""What is to be said of what was found, in the words and with the paths that are shown."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from bnlint import codes
from bnlint.entries import find_entries
from bnlint.finding import Finding, Location, Silenced, each_once, identity, order
from bnlint.fingerprint import stamped
from bnlint.judging import Judge, Told
from bnlint.outcome import Report
from bnlint.per_file import PerFileIgnores
from bnlint.workspace import Workspace, shown

if TYPE_CHECKING:
    from bnlint import ignores
    from bnlint.cache.store import Store
    from bnlint.run import Options, Work


def report_on(
    told: Told, work: Work, options: Options, workspace: Workspace, store: Store | None
) -> Report:
    """What a run tells."""
    paths = work.paths
    run = _Run(options, workspace, told)
    report = run.report()
    if work.users:
        _about(report, work, options, workspace, store)
    if work.entries:
        report.findings = sorted([*report.findings, *run.about_suppressions(work)], key=order)
    report.findings = stamped(report.findings, workspace.source)
    hidden = stamped((item.finding for item in report.silenced), workspace.source)
    report.silenced = [
        item._replace(finding=finding)
        for item, finding in zip(report.silenced, hidden, strict=True)
    ]
    lowered = workspace.lowered()
    report.checked = sum(path in lowered for path in paths)
    left_out = set(work.unit_tests).difference(lowered)  # some program imports the others
    read = left_out.union(lowered)
    report.skipped = sum(path not in read and not workspace.failed(path) for path in paths)
    report.unit_tests = len(left_out)
    return report


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
            problem._replace(path=shown(problem.path))
            for problem in self._workspace.problems
            if not codes.matches(codes.UNREADABLE, options.ignore)
            and self._per_file.silencing(codes.UNREADABLE, problem.path) is None
        ]
        notes = self._told.notes.union(*(file.notes for file in comments.values()))
        return Report(
            findings=each_once(findings),
            python2=[shown(path) for path in self._workspace.python2()],
            problems=sorted(problems, key=lambda problem: (problem.path, problem.line)),
            notes=sorted(notes) if options.pedantic else [],
            incomplete=sorted(
                item._replace(path=shown(item.path)) for item in self._told.incomplete
            ),
            silenced=sorted(silenced.values(), key=lambda item: order(item.finding)),
        )

    def about_suppressions(self, work: Work) -> list[Finding]:
        """BN901 and BN902: of the comments in the files, and of what is configured for them.

        What they silence is only known if every program was read to its end.
        """
        from bnlint import suppressions
        from bnlint.checks import CHECKS

        options = self._options
        given = set(work.paths)
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
                self._per_file,
                work.paths,
                work.unit_tests,
                self._folders(),
                self._told.findings,
                source,
                on,
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
            path: ignores.parse(module.comments, shown(path), require_reason=required)
            for path, module in lowered.items()
        }

    def _displayed(self, finding: Finding) -> Finding:
        related = tuple(
            related._replace(location=self._located(related.location))
            for related in finding.related
        )
        reasoning = tuple(
            step if step.location is None else step._replace(location=self._located(step.location))
            for step in finding.reasoning
        )
        place = self._located(finding.location)
        return finding._replace(
            location=place,
            related=related,
            reasoning=reasoning,
            subject=finding.subject if self._options.keep else None,
        )

    def _located(self, location: Location) -> Location:
        location = self._workspace.located(location)
        return location._replace(path=shown(location.path))


def _about(
    report: Report, work: Work, options: Options, workspace: Workspace, store: Store | None
) -> None:
    """Leave what is about the files that were given: a place is in one, or they show it alone."""
    given = set(map(shown, work.paths))
    told = given.union(map(shown, work.unread))
    report.problems = [problem for problem in report.problems if problem.path in told]
    report.incomplete = [item for item in report.incomplete if item.path in given]
    report.silenced = [item for item in report.silenced if _paths(item.finding) & given]
    if all(_paths(finding) & given for finding in report.findings):
        return
    read = sorted(set(work.paths).difference(work.unit_tests))
    groups = find_entries(read, workspace).groups
    alone = _Run(options, workspace, Judge(options, workspace, None, store).of(groups))
    known = {(finding.rule, finding.location) for finding in alone.report().findings}
    report.findings = [
        finding
        for finding in report.findings
        if _paths(finding) & given or (finding.rule, finding.location) in known
    ]


def _paths(finding: Finding) -> set[str]:
    return {finding.location.path, *(related.location.path for related in finding.related)}
