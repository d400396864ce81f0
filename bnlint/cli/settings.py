"""What holds for a run besides its command line: configuration, cache, processors."""

from __future__ import annotations

import os
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
        from platformdirs import user_cache_dir

        folder = user_cache_dir("bnlint", appauthor=False)
    return Store(folder)
