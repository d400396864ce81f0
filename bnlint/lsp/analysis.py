"""What an editor asks of an analysis: the findings of open texts, their fixes, a rule's page."""

from __future__ import annotations

import io
import os
from collections.abc import Mapping, Sequence

from bnlint import pages
from bnlint.baseline import Baseline, BaselineError, read
from bnlint.config import ConfigError, load
from bnlint.finding import Finding
from bnlint.fixing import repairer
from bnlint.outcome import Problem
from bnlint.run import Options, Outcome, check

_MARK = "\ufeff"


class Analysis:
    """One look at all open texts, by absolute path. ``complaint`` is a broken configuration."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        # An editor's text is Unicode whatever the file declares; the mark says so to every reader.
        # Half a character, which JSON can say, is as long as what it is replaced by.
        self._overlay = {
            path: (_MARK + text.removeprefix(_MARK)).encode("utf-8", "replace")
            for path, text in texts.items()
        }
        self.complaint: str | None = None
        self.findings: list[Finding] = []
        self.problems: list[Problem] = []
        self.crashes: list[tuple[str, Exception]] = []
        self._fixed: dict[int, Finding] = {}
        self._options: dict[str, Options] = {}
        self._outcomes: list[Outcome] = []
        groups: dict[str, list[str]] = {}
        for path in sorted(self._overlay):
            groups.setdefault(os.path.dirname(path), []).append(path)
        for folder, files in groups.items():
            self._look(folder, files)

    def _look(self, folder: str, files: Sequence[str]) -> None:
        options = Options(files=files, overlay=self._overlay, users=True)
        known = Baseline("")
        try:
            config = load(folder)
            options = options._replace(
                exclude=config.excludes(os.getcwd()),
                select=config.select,
                ignore=config.ignore,
                pedantic=config.pedantic,
                apis=config.apis,
                per_file=config.per_file,
            )
            if config.baseline is not None:
                known = read(config.baseline)
        except (ConfigError, BaselineError) as error:
            self.complaint = str(error)
        outcome = check(options)
        self._outcomes.append(outcome)
        self.crashes += outcome.crashes
        self.problems += outcome.report.problems
        for finding in known.split(outcome.report.findings)[0]:
            path = os.path.abspath(finding.location.path)
            if path in files:
                self.findings.append(finding)
                self._options[path] = options

    def about(self, path: str) -> list[Finding]:
        return [f for f in self.findings if os.path.abspath(f.location.path) == path]

    def fixed(self, finding: Finding) -> Finding:
        """The finding with its fix, if it has one; raises OSError if a file cannot be read."""
        key = id(finding)
        if key not in self._fixed:
            options = self._options[os.path.abspath(finding.location.path)]
            self._fixed[key] = repairer(options).attached(finding, self._overlay)
        return self._fixed[key]

    def lines(self, path: str) -> list[str]:
        """The lines of a file of the report."""
        for outcome in self._outcomes:
            text = outcome.source(path, None)
            if text is not None:
                return io.StringIO(text, newline="").readlines()  # split as Python does
        return []


def page(code: str) -> str | None:
    """A rule's page as Markdown."""
    found = pages.find(code)
    return None if found is None else f"# {found.code}: {found.title}\n\n{found.text}"
