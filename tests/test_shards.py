"""The shares of a project find what one run finds, and ``merge`` says it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bnlint.cli import main
from bnlint.run import Options, check
from bnlint.shards import share
from bnlint.source.prefilter import imports_by_value
from bnlint.workspace import Workspace

FIXTURES = Path(__file__).parent.parent / "fixtures" / "projects"
PROJECTS = sorted(path for path in FIXTURES.iterdir() if path.is_dir())


def is_plain(project: Path) -> bool:
    """Whether imports mean what they name, so that it is no part of any other project."""
    sources = [path.read_bytes() for path in project.rglob("*.py")]
    return not any(imports_by_value(source) or b"sys" in source for source in sources)


PLAIN = [path for path in PROJECTS if is_plain(path)]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("number", [1, 2, 3, 7])
def test_each_file_is_in_one_share(number: int) -> None:
    paths = [str(path) for project in PROJECTS for path in sorted(project.rglob("*.py"))]
    shares = [share(paths, [], (k + 1, number), Workspace()) for k in range(number)]
    assert sorted(path for found, _ in shares for path in found) == sorted(paths)
    assert all(users == [] for _, users in shares)


def test_files_that_import_each_other_stay_together(project: Path) -> None:
    for name, text in {
        "a.py": "import b\n",
        "b.py": "import tensorflow\n",
        "c.py": "import b\n",
        "d.py": "import e\n",
        "e.py": "import d\n",
        "f.py": "x = 1\n",
    }.items():
        (project / name).write_text(text)
    paths = [str(project / name) for name in ("a.py", "c.py", "d.py", "f.py")]
    found = [
        [Path(path).name for path in share(paths, [], (k, 3), Workspace())[0]] for k in (1, 2, 3)
    ]
    assert found == [["a.py", "c.py"], ["d.py"], ["f.py"]]


def test_a_changed_path_may_lead_anywhere(project: Path) -> None:
    (project / "far").mkdir()
    (project / "far" / "net.py").write_text("import parts\n")
    (project / "far" / "parts.py").write_text("import tensorflow\n")
    (project / "a.py").write_text("import net\n")
    (project / "b.py").write_text("import sys\nsys.path.append(WHERE)\nimport net\n")
    (project / "c.py").write_text("import tensorflow\n")
    paths = [str(project / name) for name in ("a.py", "b.py", "c.py", "far/net.py")]
    found = [
        [Path(path).name for path in share(paths, [], (k, 3), Workspace())[0]] for k in (1, 2, 3)
    ]
    assert found == [["b.py", "net.py"], ["c.py"], ["a.py"]]


def test_who_imports_by_value_stays_with_the_networks(project: Path) -> None:
    (project / "a.py").write_text("import importlib\nimportlib.import_module(NAME).net()\n")
    (project / "b.py").write_text("import tensorflow as tf\ntf.layers.batch_normalization(1)\n")
    (project / "c.py").write_text("import tensorflow as tf\n")
    paths = [str(project / name) for name in ("a.py", "b.py", "c.py")]
    found = [[Path(path).name for path in share(paths, [], (k, 2), Workspace())[0]] for k in (1, 2)]
    assert found == [["a.py", "b.py"], ["c.py"]]


def test_the_shares_are_the_whole(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Many fixture projects side by side, and a file that cannot be read."""
    for fixture in PLAIN:
        for path in fixture.rglob("*.py"):
            copy = project / "all" / fixture.name / path.relative_to(fixture)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(path.read_bytes())
    (project / "all" / "broken.py").write_text("import tensorflow\ntf.layers.batch_normalization(")
    options = ["check", "--no-cache", "--pedantic", "--format", "json", "all"]
    assert main(options) == 1
    whole = json.loads(capsys.readouterr().out)
    names = []
    for k in (1, 2, 3, 4):
        code = main([*options, "--shard", f"{k}/4"])
        text = capsys.readouterr().out
        part = json.loads(text)
        assert code == (1 if part["errors"] or _definite(part) else 0)
        assert 0 < part["checked"] < whole["checked"]
        names.append(f"{k}.json")
        (project / names[-1]).write_text(text)
    assert main(["merge", "--format", "json", *names]) == 1
    assert json.loads(capsys.readouterr().out) == whole
    assert len(whole["findings"]) > 10
    assert [error["path"] for error in whole["errors"]] == ["all/broken.py"]


