"""Findings about what silences findings, comments and configuration: BN901 and BN902."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping

from bnlint.finding import Finding, Location, Rule
from bnlint.ignores import Ignore, Ignores, Span, places
from bnlint.per_file import PerFileIgnores

UNUSED = Rule("BN901", "unused-suppression", "warning")
UNKNOWN = Rule("BN902", "unknown-code", "warning")
RULES = (UNUSED, UNKNOWN)


def unknown(comments: Mapping[str, Ignores]) -> Iterator[Finding]:
    """BN902: the comments, by path, that name rules that do not exist."""
    for path, file in comments.items():
        for span, said in file.unknown:
            yield Finding(UNKNOWN, Location(path, *span), said)


def unused(
    comments: Mapping[str, Ignores],
    findings: Iterable[Finding],
    every: Collection[str],
    on: Collection[str],
) -> Iterator[Finding]:
    """BN901: the comments that silence none of the ``findings``, possible ones included.

    ``every`` are the codes that source decides, ``on`` those that were looked for: a comment about
    others may well have its use.
    """
    used = set(_used(comments, findings))
    for path, file in comments.items():
        for ignore in file.ignores:
            idle = [
                prefix
                for prefix in ignore.prefixes or ("",)
                if (path, ignore.span, prefix) not in used and _looked_for(prefix, every, on)
            ]
            if idle:
                yield Finding(UNUSED, Location(path, *ignore.span), _said(ignore, idle))


def unused_entries(
    entries: PerFileIgnores,
    files: Collection[str],
    left_out: Collection[str],
    folders: Collection[str],
    findings: Collection[Finding],
    every: Collection[str],
    on: Collection[str],
) -> Iterator[Finding]:
    """BN901: the entries of ``per-file-ignores`` that silence none of the ``findings``.

    ``files`` are those that are checked, ``folders`` those of which all is but what is
    ``left_out``.
    """
    for place, said in entries.unused(
        files, left_out, folders, findings, lambda prefix: _looked_for(prefix, every, on)
    ):
        yield Finding(UNUSED, place, said)


def _used(
    comments: Mapping[str, Ignores], findings: Iterable[Finding]
) -> Iterator[tuple[str, Span, str]]:
    for finding in findings:
        for place in places(finding):
            if place.path not in comments:
                continue
            for ignore in comments[place.path].ignores:
                if ignore.reaches(place):
                    for prefix in ignore.prefixes or ("",):
                        if finding.rule.code.startswith(prefix):
                            yield place.path, ignore.span, prefix


def _looked_for(prefix: str, every: Collection[str], on: Collection[str]) -> bool:
    meant = {code for code in every if code.startswith(prefix)}
    return bool(meant) and meant <= set(on)


def _said(ignore: Ignore, idle: list[str]) -> str:
    if not ignore.prefixes:
        return "this comment silences nothing: there is no finding where it works"
    return f"this comment silences nothing: there is no {' or '.join(idle)} where it works"
