"""Findings as GitLab's code quality report: a list of issues, shown in a merge request."""

from __future__ import annotations

import hashlib
from typing import Any, TextIO

from bnlint import codes
from bnlint.finding import Finding
from bnlint.outcome import Report
from bnlint.output.story import line_of
from bnlint.printable import dump_json, printable

# GitLab knows info, minor, major, critical and blocker.
_SEVERITIES = {"error": "critical", "warning": "major"}


def write(report: Report, stream: TextIO) -> None:
    """Paths have to be relative to the root of the repository: bnlint is run there."""
    issues = [_finding(finding) for finding in report.findings]
    for problem in report.problems:
        said = f"{codes.UNREADABLE} {codes.UNREADABLE_NAME}: {problem.message}"
        mark = f"{problem.line}:{problem.message}"
        issues.append(_issue(codes.UNREADABLE, said, "critical", mark, problem.path, problem.line))
    dump_json(issues, stream)


def _finding(finding: Finding) -> dict[str, Any]:
    rule, location = finding.rule, finding.location
    severity = _SEVERITIES[rule.severity] if finding.confidence == "definite" else "minor"
    said = f"{rule.code} {rule.name}: {finding.message}"
    if finding.reason is not None:
        said += f" (possible only: {finding.reason})"
    line = line_of(location)
    return _issue(rule.code, said, severity, finding.fingerprint, location.path, line)


def _issue(code: str, said: str, severity: str, mark: str, path: str, line: int) -> dict[str, Any]:
    unique = f"{path}\0{code}\0{mark}".encode("utf-8", "surrogateescape")
    return {
        "description": printable(said),
        "check_name": code,
        "fingerprint": hashlib.sha256(unique).hexdigest(),
        "severity": severity,
        "location": {"path": printable(path), "lines": {"begin": line}},
    }