def _definite(report: dict[str, list[dict[str, str]]]) -> bool:
    return any(finding["confidence"] == "definite" for finding in report["findings"])


NORM = "import tensorflow as tf\nx = tf.placeholder(tf.float32, [None, 4])\n" + (
    "y = tf.layers.batch_normalization(x)\n"
)


def test_a_merged_report_is_shown_like_another(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "script.py").write_text(NORM)
    main(["check", "--format", "json", "script.py"])
    (project / "report.json").write_text(capsys.readouterr().out)
    assert main(["check", "script.py"]) == 1
    shown = capsys.readouterr().out
    assert main(["merge", "report.json", "report.json"]) == 1
    merged = capsys.readouterr().out
    assert "BN101" in shown
    assert "y = tf.layers.batch_normalization(x)" in merged
    for output_format in ("concise", "github", "gitlab", "junit", "sarif"):
        assert main(["check", "--format", output_format, "script.py"]) == 1
        assert "BN101" in capsys.readouterr().out
        assert main(["merge", "--format", output_format, "report.json"]) == 1
        assert "BN101" in capsys.readouterr().out
    assert main(["merge", "--exit-zero", "report.json"]) == 0


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "not JSON: write it with --format json"),
        ("[]", "not a report of bnlint's: write it with --format json"),
        ('{"findings": [], "version": 99}', "a report of version 99, not 1"),
        ('{"findings": [], "version": 1}', "not a report of bnlint's: KeyError: 'checked'"),
    ],
)
def test_what_is_no_report(
    project: Path, capsys: pytest.CaptureFixture[str], text: str, said: str
) -> None:
    (project / "report.json").write_text(text)
    assert main(["merge", "report.json"]) == 2
    assert capsys.readouterr().err.endswith(f"report.json: {said}\n")


@pytest.mark.parametrize("damage", ["code", "line", "path", "confidence"])
def test_a_damaged_finding(project: Path, capsys: pytest.CaptureFixture[str], damage: str) -> None:
    (project / "script.py").write_text(NORM)
    main(["check", "--format", "json", "script.py"])
    document = json.loads(capsys.readouterr().out)
    document["findings"][0][damage] = ["?"]
    (project / "report.json").write_text(json.dumps(document))
    assert main(["merge", "report.json"]) == 2
    assert "report.json: " in capsys.readouterr().err


@pytest.mark.parametrize("value", ["0/2", "3/2", "2", "a/b", "1/0", "-1/2"])
def test_a_share_that_is_none(capsys: pytest.CaptureFixture[str], value: str) -> None:
    assert main(["check", "--shard", value, "."]) == 2
    assert "must be K/N, with K from 1 to N, as in 2/4" in capsys.readouterr().err


def test_what_is_of_the_whole_is_not_written_by_a_share(
    capsys: pytest.CaptureFixture[str],
) -> None:
    for option in ("--fix", "--diff", "--prune-baseline", "--write-baseline=x"):
        assert main(["check", "--shard", "1/2", option, "."]) == 2
        assert "--shard goes with nothing that is written" in capsys.readouterr().err


def test_a_comment_is_unused_only_if_it_is_in_the_share(project: Path) -> None:
    (project / "one.py").write_text(NORM.replace("(x)\n", "(x)  # bnlint: ignore[BN101]\n"))
    (project / "two.py").write_text(NORM)
    for k in (1, 2):
        report = check(Options((".",), shard=(k, 2))).report
        assert [f.rule.code for f in report.findings] == ([] if k == 1 else ["BN101"])
