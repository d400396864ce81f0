"""Runs a script through ``bnlint trace`` in TensorFlow 1.15, or finds what the last run recorded.

What a run leaves behind depends on the script, on TensorFlow, and on the two witnesses that take
part in it, the recorder and the probe. It is kept in the cache under the hash of all these. How it
is judged is not kept: that is what the tests are about.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from bnlint.graph import trace

from . import environment
from .cases import PROOFS, STUBS, root_of

PROBE, ORACLE = (Path(__file__).with_name(name) for name in ("probe.py", "oracle.py"))
ROOT = Path(trace.__file__).parents[2]
BNLINT = """
import sys
sys.path.insert(0, sys.argv.pop(1))
from bnlint.cli import main
sys.exit(main())
"""
SECONDS = 180  # for what takes three
WORKERS = 2
DAYS = 30


@dataclass(frozen=True, slots=True)
class Recording:
    """One run. ``exit`` is what ``bnlint trace`` ended with, ``own`` what the script did.

    ``judged_by`` is the hash of the bnlint that ended with ``exit``, since a verdict is in it.
    """

    folder: Path
    exit: int
    own: int
    output: str
    judged_by: str

    @property
    def trace(self) -> str:
        return str(self.folder / "trace")

    @property
    def document(self) -> dict[str, Any]:
        """What the probe or the oracle wrote down."""
        document: dict[str, Any] = json.loads((self.folder / "probe.json").read_text("utf-8"))
        return document

    @property
    def graphs(self) -> dict[int, Observed]:
        """What the probe saw, by the number of the graph."""
        document = self.document
        return {
            int(number): Observed(
                graph["changed"],
                {
                    name: tuple((str(path), int(line)) for path, line in lines)
                    for name, lines in graph["places"].items()
                },
            )
            for number, graph in document["graphs"].items()
        }


Places = tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Observed:
    """Of one graph: the variables that had values and whether they changed, and where ops arose."""

    changed: dict[str, bool]
    places: dict[str, Places]


class Failed(Exception):
    """A script could not be run at all."""


def record(script: Path, python: Path) -> Recording:
    """The recording of a script, from the cache if it has been run before."""
    folder = environment.cache() / "recordings" / _key(script, python)
    if not (folder / "result.json").exists():
        _run(script, python, folder)
    os.utime(folder)
    result = json.loads((folder / "result.json").read_text("utf-8"))
    return Recording(folder, **result)


def _key(script: Path, python: Path) -> str:
    root = root_of(script)
    files = [root] if root.is_file() else sorted(root.rglob("*.py"))
    files += [_probe(script), *_stubs(script), Path(trace.__file__).with_name("shim.py")]
    words = [script.name, str(python), *environment.PACKAGES]
    parts = [word.encode() for word in words] + [path.read_bytes() for path in files]
    if script.parent == PROOFS:
        parts = [_EXPECTED.sub(rb"\1:", part) for part in parts]
    return hashlib.sha256(b"\0".join(parts)).hexdigest()[:32]


# What is expected of a program has no part in what it does.
_EXPECTED = re.compile(rb"^(trace|confirm|moved|copies|unwatched): .*$", re.MULTILINE)


def _probe(script: Path) -> Path:
    return ORACLE if script.parent == PROOFS else PROBE


def _stubs(script: Path) -> list[Path]:
    """Those that a script imports."""
    if script.parent != PROOFS:
        return []
    text = script.read_text("utf-8")
    return [
        p
        for p in sorted(STUBS.rglob("*.py"))
        if p.relative_to(STUBS).parts[0].removesuffix(".py") in text
    ]


def _run(script: Path, python: Path, folder: Path) -> None:
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix="unfinished-") as temporary:
        made = Path(temporary) / "made"
        cwd = Path(temporary) / "cwd"
        made.mkdir()
        cwd.mkdir()
        words: list[str | Path] = [sys.executable, "-c", BNLINT, ROOT]
        words += ["trace", "--watch-statistics", "--out", made / "trace", "--"]
        root = root_of(script)
        folder_of_all = root.parent if root.is_file() else root
        words += [python, _probe(script), made / "probe.json", folder_of_all, script]
        try:
            done = subprocess.run(
                words,
                cwd=cwd,
                env=_environment(script),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                timeout=SECONDS,
            )
        except subprocess.TimeoutExpired:
            raise Failed(f"{script.name} does not end") from None
        output = done.stdout.decode("utf-8", "replace")
        if not (made / "probe.json").exists():
            raise Failed(f"{script.name} left nothing behind:\n{output[-2000:]}")
        result = {
            "exit": done.returncode,
            "own": json.loads((made / "probe.json").read_text("utf-8"))["exit"],
            "output": output[-4000:],
            "judged_by": bnlint_hash(),
        }
        (made / "result.json").write_text(json.dumps(result), encoding="utf-8")
        try:
            made.rename(folder)
        except OSError:
            if not (folder / "result.json").exists():  # or somebody else was faster
                raise


def _environment(script: Path) -> dict[str, str]:
    dropped = ("PYTHONPATH", "PYTHONHOME", "BNLINT_TRACE_DIR", "BNLINT_TRACE_WATCH")
    stubs = {"PYTHONPATH": str(STUBS)} if _stubs(script) else {}
    return (
        {k: v for k, v in os.environ.items() if k not in dropped}
        | stubs
        | {
            "CUDA_VISIBLE_DEVICES": "",
            "OMP_NUM_THREADS": "1",
            "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONHASHSEED": "0",
            "PYTHONWARNINGS": "ignore",
            "TF_CPP_MIN_LOG_LEVEL": "3",
        }
    )


@cache
def bnlint_hash() -> str:
    files = sorted((ROOT / "bnlint").rglob("*.py"))
    return hashlib.sha256(b"\0".join(path.read_bytes() for path in files)).hexdigest()[:32]


def forget_old() -> None:
    """Recordings that nobody has asked for in a month."""
    folder = environment.cache() / "recordings"
    limit = time.time() - DAYS * 86400
    for path in _entries(folder):
        if path.stat().st_mtime < limit:
            shutil.rmtree(path, ignore_errors=True)


def _entries(folder: Path) -> Iterable[Path]:
    return list(folder.iterdir()) if folder.is_dir() else []
