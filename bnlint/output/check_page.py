"""The findings about source as a page: each with its code across files, and the rules' pages."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bnlint import codes, pages
from bnlint.finding import Finding
from bnlint.outcome import Problem, Report
from bnlint.output.excerpt import Source, excerpts
from bnlint.output.page import page, safe
from bnlint.output.story import place
from bnlint.output.text import summed_up

COLUMNS = ("rule", "severity", "place")


def check_page(report: Report, source: Source) -> str:
    """The whole page."""
    return page("bnlint: what was found", _body(report, source))


def _body(report: Report, source: Source) -> Iterator[str]:
    yield "<h1>bnlint</h1>\n"
    look = "bad" if report.findings or report.problems else "good"
    for line in summed_up(report).splitlines():
        yield f'<p class="{look}">{safe(line)}</p>\n'
    if len(report.findings) > 1:
        yield from _table(report.findings)
    for number, finding in enumerate(report.findings):
        yield from _finding(finding, number, source)
    for problem in report.problems:
        yield from _problem(problem)
    yield from _rules(report)


def _table(findings: Sequence[Finding]) -> Iterator[str]:
    heads = "".join(
        f'<th scope="col"><button type="button">{name}</button></th>' for name in COLUMNS
    )
    yield f"<table>\n<thead><tr>{heads}</tr></thead>\n<tbody>\n"
    for number, finding in enumerate(findings):
        rule = finding.rule
        yield (
            f'<tr class="{rule.severity}"><td><strong>{safe(rule.code)}</strong> {safe(rule.name)}'
            f"</td><td>{_weight(finding)}</td>"
            f'<td><a href="#finding-{number}">{safe(place(finding.location))}</a></td></tr>\n'
        )
    yield "</tbody>\n</table>\n"


def _weight(finding: Finding) -> str:
    return finding.rule.severity if finding.confidence == "definite" else "possible"


def _finding(finding: Finding, number: int, source: Source) -> Iterator[str]:
    rule = finding.rule
    yield (
        f'<section class="finding {rule.severity}" id="finding-{number}">'
        f'<h3><a href="#{safe(rule.code)}"><strong>{safe(rule.code)}</strong></a> '
        f"{safe(rule.name)} ({_weight(finding)}) <code>{safe(place(finding.location))}</code>"
        f"</h3>\n<p>{safe(finding.message)}</p>\n"
    )
    yield from excerpts(finding, source)
    if finding.reason is not None:
        yield f'<p class="note">possible only: {safe(finding.reason)}</p>\n'
    yield from _reasoning(finding)
    yield "</section>\n"


def _reasoning(finding: Finding) -> Iterator[str]:
    """The facts that lead to a finding, as ``--explain`` tells them."""
    if not finding.reasoning:
        return
    yield "<details><summary>because</summary>\n<ol>\n"
    for step in finding.reasoning:
        where = f"<code>{safe(place(step.location))}</code>: " if step.location else ""
        yield f"<li>{where}{safe(step.message)}</li>\n"
    yield "</ol></details>\n"


def _problem(problem: Problem) -> Iterator[str]:
    yield (
        '<section class="finding error">'
        f'<h3><a href="#{codes.UNREADABLE}"><strong>{codes.UNREADABLE}</strong></a> '
        f"{codes.UNREADABLE_NAME} <code>{safe(f'{problem.path}:{problem.line}')}</code></h3>\n"
        f"<p>{safe(problem.message)}</p></section>\n"
    )


def _rules(report: Report) -> Iterator[str]:
    """The pages of the rules that were broken, so that the file explains itself."""
    found = {finding.rule.code for finding in report.findings}
    if report.problems:
        found.add(codes.UNREADABLE)
    told = [page for page in map(pages.find, sorted(found)) if page is not None]
    if told:
        yield "<h2>The rules</h2>\n"
    for rule in told:
        text = "\n".join(map(safe, rule.text.splitlines()))
        yield (
            f'<details class="rule"><summary><strong>{rule.code}</strong> '
            f"{safe(rule.name)}: {safe(rule.title)}</summary>\n"
            f'<pre id="{rule.code}">{text}</pre></details>\n'
        )
