"""Findings as SARIF 2.1.0, which GitHub's code scanning and many viewers read.

The rules carry their pages; a finding has its story as related locations and as a code flow that
ends at the finding, and a fingerprint that outlives edits elsewhere. What went wrong in the run are
notifications: files that could not be read (results, too, so that they are seen), and programs that
were not read to their end.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, TextIO
from urllib.parse import quote

from bnlint import codes, pages
from bnlint.finding import Finding, Fix, Location
from bnlint.outcome import Report
from bnlint.output.story import line_of
from bnlint.printable import dump_json, printable

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
ROOT = "SRCROOT"


def write(report: Report, stream: TextIO) -> None:
    """What a report shows."""
    dump_json(_document(report, [_finding(finding) for finding in report.findings]), stream)


def write_with_silenced(report: Report, stream: TextIO) -> None:
    """What a report shows and what was silenced, which some readers take for open all the same."""
    results = [{**_finding(finding), "suppressions": []} for finding in report.findings]
    for item in report.silenced:
        suppression = {"kind": "external" if item.external else "inSource", "status": "accepted"}
        if item.why:
            suppression["justification"] = printable(item.why)
        results.append({**_finding(item.finding), "suppressions": [suppression]})
    dump_json(_document(report, results), stream)


def _document(report: Report, results: list[dict[str, Any]]) -> dict[str, Any]:
    rules = _rules()
    numbers = {rule["id"]: number for number, rule in enumerate(rules)}
    unread = [
        {
            "level": "error",
            "message": {"text": _plain(problem.message)},
            "locations": [_whole_line(problem.path, problem.line)],
        }
        for problem in report.problems
    ]
    results = [*results, *({"ruleId": codes.UNREADABLE, **result} for result in unread)]
    results = [{**result, "ruleIndex": numbers[result["ruleId"]]} for result in results]
    notices: list[dict[str, Any]] = [
        {"level": "error", "message": {"text": _plain(said)}} for said in report.failures
    ]
    # The run went on without these files: a warning, where an error would mean that it failed.
    notices += [
        {**result, "level": "warning", "associatedRule": {"id": codes.UNREADABLE}}
        for result in unread
    ]
    notices += [
        {
            "level": "note",
            "message": {"text": _plain(f"not read to its end: {item.reason}")},
            "locations": [_whole_line(item.path, item.line)],
        }
        for item in report.incomplete
    ]
    invocation = {
        "executionSuccessful": not report.failures,
        "toolExecutionNotifications": notices,
    }
    run = {
        "tool": {"driver": {"name": "bnlint", **_version(), "rules": rules}},
        "invocations": [invocation],
        "originalUriBaseIds": {ROOT: {"description": {"text": "where bnlint was run"}}},
        "columnKind": "unicodeCodePoints",
        "results": results,
    }
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def _version() -> dict[str, str]:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return {"version": version("bnlint")}
    except PackageNotFoundError:
        return {}


def _rules() -> list[dict[str, Any]]:
    return [
        _rule(page.code, page.name, page.title, page.text, page.severity)
        for page in pages.all_pages()
    ]


def _rule(code: str, name: str, title: str, text: str, severity: str) -> dict[str, Any]:
    return {
        "id": code,
        "name": name,
        "shortDescription": {"text": title},
        "help": {"text": text, "markdown": text},
        "defaultConfiguration": {"level": severity},
        "properties": {"tags": ["tensorflow", "batch-normalization"]},
    }


def _whole_line(path: str, line: int) -> dict[str, Any]:
    return {"physicalLocation": _line(Location(path, line, 1, line, 1))}


def _finding(finding: Finding) -> dict[str, Any]:
    rule = finding.rule
    level = rule.severity if finding.confidence == "definite" else "note"
    properties: dict[str, Any] = {"confidence": finding.confidence, "witness": finding.witness}
    if finding.reason is not None:
        properties["reason"] = finding.reason
    message = finding.message
    if finding.reason is not None:
        message += f" (possible only: {finding.reason})"
    result: dict[str, Any] = {
        "ruleId": rule.code,
        "level": level,
        "message": {"text": _plain(message)},
        "locations": [_location(finding.location)],
        "partialFingerprints": {"bnlint/v1": finding.fingerprint},
        "properties": properties,
    }
    if finding.related:
        story = [_location(related.location, related.message) for related in finding.related]
        result["relatedLocations"] = [
            {"id": number, **location} for number, location in enumerate(story)
        ]
        end = _location(finding.location, finding.message)
        steps = [{"location": location} for location in (*story, end)]
        result["codeFlows"] = [{"threadFlows": [{"locations": steps}]}]
    if finding.fix is not None:
        result["fixes"] = [_fix(finding.fix)]
    return result


def _fix(fix: Fix) -> dict[str, Any]:
    level = "" if fix.level == "safe" else f" ({fix.level}: {fix.why})"
    paths = dict.fromkeys(edit.location.path for edit in fix.edits)
    return {
        "description": {"text": _plain(fix.description + level)},
        "artifactChanges": [
            {
                "artifactLocation": _artifact(path),
                "replacements": [
                    {
                        "deletedRegion": {
                            "startLine": edit.location.line,
                            "startColumn": edit.location.column,
                            "endLine": edit.location.end_line,
                            "endColumn": edit.location.end_column,
                        },
                        "insertedContent": {"text": edit.text},
                    }
                    for edit in fix.edits
                    if edit.location.path == path
                ],
            }
            for path in paths
        ],
    }


def _location(location: Location, message: str | None = None) -> dict[str, Any]:
    found: dict[str, Any] = {"physicalLocation": _line(location)}
    if location.node is not None:
        name = printable(location.node)
        found["logicalLocations"] = [{"fullyQualifiedName": name, "kind": "element"}]
    elif location.cell is not None:
        found["logicalLocations"] = [{"name": f"cell {location.cell}", "kind": "element"}]
    if message is not None:
        found["message"] = {"text": _plain(message)}
    return found


def _line(location: Location) -> dict[str, Any]:
    place: dict[str, Any] = {"artifactLocation": _artifact(location.path)}
    # A graph has no lines, and the columns of a notebook's cell are none of its file.
    if location.line and (location.node is None or location.line > 1):
        region = {"startLine": line_of(location)}
        if location.cell is None and location.end_column > location.column:
            region |= {
                "startColumn": location.column,
                "endLine": location.end_line,
                "endColumn": location.end_column,
            }
        place["region"] = region
    return place


def _artifact(path: str) -> dict[str, str]:
    if os.path.isabs(path):
        return {"uri": Path(path).as_uri()}
    return {"uri": quote(os.fsencode(path.replace(os.sep, "/"))), "uriBaseId": ROOT}


def _plain(text: str) -> str:
    """A message in which nothing is taken for a link, as ``[text](1)`` would be."""
    return printable(text).replace("](", "] (")
