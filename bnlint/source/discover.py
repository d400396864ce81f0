"""Which files to check: the arguments, and what lies below those that are directories."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from bnlint.source.errors import SourceError

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

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


def discover(
    paths: Sequence[str], exclude: Sequence[str] = (), *, markdown: bool = False
) -> tuple[list[str], list[SourceError]]:
    """The files to check, sorted, and an error for each path that is not there or not readable.

    Directories are searched for Python files and notebooks (with ``markdown`` for Markdown too),
    leaving out what ``.gitignore`` files, hidden and
    generated directories hide. ``exclude`` holds patterns as in a ``.gitignore`` of the working
    directory; they hide arguments, too. A relative argument gives relative paths; a file that is
    reached twice is given once.
    """
    suffixes = SUFFIXES + MARKDOWN if markdown else SUFFIXES
    search = _Search(_patterns([_exclude_pattern(pattern) for pattern in exclude]), suffixes)
    for path in paths:
        search.argument(path)
    return sorted(search.found.values()), search.errors


class _Search:
    def __init__(self, exclude: _Patterns | None, suffixes: tuple[str, ...]) -> None:
        self._suffixes = suffixes
        self.found: dict[str, str] = {}  # real path -> path to show
        self.errors: list[SourceError] = []
        self._exclude = exclude
        self._here = os.getcwd()

    def argument(self, path: str) -> None:
        shown = path
        if path and ".." not in path.split(os.sep):
            shown = os.path.normpath(path)
        if os.path.isdir(path):
            real = os.path.realpath(path)
            if not self._excluded(shown, True):
                self._directory("" if shown == os.curdir else shown, real, _outer_rules(real))
        elif os.path.isfile(path):
            if not self._excluded(shown, False):
                self.found.setdefault(os.path.realpath(path), shown)
        elif os.path.lexists(path) and not os.path.islink(path):
            self.errors.append(SourceError(path, 1, "not a regular file"))
        else:
            self.errors.append(SourceError(path, 1, "no such file or directory"))

    def _directory(self, shown: str, real: str, rules: _Rules) -> None:
        pending = [(shown, real, rules)]
        while pending:
            shown, real, rules = pending.pop()
            try:
                with os.scandir(real) as scan:
                    entries = list(scan)
            except OSError as error:
                reason = (error.strerror or str(error)).lower()
                self.errors.append(SourceError(shown or os.curdir, 1, f"cannot be read: {reason}"))
                continue
            rules = rules.below(real, entries)
            for entry in entries:
                name = entry.name
                # Links to directories are not followed: they make loops, and git does not either.
                if entry.is_dir(follow_symlinks=False):
                    if (
                        name[0] != "."
                        and name not in SKIPPED
                        and not self._hidden(shown, name, real, rules, True)
                        and not os.path.exists(os.path.join(real, name, "pyvenv.cfg"))
                    ):
                        below = os.path.join(real, name)
                        pending.append((os.path.join(shown, name), below, rules))
                elif (
                    name.endswith(self._suffixes)
                    and name[:2] != "._"  # what macOS leaves on foreign disks; not text
                    and not self._hidden(shown, name, real, rules, False)
                ):
                    self._file(entry, os.path.join(shown, name), os.path.join(real, name))

    def _file(self, entry: os.DirEntry[str], shown: str, real: str) -> None:
        try:
            if not entry.is_file():
                return
            if entry.is_symlink():
                self.found.setdefault(os.path.realpath(real), shown)
                return
        except OSError:
            return
        # A link may have brought this file under another name; its own is the better one.
        before = self.found.get(real)
        if before is None or os.path.islink(before):
            self.found[real] = shown

    def _hidden(self, shown: str, name: str, real: str, rules: _Rules, directory: bool) -> bool:
        if rules.hide(os.path.join(real, name), directory):
            return True
        return self._exclude is not None and self._excluded(os.path.join(shown, name), directory)

    def _excluded(self, shown: str, directory: bool) -> bool:
        if self._exclude is None:
            return False
        path = os.path.relpath(shown, self._here)
        return path != os.curdir and bool(self._exclude.verdict(path, directory))


# --- .gitignore --------------------------------------------------------------------------


class _Rules:
    """The ``.gitignore`` files that hold in a directory, innermost first."""

    def __init__(self, files: Sequence[tuple[str, _Patterns]] = ()) -> None:
        self._files = files

    def below(self, directory: str, entries: Sequence[os.DirEntry[str]]) -> _Rules:
        """The rules inside ``directory``, which holds ``entries``."""
        if not any(entry.name == ".gitignore" for entry in entries):
            return self
        patterns = _read_patterns(os.path.join(directory, ".gitignore"))
        if patterns is None:
            return self
        return _Rules([(os.path.join(directory, ""), patterns), *self._files])

    def hide(self, path: str, directory: bool) -> bool:
        for base, patterns in self._files:
            verdict = patterns.verdict(path[len(base) :], directory)
            if verdict is not None:
                return verdict
        return False


def _outer_rules(directory: str) -> _Rules:
    """The rules of the directories above, up to the root of the repository."""
    above: list[str] = []
    for path in _upwards(directory):
        if path != directory:
            above.append(path)
        if os.path.exists(os.path.join(path, ".git")):
            break
    else:
        return _Rules()  # no repository: what lies above has no say
    files = []
    for path in above:
        patterns = _read_patterns(os.path.join(path, ".gitignore"))
        if patterns is not None:
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


def _read_patterns(path: str) -> _Patterns | None:
    try:
        with open(path, encoding="utf-8", errors="surrogateescape") as file:
            lines = file.read().splitlines()
    except OSError:
        return None
    return _patterns([line for line in lines if line.strip() and not line.startswith("#")])


def _patterns(lines: Sequence[str]) -> _Patterns | None:
    if not lines:
        return None
    from pathspec import GitIgnoreSpec  # most runs need none of it

    try:
        return _Patterns(GitIgnoreSpec.from_lines(lines))
    except ValueError:
        return _Patterns(GitIgnoreSpec.from_lines(filter(_is_pattern, lines)))


def _is_pattern(line: str) -> bool:
    """Whether pathspec can read ``line``; git skips a pattern it cannot."""
    from pathspec import GitIgnoreSpec

    try:
        GitIgnoreSpec.from_lines([line])
    except ValueError:
        return False
    return True


class _Patterns:
    """The patterns of one ``.gitignore``."""

    def __init__(self, spec: GitIgnoreSpec) -> None:
        self._spec = spec
        self._any = _any_of(spec)

    def verdict(self, path: str, directory: bool) -> bool | None:
        """True: hidden; False: expressly not; None: no pattern says anything."""
        if os.sep != "/":
            path = path.replace(os.sep, "/")
        if directory:
            path = f"{path}/"
        if self._any.match(path) is None:
            return None
        return self._spec.check_file(path).include


def _any_of(spec: GitIgnoreSpec) -> re.Pattern[str]:
    """One expression for "some pattern matches": pathspec tries them one by one, which is slow."""
    anywhere = "^(?:.+/)?"
    floating, others = [], []
    for pattern in spec.patterns:
        if pattern.include is not None and pattern.regex is not None:
            source = re.sub(r"\(\?P<\w+>", "(?:", pattern.regex.pattern)
            if source.startswith(anywhere):
                floating.append(source.removeprefix(anywhere))
            else:
                others.append(f"(?:{source})")
    if floating:
        others.append(f"{anywhere}(?:{'|'.join(floating)})")
    return re.compile("|".join(others) or r"(?!)")


def _exclude_pattern(pattern: str) -> str:
    """An ``exclude`` as a gitignore pattern: a path of the file system becomes a relative one."""
    if os.path.isabs(pattern) and os.path.lexists(pattern):
        pattern = os.path.relpath(pattern)
        return pattern if pattern.startswith(os.pardir) else f"/{pattern}"
    return pattern.removeprefix("./")
