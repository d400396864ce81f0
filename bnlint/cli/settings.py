"""What holds for a run besides its command line: configuration, cache, processors."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from bnlint.cli.common import Failure, Misuse

if TYPE_CHECKING:
    from bnlint.cache.store import Store
    from bnlint.config import Config

_MOST_JOBS = 8  # each holds the syntax tree of a file, which can be a hundred times the file


def configuration(start: str, file: str | None, isolated: bool) -> Config:
    """What is configured where a run starts, unless its command line says otherwise."""
    from bnlint.config import Config, ConfigError, load, load_file

    if isolated and file is not None:
        raise Misuse("--isolated goes without --config")
    try:
        if isolated:
            return Config()
        if file is not None:
            return load_file(file)
        return load(start if os.path.isdir(start) else os.path.dirname(start))
    except ConfigError as error:
        raise Failure(str(error)) from None


def processors() -> int:
    """How many processes are used where nobody says it."""
    try:
        usable = len(os.sched_getaffinity(0))
    except AttributeError:  # Linux only
        usable = os.cpu_count() or 1
    return min(usable, _MOST_JOBS)


def opened_cache(folder: str | None) -> Store:
    """The cache in a folder, or in the user's own place for such."""
    from bnlint.cache.store import Store

    if folder is None:
        folder = _user_cache() or _user_cache_elsewhere()
    return Store(folder)


def _user_cache() -> str | None:
    """The user's place for caches on Linux, by the XDG Base Directory Specification.

    ``platformdirs`` has the same answer, and takes half as long to import as Python takes to start.
    It is asked on other systems, and for what is not as it mostly is.
    """
    if sys.platform != "linux" or "ANDROID_DATA" in os.environ:
        return None
    folder = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    return os.path.join(folder, "bnlint") if os.path.isabs(folder) else None


def _user_cache_elsewhere() -> str:
    from platformdirs import user_cache_dir

    return user_cache_dir("bnlint", appauthor=False)
