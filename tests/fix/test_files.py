"""Replacing a file: at all times it is the old one or the new one."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from hostile import make_no_file

from bnlint.fix.files import replace


def test_a_write_that_fails_midway_leaves_the_old_file_and_nothing_beside_it(
    tmp_path: Path,
) -> None:
    file = tmp_path / "train.py"
    file.write_text("old\n")
    script = (
        "import resource, signal, sys\n"
        "from bnlint.fix.files import replace\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))\n"
        "try:\n    replace(sys.argv[1], b'n' * 5000)\nexcept OSError as error:\n"
        "    print(error.strerror)\n"
    )
    done = subprocess.run([sys.executable, "-c", script, file], capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("File too large\n", "")
    assert file.read_text() == "old\n"
    assert os.listdir(tmp_path) == ["train.py"]


def test_a_link_stays_one(tmp_path: Path) -> None:
    file = tmp_path / "train.py"
    file.write_text("old\n")
    file.chmod(0o640)
    link = tmp_path / "link.py"
    link.symlink_to(file)
    replace(str(link), b"new\n")
    assert link.is_symlink()
    assert file.read_text() == "new\n"
    assert file.stat().st_mode & 0o777 == 0o640


@pytest.mark.parametrize("kind", ["pipe", "socket", "directory"])
def test_what_is_no_file_is_never_replaced(tmp_path: Path, kind: str) -> None:
    """Root could put a file in place of a device, which a link in a repository may name."""
    there, link = tmp_path / "there", tmp_path / "known.json"
    make_no_file(there, kind)
    link.symlink_to(there)
    before = os.stat(there)
    with pytest.raises(OSError, match="Not a regular file"):
        replace(str(link), b"new\n")
    assert os.stat(there) == before
    assert sorted(os.listdir(tmp_path)) == ["known.json", "there"]
