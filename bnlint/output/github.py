"""Findings as GitHub Actions workflow commands, which become annotations on a pull request."""

from __future__ import annotations

from typing import TextIO

from bnlint import codes
from bnlint.finding import Finding, Location
from bnlint.outcome import Report
from bnlint.printable import printable


def write(report: Report, stream: TextIO) -> None:
    for finding in report.findings:
        stream.write(_finding(finding) + "\n")
    for problem in report.problems:
        properties = {
            "file": problem.path,
            "line": str(problem.line),
            "title": f"{codes.UNREADABLE} {codes.UNREADABLE_NAME}",
        }
        message = f"{problem.path}:{problem.line}: {codes.UNREADABLE} {problem.message}"
        stream.write(_command("error", properties, message) + "\n")
    for item in report.incomplete:
        properties = {"file": item.path, "line": str(item.line), "title": "not read to its end"}
        message = f"{item.path}:{item.line}: not read to its end: {item.reason}"
        stream.write(_command("notice", properties, message) + "\n")


def _finding(finding: Finding) -> str:
    rule, location = finding.rule, finding.location
    level = "error" if (rule.severity, finding.confidence) == ("error", "definite") else "warning"
    properties = {"file": location.path, **_span(location), "title": f"{rule.code} {rule.name}"}
    # The log of a job shows the message alone, so the place is said there too.
    lines = [f"{_place(location)}: {rule.code} {finding.message}"]
    if finding.reason is not None:
        lines.append(f"possible only: {finding.reason}")
    lines += [f"{_place(related.location)}: {related.message}" for related in finding.related]
    return _command(level, properties, "\n".join(lines))


def _span(location: Location) -> dict[str, str]:
    line = location.line if location.raw_line is None else location.raw_line
    span = {"line": str(line)}
    if location.cell is not None:
        return span
    # GitHub drops an annotation that names columns on a span of several lines.
    if location.line == location.end_line:
        span["col"] = str(location.column)
    span["endLine"] = str(location.end_line)
    if location.line == location.end_line:
        # Ours is exclusive, theirs is the last column.
        span["endColumn"] = str(max(location.column, location.end_column - 1))
    return span


def _place(location: Location) -> str:
    return f"{location.path}:{location.line}:{location.column}"


def _command(level: str, properties: dict[str, str], message: str) -> str:
    fields = ",".join(f"{key}={_property(value)}" for key, value in properties.items())
    # A command is one line; the message may be several, of which none may steer the log.
    lines = [_data(printable(line)) for line in message.split("\n")]
    return f"::{level} {fields}::{'%0A'.join(lines)}"


def _data(text: str) -> str:
    return text.replace("%", "%25")


def _property(text: str) -> str:
    return _data(printable(text)).replace(":", "%3A").replace(",", "%2C")
