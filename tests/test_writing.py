"""Replacing a file: at all times it is the old one or the new one."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from hostile import make_no_file

from bnlint.cli import main
from bnlint.writing import replace, write, write_out


def test_a_write_that_fails_midway_leaves_the_old_file_and_nothing_beside_it(
    tmp_path: Path,
) -> None:
    file = tmp_path / "train.py"
    file.write_text("old\n")
    script = (
        "import resource, signal, sys\n"
        "from bnlint.writing import replace\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))\n"
        "try:\n    replace(sys.argv[1], b'n' * 5000)\nexcept OSError as error:\n"
        "    print(error.strerror)\n"
    )
    done = subprocess.run([sys.executable, "-c", script, file], capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("File too large\n", "")
    assert file.read_text() == "old\n"
    assert os.listdir(tmp_path) == ["train.py"]


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root gives away")
def test_the_owner_stays_one(tmp_path: Path) -> None:
    file = tmp_path / "train.py"
    file.write_text("old\n")
    os.chown(file, 12345, 23456)
    replace(str(file), b"new\n")
    assert (file.stat().st_uid, file.stat().st_gid) == (12345, 23456)


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


def test_a_new_file_has_the_usual_mode(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        write(str(tmp_path / "page.html"), b"new\n")
    finally:
        os.umask(before)
    assert (tmp_path / "page.html").read_bytes() == b"new\n"
    assert (tmp_path / "page.html").stat().st_mode & 0o777 == 0o640
    assert os.listdir(tmp_path) == ["page.html"]


def test_a_pipe_is_written_to_if_somebody_reads_it(tmp_path: Path) -> None:
    source, sink = os.pipe()
    write_out(f"/dev/fd/{sink}", b"new\n")
    write_out("/dev/null", b"new\n")
    os.close(sink)
    with open(source, "rb") as stream:
        assert stream.read() == b"new\n"
    make_no_file(tmp_path / "pipe", "pipe")
    with pytest.raises(OSError, match="No such device or address"):
        write_out(str(tmp_path / "pipe"), b"new\n")


@pytest.mark.parametrize("kind", ["directory", "socket", "pipe", "device"])
@pytest.mark.parametrize("option", ["--html", "--write-baseline"])
def test_a_report_for_what_is_no_file(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    option: str,
    kind: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a.py").write_text("")
    make_no_file(Path("out"), kind)
    assert main(["check", "-q", option, "out", "."]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("bnlint: error: out: ")


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError) as caught:
        write(str(tmp_path / "a" / "page.html"), b"")
    assert caught.value.filename == str(tmp_path / "a" / "page.html")


@pytest.mark.parametrize("kind", ["pipe", "socket", "directory"])
def test_what_is_no_file_is_never_replaced(tmp_path: Path, kind: str) -> None:
    """Root could put a file in place of a device, which a link in a repository may name."""
    there, link = tmp_path / "there", tmp_path / "known.json"
    make_no_file(there, kind)
    link.symlink_to(there)
    before = os.stat(there)
    for way in (replace, write):
        with pytest.raises(OSError, match="Not a regular file"):
            way(str(link), b"new\n")
    assert os.stat(there) == before
    assert sorted(os.listdir(tmp_path)) == ["known.json", "there"]
