"""What is not run would have said nothing: findings with the selection are those without it."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest

from bnlint.finding import Location
from bnlint.interp.imports import Modules
from bnlint.interp.selection import Selection
from bnlint.run import Options, check
from bnlint.workspace import Workspace

FIXTURES = Path(__file__).parent.parent.parent / "fixtures"
FOLDERS = sorted(
    path
    for part in ("projects", "scripts")
    for path in (FIXTURES / part).iterdir()
    if path.is_dir()
)


def found(folder: Path) -> list[tuple[str, Location, str, str]]:
    """What is found; by which of several calls it was come to may differ."""
    findings = check(Options((str(folder),), pedantic=True)).report.findings
    return [(f.rule.code, f.location, f.confidence, f.message) for f in findings]


def everything(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Selection, "is_program", lambda self, path: True)
    monkeypatch.setattr(Selection, "is_worth_a_run", lambda self, body: True)
    monkeypatch.setattr(Selection, "is_worth_a_call", lambda self, cls, method: True)


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_nothing_is_lost(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    selected = found(folder)
    everything(monkeypatch)
    assert found(folder) == selected


LIBRARY = {
    "net.py": """
        import tensorflow as tf
        def net(x):
            return tf.layers.batch_normalization(x)
    """,
    "options.py": """
        import os
        ROOT = os.path.join('a', 'b')
        def path(name):
            return name
    """,
    "main.py": """
        from net import net
        import options
        net(options.path('x'))
    """,
    "guarded.py": """
        import net
        def main():
            net.net(1)
        if __name__ == '__main__':
            main()
    """,
    "registry.py": """
        import net
        KNOWN = {'a': net.net}
        KNOWN['a'](1)
    """,
    "named.py": """
        import net
        build = getattr(net, 'n' + 'et')
        build(1)
    """,
    "turns.py": """
        import net
        for build in [net.net]:
            build(1)
    """,
    "unpacked.py": """
        import net
        build, name = net.net, 'x'
        build(name)
    """,
    "prints.py": """
        import options
        for name in sorted(['a', 'b']):
            print(options.path(name))
    """,
    "through.py": """
        import tensorflow as tf
        import net
        def main(_):
            net.net(1)
        tf.app.run()
    """,
}


def selection_of(folder: Path, files: dict[str, str]) -> Selection:
    for file, text in files.items():
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        (folder / file).write_text(dedent(text), encoding="utf-8")
    paths = [str(folder / file) for file in files]
    modules = Modules(Workspace(), paths)
    modules.load_all()
    return Selection(modules, paths)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("net.py", False),
        ("options.py", False),
        ("main.py", True),
        ("guarded.py", True),
        ("registry.py", True),
        ("named.py", True),
        ("turns.py", True),
        ("unpacked.py", True),
        ("prints.py", False),
        ("through.py", True),
    ],
)
def test_which_files_are_programs(tmp_path: Path, name: str, expected: bool) -> None:
    assert selection_of(tmp_path, LIBRARY).is_program(str(tmp_path / name)) is expected
