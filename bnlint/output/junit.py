"""Findings as JUnit's XML, which Jenkins and most CI systems read: a finding is a failed test.

What is only possible is a skipped test, and what cannot be read an error. Without anything to say
there is one test that passed, as an empty file is a mistake to those who read it.
"""

from __future__ import annotations

from typing import TextIO
from xml.etree import ElementTree as ET

from bnlint import codes
from bnlint.finding import Finding
from bnlint.outcome import Report
from bnlint.output.story import line_of, place
from bnlint.printable import printable


def write(report: Report, stream: TextIO) -> None:
    cases = [_finding(finding) for finding in report.findings]
    for problem in report.problems:
        where = printable(f"{problem.path}:{problem.line}")
        case = _case(problem.path, problem.line, f"{where}: {codes.UNREADABLE}")
        _outcome(case, "error", codes.UNREADABLE_NAME, problem.message, [])
        cases.append(case)
    if not cases:
        cases.append(ET.Element("testcase", classname="bnlint", name="no findings"))
    attributes = {
        "name": "bnlint",
        "tests": str(len(cases)),
        "failures": _count(cases, "failure"),
        "errors": _count(cases, "error"),
        "skipped": _count(cases, "skipped"),
    }
    root = ET.Element("testsuites", attributes)
    suite = ET.SubElement(root, "testsuite", attributes)
    suite.extend(cases)
    ET.indent(root)
    # ASCII, so that no pipe's encoding can break it.
    text = ET.tostring(root, "us-ascii").decode("ascii")
    stream.write(f"{text}\n")


def _count(cases: list[ET.Element], outcome: str) -> str:
    return str(sum(case.find(outcome) is not None for case in cases))


def _finding(finding: Finding) -> ET.Element:
    rule, location = finding.rule, finding.location
    case = _case(location.path, line_of(location), f"{place(location)}: {rule.code} {rule.name}")
    lines = [f"{place(related.location)}: {related.message}" for related in finding.related]
    if finding.reason is not None:
        lines.append(f"possible only: {finding.reason}")
    outcome = "failure" if finding.confidence == "definite" else "skipped"
    _outcome(case, outcome, f"{rule.code} {rule.severity}", finding.message, lines)
    return case


def _case(path: str, line: int, name: str) -> ET.Element:
    file = printable(path)
    return ET.Element("testcase", classname=file, name=name, file=file, line=str(line))


def _outcome(case: ET.Element, tag: str, kind: str, message: str, lines: list[str]) -> None:
    element = ET.SubElement(case, tag, type=kind, message=printable(message))
    element.text = "\n".join(printable(line) for line in lines) or None
