"""An interpreter with TensorFlow 1.15: the one that is named, or one that is built here, once.

TensorFlow 1.15 lives on Python 3.7 and older. Where there is one, an environment is built in the
user's cache, outside the checkout. As a command it prints the path of the interpreter; with
``--available`` it builds nothing and exits with 0 where the truth tests can run.

``BNLINT_TF115`` names an interpreter that already has TensorFlow 1.15. ``BNLINT_REQUIRE_TF115=1``
makes the truth tests fail where they would be skipped.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

INTERPRETER, REQUIRED = "BNLINT_TF115", "BNLINT_REQUIRE_TF115"

# protobuf 4 cannot import what TensorFlow 1.15 generated; later pips and setuptools leave out what
# Python 3.7 and these packages need. TensorFlow itself says which numpy.
TOOLS = ("pip<24.1", "setuptools<66", "wheel")
PACKAGES = ("tensorflow==1.15.5", "protobuf<3.21", "tf-slim==1.1.0")
INSTALL = ("--disable-pip-version-check", "install", "-q")


class Unavailable(Exception):
    """There is no TensorFlow 1.15, and why."""


# As it is before a test: each test has a cache of its own for what it runs.
_BASE = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")


def cache() -> Path:
    return Path(_BASE) / "bnlint-tf115"


def required() -> bool:
    return os.environ.get(REQUIRED, "") not in ("", "0")


def find_python() -> Path | None:
    """A Python 3.7: of pyenv, the newest, or ``python3.7`` on the PATH."""
    for candidate in _candidates():
        if _version(candidate) == "3.7":
            return candidate
    return None


def _candidates() -> Iterator[Path]:
    root = Path(os.environ.get("PYENV_ROOT") or os.path.expanduser("~/.pyenv"))
    yield from sorted(root.glob("versions/3.7.*/bin/python3.7"), key=_numbers, reverse=True)
    found = shutil.which("python3.7")
    if found is not None:
        yield Path(found)


def _numbers(path: Path) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", path.parts[-3])]


def _version(python: Path) -> str | None:
    """The version that it really is: a shim of pyenv exists whether or not it works."""
    code = "import sys, venv, ensurepip; print('%d.%d' % sys.version_info[:2])"
    try:
        done = subprocess.run([python, "-c", code], capture_output=True, text=True, timeout=60)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None


def available() -> bool:
    return bool(os.environ.get(INTERPRETER)) or find_python() is not None


def interpreter() -> Path:
    """The interpreter, built if there is none yet. Raises Unavailable, and nothing else."""
    named = os.environ.get(INTERPRETER)
    if named:
        if shutil.which(named) is None:
            raise Unavailable(f"{INTERPRETER}={named} cannot be run")
        return Path(named)
    python = find_python()
    if python is None:
        raise Unavailable(
            f"no Python 3.7 in pyenv or on the PATH, and {INTERPRETER} names no interpreter"
        )
    try:
        return _built(python)
    except OSError as error:
        raise Unavailable(f"no environment in {cache()}: {error}") from None


def _built(python: Path) -> Path:
    wanted = "\n".join([str(python), *TOOLS, *PACKAGES])
    folder = cache() / f"env-{hashlib.sha256(wanted.encode()).hexdigest()[:16]}"
    complete, inside = folder / "complete", folder / "bin" / "python"
    if complete.exists():
        return inside
    cache().mkdir(parents=True, exist_ok=True)
    with _locked(cache() / f"{folder.name}.lock"):
        if complete.exists():
            return inside  # somebody else built it while we waited
        shutil.rmtree(folder, ignore_errors=True)
        _say(f"building an environment with TensorFlow 1.15 in {folder}")
        _run([python, "-m", "venv", folder])
        pip: list[str | Path] = [
            inside,
            "-m",
            "pip",
            "--disable-pip-version-check",
            "install",
            "-q",
        ]
        _run([*pip, "-U", *TOOLS])
        _run([*pip, *PACKAGES])
        _run([inside, "-W", "ignore", "-c", "import tensorflow, tf_slim, tensorflow.contrib"])
        complete.write_text(wanted + "\n", encoding="utf-8")
    return inside


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """One process at a time, also if the last one was killed."""
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _run(command: Sequence[str | Path]) -> None:
    environment = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "PYTHONHOME")}
    done = subprocess.run(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    if done.returncode:
        words = " ".join(map(str, command))
        raise Unavailable(f"{words} failed:\n{done.stdout[-2000:].strip()}")


def _say(line: str) -> None:
    print(f"truth: {line}", file=sys.stderr, flush=True)


def main(arguments: Sequence[str]) -> int:
    if list(arguments) == ["--available"]:
        return 0 if available() else 1
    try:
        print(interpreter())
    except Unavailable as error:
        _say(str(error))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
