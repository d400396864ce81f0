"""Findings as SARIF 2.1.0, which GitHub's code scanning and many viewers read.

The rules carry their pages; a finding has its story as related locations and as a code flow that
ends at the finding, and a fingerprint that outlives edits elsewhere. Programs that were not read
to their end are notifications, as they are no results.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, TextIO
from urllib.parse import quote

from bnlint import codes, pages
from bnlint.finding import Finding, Fix, Location, Report
from bnlint.output.story import line_of
from bnlint.printable import dump_json, printable

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
ROOT = "SRCROOT"


def write(report: Report, stream: TextIO) -> None:
    rules = _rules()
    numbers = {rule["id"]: number for number, rule in enumerate(rules)}
    results = [_finding(finding, numbers) for finding in report.findings]
    for problem in report.problems:
        where = Location(problem.path, problem.line, 1, problem.line, 1)
        results.append(
            {
                "ruleId": codes.UNREADABLE,
                "ruleIndex": numbers[codes.UNREADABLE],
                "level": "error",
                "message": {"text": _plain(problem.message)},
                "locations": [{"physicalLocation": _line(where)}],
            }
        )
    notices = [
        {
            "level": "note",
            "message": {"text": _plain(f"not read to its end: {item.reason}")},
            "locations": [
                {"physicalLocation": _line(Location(item.path, item.line, 1, item.line, 1))}
            ],
        }
        for item in report.incomplete
    ]
    run = {
        "tool": {"driver": {"name": "bnlint", **_version(), "rules": rules}},
        "invocations": [{"executionSuccessful": True, "toolExecutionNotifications": notices}],
        "originalUriBaseIds": {ROOT: {"description": {"text": "where bnlint was run"}}},
        "columnKind": "unicodeCodePoints",
        "results": results,
    }
    dump_json({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, stream)


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


def _finding(finding: Finding, numbers: dict[str, int]) -> dict[str, Any]:
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
        "ruleIndex": numbers[rule.code],
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
