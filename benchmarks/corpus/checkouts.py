"""The snapshots of the corpus as folders: those of somebody who has them, or fresh ones from git.

One folder may stand for two commits of a repository. It is then the first of them, with the
labelled files of the second laid over it.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

from benchmarks.corpus.labels import Label, Snapshot

_ADDRESS = "https://github.com/{}.git"
_DONE = "bnlint-complete"


class Unavailable(Exception):
    """A snapshot that cannot be had, and why."""


def cache() -> Path:
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "bnlint-corpus"


def clone(snapshots: Sequence[Snapshot], labels: Sequence[Label], target: Path) -> list[str]:
    """Fetch what is not in ``target`` yet; the complaints about what could not be fetched."""
    complaints = []
    for snapshot in snapshots:
        folder = target / snapshot.folder
        marker = folder / ".git" / f"{_DONE}-{snapshot.commit}"
        if marker.exists():
            continue
        paths = {label.path for label in labels if label.snapshot == snapshot}
        print(f"fetching {snapshot.repository} at {snapshot.commit[:7]}", flush=True)
        try:
            _fetch(snapshot, folder, sorted(paths))
        except Unavailable as error:
            complaints.append(f"{snapshot.repository} at {snapshot.commit[:7]}: {error}")
        else:
            marker.touch()
    return complaints


def _fetch(snapshot: Snapshot, folder: Path, paths: Sequence[str]) -> None:
    if not (folder / ".git").exists():
        folder.mkdir(parents=True, exist_ok=True)
        _git(folder, "init", "--quiet")
    address = _ADDRESS.format(snapshot.repository)
    try:
        _git(folder, "fetch", "--quiet", "--depth", "1", address, snapshot.commit)
    except Unavailable:
        # Not every server hands out a single commit.
        _git(folder, "fetch", "--quiet", address, "+refs/*:refs/bnlint/*")
    if list((folder / ".git").glob(f"{_DONE}-*")):
        _git(folder, "checkout", "--quiet", snapshot.commit, "--", *paths)
    else:
        _git(folder, "checkout", "--quiet", "--force", "--detach", snapshot.commit)


def _git(folder: Path, *arguments: str) -> None:
    # A repository that is gone makes GitHub ask for a password: fail, do not wait for one.
    # Large files under LFS are pictures and weights, never code.
    environment = os.environ | {"GIT_TERMINAL_PROMPT": "0", "GIT_LFS_SKIP_SMUDGE": "1"}
    done = subprocess.run(
        ["git", "-C", str(folder), *arguments], capture_output=True, text=True, env=environment
    )
    if done.returncode:
        said = done.stderr.strip().splitlines() or ["git failed"]
        offline = any("resolve host" in line or "unable to connect" in line for line in said)
        raise Unavailable("no network: " + said[-1] if offline else said[-1])
