"""One report made of several: what ``check --format json`` wrote, read again."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, get_args

from bnlint import codes, pages
from bnlint.finding import (
    Confidence,
    Finding,
    Location,
    Related,
    Rule,
    Severity,
    Step,
    Witness,
    each_once,
)
from bnlint.outcome import Incomplete, Problem, Report
from bnlint.output.json import VERSION


class BadReport(ValueError):
    """A text that is no report; what it says is one line."""


def read(text: str) -> Report:
    """The report that ``check --format json`` wrote as ``text``. Raises BadReport."""
    document = _document(text)
    try:
        return Report(
            _number(document["checked"]),
            _number(document["skipped"]),
            list(map(_finding, document["findings"])),
            list(map(_problem, document["errors"])),
            incomplete=list(map(_incomplete, document["incomplete"])),
            known=_number(document.get("known", 0)),
            explained=any("reasoning" in item for item in document["findings"]),
            unit_tests=_number(document.get("unit_tests", 0)),
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise BadReport(f"not a report of bnlint's: {type(error).__name__}: {error}") from None


def merged(reports: Sequence[Report]) -> Report:
    """What several reports say, each thing once."""
    problems = dict.fromkeys(problem for report in reports for problem in report.problems)
    return Report(
        sum(report.checked for report in reports),
        sum(report.skipped for report in reports),
        each_once(finding for report in reports for finding in report.findings),
        sorted(problems, key=lambda problem: (problem.path, problem.line)),
        incomplete=sorted({item for report in reports for item in report.incomplete}),
        known=sum(report.known for report in reports),
        explained=any(report.explained for report in reports),
        unit_tests=sum(report.unit_tests for report in reports),
    )


def _document(text: str) -> Mapping[str, Any]:
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        raise BadReport("not JSON: write it with --format json") from None
    if not isinstance(document, dict) or "findings" not in document:
        raise BadReport("not a report of bnlint's: write it with --format json")
    if document.get("version") != VERSION:
        raise BadReport(f"a report of version {document.get('version')}, not {VERSION}")
    return document


def _finding(item: Mapping[str, Any]) -> Finding:
    code = _text(item["code"])
    if code not in codes.known():
        raise BadReport(f"the rule {code} is none of this bnlint's")
    rule = Rule(code, pages.names()[code], _one_of(Severity, item["severity"]))
    place = _location(item, item["end_line"], item["end_column"])
    related = tuple(Related(_place(other), _text(other["message"])) for other in item["related"])
    return Finding(
        rule,
        place,
        _text(item["message"]),
        related,
        _one_of(Confidence, item["confidence"]),
        item.get("reason"),
        _one_of(Witness, item["witness"]),
        fingerprint=_fingerprint(item["fingerprint"]),
        consequence=_text(item.get("consequence", "")),
        reasoning=tuple(map(_step, item.get("reasoning", ()))),
    )


def _step(item: Mapping[str, Any]) -> Step:
    return Step(_text(item["message"]), _place(item) if "path" in item else None)


def _place(item: Mapping[str, Any]) -> Location:
    """A place of a story; reports of before had no ends of them."""
    return _location(
        item, item.get("end_line", item["line"]), item.get("end_column", item["column"])
    )


def _location(item: Mapping[str, Any], end_line: Any, end_column: Any) -> Location:
    cell, raw_line, node = item.get("cell"), item.get("raw_line"), item.get("node")
    return Location(
        _text(item["path"]),
        _number(item["line"]),
        _number(item["column"]),
        _number(end_line),
        _number(end_column),
        None if cell is None else _number(cell),
        None if raw_line is None else _number(raw_line),
        None if node is None else _text(node),
    )


def _problem(item: Mapping[str, Any]) -> Problem:
    return Problem(_text(item["path"]), _number(item["line"]), _text(item["message"]))


def _incomplete(item: Mapping[str, Any]) -> Incomplete:
    return Incomplete(_text(item["path"]), _number(item["line"]), _text(item["reason"]))


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is no text")
    return value


def _number(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise TypeError(f"{value!r} is no number")
    return value


def _fingerprint(value: object) -> str:
    if re.fullmatch("[0-9a-f]{0,64}", _text(value)) is None:
        raise TypeError(f"{value!r} is no fingerprint")
    return str(value)


def _one_of(kinds: Any, value: object) -> Any:
    if value not in get_args(kinds):
        raise TypeError(f"{value!r} is none of {', '.join(get_args(kinds))}")
    return value
