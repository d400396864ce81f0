"""One run: find the files, analyse those that matter, check, and tell of it.

What a run needs that finds no batch norm is imported here, all else where it is used.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from bnlint.apis import BUILT_IN, Apis
from bnlint.entries import find_entries
from bnlint.outcome import Problem, Report
from bnlint.trail import digest
from bnlint.users import may_matter, users_of
from bnlint.whole import has_batch_norm, is_whole
from bnlint.workspace import Workspace, shown

if TYPE_CHECKING:
    from bnlint.cache.runs import Runs
    from bnlint.cache.store import Store
    from bnlint.judging import Progress
    from bnlint.model import Program
    from bnlint.per_file import PerFile
    from bnlint.shards import Shard
    from bnlint.source.discover import Walk


class Options(NamedTuple):
    """What to check and what to say. ``overlay`` holds unsaved files, which are then checked,
    unless ``files`` names others. ``programs`` are the users, where they are known already.

    With ``users`` the files are judged together with the programs of the project that use them;
    what is found is shown if a place of it is in one of the files. ``ignores`` tells whether
    comments and ``per_file`` silence findings, ``require_reason`` that only those comments do which
    say why. ``apis`` are the rows for libraries. ``cache`` opens the folder of what earlier runs
    kept. Of several shares of the work only ``shard`` is done. ``keep`` asks for the analysed
    programs, and what of these findings are about.
    """

    paths: Sequence[str] = (".",)
    exclude: Sequence[str] = ()
    select: Sequence[str] = ()
    ignore: Sequence[str] = ()
    pedantic: bool = False
    markdown: bool = False
    users: bool = False
    overlay: Mapping[str, bytes] = MappingProxyType({})
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


class Outcome(NamedTuple):
    """A report, and what went wrong in bnlint itself: where, and the exception.

    ``programs`` are those that were analysed for it, if they were to be kept.
    """

    report: Report
    files: int
    source: Callable[[str, int | None], str | None]
    crashes: list[tuple[str, Exception]]
    programs: Sequence[Program] = ()


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
    return list(map(shown, _files(options, workspace)[0])), workspace.problems


class Work(NamedTuple):
    """The files that are asked about, those of them that cannot be read, the programs that use
    them, and what of all that is worth an analysis, in groups that have nothing in common.

    ``unit_tests`` are those of the files that hold nothing else, and are only read where a program
    imports them by a computed name."""

    paths: Sequence[str]
    unread: Sequence[str]
    users: Sequence[str]
    entries: Sequence[Sequence[str]]
    unit_tests: Sequence[str] = ()


def _work(options: Options, workspace: Workspace) -> Work:
    paths, walked = _files(options, workspace)
    unread = [problem.path for problem in workspace.problems]
    users: Sequence[str] = []
    whole = options.shard is None and walked is not None and is_whole(paths, walked, workspace)
    if whole and walked is not None and not has_batch_norm(paths, walked, workspace, options.jobs):
        return Work(paths, unread, users, [])
    if options.users and not whole:
        known = options.programs
        users = users_of(paths, options.exclude, workspace) if known is None else known
    if options.shard is not None:
        from bnlint.shards import share

        paths, users = share(paths, users, options.shard, workspace)
    named = paths if walked is None else options.paths
    entries, unit_tests = find_entries(sorted({*paths, *users}), workspace, named)
    return Work(paths, unread, users, entries, sorted(set(paths).intersection(unit_tests)))


def _runs(options: Options, store: Store) -> Runs:
    from bnlint.cache.runs import Runs

    question = {
        name: value
        for name, value in options._asdict().items()
        if name not in ("cache", "jobs", "overlay", "apis")
    }
    question["overlay"] = {path: digest(data) for path, data in options.overlay.items()}
    question["apis"] = options.apis.own
    return Runs(store, question)


def _check(
    options: Options,
    workspace: Workspace,
    work: Work,
    progress: Progress | None,
    store: Store | None = None,
) -> Outcome:
    count = len(work.paths)
    if not (work.entries or workspace.problems):
        # There is nothing to tell. What is imported below costs more than all of the above.
        tests = len(work.unit_tests)
        report = Report(skipped=count - tests, unit_tests=tests)
        return Outcome(report, count, workspace.source, [])
    from bnlint.judging import Judge, Told
    from bnlint.telling import report_on

    told = Told()
    if work.entries:
        if store is not None:
            from bnlint.cache.files import Files

            workspace.kept = Files(store)
        told = Judge(options, workspace, progress, store).of(work.entries)
    report = report_on(told, work, options, workspace, store)
    crashes = [(shown(where), error) for where, error in workspace.crashes + told.crashes]
    return Outcome(report, count, workspace.source, crashes, told.programs)


def _files(options: Options, workspace: Workspace) -> tuple[list[str], Walk | None]:
    """The files that are asked about, and how they were searched for, if they were."""
    if options.files or options.overlay:
        return sorted(map(os.path.abspath, options.files or options.overlay)), None
    walked = workspace.discover(options.paths, options.exclude, markdown=options.markdown)
    for error in walked.errors:
        workspace.fail(error)
    return sorted({os.path.abspath(path) for path in walked.found}), walked
