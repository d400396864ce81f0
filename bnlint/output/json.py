"""Findings for programs. The layout is a promise: a change that breaks it changes ``version``."""

from __future__ import annotations

from typing import Any, TextIO

from bnlint.finding import Finding, Location
from bnlint.outcome import Report
from bnlint.printable import dump_json

VERSION = 1


def write(report: Report, stream: TextIO) -> None:
    dump_json(document(report), stream)


def document(report: Report) -> dict[str, Any]:
    """A report as data; ``docs/findings.schema.json`` describes it."""
    return {
        "version": VERSION,
        "checked": report.checked,
        "skipped": report.skipped,
        **({"unit_tests": report.unit_tests} if report.unit_tests else {}),
        **({"known": report.known} if report.known else {}),
        "findings": [
            {**_finding(finding), **(_reasoning(finding) if report.explained else {})}
            for finding in report.findings
        ],
        "errors": [
            {"path": problem.path, "line": problem.line, "message": problem.message}
            for problem in report.problems
        ],
        "incomplete": [
            {"path": item.path, "line": item.line, "reason": item.reason}
            for item in report.incomplete
        ],
    }


def write_lines(report: Report, stream: TextIO) -> None:
    """A line for each finding, unreadable file and unread program; the last line sums up."""
    whole = document(report)
    for kind, key in (("finding", "findings"), ("error", "errors"), ("incomplete", "incomplete")):
        for item in whole.pop(key):
            dump_json({"type": kind, **item}, stream, indent=None)
    dump_json({"type": "summary", **whole}, stream, indent=None)


def _reasoning(finding: Finding) -> dict[str, Any]:
    return {
        "reasoning": [
            {**(_place(step.location) if step.location else {}), "message": step.message}
            for step in finding.reasoning
        ]
    }


def _finding(finding: Finding) -> dict[str, Any]:
    location = finding.location
    fields: dict[str, Any] = {
        "code": finding.rule.code,
        "name": finding.rule.name,
        "severity": finding.rule.severity,
        "confidence": finding.confidence,
    }
    if finding.confidence == "possible":
        fields["reason"] = finding.reason
    if finding.consequence:
        fields["consequence"] = finding.consequence
    return fields | {
        "message": finding.message,
        "witness": finding.witness,
        "fingerprint": finding.fingerprint,
        "path": location.path,
        "line": location.line,
        "column": location.column,
        "end_line": location.end_line,
        "end_column": location.end_column,
        "cell": location.cell,
        **_extra(location),
        "related": [
            {**_place(related.location), "message": related.message} for related in finding.related
        ],
    }


def _place(location: Location) -> dict[str, Any]:
    return {
        "path": location.path,
        "line": location.line,
        "column": location.column,
        "end_line": location.end_line,
        "end_column": location.end_column,
        **({} if location.cell is None else {"cell": location.cell}),
        **_extra(location),
    }


def _extra(location: Location) -> dict[str, Any]:
    """What only a place in a notebook or in a graph has."""
    fields = {"raw_line": location.raw_line, "node": location.node}
    return {key: value for key, value in fields.items() if value is not None}
