"""What is not run would have said nothing: findings with the selection are those without it."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest

from bnlint.apis import BUILT_IN, Apis, NormApi
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
    monkeypatch.setattr(Selection, "comes_to_framework", lambda self, path: True)
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


def selection_of(folder: Path, files: dict[str, str], apis: Apis = BUILT_IN) -> Selection:
    for file, text in files.items():
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        (folder / file).write_text(dedent(text), encoding="utf-8")
    paths = [str(folder / file) for file in files]
    modules = Modules(Workspace(apis=apis), paths)
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


FRAMEWORKS = {
    "one/net.py": "import tensorflow as tf",
    "one/compat.py": "from .net import tf",
    "one/late.py": """
        def main():
            if True:
                import one.compat
    """,
    "one/chosen.py": """
        from importlib import import_module
        def main(name):
            return import_module(name).net
    """,
    "one/loaded.py": "import sys\nNET = sys.modules['one.net']",
    "one/outside.py": "import elsewhere",
    "other/net.py": "import torch",
    "other/train.py": "from .net import torch\ndef net(x):\n    return torch.batch_norm(x)",
    "other/deep/chosen.py": "import importlib\nNET = importlib.import_module('a' + 'b')",
    "other/deep/user.py": "from .chosen import NET",
    "other/named.py": "import one.net",
    "other/keras.py": "from keras.layers import BatchNormalization",
    "other/learn.py": "import tflearn",
    "other/hub.py": "import tensorflow_hub as hub",
    "other/slim.py": "from nets import resnet_v1",
    "other/flags.py": "from absl import flags",
}


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("one/net.py", True),
        ("one/compat.py", True),
        ("one/late.py", True),
        ("one/chosen.py", True),
        ("one/loaded.py", True),
        ("one/outside.py", False),
        ("other/net.py", False),
        ("other/train.py", False),
        ("other/deep/chosen.py", True),
        ("other/deep/user.py", True),
        ("other/named.py", True),
        ("other/keras.py", True),
        ("other/learn.py", True),
        ("other/hub.py", True),
        ("other/slim.py", True),
        ("other/flags.py", False),
    ],
)
def test_which_files_come_to_a_framework(tmp_path: Path, name: str, expected: bool) -> None:
    selection = selection_of(tmp_path, FRAMEWORKS)
    assert selection.comes_to_framework(str(tmp_path / name)) is expected


def test_a_computed_name_leads_no_further_than_to_what_lies_near(tmp_path: Path) -> None:
    far = {f"far/{name}": text for name, text in FRAMEWORKS.items() if name.startswith("other/d")}
    selection = selection_of(tmp_path, {"net.py": "import tensorflow", **far})
    assert selection.comes_to_framework(str(tmp_path / "net.py"))
    assert not selection.comes_to_framework(str(tmp_path / "far/other/deep/user.py"))


def test_with_rows_of_the_users_any_file_may_be_a_library(tmp_path: Path) -> None:
    own = Apis([NormApi("lib.norm", "layers", "training", False, ("inputs",), "momentum", 0.9)])
    selection = selection_of(tmp_path, FRAMEWORKS, own)
    assert selection.comes_to_framework(str(tmp_path / "other/net.py"))
