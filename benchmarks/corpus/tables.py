"""The figures as Markdown, for the terminal and for the page that keeps the last ones."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from benchmarks.corpus.analyse import SLOW, Result
from benchmarks.corpus.labels import RULES, Label
from benchmarks.corpus.score import Score

# A text rule for each, on the first part: three patterns, at the level of grep.
BASELINE = {"R1": (".74", ".58"), "R2": (".76", ".69"), "R3": (".36", ".42")}

_MARKER = "<!-- {}: {} -->"


def by_rule(score: Score, part: int) -> str:
    of_part = score.of_part(part)
    head = ["rule", "hits", "false alarms", "misses", "precision", "recall"]
    rows = [[rule, *_figures(of_part.of_rule(rule))] for rule in RULES]
    rows.append(["all", *_figures(of_part)])
    if part == 1:
        head.append("text rule")
        rows = [[*row, " / ".join(BASELINE.get(row[0], ()))] for row in rows]
    return table(head, rows)


def by_repository(score: Score) -> str:
    """The repositories with a bug or a false alarm; in the others there was nothing to find."""
    everything = (*score.hits, *score.misses, *score.false_alarms)
    repositories = sorted({label.snapshot.repository for label in everything}, key=str.lower)
    head = ("repository", "hits", "false alarms", "misses", "precision", "recall")
    return table(head, [(name, *_figures(score.of_repository(name))) for name in repositories])


def wrong(score: Score) -> str:
    return "\n\n".join(
        (
            _listing("False alarms", map(_line, score.false_alarms)),
            _listing("Misses", map(_line, score.misses)),
        )
    )


def health(results: Mapping[str, Result]) -> str:
    slow = [result for result in results.values() if result.seconds > SLOW]
    files = sum(result.checked for result in results.values())
    unreadable = (f"{r.folder}/{line}" for r in results.values() for line in r.unreadable)
    failures = (f"{r.folder}: {r.failure}" for r in results.values() if r.failure)
    return "\n\n".join(
        (
            f"{files} files analysed in {len(results)} checkouts.",
            f"CPU: {sum(r.seconds for r in results.values()):.0f} s in all. Peak of memory: "
            f"{max(r.memory for r in results.values()):.0f} MiB.",
            _listing("Crashes and time-outs", failures),
            _listing(
                f"Checkouts that took over {SLOW} s of CPU",
                (f"{r.folder}: {r.seconds:.1f} s, {r.memory:.0f} MiB" for r in slow),
            ),
            _listing("Files and cells that could not be parsed", unreadable),
        )
    )


def times(results: Mapping[str, Result]) -> str:
    ordered = sorted(results.values(), key=lambda result: -result.seconds)
    rows = [(r.folder, f"{r.seconds:.1f}", f"{r.memory:.0f}") for r in ordered]
    return table(("checkout", "CPU seconds", "MiB"), rows)


def rewrite(page: Path, sections: Mapping[str, str]) -> None:
    """Put each section between its markers in the page."""
    text = page.read_text(encoding="utf-8")
    for name, section in sections.items():
        begin, end = _MARKER.format("begin", name), _MARKER.format("end", name)
        before, found, rest = text.partition(begin)
        _, closed, after = rest.partition(end)
        if not found or not closed:
            raise ValueError(f"{page} lacks the markers {begin} and {end}")
        text = f"{before}{begin}\n\n{section}\n\n{end}{after}"
    page.write_text(text, encoding="utf-8")


def _figures(score: Score) -> tuple[str, ...]:
    counts = (len(score.hits), len(score.false_alarms), len(score.misses))
    return (*map(str, counts), _ratio(score.precision), _ratio(score.recall))


def _ratio(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"


def _listing(title: str, items: Iterable[str]) -> str:
    lines = [f"- {item}" for item in items]
    return "\n".join([f"{title}: {len(lines) or 'none'}.", *([""] if lines else []), *lines])


def _line(label: Label) -> str:
    return f"{label.rule} {label.place}: {label.evidence}"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    return "\n".join(_rows(head, rows))


def _rows(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(head)} |"
    yield f"| {' | '.join('---' for _ in head)} |"
    for row in rows:
        yield f"| {' | '.join(row)} |"
