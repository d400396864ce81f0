"""Which files to check: the arguments, and what lies below those that are directories."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from bnlint.regular import CannotRead, is_there, read_regular
from bnlint.source.errors import SourceError
from bnlint.source.gitignore import MOST_BYTES, MOST_PATTERNS, Patterns

# What is taken from a directory. A file that is itself an argument is taken whatever its name.
SUFFIXES = (".py", ".ipynb")
MARKDOWN = (".md", ".markdown")

# Code of others, or made from the code that is checked. Hidden directories are skipped anyway.
SKIPPED = frozenset(
    (
        "__pycache__",
        "__pypackages__",
        "bower_components",
        "build",
        "dist",
        "node_modules",
        "site-packages",
        "venv",
    )
)


class Walk(NamedTuple):
    """The files to check, sorted, and an error for each path that is not there or not readable.

    ``tops`` are the directories that were given, by their real paths, ``passed`` the names of what
    lies in them, might be imported and is not to be checked, ``partial`` the directories with
    such directories. What is found depends on the status of the paths in ``looked`` and on whether
    there is something at those in ``asked``.
    """

    found: list[str]
    errors: list[SourceError]
    tops: list[str]
    passed: set[str]
    partial: set[str]
    looked: list[str]
    asked: list[str]


def discover(
    paths: Sequence[str], exclude: Sequence[str] = (), *, markdown: bool = False
) -> tuple[list[str], list[SourceError]]:
    """The files to check, sorted, and an error for each path that is not there or not readable."""
    walked = walk(paths, exclude, markdown=markdown)
    return walked.found, walked.errors


def walk(paths: Sequence[str], exclude: Sequence[str] = (), *, markdown: bool = False) -> Walk:
    """What there is to check.

    Directories are searched for Python files and notebooks (with ``markdown`` for Markdown too),
    leaving out what ``.gitignore`` files, hidden and generated directories hide. ``exclude`` holds
    patterns as in a ``.gitignore`` of the working directory; like those, they do not hide the
    arguments, which somebody named. A relative argument gives relative paths; a file that is
    reached twice is given once.
    """
    suffixes = SUFFIXES + MARKDOWN if markdown else SUFFIXES
    walked = Walk([], [], [], set(), set(), [], [])
    search = _Search(_excluding(exclude), suffixes, walked)
    for path in paths:
        search.argument(path)
    walked.found.extend(sorted(search.found.values()))
    return walked


def excluded(paths: Sequence[str], exclude: Sequence[str]) -> list[str]:
    """Those of the arguments that the patterns would hide if nobody had named them."""
    patterns = _excluding(exclude)
    return [
        path
        for path in paths
        if (below := os.path.relpath(path)) != os.curdir
        and patterns.hides(below, os.path.isdir(path))
    ]


class _Search:
    def __init__(self, exclude: Patterns, suffixes: tuple[str, ...], walked: Walk) -> None:
        self._suffixes = suffixes
        self.found: dict[str, str] = {}  # real path -> path to show
        self._walk = walked
        self.errors = walked.errors
        self._exclude = exclude
        self._here = os.getcwd()

    def argument(self, path: str) -> None:
        shown = path
        if path and ".." not in path.split(os.sep):
            shown = os.path.normpath(path)
        if os.path.isdir(path):
            real = os.path.realpath(path)
            outer = _outer_rules(real, self._walk)
            self._walk.tops.append(real)
            self._directory("" if shown == os.curdir else shown, real, outer)
        elif os.path.isfile(path):
            self.found.setdefault(os.path.realpath(path), shown)
        elif os.path.lexists(path) and not os.path.islink(path):
            self.errors.append(SourceError(path, 1, "not a regular file"))
        else:
            self.errors.append(SourceError(path, 1, "no such file or directory"))

    def _directory(self, shown: str, real: str, rules: _Rules) -> None:
        looked, passed, partial = self._walk.looked, self._walk.passed, self._walk.partial
        pending = [(shown, real, rules, True)]
        while pending:
            shown, real, rules, given = pending.pop()
            looked.append(real)
            try:
                with os.scandir(real) as scan:
                    entries = list(scan)
            except OSError as error:
                reason = (error.strerror or str(error)).lower()
                self.errors.append(SourceError(shown or os.curdir, 1, f"cannot be read: {reason}"))
                continue
            names = {entry.name for entry in entries}
            if "pyvenv.cfg" in names and not given:
                passed.add(os.path.basename(real))
                partial.add(os.path.dirname(real))
                continue
            if ".gitignore" in names:
                looked.append(os.path.join(real, ".gitignore"))
                rules = rules.below(real, self.errors)
            before = f"{shown}{os.sep}" if shown and shown[-1] != os.sep else shown
            above = real if real[-1] == os.sep else f"{real}{os.sep}"
            for entry in entries:
                name = entry.name
                # Links to directories are not followed: they make loops, and git does not either.
                if entry.is_dir(follow_symlinks=False):
                    if (
                        name[0] == "."
                        or name in SKIPPED
                        or self._hidden(before, name, above, rules, True)
                    ):
                        passed.add(name)
                        partial.add(real)
                    else:
                        pending.append((before + name, above + name, rules, False))
                elif name.endswith(self._suffixes) and name[:2] != "._":  # of macOS; not text
                    if self._hidden(before, name, above, rules, False):
                        passed.add(os.path.splitext(name)[0])
                    else:
                        self._file(entry, before + name, above + name)
                elif entry.is_symlink():
                    looked.append(above + name)
                    passed.add(name)
                    partial.add(real)

    def _file(self, entry: os.DirEntry[str], shown: str, real: str) -> None:
        try:
            linked = entry.is_symlink()
            if linked:
                self._walk.looked.append(real)
            if not entry.is_file():
                self._walk.passed.add(os.path.splitext(entry.name)[0])
                self._walk.partial.add(os.path.dirname(real))
                return
            if linked:
                self.found.setdefault(os.path.realpath(real), shown)
                return
        except OSError:
            return
        # A link may have brought this file under another name; its own is the better one.
        before = self.found.get(real)
        if before is None or os.path.islink(before):
            self.found[real] = shown

    def _hidden(self, shown: str, name: str, real: str, rules: _Rules, directory: bool) -> bool:
        """Whether something is not to be checked; ``shown`` and ``real`` are what is before it."""
        if rules.hide(real + name, directory):
            return True
        return bool(self._exclude) and self._excluded(shown + name, directory)

    def _excluded(self, shown: str, directory: bool) -> bool:
        # What is above was looked at on the way here, or was named.
        path = os.path.relpath(shown, self._here)
        return path != os.curdir and bool(self._exclude.verdict(path, directory))


# --- .gitignore --------------------------------------------------------------------------


class _Rules:
    """The ``.gitignore`` files that hold in a directory, innermost first."""

    def __init__(self, files: Sequence[tuple[str, Patterns]] = ()) -> None:
        self._files = files

    def below(self, directory: str, errors: list[SourceError]) -> _Rules:
        """The rules inside ``directory``, which has some of its own."""
        patterns = _read_patterns(os.path.join(directory, ".gitignore"), errors)
        if not patterns:
            return self
        return _Rules([(os.path.join(directory, ""), patterns), *self._files])

    def hide(self, path: str, directory: bool) -> bool:
        for base, patterns in self._files:
            verdict = patterns.verdict(path[len(base) :], directory)
            if verdict is not None:
                return verdict
        return False


def _outer_rules(directory: str, walked: Walk) -> _Rules:
    """The rules of the directories above, up to the root of the repository."""
    above: list[str] = []
    for path in _upwards(directory):
        if path != directory:
            above.append(path)
            walked.looked.append(os.path.join(path, ".gitignore"))
        walked.asked.append(os.path.join(path, ".git"))
        if os.path.exists(walked.asked[-1]):
            break
    else:
        return _Rules()  # no repository: what lies above has no say
    files = []
    for path in above:
        patterns = _read_patterns(os.path.join(path, ".gitignore"), walked.errors)
        if patterns:
            files.append((os.path.join(path, ""), patterns))
    rules = _Rules(files)
    # Who names an ignored directory wants it checked; then the rules above cannot hold.
    inside = [directory, *above][:-1]
    return _Rules() if any(rules.hide(path, True) for path in inside) else rules


def _upwards(path: str) -> Iterator[str]:
    while True:
        yield path
        parent = os.path.dirname(path)
        if parent == path:
            return
        path = parent


def _read_patterns(path: str, errors: list[SourceError]) -> Patterns:
    try:
        data = read_regular(path, MOST_BYTES)
    except CannotRead as error:
        if is_there(path):
            errors.append(SourceError(path, 1, f"{error}; nothing is ignored by it"))
        return Patterns(())
    lines = data.decode("utf-8", "surrogateescape").removeprefix("\ufeff").split("\n")
    if len(lines) > MOST_PATTERNS:
        said = f"more than {MOST_PATTERNS:,} lines; the others are not followed"
        errors.append(SourceError(path, MOST_PATTERNS, said))
    return Patterns(lines[:MOST_PATTERNS])


def _excluding(patterns: Sequence[str]) -> Patterns:
    return Patterns([_exclude_pattern(pattern) for pattern in patterns])


def _exclude_pattern(pattern: str) -> str:
    """An ``exclude`` as a gitignore pattern: a path of the file system becomes a relative one."""
    if os.path.isabs(pattern) and os.path.lexists(pattern):
        pattern = os.path.relpath(pattern)
        return pattern if pattern.startswith(os.pardir) else f"/{pattern}"
    return pattern.removeprefix("./")
